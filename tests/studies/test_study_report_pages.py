"""What a study's report looks like: legible at column width, in both themes, from one file."""

import io
import re
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pyarrow.parquet as pq
import pytest

from blackboard import BadInput
from viz.canvas.palette import PALETTES
from viz.study_report import (
    Axis,
    Bar,
    Curves,
    Drawing,
    Figure,
    Forest,
    Heat,
    Plane,
    Point,
    Series,
    Sheet,
    Spot,
    StudyTold,
    write_study_report,
)
from viz.study_report.curves_drawn import cut_labels
from viz.study_report.drawing import _style, composed, draw, inlined
from viz.study_report.themes import ramp, themed

SIZES = (4.0, 8.0, 16.0, 32.0, 64.0, 1024.0)
DRAWINGS: dict[str, Drawing] = {
    "curves": Curves(
        Axis("agents (N)", is_log=True, ticks=SIZES),
        Axis("messages", is_log=True),
        tuple(
            Series(
                f"a structure with a long name {k}: exponent 0.70 (0.66 to 0.74)",
                tuple(Point(x, k * x, 0.8 * k * x, 1.2 * k * x) for x in SIZES),
                tuple((x, k * x) for x in SIZES) if k % 2 else (),
            )
            for k in range(1, 7)
        ),
    ),
    "steps": Curves(
        Axis("rounds"),
        Axis("decided (share)"),
        (Series("", (Point(0, 0), Point(3, 0.6), Point(9, 0.6)), is_steps=True),),
    ),
    "heat": Heat(
        Axis("agents (N)", names=tuple(map(str, range(6)))),
        Axis("threshold (%)", names=tuple(map(str, range(12)))),
        tuple(tuple(None if i == j else i * j / 55 for i in range(6)) for j in range(12)),
        "deadlock (share)",
    ),
    "forest": Forest(
        Axis("difference in gap to the yardstick (%)"),
        (
            Bar("swarm, agents 8, a case of a very long name", 1.0, 0.5, 1.4, True),
            Bar("solo", -0.2, None, None),
        ),
        legend=("told apart from 0", "not told apart"),
    ),
    "plane": Plane(
        Axis("tokens", is_log=True),
        Axis("gap (%)"),
        tuple(
            Spot(Point(0, cost, 0.9 * cost, 1.1 * cost), Point(0, 9.0 - k), f"n {k}", k < 4)
            for k, cost in enumerate((1.0, 10.0, 100.0, 1e3, 1e4, 1e5))
        ),
    ),
}
EACH = pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)


def figure(name: str, drawing: Drawing | None = None) -> Figure:
    sheet = Sheet(name, {"agents": [4, 8], "mean": [1.5, None], "note": ["<b>", "&"]})
    return Figure(f"Title of {name}", "What is <seen>.", "simulated", "mean", sheet, drawing)


def told(*figures: Figure, **more: object) -> StudyTold:
    return StudyTold(
        "jury: <agents>",
        "12 runs",
        [("fixed", "nothing")],
        figures,
        [Sheet("runs", {"key": ["a1"], "digest": ["9c"]})],
        "swarmboard sweep study.toml --out x\nswarmboard report x",
        "d" * 64,
        "how it is made",
        "python 3",
        'scenario = "jury"\n',
        **more,  # type: ignore[arg-type]
    )


@EACH
def test_letters_are_of_7_points_or_more_and_inside_of_a_column(drawing: Drawing):
    with mpl.rc_context(_style("x")):
        drawn = composed(drawing)
        drawn.savefig(io.BytesIO(), format="png")
        texts = [t for t in drawn.findobj(mpl.text.Text) if t.get_text() and t.get_visible()]
        box = drawn.get_tightbbox()

    assert drawn.get_figwidth() * 25.4 == pytest.approx(85)
    assert min(text.get_fontsize() for text in texts) >= 7
    assert min(box.x0, box.y0) >= -0.01
    assert box.x1 <= drawn.get_figwidth() + 0.01
    assert box.y1 <= drawn.get_figheight() + 0.01


@EACH
def test_a_figure_is_the_same_bytes_again(drawing: Drawing):
    assert draw(drawing, salt="s") == draw(drawing, salt="s")


@EACH
def test_a_figure_in_a_page_has_no_colour_of_one_theme(drawing: Drawing):
    svg, _ = draw(drawing, salt="s")

    inside = inlined(svg, prefix="f1", label="what it shows")

    assert not re.findall(r"#[0-9a-f]{6}", inside)
    assert ElementTree.fromstring(inside).get("aria-label") == "what it shows"


