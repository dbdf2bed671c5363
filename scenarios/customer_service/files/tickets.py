"""A user's own tickets: when each arrived, which skills it needs, and what became of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from ...data_formats import closest
from .csv_rows import CsvRows, shown
from .skill_names import SkillColumn
from .times import ArrivalColumn, Clock, in_seconds, is_too_long

MOST_TICKETS = 2_000_000
NEEDED = ("arrival", "skill")
OPTIONAL = ("id", "text", "outcome")
ALIASES = {"arrival_s": "arrival"}
OUTCOMES = ("right", "wrong", "escalated", "abandoned")


class Ticket(msgspec.Struct, frozen=True, gc=False):
    """One request of a customer."""

    number: int
    """From 0, in the order of arrival."""
    arrival_s: float
    skills: tuple[int, ...]
    """Indices of the skills that it needs, the leading part's first."""
    name: str = ""
    """What the user's file calls it."""
    text: str = ""
    outcome: str = ""
    """What became of it in reality: one of `OUTCOMES`, or empty where that is not known."""


@dataclass(frozen=True, slots=True)
class TicketFile:
    """What a user's file holds."""

    tickets: tuple[Ticket, ...]
    """By arrival; those that arrived together in the order of the file."""
    skills: tuple[str, ...]
    """In the order of their first ticket, each as spelled there; capitals make no difference."""
    observed: Mapping[str, float]
    """The share of each outcome among the tickets that have one; empty where none has."""
    clock: Clock
    """What second 0 is by the clock, which a roster of daily hours needs."""
    ignored: tuple[str, ...] = ()
    """Columns that mean nothing here."""


class _Line(NamedTuple):
    """One row, read and in order."""

    row: int
    time: float | datetime
    skills: tuple[str, ...]
    name: str
    text: str
    outcome: str


def read_tickets(path: str | Path, *, needs_text: bool = False) -> TicketFile:
    """Read tickets from CSV, in any order of rows.

    Columns: `arrival` (or `arrival_s`), seconds or timestamps; `skill`, or several joined by `+`;
    optional `id`, `text` and `outcome`.

    Args:
        path: The file.
        needs_text: Whether every row has to say what the customer wrote.

    Raises:
        DataError: the file cannot be used; the message has row and column.
    """
    with CsvRows(Path(path), NEEDED, OPTIONAL, ALIASES, MOST_TICKETS) as rows:
        lines = list(_lines(rows, needs_text=needs_text))
        rows.refuse()
        seconds, clock = in_seconds([line.time for line in lines])
        ordered = sorted(zip(seconds, lines, strict=True), key=lambda timed: timed[0])
        if ordered and is_too_long(ordered[-1][0]):
            last = ordered[-1]
            seen = f"{last[0]:,.0f} s after the first ticket"
            rows.note(last[1].row, "arrival", seen, "a year as in the other rows")
    places, spelled = _skills(line for _, line in ordered)
    tickets = tuple(
        Ticket(
            number,
            second,
            tuple([places[skill.casefold()] for skill in line.skills]),
            line.name,
            line.text,
            line.outcome,
        )
        for number, (second, line) in enumerate(ordered)
    )
    return TicketFile(tickets, spelled, _shares(lines), clock, rows.ignored)


def _lines(rows: CsvRows, *, needs_text: bool) -> Iterator[_Line]:
    """Yield the rows in which all is well; the problems of the others are kept."""
    arrivals, needed = ArrivalColumn(rows), SkillColumn(rows, "skill")
    row_of: dict[str, int] = {}
    for row, (arrival, skill, name, text, outcome) in rows.rows():
        time = arrivals.read(row, arrival)
        skills = needed.read(row, skill)
        if name and row_of.setdefault(name, row) != row:
            seen = f"{shown(name)} stands in row {row_of[name]} already"
            rows.note(row, "id", seen, "an id of its own, or none")
        if needs_text and not text:
            rows.note(
                row, "text", "nothing stands there", "what the customer wrote, for the models"
            )
        ending = outcome.lower()
        if ending and ending not in OUTCOMES:
            _refuse_outcome(rows, row, outcome)
        if time is not None and skills is not None:
            yield _Line(row, time, skills, name, text, ending)


def _refuse_outcome(rows: CsvRows, row: int, outcome: str) -> None:
    meant = closest(outcome.lower(), OUTCOMES)
    hint = f" (did you mean {meant}?)" if meant else ""
    expected = f"{', '.join(OUTCOMES)} or nothing{hint}"
    rows.note(row, "outcome", f"{shown(outcome)} is no outcome", expected)


def _skills(lines: Iterator[_Line]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return each skill's index by its case-folded name, and the names as first spelled."""
    spelled: dict[str, str] = {}
    for line in lines:
        for skill in line.skills:
            spelled.setdefault(skill.casefold(), skill)
    return {name: place for place, name in enumerate(spelled)}, tuple(spelled.values())


def _shares(lines: Sequence[_Line]) -> dict[str, float]:
    counts = Counter(line.outcome for line in lines if line.outcome)
    total = counts.total()
    return {name: counts[name] / total for name in OUTCOMES} if total else {}
