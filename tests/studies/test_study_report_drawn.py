"""Colours, cells and names in a report's figures."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.figure
from matplotlib.colors import to_hex
from matplotlib.text import Annotation

from viz.canvas.palette import PALETTES
from viz.study_report import (
    Axis,
    Curves,
    Drawing,
    Heat,
    Plane,
    Point,
    Series,
    Sheet,
    Spot,
    StudyTold,
    study_page,
    write_study_report,
)
from viz.study_report.beside import name_marks
from viz.study_report.drawing import _style, composed
from viz.study_report.themes import ramp

COLOURS = PALETTES["light"].factions


def drawn(drawing: Drawing) -> Any:
    with mpl.rc_context(_style("x")):
        figure = composed(drawing)
        figure.draw_without_rendering()
    return figure


def heat(values: list[list[float]]) -> Heat:
    names = [tuple(f"{which}{k}" for k in range(12)) for which in "xy"]
    return Heat(
        Axis("x", names=names[0][: len(values[0])]),
        Axis("y", names=names[1][: len(values)]),
        tuple(map(tuple, values)),
        "gap (%)",
    )


def test_a_series_with_a_place_has_its_colour_wherever_it_stands() -> None:
    points = (Point(1, 1), Point(2, 2))
    series = (Series("b", points, place=2), Series("c", points, is_steps=True, place=1))

    lines = drawn(Curves(Axis("x"), Axis("y"), series)).axes[0].get_lines()

    found = [to_hex(line.get_color()) for line in lines]
    assert found[0] == COLOURS[2]
    assert found[-1] == COLOURS[1]


def test_cells_whose_values_span_decades_are_coloured_by_their_logarithms() -> None:
    patches = drawn(heat([[0.01, 1.0, 100.0], [0.01, 1.0, 100.0]])).axes[0].patches

    shades = ramp(PALETTES["light"])
    places = [shades.index(to_hex(patch.get_facecolor())) for patch in patches[:3]]
    assert places == [0, len(shades) // 2, len(shades) - 1]


def test_each_cell_has_its_number() -> None:
    texts = drawn(heat([[8.0, 128.0, 256.0], [1.5, 64.0, 512.0]])).axes[0].texts

    assert [text.get_text() for text in texts] == ["8", "128", "256", "1.5", "64", "512"]


def test_a_heat_map_is_turned_where_its_numbers_have_room_only_so() -> None:
    wide = heat([[k / 20 for k in range(11)], [k / 10 for k in range(11)]])

    axes = drawn(wide).axes[0]

    assert axes.get_xlabel() == "y"
    assert len(axes.texts) == 22


def test_numbers_of_a_front_cover_neither_each_other_nor_a_mark() -> None:
    near = [(100.0, 9.0), (101.0, 8.5), (103.0, 8.0), (104.0, 7.6), (160.0, 2.0)]
    spots = [Spot(Point(0, x), Point(0, y), f"n {x:.0f}", True) for x, y in near]
    figure = drawn(Plane(Axis("cost"), Axis("gap"), tuple(spots)))
    axes = figure.axes[0]

    names = [t for t in axes.findobj(Annotation) if t.get_text()]
    boxes = [name.get_window_extent() for name in names]

    assert len(names) > 2
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    marks = [axes.transData.transform(place) for place in near]
    assert not any(box.contains(*mark) for box in boxes for mark in marks)


def named_beside(place: tuple[float, float], *others: tuple[float, float]) -> tuple[Any, Any]:
    """The box of a name beside a mark, and the axes from 0 to 10, both drawn."""
    figure = mpl.figure.Figure(figsize=(3, 3), layout="constrained")
    axes = figure.subplots()
    axes.set(xlim=(0, 10), ylim=(0, 10))
    figure.draw_without_rendering()
    name_marks(figure, axes, [("name", *place)], [place, *others])
    (name,) = axes.texts
    return name.get_window_extent(), axes


def test_a_name_stays_inside_of_the_axes() -> None:
    box, axes = named_beside((10, 10))

    room = axes.get_window_extent()
    assert (box.x1 <= room.x1, box.y1 <= room.y1) == (True, True)


def test_a_name_is_nearer_to_its_mark_than_to_the_mark_of_another() -> None:
    others = [(5.9, 6.0), (4.1, 6.0)]
    box, axes = named_beside((5, 5), *others)

    middle = (box.y0 + box.y1) / 2
    assert middle < axes.transData.transform((5, 5))[1]


def test_the_legend_of_a_front_stands_in_columns_where_its_entries_are_short() -> None:
    spots = [Spot(Point(0, 2.0**k), Point(0, 9.0 - k), f"agents {k}", True) for k in range(7)]

    (legend,) = drawn(Plane(Axis("cost"), Axis("gap"), tuple(spots))).legends

    assert legend._ncols == 3


def test_all_numbers_of_a_column_with_large_ones_have_one_notation(tmp_path: Path) -> None:
    sheet = Sheet("runs", {"tokens": [825_700.0, 1_084_000.0, 0.0], "agents": [1024, 8, 16]})
    told = StudyTold("jury", "x", [], [], [sheet], "sweep", "d" * 64, "", "", "")

    page = write_study_report(told, tmp_path).path.read_text("utf-8")

    cells = re.findall(r"<td class='number'>([^<]+)<", page)
    assert cells == ["8.257e5", "1,024", "1.084e6", "8", "0", "16"]


def test_a_table_wider_than_the_page_has_shades_at_the_ends_that_are_cut() -> None:
    style = (Path(study_page.__file__).parent / "study_page.css").read_text("utf-8")

    rule = style.partition(".wide {")[2].partition("}")[0]
    assert "overflow-x: auto" in rule.replace("\n", " ")
    assert rule.count("local") == 2
    assert rule.count("scroll no-repeat") == 2
