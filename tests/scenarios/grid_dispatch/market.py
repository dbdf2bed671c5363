"""A case made ready for the reference negotiation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scenarios.grid_dispatch.case import Case
from scenarios.grid_dispatch.curves import Curves
from scenarios.grid_dispatch.network import Network

type Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Market:
    """A case made ready: choice nodes, the others' injections, the curves."""

    case: Case
    network: Network
    curves: Curves
    fixed: Floats
    """(buses,) injections of everything without a choice."""

    @classmethod
    def of(cls, case: Case, *, nodes: NDArray[np.int64] | None = None) -> Market:
        """Prepare a case; `nodes` keeps the electorate when a trip took a node's choice."""
        curves = Curves.from_case(case, nodes=nodes)
        others = np.ones(len(case.units), dtype=bool)
        others[curves.unit_index] = False
        return cls(case, Network(case), curves, case.injections(case.units.low_mw * others))

    @property
    def demand(self) -> float:
        """MW the choice nodes put out together."""
        return float(-self.fixed.sum())

    def flows(self, z: Floats) -> Floats:
        """(lines,) MW at node outputs z."""
        injection = self.fixed.copy()
        injection[self.curves.nodes] += z
        return self.network.flows(injection)

    def cut(self, lines: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
        """Rows and limits over the choice nodes of some lines."""
        rows = self.network.rows(lines)
        driven = rows @ self.fixed + self.network.offset_mw[lines]
        limits = self.case.lines
        return (
            rows[:, self.curves.nodes],
            limits.low_mw[lines] - driven,
            limits.high_mw[lines] - driven,
        )

    def cost(self, z: Floats) -> float:
        """$/h of node outputs z, constants and units without choice included."""
        constant = self.case.units.cost_at_low.sum() - self.curves.cost_at_low.sum()
        return float((self.curves.cost(z) + self.curves.cost_at_low).sum() + constant)


def tripped(case: Case) -> Case:
    """Return the case after its largest unit has tripped: held at 0 MW, at no cost."""
    units = case.units
    unit = int(np.argmax(units.high_mw))
    low, high, cost = units.low_mw.copy(), units.high_mw.copy(), units.cost_at_low.copy()
    low[unit] = high[unit] = cost[unit] = 0.0
    marginal = list(units.marginal)
    price = marginal[unit][1][-1:]
    marginal[unit] = (np.zeros(2), np.concatenate([price, price]))
    return replace(
        case,
        units=replace(units, low_mw=low, high_mw=high, cost_at_low=cost, marginal=tuple(marginal)),
    )
