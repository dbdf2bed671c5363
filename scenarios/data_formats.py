"""Users' files: the kinds that a scenario reads, and what can be wrong with one of them."""

import csv
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple, TextIO

from blackboard import BadInput

NOT_UTF8 = "text saved as UTF-8 (in a spreadsheet: 'CSV UTF-8')"
MOST_PROBLEMS = 20
"""Reading stops here: a file with this many is wrong as a whole."""
SEPARATORS = (",", ";", "\t")
HEADER_CHARS = 100_000
"""What is longer than this is no header, but most likely no text at all."""
CLOSE = 0.7
"""How alike two names are of which one may be meant by the other."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file, and what was expected there."""

    row: int | None
    """The line as an editor shows it, counted from 1; of a row over several lines the first. None
    means the file as a whole."""
    column: str | None
    seen: str
    expected: str

    @property
    def where(self) -> str:
        """Row and column as people say them; empty for the file as a whole."""
        row = "" if self.row is None else f"row {self.row}"
        return row if self.column is None else f"{row}, column {self.column}"

    def __str__(self) -> str:
        said = f"{self.seen}; expected {self.expected}"
        return f"{self.where}: {said}" if self.where else said


class DataError(BadInput):
    """Raised for a user's file that cannot be used; the message is the first problem."""

    def __init__(self, path: str | Path, problems: Sequence[Problem]) -> None:
        self.path, self.problems = Path(path), tuple(problems)
        message = self.lines()[0]
        if self.problems[0].row is not None:
            message += (
                f"; `swarmboard doctor --data {_printable(shlex.quote(str(path)))}` lists all"
            )
        super().__init__(message)

    def lines(self) -> list[str]:
        """Return all problems, each on a line that names the file."""
        name = _printable(str(self.path))
        lines = [f"{name}{', ' if said.where else ': '}{said}" for said in self.problems]
        if len(lines) == MOST_PROBLEMS:
            lines.append(f"{name}: not read any further; there may be more")
        return lines


@dataclass(frozen=True, slots=True)
class DataFormat:
    """A kind of file that one of a scenario's options takes."""

    columns: frozenset[str]
    """What the file has to have, by which it is recognised."""
    examine: Callable[[Path], list[str]]
    """Returns what the file holds, in lines for people; raises `DataError`."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other names of columns, and which they stand for."""
    suffix: str = ".csv"
    """How such a file's name ends; `.csv` takes all endings that no other format claims."""

    def likeness(self, names: Sequence[str]) -> float:
        """Return how well the columns of a file fit, from 0 to 1; half a point for a near miss."""
        present = {self.aliases.get(name, name) for name in names}
        points = [
            1.0 if wanted in present else 0.5 if closest(wanted, names) else 0.0
            for wanted in self.columns
        ]
        return sum(points) / len(points)


class Header(NamedTuple):
    """The first line of a CSV file that is not blank."""

    names: tuple[str, ...]
    """In lower case, without blanks around them."""
    separator: str
    row: int


def closest(wanted: str, names: Sequence[str]) -> str | None:
    """Return the name that may be meant by `wanted`, if one comes close."""
    found = get_close_matches(wanted, list(names), 1, CLOSE)
    return found[0] if found else None


def open_text(path: Path, expected: str) -> TextIO:
    """Open a text file; bytes that are no UTF-8 come as lone surrogates, to be found by row.

    Args:
        path: The file.
        expected: What it should be, for the error.

    Raises:
        DataError: there is no such file, or it cannot be read.
    """
    if path.is_dir():
        seen = "a directory"
    elif not path.exists():
        seen = "no such file"
    elif not path.is_file():
        seen = "no regular file"
    else:
        try:
            return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
        except OSError as error:
            seen = f"cannot be read ({error.strerror})"
    raise DataError(path, [Problem(None, None, seen, expected)])


def read_header(file: TextIO, path: Path, expected: str) -> Header:
    """Read a file's first line that is not blank, and see what separates its columns.

    Raises:
        DataError: the file is empty, or begins with what is no text.
    """
    row, line = 1, file.readline(HEADER_CHARS)
    while line and not line.strip():
        row, line = row + 1, file.readline(HEADER_CHARS)
    if not line:
        raise DataError(path, [Problem(None, None, "the file is empty", expected)])
    if line.startswith("PK\x03\x04"):
        seen = "a packed file, such as a spreadsheet's own"
        raise DataError(path, [Problem(None, None, seen, f"{expected}; export it as CSV")])
    if bad := undecodable(line):
        raise DataError(path, [Problem(row, None, bad, NOT_UTF8)])
    if len(line) >= HEADER_CHARS:
        seen = f"a line of {HEADER_CHARS:,} characters and more"
        raise DataError(path, [Problem(row, None, seen, expected)])
    separator = max(SEPARATORS, key=line.count)
    names = next(csv.reader([line], delimiter=separator))
    return Header(tuple(name.strip().lower() for name in names), separator, row)


def header_of(path: Path) -> Header:
    """Return the header of a CSV file.

    Raises:
        DataError: no such file, or it has none.
    """
    expected = "a CSV file with a header"
    with open_text(path, expected) as file:
        return read_header(file, path, expected)


def undecodable(text: str) -> str | None:
    """Say which byte of a text from `open_text` was no UTF-8; None means all is well."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"byte 0x{ord(text[error.start]) - 0xDC00:02x} is no UTF-8"
    return None


def _printable(text: str) -> str:
    return text if text.isprintable() else repr(text)
