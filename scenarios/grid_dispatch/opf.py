"""The central yardstick: the direct-current optimal power flow, solved to proven bounds."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from blackboard import BadInput

from .case import Case
from .cuts import Cuts, no_cuts, overloaded_lines, with_cuts
from .network import Network
from .newton import Solution, lower_bound, polish
from .pieces import Pieces
from .steps import Grid

__all__ = ["InfeasibleDemand", "Optimum", "solve_dc_opf"]

_GAP = 1e-6
"""Relative distance allowed between the two bounds."""
_IMBALANCE = 1e-9
"""Relative to the sum of all net injections."""
_NEW_CUTS = 150
_MANY_CUTS = 100
_MOST_ITERATIONS = 100
_SOLVED, _INFEASIBLE = 0, 2
"""Answers of scipy's linprog."""


class InfeasibleDemand(BadInput):
    """Raised when no dispatch serves the demand within unit limits and line ratings."""


@dataclass(frozen=True, eq=False, slots=True)
class Optimum:
    """A dispatch and the proof that none is cheaper by more than the bounds' distance."""

    cost: float
    """$/h of `unit_mw`, which is feasible: an upper bound."""
    lower_bound: float
    """$/h that no feasible dispatch can undercut, by Lagrangian duality at `bus_price`."""
    unit_mw: NDArray[np.float64]
    """(units,)"""
    bus_price: NDArray[np.float64]
    """(buses,) $/MWh"""
    line_mw: NDArray[np.float64]
    """(lines,)"""
    iterations: int
    """Linear programs solved."""
    wall_s: float


def solve_dc_opf(case: Case, network: Network | None = None) -> Optimum:
    """Dispatch all units at least cost with every line within its limits.

    A linear program over pieces of the marginal costs, in shift factors: one balance row, and one
    row for each line found overloaded so far. Sloped pieces enter as a few steps; from the
    program's answer Newton's method goes on to the exact one, and where it fails the steps are
    refined. The upper bound is the true cost of a feasible dispatch; the lower bound is the
    Lagrangian at the prices found and holds whatever the program's accuracy.

    On the PGLib cases up to 3,000 buses this takes 1 to 60 ms; one program in bus angles with
    every line in it takes 1.4 to 170 ms, on steps too coarse for these bounds. Only where some
    hundred and fifty lines bind (2853_sdet) the angles are faster.

    Raises:
        InfeasibleDemand: no dispatch exists.
    """
    began = time.perf_counter()
    network = network or Network(case)
    _check_capacity(case)
    search = _Search(case, network)
    grid, cuts = Grid(search.pieces), no_cuts(case)
    for iteration in range(1, _MOST_ITERATIONS + 1):
        rough = _solve(case, search.pieces, grid, cuts)
        search.measure(rough)
        answer = rough
        if not search.is_done and grid.is_needed:
            answer = polish(case, search.pieces, network, rough)
            search.measure(answer)
        if search.is_done:
            return search.optimum(iteration, time.perf_counter() - began)
        line_mw = network.flows(case.injections(search.pieces.output(rough.filled_mw)))
        cuts = with_cuts(_kept(rough, answer), case, network, line_mw, most=_NEW_CUTS)
        grid.refine(rough.filled_mw, search.pieces.best_response(answer.bus_price))
    raise ArithmeticError(f"{case.name}: bounds still {search.gap:g} $/h apart; please report it")


def _kept(rough: Solution, answer: Solution) -> Cuts:
    """Let go of the cuts that cost the program nothing, once carrying them costs it time."""
    if len(answer.cuts) <= _MANY_CUTS:
        return answer.cuts
    added = len(answer.cuts) - len(rough.cuts)
    return answer.cuts.subset(np.pad(rough.cut_price > 0, (0, added), constant_values=True))


