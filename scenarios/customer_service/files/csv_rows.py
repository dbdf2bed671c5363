"""The one strict reader behind the CSV files that users bring; it knows the line of every row."""

import csv
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Self, TextIO

from ...data_formats import (
    MOST_PROBLEMS,
    NOT_UTF8,
    DataError,
    Header,
    Problem,
    closest,
    open_text,
    read_header,
    undecodable,
)

SHOWN_CHARS = 40
LARGEST = 1e9
"""The largest number taken; as seconds more than 31 years, and less than today's since 1970."""
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(nan|inf(inity)?)", re.I | re.A)


@dataclass(slots=True)
class CsvRows:
    """The rows of one file, and all that was found wrong with it so far.

    Use it as a context; leaving it raises `DataError` if there were problems.
    """

    path: Path
    needed: Sequence[str]
    optional: Sequence[str] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    most_rows: int = 2_000_000
    problems: list[Problem] = field(default_factory=list)
    ignored: tuple[str, ...] = ()
    """Columns that mean nothing here, each with a hint where it looks like one that does."""
    count: int = 0
    """Rows so far, blank ones aside."""
    _file: TextIO = field(init=False)
    _header: Header = field(init=False)
    _names: list[str] = field(init=False)

    @property
    def _shape(self) -> str:
        return f"a CSV file with the columns {', '.join(self.needed)}"

    def __enter__(self) -> Self:
        self._file = open_text(self.path, self._shape)
        try:
            self._header = read_header(self._file, self.path, self._shape)
            self._match_columns()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._file.close()
        if kind is not None:
            return
        if not self.count and not self.problems:
            self.note(self._header.row, None, "no row follows the header", "one at least")
        self.refuse()

    def note(self, row: int, column: str | None, seen: str, expected: str) -> None:
        """Keep a problem, unless there are enough."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(row, column, seen, expected))

    def refuse(self) -> None:
        """Raise what was found wrong so far.

        Raises:
            DataError: there is at least one problem.
        """
        if self.problems:
            raise DataError(self.path, self.problems)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each row's line and cells: those of `needed`, then of `optional`.

        Cells come without blanks around them; a column that is not there gives empty ones.
        """
        width = len(self._names)
        columns = [*self.needed, *self.optional]
        chosen = [self._names.index(name) if name in self._names else width for name in columns]
        for row, cells in self._records():
            self.count += 1
            if self.count > self.most_rows:
                self.note(row, None, "one row too many", f"at most {self.most_rows:,}")
                return
            if self._is_whole(row, cells):
                cells.append("")
                yield row, [cells[place].strip() for place in chosen]
            if len(self.problems) >= MOST_PROBLEMS:
                return

    def number(
        self, row: int, column: str, cell: str, expected: str, *, most: float = LARGEST
    ) -> float | None:
        """Return a cell's number of 0 to `most`; else keep the problem and return None."""
        value = number_in(cell)
        if value is not None and 0 <= value <= most:
            return value
        if value is None:
            seen = f"{shown(cell)} is no number"
        elif math.isfinite(value):
            seen = f"{shown(cell)} is {'negative' if value < 0 else 'too large'}"
        else:
            seen = f"{shown(cell)} is not finite"
        self.note(row, column, seen, expected + with_point(cell))
        return None

    def _match_columns(self) -> None:
        """Find the columns, by whichever name they have here."""
        names = [self.aliases.get(name, name) for name in self._header.names]
        known, row = (*self.needed, *self.optional), self._header.row
        unknown = [name for name in names if name and name not in known]
        for name in known:
            if names.count(name) > 1:
                self.note(row, name, "there more than once", "each column once")
        for name in self.needed:
            if name not in names:
                meant = closest(name, unknown)
                hint = f" (did you mean {name} by {shown(meant)}?)" if meant else ""
                listed = ", ".join(self.needed)
                self.note(row, name, "missing in the header", f"the columns {listed}{hint}")
        self.refuse()
        absent = [name for name in known if name not in names]
        hints = [(name, closest(name, absent)) for name in dict.fromkeys(unknown)]
        self.ignored = tuple(
            f"{name} (did you mean {meant}?)" if meant else name for name, meant in hints
        )
        self._names = names

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield all rows that are not blank, and the line on which each begins."""
        reader = csv.reader(self._file, delimiter=self._header.separator, strict=True)
        row = self._header.row + 1
        try:
            for cells in reader:
                if any(cells) and any(cell.strip() for cell in cells):
                    yield row, cells
                row = self._header.row + 1 + reader.line_num
        except csv.Error as error:
            seen = "a quote is opened and not closed as it should be"
            if "limit" in str(error):
                seen = f"more than {csv.field_size_limit():,} characters in one field"
            expected = "a closing quote right before the separator or the line's end"
            self.note(
                row, self._broken_column(row), seen, f"{expected} (quotes within are doubled)"
            )

    def _broken_column(self, row: int) -> str:
        """Return the column whose quote swallows what follows it."""
        separator = re.escape(self._header.separator)
        most = f"{{0,{csv.field_size_limit()}}}"
        whole = re.compile(rf'(?:"(?:[^"]|""){most}+"|(?!")[^{separator}\r\n]{most}){separator}')
        with open_text(self.path, self._shape) as file:
            text = "".join(islice(file, row - 1, row + 1_000))
        place, at = 0, 0
        while found := whole.match(text, at):
            place, at = place + 1, found.end()
        return self._column(place)

    def _column(self, place: int) -> str:
        """Return a column's name, or its number where it has none."""
        named = self._names[place] if place < len(self._names) else ""
        return named or str(place + 1)

    def _is_whole(self, row: int, cells: list[str]) -> bool:
        """Say whether a row has the header's columns and is text; else keep what is wrong."""
        width = len(self._names)
        if len(cells) < width:
            seen, place = f"the row ends after {len(cells)} of {width} fields", len(cells)
        elif len(cells) > width:
            seen, place = f"{shown(cells[width])} is beyond the last column", width
        elif not undecodable("".join(cells)):
            return True
        else:
            place, seen = next(
                (place, bad) for place, cell in enumerate(cells) if (bad := undecodable(cell))
            )
            self.note(row, self._column(place), seen, NOT_UTF8)
            return False
        separator = "tab" if self._header.separator == "\t" else f"'{self._header.separator}'"
        expected = f"{width} fields, as in the header; quotes around text that holds a {separator}"
        self.note(row, self._column(place), seen, expected)
        return False


def number_in(cell: str) -> float | None:
    """Return the number that a cell is, be it infinite or none; None for anything else."""
    return float(cell) if NUMBER.fullmatch(cell) else None


def shown(cell: str) -> str:
    """Return a cell's text as it is quoted in a message: one line, and not too long."""
    if not cell:
        return "an empty field"
    return repr(cell if len(cell) <= SHOWN_CHARS else cell[: SHOWN_CHARS - 3] + "...")


def with_point(cell: str) -> str:
    """Return a hint where a number was written with a decimal comma."""
    whole, comma, part = cell.partition(",")
    if comma and whole.isdigit() and part.isdigit():
        return f" (with a decimal point: {whole}.{part})"
    return ""
