"""The planners' shared physics: the nearest balanced plan that meets every standing objection.

A planner never sees a cost. From the nodes' wishes v it computes

    z = argmin 1/2 sum_i w_i (z_i - v_i)^2
        subject to  sum_i z_i = demand,  low_l <= H_l z <= high_l  per cut,  low_i <= z_i <= high_i

with w the public stiffness, H_l the shift factors of an objected line over the nodes with a
choice, and the node limits those revealed so far. Nodes without a choice are constants: their
injections are part of `demand` and of the cuts' limits.

Signs. With energy price lambda, congestion price mu_l and limit price nu_i, stationarity reads

    w_i (z_i - v_i) = pi_i + nu_i,   pi_i = lambda + sum_l H_li mu_l

so pi_i is the price at which a node strictly between its limits bids its marginal cost. mu_l <= 0
where the flow is held down at high_l, >= 0 where it is held up at low_l; nu_i likewise. The scaled
price of the next bids is u = v - z = -(pi + nu) / w.

The solver (`least_distance.py`) is exact and a pure function: the same projection, wish and start
give the same bits. `benchmarks/qp_solvers.py` compares the alternatives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .least_distance import Guess, Problem, nearest

__all__ = ["Cuts", "Plan", "Projection", "Residuals"]

type Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Cuts:
    """Line limits raised as objections, over the nodes with a choice."""

    rows: Floats
    """(cuts, nodes) shift factors."""
    low: Floats
    high: Floats
    """(cuts,) MW left for the nodes with a choice: the line's limit minus what all else drives."""

    @classmethod
    def none(cls, nodes: int) -> Cuts:
        """Return no cuts at all."""
        return cls(np.zeros((0, nodes)), np.zeros(0), np.zeros(0))

    def __len__(self) -> int:
        return len(self.low)

    def with_more(self, rows: Floats, low: Floats, high: Floats) -> Cuts:
        """Return these cuts followed by more."""
        return Cuts(
            np.concatenate([self.rows, rows]),
            np.concatenate([self.low, low]),
            np.concatenate([self.high, high]),
        )


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """What a planner posts: outputs and all multipliers, so that anyone can check them."""

    output: Floats
    """(nodes,) z in MW."""
    energy_price: float
    """lambda in $/MWh."""
    congestion: Floats
    """(cuts,) mu in $/MWh, in the order of the cuts."""
    limit_price: Floats
    """(nodes,) nu in $/MWh; 0 where no revealed limit holds z."""
    node_price: Floats
    """(nodes,) pi in $/MWh."""
    iterations: int


@dataclass(frozen=True, slots=True)
class Residuals:
    """How far a posted plan is from what it claims; every figure is 0 for a perfect one."""

    balance: float
    """|sum z - demand| over max(1, sum |z|)."""
    cuts: float
    """Largest violation of a cut, MW."""
    limits: float
    """Largest violation of a revealed limit, MW."""
    stationarity: float
    """Largest |w (z - v) - pi - nu| over max(1, max |pi|)."""
    prices: float
    """Largest |pi - lambda - H' mu| over max(1, max |pi|)."""
    slackness: float
    """Largest multiplier of the wrong sign or on a limit that is not reached: the smaller of
    |price| over max(1, max |pi|) and the slack in MW."""

    def within(self, tolerance: float = 1e-6) -> bool:
        """Say whether every figure is at most `tolerance`."""
        return (
            max(
                self.balance,
                self.cuts,
                self.limits,
                self.stationarity,
                self.prices,
                self.slackness,
            )
            <= tolerance
        )


@dataclass(frozen=True, eq=False, slots=True)
class Projection:
    """Everything standing on the board that a plan has to respect."""

    stiffness: Floats
    """(nodes,) w in $/MWh per MW, positive."""
    demand: float
    """MW that the nodes with a choice have to put out together."""
    cuts: Cuts
    low: Floats
    high: Floats
    """(nodes,) limits revealed so far in MW, infinite where none."""

    def solve(self, wish: Floats, start: Plan | None = None) -> Plan | None:
        """Return the plan nearest to `wish`, or None when the objections contradict each other.

        Args:
            wish: (nodes,) v in MW.
            start: The last posted plan; its multipliers name the constraints to begin with. Cuts
                raised since then are appended to its cuts.
        """
        problem = Problem(
            weight=self.stiffness,
            wish=wish,
            demand=self.demand,
            rows=self.cuts.rows,
            cut_low=self.cuts.low,
            cut_high=self.cuts.high,
            low=self.low,
            high=self.high,
        )
        guess = None if start is None else Guess(start.limit_price, start.congestion)
        found = nearest(problem, guess)
        if found is None:
            return None
        return Plan(
            output=found.z,
            energy_price=found.energy,
            congestion=found.cuts,
            limit_price=found.bounds,
            node_price=found.energy + found.cuts @ self.cuts.rows,
            iterations=found.iterations,
        )

    def residuals(self, plan: Plan, wish: Floats) -> Residuals:
        """Check a posted plan against this projection of `wish`, without solving it."""
        z, cuts = plan.output, self.cuts
        flow = cuts.rows @ z
        scale = max(1.0, float(np.abs(plan.node_price).max(initial=0.0)))
        price = plan.energy_price + plan.congestion @ cuts.rows
        pull = self.stiffness * (z - wish) - plan.node_price - plan.limit_price
        return Residuals(
            balance=abs(float(z.sum()) - self.demand) / max(1.0, float(np.abs(z).sum())),
            cuts=_violation(flow, cuts.low, cuts.high),
            limits=_violation(z, self.low, self.high),
            stationarity=float(np.abs(pull).max(initial=0.0)) / scale,
            prices=float(np.abs(plan.node_price - price).max(initial=0.0)) / scale,
            slackness=max(
                _unslack(plan.congestion / scale, flow, cuts.low, cuts.high),
                _unslack(plan.limit_price / scale, z, self.low, self.high),
            ),
        )


def _violation(value: Floats, low: Floats, high: Floats) -> float:
    return float(np.maximum(low - value, value - high).max(initial=0.0))


def _unslack(price: Floats, value: Floats, low: Floats, high: Floats) -> float:
    above = np.minimum(np.maximum(-price, 0.0), np.abs(high - value))
    below = np.minimum(np.maximum(price, 0.0), np.abs(value - low))
    return float(np.maximum(above, below).max(initial=0.0))