class _Search:
    """The best dispatch and the best bound seen so far."""

    def __init__(self, case: Case, network: Network) -> None:
        self.pieces = Pieces(case.units)
        self._case, self._network = case, network
        self._cost, self._bound, self._scale = np.inf, -np.inf, 0.0
        self._unit_mw = np.zeros(len(case.units))
        self._bus_price = np.zeros(len(case.bus_ids))

    @property
    def gap(self) -> float:
        """$/h between the bounds."""
        return self._cost - self._bound

    @property
    def is_done(self) -> bool:
        """Whether the bounds are close enough."""
        return self.gap <= _GAP * self._scale

    def measure(self, solution: Solution) -> None:
        """Take the solution's bound, and its dispatch when it is feasible and cheaper."""
        pieces = self.pieces
        bound = lower_bound(self._case, pieces, solution)
        if bound > self._bound:
            self._bound, self._bus_price = bound, solution.bus_price
        unit_mw = pieces.output(solution.filled_mw)
        injection = self._case.injections(unit_mw)
        if abs(injection.sum()) > _IMBALANCE * max(1.0, np.abs(injection).sum()):
            return
        costs = pieces.cost(pieces.filled(unit_mw))
        feasible = not len(overloaded_lines(self._case, self._network.flows(injection)))
        if feasible and costs.sum() < self._cost:
            self._cost, self._scale = float(costs.sum()), float(np.abs(costs).sum())
            self._unit_mw = unit_mw

    def optimum(self, iterations: int, wall_s: float) -> Optimum:
        """Return the best of both sides."""
        return Optimum(
            cost=self._cost,
            lower_bound=min(self._bound, self._cost),
            unit_mw=self._unit_mw,
            bus_price=self._bus_price,
            line_mw=self._network.flows(self._case.injections(self._unit_mw)),
            iterations=iterations,
            wall_s=wall_s,
        )


def _check_capacity(case: Case) -> None:
    demand = float(case.load_mw.sum())
    low, high = float(case.units.low_mw.sum()), float(case.units.high_mw.sum())
    rounding = _IMBALANCE * float(np.abs(case.load_mw).sum() + np.abs(case.units.high_mw).sum())
    if not low - rounding <= demand <= high + rounding:
        raise InfeasibleDemand(
            f"{case.name}: demand is {demand:,.1f} MW but the units can only supply "
            f"{low:,.1f} to {high:,.1f} MW; change the demand or the units in service"
        )


def _solve(case: Case, pieces: Pieces, grid: Grid, cuts: Cuts) -> Solution:
    """Solve the program with these cuts and steps."""
    piece, width, price = grid.steps()
    at_low = case.injections(case.units.low_mw)
    room_mw = cuts.room_mw - cuts.rows @ at_low
    if not len(piece):
        if (room_mw < 0).any():
            raise _infeasible(case)
        return Solution(np.zeros(0), np.zeros(len(at_low)), np.zeros(len(cuts)), cuts)
    capped: dict[str, NDArray[np.float64]] = {}
    if len(cuts):
        capped = {"A_ub": cuts.rows[:, pieces.bus[piece]], "b_ub": room_mw}
    for presolve in (False, True):
        # Presolve costs more than it saves on few dense rows; it is the second opinion.
        answer = linprog(
            price,
            **capped,
            A_eq=np.ones((1, len(piece))),
            b_eq=[-at_low.sum()],
            bounds=np.column_stack([np.zeros(len(piece)), width]),
            method="highs",
            options={"presolve": presolve},
        )
        if answer.status == _SOLVED:
            break
    else:
        if answer.status == _INFEASIBLE:
            raise _infeasible(case)
        raise InfeasibleDemand(
            f"{case.name}: the central problem has no solution that HiGHS finds, and no proof that "
            "there is none; raise ratings or lower the demand"
        )
    cut_price = -answer.ineqlin.marginals if len(cuts) else np.zeros(0)
    cut_price = np.maximum(cut_price, 0.0)
    return Solution(
        filled_mw=np.bincount(piece, weights=answer.x, minlength=len(pieces.unit)),
        bus_price=answer.eqlin.marginals[0] - cut_price @ cuts.rows,
        cut_price=cut_price,
        cuts=cuts,
    )


def _infeasible(case: Case) -> InfeasibleDemand:
    return InfeasibleDemand(
        f"{case.name}: no dispatch serves {case.load_mw.sum():,.1f} MW within every line's "
        "limit; raise ratings or lower the demand"
    )
