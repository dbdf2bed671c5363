"""What a person saves of a view: a picture, a drawing that is one, and exactly its table."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from viz.canvas import (
    Bar,
    BarsView,
    BlocksView,
    CanvasView,
    CurveView,
    FieldView,
    FlowsView,
    SeriesView,
    samples,
)
from viz.canvas.view import file_stem

NAMES = {"png": "Save as a PNG picture", "svg": "Save as an SVG drawing", "csv": "Save the numbers"}
SVG = "{http://www.w3.org/2000/svg}"


def called(view: CanvasView, title: str, agents: int = 60) -> CanvasView:
    facts = samples.facts_of(agents)
    moment = samples.moment_of(facts, None, number=12)
    view.call(run="my run/7", title=title, facts=facts, moment=moment)
    return view


def field(agents: int = 60) -> CanvasView:
    view = FieldView(height_px=300)
    facts = samples.facts_of(agents)
    view.show(facts, samples.moment_of(facts, samples.vote_of(agents, (0.7, 0.2)), number=12))
    return called(view, "Agents, by vote", agents)


def curve() -> CanvasView:
    view, facts = CurveView(), samples.facts_of(60)
    moment = samples.moment_of(facts, samples.vote_of(60, (0.7, 0.2)), number=30)
    numbers = np.arange(1, 31)
    approval = np.where(numbers % 7, 50.0 + numbers, np.nan)
    view.load(facts, moment, numbers=numbers, approval_percent=approval)
    return called(view, "Approval")


def bars() -> CanvasView:
    view = BarsView()
    bar = Bar('say "no", and <more>', 4.5, 9.0)
    view.draw([bar, Bar("=1+1", 2.0)], unit="ballots", label="Two reasons.")
    return called(view, "Why not: reasons")


def flows() -> CanvasView:
    view, facts = FlowsView(), samples.facts_of(60)
    view.load(facts, samples.course(facts, 4))
    return called(view, "Who changed sides")


def series() -> CanvasView:
    view, facts = SeriesView(), samples.facts_of(60)
    moment = samples.moment_of(facts, None, number=3)
    view.show(facts, moment, places=np.arange(3.0), series={"price": np.array([1.0, 2.0, 4.0])})
    return called(view, "Numbers")


def blocks() -> CanvasView:
    facts, moment = samples.charted()
    assert facts.scene is not None
    name = next(name for name, chart in facts.scene.charts.items() if chart.kind == "stack")
    view = BlocksView(name)
    view.show(facts, moment)
    return called(view, name)


MAKERS = (field, curve, bars, flows, series, blocks)


def saved(page: Any, kind: str, *, at: int = 0) -> tuple[str, bytes]:
    """Save a view as a person does; return the file's name and content."""
    panel = page.locator("section").nth(at)
    panel.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download() as waited:
        panel.get_by_role("button", name=NAMES[kind]).click()
    path = waited.value.path()
    return waited.value.suggested_filename, Path(path).read_bytes()


