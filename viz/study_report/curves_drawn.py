"""Curves, distributions, and settings in a plane."""

import math
from itertools import pairwise
from typing import Any

from ..canvas.palette import PALETTES
from .axes_drawn import set_axis
from .beside import name_marks
from .described import Curves, Plane, Point, Series, Spot

MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", (0, (4, 1.5)), (0, (1.2, 1.2)), (0, (5, 1.2, 1.2, 1.2)), (0, (2.5, 1)), (0, (7, 2)))
_LONG = 26
"""Characters of a legend's entry that takes a row of its own."""
_LONGEST = 50
"""Characters that a column has room for."""
_NEAR = 0.02
"""Settings nearer than this share of both axes are drawn in one place."""
_STEP_POINTS = 4.0
"""How far places along a line are apart that names keep away from."""
_MOST_STEPS = 100

type _Place = tuple[float, float]
"""A place in the data."""


def draw_curves(figure: Any, curves: Curves) -> None:
    """Draw series with their intervals and fits, and what each is above them."""
    axes = figure.subplots()
    for place, series in enumerate(curves.series):
        _draw_series(axes, series, place if series.place is None else series.place)
    xs = [point.x for series in curves.series for point in series.points]
    ys = [
        value
        for series in curves.series
        for point in series.points
        for value in (point.y, point.low, point.high)
        if value is not None
    ]
    set_axis(axes, "x", curves.x, xs)
    set_axis(axes, "y", curves.y, ys)
    if not curves.y.is_log and ys and 0 <= min(ys) < 0.4 * max(ys):
        axes.set_ylim(bottom=0)
    _legend(figure, axes)


def draw_plane(figure: Any, plane: Plane) -> None:
    """Draw settings, those on the front filled, joined and named."""
    axes = figure.subplots()
    light = PALETTES["light"]
    front = _front(plane)
    for spot in plane.spots:
        colour = light.factions[0] if spot.is_on_front else light.faint
        axes.errorbar(
            spot.x.y,
            spot.y.y,
            xerr=_reach(spot.x),
            yerr=_reach(spot.y),
            fmt="o" if spot.is_on_front else "s",
            color=colour,
            markerfacecolor=colour if spot.is_on_front else light.paper,
            elinewidth=0.7,
            zorder=4 if spot.is_on_front else 3,
        )
    axes.plot(
        [s.x.y for s in front],
        [s.y.y for s in front],
        color=light.factions[0],
        linewidth=0.8,
        linestyle=DASHES[1],
        zorder=2,
    )
    set_axis(axes, "x", plane.x, [s.x.y for s in plane.spots])
    set_axis(axes, "y", plane.y, [s.y.y for s in plane.spots])
    axes.margins(0.14)
    _name_spots(figure, axes, plane)


def _draw_series(axes: Any, series: Series, place: int) -> None:
    colours = PALETTES["light"].factions
    colour, dash = colours[place % len(colours)], DASHES[place % len(DASHES)]
    points = series.points
    if series.is_steps:
        axes.step(
            [p.x for p in points],
            [p.y for p in points],
            where="post",
            color=colour,
            linestyle=dash,
            label=series.label,
        )
        return
    reach = [_reach(point) for point in points]
    bars = [[r[end][0] if r else 0.0 for r in reach] for end in (0, 1)]
    axes.errorbar(
        [p.x for p in points],
        [p.y for p in points],
        yerr=bars if any(reach) else None,
        fmt=MARKERS[place % len(MARKERS)],
        color=colour,
        linestyle="none" if series.fit else dash,
        capsize=1.8,
        elinewidth=0.8,
        label=series.label or None,
        zorder=3,
    )
    if series.fit:
        x, y = zip(*series.fit, strict=True)
        axes.plot(x, y, color=colour, linestyle=dash, linewidth=0.9, label=series.fit_label or None)


def _reach(point: Point) -> list[list[float]] | None:
    """Return how far an interval reaches down and up."""
    if point.low is None or point.high is None:
        return None
    return [[max(0.0, point.y - point.low)], [max(0.0, point.high - point.y)]]


