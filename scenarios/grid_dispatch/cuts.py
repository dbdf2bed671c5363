"""Line limits as rows of shift factors, raised one by one where a dispatch overloads a line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .case import Case
from .network import Network

__all__ = ["Cuts", "no_cuts", "overloaded_lines", "with_cuts"]

_OVERLOAD = 1e-6
"""Relative to a line's limit; what a linear program's own tolerance leaves behind."""


@dataclass(frozen=True, eq=False, slots=True)
class Cuts:
    """Limits in force: `rows @ injection <= room_mw`."""

    line: NDArray[np.int64]
    """(cuts,) line indices."""
    side: NDArray[np.float64]
    """(cuts,) 1 for the upper limit, -1 for the lower."""
    rows: NDArray[np.float64]
    """(cuts, buses) shift factors times side."""
    room_mw: NDArray[np.float64]
    """(cuts,) the limit less the flow that no bus injects, times side."""

    def __len__(self) -> int:
        return len(self.line)

    def subset(self, kept: NDArray[np.bool_]) -> Cuts:
        """Return the cuts where `kept`, (cuts,), is true."""
        return Cuts(self.line[kept], self.side[kept], self.rows[kept], self.room_mw[kept])


def no_cuts(case: Case) -> Cuts:
    """Return the empty set of cuts."""
    none = np.zeros(0)
    return Cuts(np.zeros(0, dtype=np.int64), none, np.zeros((0, len(case.bus_ids))), none)


def with_cuts(
    cuts: Cuts, case: Case, network: Network, line_mw: NDArray[np.float64], *, most: int
) -> Cuts:
    """Return `cuts` and new ones for the lines that flows (lines,) overload most."""
    found = overloaded_lines(case, line_mw)
    side = np.where(line_mw[found] > case.lines.high_mw[found], 1.0, -1.0)
    known = np.isin(found * side + 0.5 * side, cuts.line * cuts.side + 0.5 * cuts.side)
    line, side = found[~known][:most], side[~known][:most]
    if not len(line):
        return cuts
    limit = np.where(side > 0, case.lines.high_mw[line], case.lines.low_mw[line])
    return Cuts(
        line=np.concatenate([cuts.line, line]),
        side=np.concatenate([cuts.side, side]),
        rows=np.concatenate([cuts.rows, side[:, None] * network.rows(line)]),
        room_mw=np.concatenate([cuts.room_mw, side * (limit - network.offset_mw[line])]),
    )


def overloaded_lines(case: Case, line_mw: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the lines over their limits at flows (lines,), worst first."""
    lines = case.lines
    over = np.maximum(line_mw - lines.high_mw, lines.low_mw - line_mw)
    allowed = _OVERLOAD * np.maximum(1.0, np.minimum(np.abs(lines.high_mw), np.abs(lines.low_mw)))
    found = np.flatnonzero(over > allowed)
    return found[np.argsort(-over[found], kind="stable")]