def rows_in(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


@pytest.mark.parametrize("make", MAKERS)
def test_a_drawing_is_made_of_paths_and_words_and_of_no_picture(
    opened: Callable[..., Any], make: Callable[[], CanvasView]
) -> None:
    view = make()

    name, content = saved(opened(view), "svg")

    drawing = ElementTree.fromstring(content)
    tags = {element.tag.removeprefix(SVG) for element in drawing.iter()}
    assert tags <= {"svg", "title", "desc", "defs", "clipPath", "g", "path", "text"}
    assert len(list(drawing.iter(f"{SVG}text"))) >= 3
    assert view.told()["about"] in str(drawing.findtext(f"{SVG}title"))
    assert drawing.findtext(f"{SVG}desc") == view.label
    assert name.endswith("-round-12.svg")


def test_each_agent_is_a_path_of_its_own_in_the_drawing(opened: Callable[..., Any]) -> None:
    page = opened(field(60))

    _, content = saved(page, "svg")

    groups = ElementTree.fromstring(content).iter(f"{SVG}g")
    filled = [group for group in groups if group.get("fill") not in (None, "none")]
    marks = sum(len(group.findall(f"{SVG}path")) for group in filled)
    assert 60 <= marks <= 60 + 12


def test_cells_of_many_agents_become_rectangles(opened: Callable[..., Any]) -> None:
    page = opened(field(100_000))

    _, content = saved(page, "svg")

    assert b"<image" not in content
    assert content.count(b'shape-rendering="crispEdges"') >= 3
    assert len(content) < 2_000_000


@pytest.mark.parametrize("make", MAKERS)
def test_data_are_exactly_the_table_behind_the_view(
    opened: Callable[..., Any], make: Callable[[], CanvasView]
) -> None:
    view = make()
    table = view.table()

    _, content = saved(opened(view), "csv")

    head, *rows = rows_in(content)
    assert head == list(table.columns)
    assert [list(map(number_or_text, row)) for row in rows] == [
        ["" if cell is None or cell != cell else as_words(cell) for cell in row]
        for row in table.rows
    ]


def as_words(cell: Any) -> Any:
    """Return a cell as no program takes it for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell


def test_words_that_begin_like_a_formula_are_words_and_numbers_stay_numbers(
    opened: Callable[..., Any],
) -> None:
    view = BarsView()
    names = ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-1+2", "\t=1", "-2.5", "plain"]
    view.draw([Bar(word, -1.5) for word in names], unit="ballots", label="Reasons.")

    _, content = saved(opened(called(view, "Why not: reasons")), "csv")

    _, *rows = rows_in(content)
    assert [row[0] for row in rows] == [*(f"'{word}" for word in names[:5]), "-2.5", "plain"]
    assert {row[1] for row in rows} == {"-1.5"}


def number_or_text(cell: str) -> str | float:
    try:
        return float(cell)
    except ValueError:
        return cell


def test_a_picture_has_the_pixels_of_the_screen_and_the_ground_of_the_theme(
    opened: Callable[..., Any],
) -> None:
    view = field()
    view.theme = "dark"
    page = opened(view)

    name, content = saved(page, "png")

    wide, high = (int.from_bytes(content[at : at + 4]) for at in (16, 20))
    stage = page.locator(".sb-stage").bounding_box()
    corner = page.evaluate(
        """async (bytes) => {
          const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
          const ctx = new OffscreenCanvas(1, 1).getContext("2d");
          ctx.drawImage(picture, 0, 0);
          return Array.from(ctx.getImageData(0, 0, 1, 1).data);
        }""",
        list(content),
    )
    assert name == "my-run-7-Agents-round-12.png"
    assert (wide, high > stage["height"]) == (round(stage["width"]) + 32, True)
    assert max(corner[:3]) < 60
    assert corner[3] == 255


def test_it_is_all_reached_by_keyboard(opened: Callable[..., Any]) -> None:
    page = opened(bars())
    button = page.get_by_role("button", name="Export", exact=True)

    button.press("Enter")
    opened_at = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Escape")
    closed_at = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    with page.expect_download() as waited:
        page.keyboard.press("Enter")

    assert (opened_at, closed_at) == ("PNG", "Export")
    assert waited.value.suggested_filename == "my-run-7-Why-not-round-12.csv"
    assert "saved" in page.get_by_role("status").inner_text()
    assert button.get_attribute("aria-expanded") == "false"


def test_saving_leaves_the_view_as_it_was(opened: Callable[..., Any]) -> None:
    page = opened(flows(), field())
    canvas = page.locator("canvas.sb-canvas").nth(1)
    before = canvas.evaluate("canvas => canvas.toDataURL()")

    saved(page, "svg", at=1)
    saved(page, "png", at=1)
    page.mouse.move(0, 0)
    canvas.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")

    assert canvas.evaluate("canvas => canvas.toDataURL()") == before
    assert page.evaluate("Path2D.name") == "Path2D"


def test_a_page_that_asks_is_answered_with_the_moment_that_is_drawn() -> None:
    view = bars()
    sent: list[dict[str, Any]] = []
    view.send = lambda content, buffers=None: sent.append(content)

    view._tell(None, {"kind": "tell", "number": 7}, [])
    view._tell(None, {"kind": "again"}, [])

    [answer] = sent
    assert (answer["kind"], answer["number"], answer["sequence"]) == ("told", 7, view.sequence)
    assert answer["rows"] == [['say "no", and <more>', 4.5, 9.0], ["=1+1", 2.0, None]]


def test_names_of_files_suit_every_system() -> None:
    assert file_stem("a/b: c", "", "..", "Größe *?", "round 1") == "a-b-c-Gr-e-round-1"
    assert file_stem("", "…") == "view"
    assert len(file_stem("x" * 300)) == 40
