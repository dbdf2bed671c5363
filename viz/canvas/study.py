"""A response of a study over one of its parameters: means with intervals, line by line."""

import math
from collections.abc import Sequence
from typing import Any

import traitlets

from .joining import joined
from .view import CanvasView, Cell, Table

type Point = tuple[Cell, float, float | None, float | None, int]
"""Place, mean, lower and upper end of the interval, and how many runs."""

MOST_LINES = 6
"""As many as there are colours with a mark of their own."""
WIDE = 16
"""From so many times the lowest place on, places above 0 stand on a logarithmic axis."""


class StudyView(CanvasView):
    """Means with intervals over a parameter: numbers on an axis, words beside each other."""

    _esm = joined("study.js")

    axis = traitlets.Dict().tag(sync=True)
    """The parameter, whether its places are numbers or words, its ends, and the response."""
    lines: Any = traitlets.List().tag(sync=True)
    """Of each line its name and its points: place on the axis, mean, both ends, runs."""

    def draw(
        self,
        lines: Sequence[tuple[str, Sequence[Point]]],
        *,
        x: str,
        response: str,
        notice: str,
    ) -> None:
        """Draw these lines and no others.

        Args:
            lines: Name and points of each, in ascending order of their places.
            x: The parameter along the axis.
            response: What is shown.
            notice: What to say where there are none.
        """
        shown = lines[:MOST_LINES]
        places = [point[0] for _, points in shown for point in points]
        words = list(dict.fromkeys(str(place) for place in places)) if _has_words(places) else []
        at = [float(words.index(str(p))) if words else float(p or 0) for p in places]
        left = iter(at)
        self._publish(
            axis={
                "x": x,
                "response": response,
                "words": words,
                "is_log": not words and bool(at) and 0 < WIDE * min(at) <= max(at),
                "is_whole": all(isinstance(place, int) for place in places),
                "places": sorted(set(at)),
            },
            lines=[[name, [[next(left), *rest] for _, *rest in points]] for name, points in shown],
            label=_told(lines, x, response),
            notice="" if places else notice,
        )
        self._lines, self._x, self._response = lines, x, response

    def table(self) -> Table:
        """Return a row for each point of all lines, those included that are not drawn."""
        columns = ("line", self._x, self._response, "95 % from", "to", "runs")
        rows = tuple(
            (name or "all runs", place, *rest)
            for name, points in self._lines
            for place, *rest in points
        )
        return Table(columns, rows)

    _lines: Sequence[tuple[str, Sequence[Point]]] = ()
    _x = _response = ""


def _has_words(places: Sequence[Cell]) -> bool:
    return any(
        isinstance(place, bool) or not isinstance(place, int | float) or not math.isfinite(place)
        for place in places
    )


def _told(lines: Sequence[tuple[str, Sequence[Point]]], x: str, response: str) -> str:
    """Return the chart in words: the first and the last point of each line."""
    parts = [f"{response} over {x}, {len(lines)} line{'' if len(lines) == 1 else 's'}."]
    for name, points in lines[:MOST_LINES]:
        if points:
            (first, mean, *_), (last, mean_last, *_) = points[0], points[-1]
            said = f"{mean:,.4g} at {first}"
            if len(points) > 1:
                said += f" to {mean_last:,.4g} at {last}"
            parts.append(f"{name}: {said}." if name else f"{said}.")
    if len(lines) > MOST_LINES:
        parts.append(f"{len(lines) - MOST_LINES} lines stand in the table only.")
    return " ".join(parts)
