"""A case made ready to negotiate: who has a choice, what the rest injects, and shared physics."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from .accounting import total_cost
from .case import Case, Units
from .curves import Curves
from .merit_order import clip_polyline
from .network import Network

type Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Market:
    """The physics everybody shares, and the declared curves that only their owners read.

    Arrays are over the nodes with a choice (`curves.nodes`, in bus order) unless noted.
    """

    case: Case
    network: Network
    curves: Curves
    fixed: Floats
    """(buses,) MW that everything without a choice injects."""

    @classmethod
    def of(
        cls,
        case: Case,
        network: Network | None = None,
        *,
        nodes: NDArray[np.int64] | None = None,
    ) -> Self:
        """Make a case ready; `nodes` keeps the seats of nodes that have lost their choice."""
        curves = Curves.from_case(case, nodes=nodes)
        others = np.ones(len(case.units), bool)
        others[curves.unit_index] = False
        fixed = case.injections(case.units.low_mw * others)
        return cls(case, network or Network(case), curves, fixed)

    @property
    def demand(self) -> float:
        """MW that the nodes with a choice have to put out together."""
        return float(-self.fixed.sum())

    def flows(self, output: Floats) -> Floats:
        """Return the flow of every line in MW, (lines,), at the nodes' outputs."""
        injection = self.fixed.copy()
        injection[self.curves.nodes] += output
        return self.network.flows(injection)

    def cut(self, lines: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
        """Return shift factors (lines, nodes) and the limits left for the nodes, in MW."""
        rows = self.network.rows(lines)
        driven = rows @ self.fixed + self.network.offset_mw[lines]
        limits = self.case.lines
        here = limits.low_mw[lines] - driven, limits.high_mw[lines] - driven
        return (np.ascontiguousarray(rows[:, self.curves.nodes]), *here)

    def unit_outputs(self, output: Floats) -> Floats:
        """Return every unit's output in MW, (units,): node outputs in merit order."""
        units = self.case.units.low_mw.copy()
        units[self.curves.unit_index] = self.curves.split(output)
        return units

    def cost(self, output: Floats) -> float:
        """Return the true cost in $/h, constants and units without a choice included."""
        return total_cost(self.case, self.unit_outputs(output))

    def limited(self, low: Floats, high: Floats, load_factor: float = 1.0) -> "Market":
        """Return the market of an interval: narrower own limits in MW, loads scaled."""
        case = replace(self.case, load_mw=self.case.load_mw * load_factor)
        extra = self.case.load_mw * (1.0 - load_factor)
        curves = self.curves.limited(low, high)
        return replace(self, case=case, curves=curves, fixed=self.fixed + extra)

    def node_case(self) -> Case:
        """Return the case with one unit a node, within the nodes' own limits.

        Its optimum is what the nodes could reach at best: what the yardstick solves where limits
        (ramps, availability) belong to nodes and not to units.
        """
        curves, units = self.curves, self.case.units
        others = np.setdiff1d(np.arange(len(units)), curves.unit_index)
        marginal, at_low = [], curves.cost_at_low.copy()
        for node in range(len(curves)):
            curve = curves.curve(node)
            line = (np.array(curve.outputs), np.array(curve.prices))
            clipped, moved = clip_polyline(line, curve.low, curve.high)
            marginal.append(clipped)
            at_low[node] += moved
        return replace(
            self.case,
            units=Units(
                np.arange(1, len(curves) + len(others) + 1),
                np.concatenate([curves.nodes, units.bus[others]]),
                np.concatenate([curves.low, units.low_mw[others]]),
                np.concatenate([curves.high, units.low_mw[others]]),
                ("generator",) * (len(curves) + len(others)),
                (*marginal, *(units.marginal[unit] for unit in others)),
                np.concatenate([at_low, units.cost_at_low[others]]),
            ),
        )
