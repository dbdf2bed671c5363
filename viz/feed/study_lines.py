"""A response of a study over one of its parameters: means with intervals, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .study_table import StudyTable, Value

CONFIDENCE = 0.95
MOST_LINES = 6
MOST_PLACES = 200
_PREFERRED = ("yardstick.gap_percent", "metrics.correct", "rounds", "consensus.approval_percent")


@dataclass(frozen=True, slots=True)
class StudyPoint:
    """The runs at one place of a line."""

    place: Value
    mean: float
    low: float | None
    """The lower end of the interval; None of a single run."""
    high: float | None
    runs: int


@dataclass(frozen=True, slots=True)
class StudyLine:
    """The points that agree in a second parameter."""

    name: str
    points: tuple[StudyPoint, ...]


def lines_of(table: StudyTable, response: str, x: str, by: str | None) -> list[StudyLine]:
    """Return the lines of a chart; runs that differ in other parameters are taken together.

    Args:
        table: The runs so far.
        response: What is shown.
        x: The parameter along the axis.
        by: The parameter of which each value has a line of its own.
    """
    if response not in table.numbers or x not in table.varied:
        return []
    column = table.numbers[response]
    at, other = table.varied.index(x), table.varied.index(by) if by in table.varied else None
    groups: dict[Value, dict[Value, list[float]]] = {}
    for setting, value in zip(table.settings, column, strict=True):
        if value == value and setting[at] is not None:
            line = groups.setdefault(None if other is None else setting[other], {})
            line.setdefault(setting[at], []).append(value)
    names = sorted(groups, key=in_order)
    is_share = response in table.shares
    return [
        StudyLine(
            "" if by is None else f"{by} = {shown_value(name)}",
            tuple(
                _point(place, groups[name][place], is_share)
                for place in sorted(groups[name], key=in_order)
            ),
        )
        for name in names
    ]


def choices_of(
    table: StudyTable, *, asked: Sequence[str] = ()
) -> tuple[list[str], list[str], str | None]:
    """Return the responses, the parameters for the axis, and that of the lines; best ones first.

    Args:
        table: The runs so far.
        asked: Responses that the study itself names.
    """
    there = table.responses()
    first = [name for name in (*asked, *_PREFERRED) if name in there]
    responses = list(dict.fromkeys((*first, *sorted(there))))
    kinds = {
        name: {setting[at] for setting in table.settings} for at, name in enumerate(table.varied)
    }
    numeric = [name for name in table.varied if any(map(_is_number, kinds[name]))]
    places = sorted(table.varied, key=lambda name: (name not in numeric, len(kinds[name]) < 3))
    others = [n for n in table.varied if n != (places or [""])[0] and 2 <= len(kinds[n]) <= 6]
    return responses, places, others[0] if others else None


def in_order(value: Value) -> tuple[int, float, str]:
    """Return what sorts values: numbers by size, then texts, then what is missing."""
    if isinstance(value, int | float):
        return 0, float(value), ""
    return (2, 0.0, "") if value is None else (1, 0.0, value)


def shown_value(value: Value) -> str:
    """Return a value of a parameter as people read it."""
    if value is None:
        return "not set"
    if isinstance(value, float):
        return f"{value:,.6g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _point(place: Value, values: list[float], is_share: bool) -> StudyPoint:
    low, high = _ends(np.array(values), is_share)
    return StudyPoint(place, float(np.mean(values)), low, high, len(values))


def _ends(
    values: "np.ndarray[tuple[int], np.dtype[np.float64]]", is_share: bool
) -> tuple[float | None, float | None]:
    """Return Student's interval of a mean, Wilson's of a share."""
    from scipy import special

    n, mean = values.size, float(values.mean())
    if is_share:
        z = float(special.ndtri(0.5 + CONFIDENCE / 2))
        middle = (mean + z * z / (2 * n)) / (1 + z * z / n)
        reach = z / (1 + z * z / n) * (mean * (1 - mean) / n + z * z / (4 * n * n)) ** 0.5
        return middle - reach, middle + reach
    if n < 2:
        return None, None
    reach = float(special.stdtrit(n - 1, 0.5 + CONFIDENCE / 2) * values.std(ddof=1) / n**0.5)
    return mean - reach, mean + reach