def legend_rows(labels: list[str]) -> int:
    """Return how many rows a legend has."""
    return -(-len(labels) // _columns(labels)) if any(labels) else 0


def front_names(plane: Plane) -> list[tuple[str, Spot]]:
    """Return the front's settings by rising cost with their numbers, those in one place as one."""
    places: list[tuple[list[int], Spot]] = []
    for number, spot in enumerate(_front(plane), start=1):
        if places and _is_near(places[-1][1], spot, plane):
            places[-1][0].append(number)
        else:
            places.append(([number], spot))
    return [
        (f"{n[0]}" if len(n) == 1 else f"{n[0]}–{n[-1]}", spot)  # noqa: RUF001 - an en dash
        for n, spot in places
    ]


def front_labels(plane: Plane) -> list[str]:
    """Return the entries of a front's legend: what the marks say, then its numbers."""
    front, labels = _front(plane), ["on the front", "not on it"]
    for name, _ in front_names(plane):
        first = int(name.partition("–")[0]) - 1  # noqa: RUF001 - an en dash
        last = int(name.rpartition("–")[2])  # noqa: RUF001 - an en dash
        labels.append(f"{name}: {_joined([spot.label for spot in front[first:last]])}")
    return labels


def _front(plane: Plane) -> list[Spot]:
    return sorted((s for s in plane.spots if s.is_on_front), key=lambda spot: spot.x.y)


def _joined(labels: list[str]) -> str:
    text = "; ".join(labels)
    if len(text) > _LONGEST and len(labels) > 1:
        text = f"{labels[0]}, and {len(labels) - 1} more"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _is_near(one: Spot, other: Spot, plane: Plane) -> bool:
    """Say whether two settings cannot be drawn apart."""
    reach_x = max(s.x.y for s in plane.spots) - min(s.x.y for s in plane.spots)
    reach_y = max(s.y.y for s in plane.spots) - min(s.y.y for s in plane.spots)
    return (
        abs(one.x.y - other.x.y) <= _NEAR * reach_x and abs(one.y.y - other.y.y) <= _NEAR * reach_y
    )


def cut_labels(labels: list[str]) -> list[str]:
    """Return labels that fit the column, each other than the others.

    Their ends stay, which say what was found, and of their beginnings as much as tells them apart.
    """
    letters = zip(*(label for label in labels if _is_long(label)), strict=False)
    same = next((place for place, here in enumerate(letters) if len(set(here)) > 1), 0)
    inner = [f"…{label[same:]}" if _is_long(label) else label for label in labels]
    tries = [[_cut(label, kept) for label in labels] for kept in (14, 8, 4, 0)]
    tries.append([_cut(label, 20) for label in inner])
    for cut in tries:
        if len(set(cut)) == len(set(labels)):
            return cut
    return [_cut(f"{place}: {label}", 14) for place, label in enumerate(labels, start=1)]


def _cut(label: str, kept: int) -> str:
    """Return a label with so many of its first letters, and its end."""
    return f"{label[:kept]}…{label[kept - _LONGEST :]}" if _is_long(label) else label


def _is_long(label: str) -> bool:
    return len(label) > _LONGEST + 2


def _columns(labels: list[str]) -> int:
    widest = max(map(len, labels))
    columns = 1 if widest > _LONG else 2 if widest > _LONG / 2 else 3
    return min(columns, len(labels))


def _legend(figure: Any, axes: Any) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if any(labels):
        labels = cut_labels(labels)
        figure.legend(handles, labels, loc="outside upper left", ncols=_columns(labels))


def _name_spots(figure: Any, axes: Any, plane: Plane) -> None:
    """Put numbers beside the settings of the front, and what they are above."""
    from matplotlib.lines import Line2D

    light = PALETTES["light"]
    front = _front(plane)
    handles = [
        Line2D([], [], marker="o", linestyle=DASHES[1], color=light.factions[0]),
        Line2D(
            [], [], marker="s", linestyle="none", color=light.faint, markerfacecolor=light.paper
        ),
    ]
    labels = front_labels(plane)
    handles += [Line2D([], [], linestyle="none") for _ in labels[len(handles) :]]
    figure.legend(
        handles, labels, loc="outside upper left", ncols=_columns(labels), labelspacing=0.3
    )
    figure.draw_without_rendering()
    names = [(name, spot.x.y, spot.y.y) for name, spot in front_names(plane)]
    marks = [(spot.x.y, spot.y.y) for spot in plane.spots]
    lines = [line for spot in plane.spots for line in _intervals(spot)]
    lines += [((a.x.y, a.y.y), (b.x.y, b.y.y)) for a, b in pairwise(front)]
    drawn = [place for line in lines for place in _along(axes, line)]
    name_marks(figure, axes, names, marks, drawn)


def _intervals(spot: Spot) -> list[tuple[_Place, _Place]]:
    """Return the ends of the lines from a setting to the ends of its intervals."""
    x, y = spot.x, spot.y
    ends = [(end, y.y) for end in (x.low, x.high) if end is not None]
    ends += [(x.y, end) for end in (y.low, y.high) if end is not None]
    return [((x.y, y.y), end) for end in ends]


def _along(axes: Any, ends: tuple[_Place, _Place]) -> list[_Place]:
    """Return places in the data along a line, evenly apart as drawn, its start not among them."""
    start, end = axes.transData.transform(ends)
    long = math.dist(start, end) / axes.figure.dpi * 72
    many = math.ceil(min(long / _STEP_POINTS, _MOST_STEPS)) if math.isfinite(long) else 0
    places = [start + (end - start) * k / many for k in range(1, many + 1)]
    return [tuple(axes.transData.inverted().transform(place)) for place in places]
