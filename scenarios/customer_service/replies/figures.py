"""Answers in figures: the same one in several units, put into all wordings of a matter."""

from collections.abc import Iterable, Mapping

_COUNTED = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}

type Row = Mapping[str, object]
"""One answer: its figure by the name of the place it takes in a wording."""


def in_figures(wordings: Iterable[str], rows: Iterable[Row]) -> tuple[tuple[str, ...], ...]:
    """Return for each row the wordings with its figures."""
    wordings = tuple(wordings)
    return tuple(tuple(wording.format(**row) for wording in wordings) for row in rows)


def _counted(number: int) -> Row:
    return {"word": _COUNTED[number], "s": "" if number == 1 else "s"}


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
DAYS: tuple[Row, ...] = tuple({"day": day, "abbr": day[:3]} for day in _DAYS)
PRICES: tuple[Row, ...] = tuple({"n": n} for n in (19, 29, 49, 59, 79, 99, 149, 199))
MONTHS: tuple[Row, ...] = tuple({"m": 12 * y, "y": y, **_counted(y)} for y in (1, 2, 3, 5))
WEEKS: tuple[Row, ...] = tuple({"d": 7 * w, "w": w, **_counted(w)} for w in (1, 2, 4, 6))
MINUTES: tuple[Row, ...] = tuple({"min": m, "h": f"{m / 60:g}"} for m in (15, 30, 45, 90, 150))
