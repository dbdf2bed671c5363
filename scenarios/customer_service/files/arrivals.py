"""How many tickets arrive when: a rate that is constant piece by piece, and repeats."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from .csv_rows import CsvRows

NEEDED = ("from_s", "until_s", "arrivals_per_s")
SECONDS = "seconds since the start of the profile (0 to 1e9)"
RATE = "tickets per second (0 to 1e9)"


class _Piece(NamedTuple):
    """One row, read."""

    row: int
    until_s: float
    rate_per_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A rate of arrivals over time; after its last piece it begins again."""

    edges_s: NDArray[np.float64]
    """(pieces + 1) from 0, ascending; the last is the profile's length."""
    rates_per_s: NDArray[np.float64]
    """(pieces), none negative, one at least above 0."""
    ignored: tuple[str, ...] = ()
    """Columns of the file that mean nothing here."""
    _passed: NDArray[np.float64] = field(init=False, repr=False)
    """(pieces + 1) tickets expected until each edge."""

    def __post_init__(self) -> None:
        lengths_s = np.diff(self.edges_s)
        if len(lengths_s) != len(self.rates_per_s) or self.edges_s[0] != 0 or min(lengths_s) <= 0:
            raise ValueError("a profile needs ascending edges from 0, one more than rates")
        if min(self.rates_per_s) < 0 or not 0 < max(self.rates_per_s) < np.inf:
            raise ValueError("a profile needs rates of 0 or more, one at least above 0")
        passed = np.concatenate(([0.0], np.cumsum(self.rates_per_s * lengths_s)))
        object.__setattr__(self, "_passed", passed)

    @classmethod
    def constant(cls, arrivals_per_s: float) -> Self:
        """Return the profile of a rate that never changes."""
        return cls(np.array([0.0, 1.0]), np.array([arrivals_per_s], np.float64))

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a profile from CSV: `from_s`, `until_s`, `arrivals_per_s`, without gaps from 0.

        Raises:
            DataError: the file cannot be used; the message has row and column.
        """
        pieces: list[_Piece] = []
        ends_s: float | None = 0.0
        with CsvRows(Path(path), NEEDED) as rows:
            for row, cells in rows.rows():
                from_s, until_s, rate = _read_cells(rows, row, cells)
                if from_s is not None and ends_s is not None and from_s != ends_s:
                    _refuse_start(rows, row, from_s, ends_s)
                if from_s is not None and until_s is not None and rate is not None:
                    pieces.append(_Piece(row, until_s, rate))
                ends_s = until_s
            if pieces and not any(piece.rate_per_s for piece in pieces):
                row = pieces[-1].row
                rows.note(row, "arrivals_per_s", "no rate up to here is above 0", "one at least")
        edges_s = np.array([0.0, *(piece.until_s for piece in pieces)])
        return cls(edges_s, np.array([piece.rate_per_s for piece in pieces]), rows.ignored)

    def scaled(self, share: float) -> Self:
        """Return the profile with all rates multiplied."""
        return replace(self, rates_per_s=self.rates_per_s * share)

    @property
    def length_s(self) -> float:
        """After how many seconds it repeats."""
        return float(self.edges_s[-1])

    @property
    def mean_per_s(self) -> float:
        """Arrivals per second on average over the whole length."""
        return float(self._passed[-1] / self.length_s)

    @property
    def highest_per_s(self) -> float:
        """Arrivals per second in the busiest piece."""
        return float(max(self.rates_per_s))

    def rate_at(self, at_s: float) -> float:
        """Return the arrivals per second at a time; at an edge those of the piece that begins."""
        within_s = at_s % self.length_s
        piece = int(np.searchsorted(self.edges_s[1:], within_s, side="right"))
        return float(self.rates_per_s[min(piece, len(self.rates_per_s) - 1)])

    def cumulative(self, at_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how many arrivals are expected until each time."""
        cycles, within_s = np.divmod(at_s, self.length_s)
        passed: NDArray[np.float64] = np.interp(within_s, self.edges_s, self._passed)
        passed += cycles * self._passed[-1]
        return passed

    def times(self, unit: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map points of a unit-rate Poisson process to times of arrival in seconds.

        The inverse of `cumulative`, so that the result is a Poisson process of this rate.

        Args:
            unit: Sums of unit exponentials, ascending.
        """
        if len(self.rates_per_s) == 1:
            return unit / float(self.rates_per_s[0])
        cycles, rest = np.divmod(unit, self._passed[-1])
        # From the right: what lies on an edge belongs to the next piece that has any arrivals.
        found = np.searchsorted(self._passed[1:], rest, side="right")
        last = int(np.flatnonzero(self.rates_per_s)[-1])
        piece = np.minimum(found, last)
        within_s = self.edges_s[piece] + (rest - self._passed[piece]) / self.rates_per_s[piece]
        within_s = np.minimum(within_s, self.edges_s[piece + 1])
        times_s: NDArray[np.float64] = cycles * self.length_s + within_s
        np.maximum.accumulate(times_s, out=times_s)  # no rounding puts one before another
        return times_s


def _read_cells(
    rows: CsvRows, row: int, cells: list[str]
) -> tuple[float | None, float | None, float | None]:
    """Return a row's start, end and rate, each None where it is wrong, which is kept."""
    from_s = rows.number(row, "from_s", cells[0], SECONDS)
    until_s = rows.number(row, "until_s", cells[1], SECONDS)
    rate = rows.number(row, "arrivals_per_s", cells[2], RATE)
    if from_s is not None and until_s is not None and until_s <= from_s:
        rows.note(row, "until_s", f"{cells[1]} is not after {cells[0]}", "a time after from_s")
        until_s = None
    return from_s, until_s, rate


def _refuse_start(rows: CsvRows, row: int, from_s: float, ends_s: float) -> None:
    if ends_s == 0:
        rows.note(row, "from_s", f"the profile begins at {from_s:.15g}", "0 in the first row")
        return
    kind = "leaves a gap" if from_s > ends_s else "overlaps the row before"
    expected = f"{ends_s:.15g}, where the row before ends"
    rows.note(row, "from_s", f"{from_s:.15g} {kind}", expected)
