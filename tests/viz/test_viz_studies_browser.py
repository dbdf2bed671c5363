"""The pages of studies in a browser: empty, running, with failed runs, and a report."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blackboard import StudyDirectory
from viz.canvas import StudyView


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of which a part is done, one run failed, and which has a report."""
    folder = tmp_path_factory.mktemp("shown") / "runs"
    directory = StudyDirectory.create(folder / "juries")
    directory.write_description(
        {"study": {"scenario": "jury"}, "varied": ["agents", "threshold"], "runs": 40}
    )
    for number in range(18):
        row: dict[str, Any] = {"key": f"{number:016}", "point": number % 6, "replicate": 0}
        row |= {"agents": (4, 16, 64)[number % 3], "threshold": (50, 80)[number % 2]}
        row |= {"status": "done", "error": None, "rounds": number % 5 + number / 10}
        directory.write_part(row)
    bad = {"key": "f" * 16, "point": 0, "replicate": 9, "agents": 4, "threshold": 50}
    directory.write_part(bad | {"status": "failed", "error": "ValueError: no courthouse"})
    directory.write_progress(
        {"status": "stopped", "planned": 40, "done": 18, "failed": 1, "started": 1.7e9}
    )
    (folder / "juries" / "report").mkdir()
    page = (
        "<!doctype html><title>Report</title><h1>Its report</h1><script>document.title=1</script>"
    )
    (folder / "juries" / "report" / "index.html").write_text(page)
    return folder


@pytest.fixture(scope="module")
def url(browser: Any, folder: Path, serve_runs: Callable[[Path], Any]) -> Iterator[str]:
    """The address of the served folder."""
    with serve_runs(folder) as address:
        yield address


def test_a_study_is_reached_from_the_bar_and_shows_what_came_of_it(
    url: str, fresh_page: Callable[..., Any]
) -> None:
    page = fresh_page(url)
    page.goto(url)
    page.get_by_role("link", name="Studies").click()
    page.get_by_role("link", name="juries", exact=True).click()

    page.locator("canvas[aria-label*='lines']").wait_for()
    said = page.locator("canvas").first.get_attribute("aria-label")
    page.get_by_role("button", name="Show as a table").click()
    page.get_by_role("rowheader", name="threshold = 50").first.wait_for()

    assert said.startswith("rounds over agents, 2 lines. threshold = 50: ")
    assert page.get_by_text("ValueError: no courthouse").is_visible()
    assert page.locator(".db-figures").inner_text().split("\n")[:3] == [
        "Status",
        "stopped",
        "Runs done",
    ]


def test_a_report_is_read_and_does_nothing(url: str, browser: Any) -> None:
    context = browser.new_context()
    page = context.new_page()

    answer = page.goto(f"{url}/study-report/juries")

    assert "sandbox" in answer.headers["content-security-policy"]
    assert (page.title(), page.locator("h1").inner_text()) == ("Report", "Its report")
    assert page.goto(f"{url}/study-report/none").status == 404
    context.close()


@pytest.mark.parametrize("path", ["/studies", "/studies/juries"])
def test_a_page_of_studies_has_no_serious_violation(
    url: str, violations: Callable[[Any], list[Any]], fresh_page: Callable[..., Any], path: str
) -> None:
    page = fresh_page(url)
    page.goto(url + path)
    page.locator(".db-figures dd.db-value, tbody a").first.wait_for()

    light = violations(page)
    page.emulate_media(color_scheme="dark")
    page.locator("#app .theme--dark, #app.theme--dark").first.wait_for()

    assert (light, violations(page)) == ([], [])


def test_a_folder_without_studies_says_how_to_make_one(
    browser: Any, tmp_path: Path, serve_runs: Callable[[Path], Any], fresh_page: Callable[..., Any]
) -> None:
    (tmp_path / "runs").mkdir()
    with serve_runs(tmp_path / "runs") as address:
        page = fresh_page(address)
        page.goto(f"{address}/studies")

        page.get_by_text("swarmboard sweep STUDY.toml").wait_for()
        page.context.close()


def test_the_keys_go_along_a_line_and_say_where_they_are(browser: Any, tmp_path: Path) -> None:
    from viz.canvas.static_page import page as static_page

    view = StudyView(title="Rounds")
    points = [(place, float(place), place - 1.0, place + 1.0, 9) for place in (4, 8, 16)]
    view.draw([("k = 1", points)], x="agents", response="rounds", notice="")
    (tmp_path / "view.html").write_text(static_page([view], title="View"))
    page = browser.new_page()
    page.goto((tmp_path / "view.html").as_uri())
    page.wait_for_selector("body[data-ready]")

    page.locator("canvas.sb-canvas").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")

    said = page.locator("[aria-live]").first.inner_text()
    assert said == "rounds 8, agents = 8, k = 1, 95 %: 7 to 9, 9 runs"
    page.close()
