"""A power system as the negotiation sees it: buses, units with marginal-cost curves, lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Case", "Lines", "Polyline", "Units"]

type Polyline = tuple[NDArray[np.float64], NDArray[np.float64]]
"""(outputs_mw, prices): marginal cost in $/MWh over a unit's range, both nondecreasing."""


@dataclass(frozen=True, eq=False, slots=True)
class Units:
    """What can change its output: generators, storage and elastic loads. All arrays (units,)."""

    ids: NDArray[np.int64]
    """1-based row in the case's own generator table; synthetic cases count from 1."""
    bus: NDArray[np.int64]
    """Index into `Case.bus_ids`."""
    low_mw: NDArray[np.float64]
    high_mw: NDArray[np.float64]
    """Limits; an elastic load of d MW has low = -d, high = 0 and a negative output."""
    kind: tuple[str, ...]
    """"generator", "storage" or "load"."""
    marginal: tuple[Polyline, ...]
    """At least two points from low to high; a jump is two points at the same output, a flat piece
    two points at the same price."""
    cost_at_low: NDArray[np.float64]
    """$/h at `low_mw`, constants included; the cost at x adds the polyline's integral."""

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False, slots=True)
class Lines:
    """Branches in service, in the direct-current approximation. All arrays (lines,)."""

    ids: NDArray[np.int64]
    """1-based row in the case's own branch table; synthetic cases count from 1."""
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    """Bus indices; a flow from start to end is positive."""
    susceptance: NDArray[np.float64]
    """MW per radian, sign kept: flow = susceptance * (angle at start - at end) + shift_mw."""
    shift_mw: NDArray[np.float64]
    """Constant flow offset of a phase shifter; 0 in the pglib convention."""
    low_mw: NDArray[np.float64]
    high_mw: NDArray[np.float64]
    """Flow limits, angle limits folded in; infinite where unlimited."""

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False, slots=True)
class Case:
    """A power system in the case's own ids, MW and $/h. A node is a bus."""

    name: str
    convention: str
    """"pglib" or "matpower": how susceptance is read from the branch table."""
    bus_ids: NDArray[np.int64]
    """(buses,) ids as in the file."""
    load_mw: NDArray[np.float64]
    """(buses,) inelastic demand, shunt conductance included."""
    units: Units
    lines: Lines
    positions: NDArray[np.float64] | None = None
    """(buses, 2) plane coordinates where the case has any."""

    @property
    def has_choice(self) -> NDArray[np.bool_]:
        """(buses,) whether a node owns a unit that can move."""
        moves = self.units.high_mw > self.units.low_mw
        return np.bincount(self.units.bus[moves], minlength=len(self.bus_ids)) > 0

    def injections(self, unit_mw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each bus's net injection in MW, (buses,), when units put out `unit_mw`."""
        supply = np.bincount(self.units.bus, weights=unit_mw, minlength=len(self.bus_ids))
        return supply - self.load_mw