def test_ids_of_two_figures_in_a_page_do_not_meet():
    svg, _ = draw(DRAWINGS["curves"], salt="s")

    ids = [re.findall(r' id="([^"]+)', inlined(svg, prefix=p, label="x")) for p in ("f1", "f2")]

    assert not set(ids[0]) & set(ids[1])
    assert len(set(ids[0])) == len(ids[0])


def test_every_shade_has_a_name_of_its_own():
    shades = [*ramp(PALETTES["light"]), *PALETTES["light"].factions]

    names = [themed(shade) for shade in shades]

    assert len(set(names)) == len(shades)
    assert all(name.startswith("var(--") for name in names)


def test_a_report_is_one_page_that_fetches_nothing(tmp_path: Path):
    shown = [figure(name, drawing) for name, drawing in DRAWINGS.items()]

    written = write_study_report(told(*shown, figure("by-structure")), tmp_path / "report")

    page = written.path.read_text("utf-8")
    assert (written.figures, written.tables) == (len(shown), len(shown) + 2)
    assert not re.search(r"<script|@import|url\(['\"]?http|src=", page)
    assert "jury: &lt;agents&gt;" in page
    assert "What is &lt;seen&gt;." in page
    assert "prefers-color-scheme: dark" in page


def test_figures_and_tables_are_files_too(tmp_path: Path):
    write_study_report(told(figure("rounds", DRAWINGS["forest"])), tmp_path)

    files = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file())
    assert files == [
        "figures/rounds.png",
        "figures/rounds.svg",
        "index.html",
        "tables/rounds.csv",
        "tables/rounds.parquet",
        "tables/runs.csv",
        "tables/runs.parquet",
    ]
    assert pq.read_table(tmp_path / "tables/rounds.parquet")["mean"].to_pylist() == [1.5, None]


def test_a_figure_says_what_makes_it_again(tmp_path: Path):
    write_study_report(told(figure("rounds", DRAWINGS["heat"])), tmp_path)

    svg = (tmp_path / "figures/rounds.svg").read_text("utf-8")
    page = (tmp_path / "index.html").read_text("utf-8")
    for text in (svg, page):
        assert "swarmboard sweep study.toml --out x; swarmboard report x" in text
        assert "d" * 16 in text
    assert "scenario = &quot;jury&quot;" in page


def test_what_a_report_has_no_more_is_removed_and_nothing_else(tmp_path: Path):
    write_study_report(told(figure("rounds", DRAWINGS["forest"])), tmp_path)
    (tmp_path / "figures/mine.png").write_bytes(b"mine")

    write_study_report(told(figure("gap", DRAWINGS["forest"])), tmp_path)

    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert names == {"gap.svg", "gap.png", "mine.png"}


def test_failures_and_what_is_left_out_are_told(tmp_path: Path):
    said = told(figure("a"), not_drawn=["No curves: why."], failures=[("k1", "it <broke>")])

    page = write_study_report(said, tmp_path).path.read_text("utf-8")

    assert "1 failed runs, which stand in no figure" in page
    assert "it &lt;broke&gt;" in page
    assert "No curves: why." in page


def test_a_folder_that_cannot_be_made_is_told_in_a_line(tmp_path: Path):
    (tmp_path / "file").write_text("x")

    with pytest.raises(BadInput, match="name another folder with --out"):
        write_study_report(told(figure("a")), tmp_path / "file")


def test_a_name_with_dollars_is_drawn_as_it_is():
    series = Series("price $x_$ to $\\frac", (Point(0, 1), Point(1, 2)))

    svg, _ = draw(Curves(Axis("cost ($)"), Axis("a $^$"), (series,)), salt="x")

    assert svg.startswith("<?xml")


@pytest.mark.parametrize(
    ("beginning", "end"),
    [
        ("model planted/accuracy=0.9,correlation=0.", ": exponent 0.70 (0.66 to 0.74)"),
        ("a model with a name that goes on and on and ends in ", ""),
        ("", ": a long tale that is the same in all of them, word by word by word"),
    ],
)
def test_long_names_that_differ_somewhere_differ_in_a_legend(beginning: str, end: str):
    labels = [f"{beginning}{k}{end}" for k in range(1, 5)]

    cut = cut_labels(labels)

    assert len(set(cut)) == 4
    assert all(len(label) <= 52 for label in cut)
