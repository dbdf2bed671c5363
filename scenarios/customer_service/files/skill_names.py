"""Skills as they are named in users' files: `after-sales`, or several joined by `+`."""

from collections.abc import Sequence
from difflib import get_close_matches

from .csv_rows import CsvRows, shown

JOINT = "+"
MOST_SKILLS = 64
MOST_CHARS = 40
EXPECTED = f"a skill of 1 to {MOST_CHARS} printable characters, or several joined by {JOINT}"


class SkillColumn:
    """Reads a column of skills."""

    def __init__(self, rows: CsvRows, column: str) -> None:
        self._rows, self._column = rows, column
        self._read: dict[str, tuple[str, ...]] = {}
        self._different: set[str] = set()

    def read(self, row: int, cell: str) -> tuple[str, ...] | None:
        """Return the skills that a cell names, in its order; else keep what is wrong with it."""
        if cell in self._read:
            return self._read[cell]
        names = tuple(" ".join(name.split()) for name in cell.split(JOINT))
        if wrong := self._wrong(cell, names):
            self._rows.note(row, self._column, wrong, EXPECTED)
            return None
        self._different.update(map(str.casefold, names))
        if len(self._different) > MOST_SKILLS:
            seen = f"{shown(cell)} brings the skills to {len(self._different)}"
            self._rows.note(row, self._column, seen, f"at most {MOST_SKILLS} different ones")
        self._read[cell] = names
        return names

    def _wrong(self, cell: str, names: tuple[str, ...]) -> str | None:
        if not cell:
            return "no skill"
        for name in names:
            if not name:
                return f"{shown(cell)} has a skill without a name"
            if len(name) > MOST_CHARS:
                return f"{shown(name)} has {len(name):,} characters"
            if not name.isprintable():
                return f"{shown(name)} has characters that cannot be seen"
        if len(set(map(str.casefold, names))) < len(names):
            return f"{shown(cell)} names a skill twice"
        return None


def places_of(names: Sequence[str], known: Sequence[str]) -> tuple[int, ...]:
    """Return the indices of skills among the known ones; capitals make no difference."""
    folded = [name.casefold() for name in known]
    return tuple(folded.index(name.casefold()) for name in names)


def unknown_among(names: Sequence[str], known: Sequence[str]) -> str | None:
    """Return the first skill that is not among the known ones."""
    folded = {name.casefold() for name in known}
    return next((name for name in names if name.casefold() not in folded), None)


def skills_listed(unknown: str, known: Sequence[str]) -> str:
    """Return which skills there are, and which one may be meant by an unknown one."""
    folded = {name.casefold(): name for name in known}
    close = get_close_matches(unknown.casefold(), list(folded), 1)
    hint = f" (did you mean {folded[close[0]]}?)" if close else ""
    return ", ".join(known) + hint
