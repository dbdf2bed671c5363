"""A report in a browser, opened as a file: no network, mouse and keyboard, both themes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from swarmboard import run
from viz import Told, write_report

TOLD = Told([("status", "done")], "swarmboard run jury", '{"scenario": "jury"}', "python 3")
BLANK = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size < 4;
}"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of a run of ten rounds."""
    folder = tmp_path_factory.mktemp("report")
    run("jury", agents=60, trials=40, trials_per_round=4, board="memory://", out=folder / "jury")
    return write_report(folder / "jury", folder / "jury.html", TOLD, digest="abc").path


@pytest.fixture
def page(fresh_page: Callable[..., Any], file: Path) -> Iterator[Any]:
    """The report, opened."""
    page = fresh_page(file.as_uri())
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-ready]")
    return page


def said(page: Any) -> str:
    return str(page.inner_text("#said"))


def test_every_view_is_drawn(page: Any) -> None:
    blank = [canvas.evaluate(BLANK) for canvas in page.query_selector_all(".sb-canvas")]

    assert blank == [False, False, False, True]
    assert "Nothing to compare" in page.inner_text("#flows")  # trials are unrelated
    assert said(page) == "Round 10"


def test_the_slider_the_buttons_and_the_keys_go_through_the_rounds(page: Any) -> None:
    label = "#field .sb-canvas"
    page.get_by_role("button", name="First moment").click()
    page.locator("#field [aria-label*='Round 1:']").wait_for()
    first = page.get_attribute(label, "aria-label")
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    stepped = said(page)
    page.locator("#moment").fill("6")
    slid = said(page)
    page.locator("h1").click()
    page.keyboard.press("End")

    assert (stepped, slid, said(page)) == ("Round 2", "Round 7", "Round 10")
    assert "Round 1:" in first


def test_it_plays_to_the_end_and_stops(page: Any) -> None:
    page.locator("#speed").select_option("20")
    page.get_by_role("button", name="Play").click()

    page.get_by_role("button", name="Pause").wait_for()
    page.get_by_role("button", name="Play").wait_for()

    assert said(page) == "Round 10"


def test_a_click_on_the_curve_goes_there(page: Any) -> None:
    box = page.locator("#curve .sb-canvas").bounding_box()

    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 60)

    assert said(page) in ("Round 5", "Round 6")


def test_behind_each_view_is_its_table_as_of_the_round(page: Any) -> None:
    for button in page.get_by_role("button", name="Show as a table").all():
        button.click()

    captions = page.locator("caption").all_inner_texts()
    votes = page.locator("#field-table tbody tr").count()
    page.get_by_role("button", name="First moment").click()
    marked = page.locator("#curve-table tr[aria-current]").inner_text()

    assert captions[:3] == ["Agents: 60 rows", "Approval: 10 rows", "Tally: 4 rows"]
    assert (votes, marked.split()[0]) == (60, "1")


def test_the_theme_can_be_chosen(page: Any) -> None:
    paper = "getComputedStyle(document.querySelector('#field .sb-view')).backgroundColor"
    light = page.evaluate(paper)

    page.locator("#theme").select_option("dark")

    page.locator("html[data-theme=dark]").wait_for()
    assert page.evaluate(paper) != light


def test_without_javascript_the_words_are_there(browser: Any, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(file.as_uri())

    assert page.get_by_text("swarmboard run jury", exact=True).is_visible()
    assert page.locator("#problem").is_hidden()
    context.close()


def test_its_views_are_saved_without_a_server(page: Any) -> None:
    page.locator("#moment").fill("6")
    found = {}
    for name in ("Save the numbers", "Save as a PNG", "Save as an SVG"):
        page.locator("#bars").get_by_role("button", name="Export", exact=True).click()
        with page.expect_download() as waited:
            page.locator("#bars").get_by_role("button", name=name).click()
        found[waited.value.suggested_filename] = Path(waited.value.path()).read_bytes()

    assert set(found) == {f"jury-Tally-round-7.{kind}" for kind in ("csv", "png", "svg")}
    assert found["jury-Tally-round-7.csv"].startswith(b"choice,value (votes)")
    assert b"<image" not in found["jury-Tally-round-7.svg"]
