"""The planners' solver: the nearest point under a balance, a few cuts and many bounds.

A projection with a diagonal weight has few cuts that bind and many bounds that do, and both are
mostly those of the last plan. So nodes that the last plan held at a bound are set aside as
constants, cuts that did not bind are left out, and the small rest goes to DAQP, a dual active-set
solver, as the least-distance problem it is made for (y = sqrt(w) (z - v) has an identity Hessian).
Then every node and cut left out is checked: a node whose multiplier has the wrong sign is freed, a
cut that is violated is taken in, and the rest is solved again. Both sets only ever grow, so this
ends, and what it ends with satisfies all optimality conditions of the whole problem. Where setting
aside makes the rest infeasible, nothing is.

Nothing here reads a clock or draws a number: the same arguments give the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import daqp
import numpy as np
from numpy.typing import NDArray

__all__ = ["Guess", "Nearest", "Problem", "nearest"]

type Floats = NDArray[np.float64]
type Mask = NDArray[np.bool_]

_SMALL = 100
"""Nodes up to which setting aside costs more time than it saves."""
_INFINITE = 1e30
"""What DAQP takes for no limit."""
_NEAREST_TO_ZERO = (None, None)
"""DAQP's Hessian and linear term: none is the identity and nothing, without its factorisation."""
_SETTINGS = {"primal_tol": 1e-9, "dual_tol": 1e-12, "iter_limit": 50_000}
_CUT_TOLERANCE = 1e-9
_SIGN_TOLERANCE = 1e-11


@dataclass(frozen=True, eq=False, slots=True)
class Problem:
    """argmin 1/2 sum weight (z - wish)^2, sum z = demand, cuts and bounds as in `planner.py`."""

    weight: Floats
    wish: Floats
    demand: float
    rows: Floats
    cut_low: Floats
    cut_high: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Guess:
    """The signs of the multipliers to begin with: -1 at the upper side, 1 at the lower, 0 free."""

    nodes: Floats
    cuts: Floats
    """May be shorter than the problem's cuts: the rest are new, and taken in at once."""


@dataclass(frozen=True, eq=False, slots=True)
class Nearest:
    """The answer with the multipliers of `planner.py`."""

    z: Floats
    energy: float
    cuts: Floats
    bounds: Floats
    iterations: int


def nearest(problem: Problem, guess: Guess | None) -> Nearest | None:
    """Return the exact solution, or None when there is none."""
    pinned = problem.low == problem.high
    if pinned.all():
        return None
    cuts = len(problem.cut_low)
    nodes = _waterline(problem) if guess is None else guess.nodes
    known = np.zeros(0) if guess is None else guess.cuts
    signs = np.concatenate([known, np.zeros(cuts - len(known))])
    in_use = signs != 0
    in_use[len(known) :] = True
    search = _Search(problem, nodes, signs)
    found = None
    if len(pinned) > _SMALL:
        found = search.run((nodes != 0) | pinned, in_use)
    if found is None:
        found = search.run(pinned, np.ones(cuts, dtype=bool))
    if found is None:
        cold = _Search(problem, np.zeros(len(nodes)), np.zeros(cuts))
        found = cold.run(pinned, np.ones(cuts, dtype=bool))
    return found


class _Search:
    """One pass of setting aside, solving the rest and checking what was set aside."""

    def __init__(self, problem: Problem, nodes: Floats, cuts: Floats) -> None:
        self._problem = problem
        self._nodes, self._cuts = nodes, cuts
        self._scale = float(problem.weight.mean())
        self._weight = problem.weight / self._scale
        self._root = np.sqrt(self._weight)
        self._iterations = 0

    def run(self, aside: Mask, in_use: Mask) -> Nearest | None:
        """Solve with the nodes `aside` at their bounds and the cuts `in_use`, then widen both."""
        p = self._problem
        at_high = self._nodes < 0
        parked = np.where(at_high | (p.low == p.high), p.high, p.low)
        nodes, cuts = self._nodes, self._cuts
        while not aside.all():
            free, used = np.flatnonzero(~aside), np.flatnonzero(in_use)
            constant = np.where(aside, parked, 0.0)
            solved = self._solve_rest(free, used, constant, nodes[free], cuts[used])
            if solved is None:
                return None
            z, multipliers = solved
            count = len(free)
            cuts = np.zeros(len(in_use))
            cuts[used] = multipliers[count + 1 :]
            price = float(multipliers[count]) + cuts[used] @ p.rows[used]
            bounds = self._weight * (z - p.wish) - price
            bounds[free] = self._root[free] * multipliers[:count]
            slight = _SIGN_TOLERANCE * float(np.abs(price).max())
            wrong = aside & (p.low < p.high) & np.where(at_high, bounds > slight, bounds < -slight)
            flow = p.rows @ z
            room = _CUT_TOLERANCE * np.maximum(1.0, np.abs(flow))
            over = ~in_use & ((flow > p.cut_high + room) | (flow < p.cut_low - room))
            if not wrong.any() and not over.any():
                energy = self._scale * float(multipliers[count])
                return Nearest(
                    z, energy, self._scale * cuts, self._scale * bounds, self._iterations
                )
            nodes = np.where(aside, 0.0, bounds)
            aside, in_use = aside & ~wrong, in_use | over
        return None

    def _solve_rest(
        self,
        free: NDArray[np.intp],
        used: NDArray[np.intp],
        constant: Floats,
        nodes: Floats,
        cuts: Floats,
    ) -> tuple[Floats, Floats] | None:
        """Return z and the multipliers (free nodes, balance, used cuts), or None."""
        p, root, wish, count = self._problem, self._root[free], self._problem.wish[free], len(free)
        rows = p.rows[used]
        matrix = np.concatenate([np.ones((1, count)), rows[:, free]])
        drawn = matrix @ wish
        drawn[0] += constant.sum()
        drawn[1:] += rows @ constant
        least = np.concatenate([root * (p.low[free] - wish), [p.demand], p.cut_low[used]])
        most = np.concatenate([root * (p.high[free] - wish), [p.demand], p.cut_high[used]])
        least[count:] -= drawn
        most[count:] -= drawn
        sense = np.zeros(len(least), dtype=np.int32)
        signs = np.concatenate([nodes, [0.0], cuts])
        sense[signs < 0], sense[signs > 0], sense[count] = 1, 3, 5
        y, _, flag, info = daqp.solve(
            *_NEAREST_TO_ZERO,
            matrix / root,
            np.minimum(most, _INFINITE),
            np.maximum(least, -_INFINITE),
            sense,
            **_SETTINGS,
        )
        self._iterations += int(info["iterations"])
        if flag <= 0:
            return None
        z = constant
        z[free] = wish + y / root
        return z, -np.asarray(info["lam"])


def _waterline(problem: Problem) -> Floats:
    """Return the signs of the bounds' multipliers where the balance is the only constraint."""
    weight, wish = problem.weight, problem.wish
    levels = np.concatenate([weight * (problem.low - wish), weight * (problem.high - wish)])
    levels = np.sort(levels[np.isfinite(levels)])
    below, above = -1, len(levels)
    while above - below > 1:
        middle = (below + above) // 2
        z = np.minimum(np.maximum(wish + levels[middle] / weight, problem.low), problem.high)
        below, above = (middle, above) if z.sum() < problem.demand else (below, middle)
    if below < 0 or above == len(levels):
        return np.zeros(len(wish))
    z = wish + 0.5 * (levels[below] + levels[above]) / weight
    signs: Floats = (z < problem.low).astype(float) - (z > problem.high)
    return signs
