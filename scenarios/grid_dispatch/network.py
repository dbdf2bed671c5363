"""Direct-current power flow: which injection loads which line by how much."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array
from scipy.sparse.linalg import splu

from .case import Case

__all__ = ["Network"]


class Network:
    """The sparse factors of one case's susceptance matrix, kept for many solves.

    The reference is bus index 0: its angle is 0 and it absorbs any imbalance, so its shift factor
    is 0 on every line. For balanced injections the choice changes no flow.
    """

    def __init__(self, case: Case) -> None:
        self._lines = case.lines
        self._buses = len(case.bus_ids)
        self._rows: dict[int, NDArray[np.float64]] = {}
        start, end = case.lines.start, case.lines.end
        susceptance = case.lines.susceptance
        rows = np.concatenate([start, end, start, end])
        columns = np.concatenate([start, end, end, start])
        values = np.concatenate([susceptance, susceptance, -susceptance, -susceptance])
        inner = (rows > 0) & (columns > 0)
        size = self._buses - 1
        matrix = csc_array(
            (values[inner], (rows[inner] - 1, columns[inner] - 1)), shape=(size, size)
        )
        # The matrix is symmetric and, but for a few series capacitors, diagonally dominant:
        # ordering on A'+A with diagonal pivots halves the fill of the default ordering.
        self._factors = (
            splu(matrix, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
            if size
            else None
        )

    @cached_property
    def offset_mw(self) -> NDArray[np.float64]:
        """(lines,) flows at zero injection: what phase shifters drive around the loops."""
        if not self._lines.shift_mw.any():
            offset = np.zeros(len(self._lines))
        else:
            drawn = self._leaving(self._lines.shift_mw)
            offset = self._transfer(-drawn) + self._lines.shift_mw
        offset.flags.writeable = False
        return offset

    def flows(self, injection_mw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the line flows in MW, (lines,), of net injections in MW, (buses,)."""
        return self._transfer(injection_mw) + self.offset_mw

    def row(self, line: int) -> NDArray[np.float64]:
        """Return one line's shift factors, (buses,): MW on the line per MW injected at a bus.

        `flows(x)[line] = row(line) @ x + offset_mw[line]`. Solved when first asked, then kept.
        """
        kept = self._rows.get(line)
        return kept if kept is not None else self.rows(np.array([line]))[0]

    def rows(self, lines: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the shift factors of several lines at once, (len(lines), buses)."""
        missing = [int(line) for line in lines if int(line) not in self._rows]
        if missing:
            self._rows.update(zip(missing, self._solve_rows(np.array(missing)), strict=True))
        if not len(lines):
            return np.zeros((0, self._buses))
        return np.stack([self._rows[int(line)] for line in lines])

    def _solve_rows(self, lines: NDArray[np.int64]) -> NDArray[np.float64]:
        pulls = np.zeros((self._buses, len(lines)))
        count = np.arange(len(lines))
        pulls[self._lines.start[lines], count] += self._lines.susceptance[lines]
        pulls[self._lines.end[lines], count] -= self._lines.susceptance[lines]
        factors = np.zeros((len(lines), self._buses))
        if self._factors is not None:
            factors[:, 1:] = self._factors.solve(pulls[1:], trans="T").T
        factors.flags.writeable = False
        return factors

    def _transfer(self, injection_mw: NDArray[np.float64]) -> NDArray[np.float64]:
        angles = np.zeros(self._buses)
        if self._factors is not None:
            angles[1:] = self._factors.solve(injection_mw[1:])
        difference = angles[self._lines.start] - angles[self._lines.end]
        return self._lines.susceptance * difference

    def _leaving(self, flows_mw: NDArray[np.float64]) -> NDArray[np.float64]:
        leaving = np.bincount(self._lines.start, weights=flows_mw, minlength=self._buses)
        return leaving - np.bincount(self._lines.end, weights=flows_mw, minlength=self._buses)
