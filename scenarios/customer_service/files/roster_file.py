"""A user's own roster: so many agents of the same skills and hours in each row."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .csv_rows import CsvRows, number_in, shown
from .duties import Duty
from .skill_names import SkillColumn, places_of, skills_listed, unknown_among

NEEDED = ("agents", "skills")
OPTIONAL = ("from_s", "until_s")
EVERYTHING = "all"
MOST_AGENTS = 100_000
CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?", re.A)


class Group(NamedTuple):
    """Agents of the same skills and hours."""

    agents: int
    skills: tuple[int, ...]
    duties: tuple[Duty, ...]


class _Line(NamedTuple):
    """One row, read."""

    agents: int
    skills: tuple[str, ...]
    """None at all for every skill."""
    duties: tuple[Duty, ...]


def read_groups(
    path: Path, known: Sequence[str] | None, day_s: float
) -> tuple[list[Group], tuple[str, ...], tuple[str, ...]]:
    """Return the groups of a roster, the skills' names, and the columns that were ignored.

    Args:
        path: The file.
        known: The tickets' skills; None takes those of the file, in the order of their first row.
        day_s: The length of a day.

    Raises:
        DataError: the file cannot be used; the message has row and column.
    """
    lines: list[_Line] = []
    total = 0
    with CsvRows(path, NEEDED, OPTIONAL) as rows:
        column = SkillColumn(rows, "skills")
        for row, (agents, skills, from_s, until_s) in rows.rows():
            count = _count(rows, row, agents)
            names = _skills(rows, row, skills, column, known)
            duties = _duties(rows, row, (from_s, until_s), day_s)
            if count is None or names is None or duties is None:
                continue
            total += count
            if total > MOST_AGENTS:
                seen = f"{count:,} more make {total:,} agents"
                rows.note(row, "agents", seen, f"at most {MOST_AGENTS:,} in all")
            lines.append(_Line(count, names, duties))
        rows.refuse()
    names = tuple(known) if known is not None else _named_in(lines)
    everything = tuple(range(len(names)))
    groups = [
        Group(line.agents, places_of(line.skills, names) or everything, line.duties)
        for line in lines
    ]
    return groups, names, rows.ignored


def _named_in(lines: Sequence[_Line]) -> tuple[str, ...]:
    spelled: dict[str, str] = {}
    for line in lines:
        for skill in line.skills:
            spelled.setdefault(skill.casefold(), skill)
    return tuple(spelled.values()) or (EVERYTHING,)


def _count(rows: CsvRows, row: int, cell: str) -> int | None:
    expected = f"a whole number of agents, 1 to {MOST_AGENTS:,}"
    value = rows.number(row, "agents", cell, expected, most=MOST_AGENTS)
    if value is None:
        return None
    if value < 1 or value % 1:
        rows.note(row, "agents", f"{cell} agents", expected)
        return None
    return int(value)


def _skills(
    rows: CsvRows, row: int, cell: str, column: SkillColumn, known: Sequence[str] | None
) -> tuple[str, ...] | None:
    """Return the skills that a cell names, none for all of them; else keep what is wrong."""
    if cell.casefold() == EVERYTHING:
        return ()
    names = column.read(row, cell)
    if names is None or known is None:
        return names
    if unknown := unknown_among(names, known):
        expected = f"{skills_listed(unknown, known)}, or {EVERYTHING}"
        rows.note(row, "skills", f"{shown(unknown)} is no skill of the tickets", expected)
        return None
    return names


def _duties(
    rows: CsvRows, row: int, cells: tuple[str, str], day_s: float
) -> tuple[Duty, ...] | None:
    """Return the hours of a row, none for always; else keep what is wrong with them."""
    if not any(cells):
        return ()
    ends: list[float] = []
    for column, cell in zip(OPTIONAL, cells, strict=True):
        expected = f"seconds of the day (0 to {day_s:.15g}){_clock_hint(cell)}"
        if not cell:
            rows.note(row, column, "empty, while the other is given", f"{expected}, or neither")
        elif (end := rows.number(row, column, cell, expected, most=day_s)) is not None:
            ends.append(end)
    if len(ends) < len(cells):
        return None
    if ends[0] == ends[1] or ends[0] == day_s:
        expected = "another second of the day than until_s, or neither for always"
        rows.note(row, "from_s", f"{cells[0]} to {cells[1]} is no part of a day", expected)
        return None
    return (Duty(*ends),)


def _clock_hint(cell: str) -> str:
    found = CLOCK.fullmatch(cell)
    if not found or number_in(cell) is not None:
        return ""
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return f", {3600 * hours + 60 * minutes + seconds} for {cell}"
