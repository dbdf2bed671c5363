"""Names beside marks, each where it covers little of what else is drawn and is near its own."""

import math
from collections.abc import Sequence
from typing import Any

_FAR = (3.5, 8.0, 12.0)
"""Points between the middle of a mark and its name: as near as it can be."""
_MARK_POINTS = 5.0
"""How wide a mark is."""
_APART_POINTS = 4.0
"""Between two names side by side."""
_CLEAR_POINTS = 9.0
"""How far from the mark of another a name seems not to be that one's."""
_FAR_COSTS, _NEAR_COSTS = 1.0, 4.0
"""What a point of distance from the own mark, and of nearness to another, costs in heights of
letters: as if so much of something else were covered."""
_SIDES = ((1, 1), (-1, 1), (1, -1), (-1, -1), (0, 1), (0, -1), (1, 0), (-1, 0))
_ALIGNED = {1: "left", 0: "center", -1: "right"}
_STANDING = {1: "bottom", 0: "center", -1: "top"}

type _Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in pixels."""


def name_marks(
    figure: Any,
    axes: Any,
    names: Sequence[tuple[str, float, float]],
    marks: Sequence[Any],
    drawn: Sequence[Any] = (),
) -> None:
    """Write names beside marks, without moving anything else.

    Args:
        figure: Matplotlib's, with all that it shows but the names, as laid out.
        axes: Where the marks are.
        names: Each with its place in the data.
        marks: Places of all marks in the data, with and without a name.
        drawn: Places in the data of what else is there: intervals and lines.
    """
    pixel = figure.dpi / 72
    half = _MARK_POINTS * pixel / 2
    room = axes.get_window_extent().extents
    taken = [
        (x - half, y - half, x + half, y + half)
        for x, y in (axes.transData.transform(place) for place in (*marks, *drawn))
    ]
    for name, *place in names:
        text = axes.annotate(name, place, (0, 0), textcoords="offset points", zorder=5)
        text.set_in_layout(False)
        size = text.get_window_extent().size
        x, y = axes.transData.transform(place)
        others = [
            other
            for other in map(axes.transData.transform, marks)
            if math.dist(other, (x, y)) > _MARK_POINTS * pixel
        ]
        best: tuple[float, float] = _SIDES[0]
        least = float("inf")
        for right, up in ((far * r, far * u) for far in _FAR for r, u in _SIDES):
            box = _box(x + right * pixel, y + up * pixel, right, up, size)
            outside = size[0] * size[1] - _shared(box, room)
            covered = outside + sum(_shared(box, other) for other in taken)
            near = max((_CLEAR_POINTS * pixel - _apart(box, other) for other in others), default=0)
            leads = _FAR_COSTS * _apart(box, (x, y)) + _NEAR_COSTS * max(0.0, near)
            if (price := covered + leads * size[1]) < least - 1e-6:
                best, least = (right, up), price
        right, up = best
        text.set(position=best, ha=_ALIGNED[_sign(right)], va=_STANDING[_sign(up)])
        left, bottom, end, top = _box(x + right * pixel, y + up * pixel, right, up, size)
        apart = _APART_POINTS * pixel
        taken.append((left - apart, bottom, end + apart, top))


def _box(x: float, y: float, right: float, up: float, size: Sequence[float]) -> _Box:
    """Return the place of a text that goes from a point to one side of it."""
    left = x + (_sign(right) - 1) / 2 * size[0]
    bottom = y + (_sign(up) - 1) / 2 * size[1]
    return left, bottom, left + size[0], bottom + size[1]


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


def _apart(box: _Box, place: Sequence[float]) -> float:
    """Return how far a place is from a box; 0 inside of it."""
    wide = max(box[0] - place[0], 0.0, place[0] - box[2])
    high = max(box[1] - place[1], 0.0, place[1] - box[3])
    return math.hypot(wide, high)


def _shared(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the area that two boxes share."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)
