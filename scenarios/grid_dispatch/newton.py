"""From a linear program's answer to the exact one where marginal costs are sloped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .case import Case
from .cuts import Cuts, with_cuts
from .network import Network
from .pieces import Pieces

__all__ = ["Solution", "lower_bound", "polish"]

_MOST_STEPS = 60
_MOST_PIVOTS = 200
_PATIENCE = 3
"""Exchanges of many prices at once that may pass without fewer being wrong."""
_NEW_CUTS = 30
_ZERO = 1e-9
_OFF = 2e-7
"""Relative miss of a limit at which the answer counts as exact."""


@dataclass(frozen=True, eq=False, slots=True)
class Solution:
    """A dispatch with its prices, exact or not."""

    filled_mw: NDArray[np.float64]
    """(pieces,)"""
    bus_price: NDArray[np.float64]
    """(buses,) $/MWh: the balance price less what the cuts charge."""
    cut_price: NDArray[np.float64]
    """(cuts,) $/MWh, not negative."""
    cuts: Cuts


def lower_bound(case: Case, pieces: Pieces, solution: Solution) -> float:
    """Return the Lagrangian at the solution's prices: no dispatch within limits costs less, $/h."""
    charged = float(solution.cut_price @ solution.cuts.room_mw)
    paid = float(solution.bus_price @ case.load_mw) - charged
    return pieces.least_net_cost(solution.bus_price) + paid


def polish(case: Case, pieces: Pieces, network: Network, rough: Solution) -> Solution:
    """Guess from `rough` what is at a limit and solve the optimality conditions for the rest.

    Newton's method on the prices, each step shortened until the Lagrangian rises: sloped pieces
    follow the price, flat pieces stay full or empty or, where the program left them partly filled,
    set the price. Guesses that turn out wrong change sides. It need not converge: the caller
    measures what comes back and falls back on the program. The cuts contain those of `rough`.
    """
    conditions = _Conditions(case, pieces, rough)
    answer, active = rough, rough.cut_price > _ZERO
    for _ in range(_MOST_STEPS):
        found, fits = conditions.step(answer, active)
        if not fits:
            break
        before, after = (conditions.fillings(s.bus_price) for s in (answer, found))
        settled = bool((before == after).all())
        step = found if settled else _rising(case, pieces, answer, found)
        if step is None:
            break
        answer, active = step, (found.cut_price > 0) | (step.cut_price > 0)
        if not settled:
            continue
        injection = case.injections(pieces.output(answer.filled_mw))
        cuts = with_cuts(answer.cuts, case, network, network.flows(injection), most=_NEW_CUTS)
        active = np.pad(active, (0, len(cuts) - len(active)))
        prices = np.pad(answer.cut_price, (0, len(cuts) - len(answer.cuts)))
        answer = Solution(answer.filled_mw, answer.bus_price, prices, cuts)
        off = (cuts.rows @ injection - cuts.room_mw) / np.maximum(1.0, np.abs(cuts.room_mw))
        if (np.where(active, np.abs(off), off) <= _OFF).all():
            break
        active |= off > _OFF
    return answer


def _rising(case: Case, pieces: Pieces, last: Solution, found: Solution) -> Solution | None:
    """Go from `last` towards `found` as far as the lower bound rises."""
    least = lower_bound(case, pieces, last)
    for share in 0.3 ** np.arange(12):
        step = Solution(
            found.filled_mw,
            last.bus_price + share * (found.bus_price - last.bus_price),
            last.cut_price + share * (found.cut_price - last.cut_price),
            last.cuts,
        )
        if lower_bound(case, pieces, step) >= least:
            return step
    return None


class _Conditions:
    """Balance, binding limits and price-setting pieces as one symmetric linear system."""

    def __init__(self, case: Case, pieces: Pieces, rough: Solution) -> None:
        self._pieces = pieces
        self._sloped = pieces.slope > 0
        self._slope = np.where(self._sloped, pieces.slope, 1.0)
        width = pieces.width_mw
        inside = (rough.filled_mw > _ZERO * width) & (rough.filled_mw < (1 - _ZERO) * width)
        self._setting = np.flatnonzero(~self._sloped & inside)
        self._fixed = np.where(~self._sloped & ~inside, rough.filled_mw, 0.0)
        self._at_low = case.injections(case.units.low_mw)

    def fillings(self, bus_price: NDArray[np.float64]) -> NDArray[np.int8]:
        """Return -1, 0 or 1 for sloped pieces that are empty, partly filled or full, (pieces,)."""
        pieces = self._pieces
        wanted = (bus_price[pieces.bus] - pieces.price) / self._slope
        state = (wanted >= pieces.width_mw).astype(np.int8) - (wanted <= 0).astype(np.int8)
        return np.where(self._sloped, state, 0).astype(np.int8)

    def step(self, last: Solution, active: NDArray[np.bool_]) -> tuple[Solution, bool]:
        """Solve with the limits that hold at the last prices; also say whether flat pieces fit.

        Of the active cuts those are let go whose price would be negative.
        """
        pieces, setting = self._pieces, self._setting
        state = self.fillings(last.bus_price)
        moves = self._sloped & (state == 0)
        fixed = np.where(state > 0, pieces.width_mw, self._fixed)
        fixed[moves] = -pieces.price[moves] / pieces.slope[moves]
        binding = last.cuts.subset(active)
        matrix, right = self._system(binding, moves, fixed)
        # Damping lets a limit's price move even where all it governs is at its own limits, or
        # where lines in series share one row; it vanishes as prices settle.
        limits = np.arange(1, 1 + len(binding))
        damping = self._damping(binding, matrix[limits, limits])
        matrix[limits, limits] += damping
        right[limits] -= damping * last.cut_price[active]
        found = _nonnegative(matrix, right, len(binding))
        if found is None:
            return last, False
        relief = found[1 : 1 + len(binding)]
        price = found[0] + relief @ binding.rows
        charge = np.zeros(len(active))
        charge[active] = -relief
        follows = (price[pieces.bus] - pieces.price) / self._slope
        filled = np.where(self._sloped, np.clip(follows, 0.0, pieces.width_mw), self._fixed)
        filled[setting] = found[1 + len(binding) :]
        fits = (filled >= -_ZERO) & (filled <= pieces.width_mw + _ZERO)
        filled = np.clip(filled, 0.0, pieces.width_mw)
        return Solution(filled, price, charge, last.cuts), bool(fits.all())

    def _damping(self, binding: Cuts, stiffness: NDArray[np.float64]) -> NDArray[np.float64]:
        sloped = self._sloped
        rows = binding.rows[:, self._pieces.bus[sloped]]
        all_moving = rows * rows @ (1.0 / self._slope[sloped])
        return np.where(stiffness > 1e-3 * all_moving, 1e-9, 0.1) * all_moving

    def _system(
        self, binding: Cuts, moves: NDArray[np.bool_], fixed: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return matrix and right side.

        Unknown are the balance price, the negated prices of the binding cuts, and the fillings of
        price-setting pieces.
        """
        pieces, setting = self._pieces, self._setting
        columns = np.column_stack([np.ones(len(pieces.bus)), binding.rows[:, pieces.bus].T])
        wanted = np.concatenate([[0.0], binding.room_mw])
        wanted -= np.concatenate([[self._at_low.sum()], binding.rows @ self._at_low])
        size, count = len(wanted), len(setting)
        matrix = np.zeros((size + count, size + count))
        matrix[:size, :size] = columns[moves].T @ (columns[moves] / pieces.slope[moves, None])
        matrix[:size, size:] = columns[setting].T
        matrix[size:, :size] = columns[setting]
        return matrix, np.concatenate([wanted - columns.T @ fixed, pieces.price[setting]])


def _nonnegative(
    matrix: NDArray[np.float64], right: NDArray[np.float64], cuts: int
) -> NDArray[np.float64] | None:
    """Solve the system where the `cuts` prices after the first unknown must not be negative.

    A price that would be negative is held at zero and its row dropped, until that row is violated:
    block principal pivoting. All exchange at once while that helps, else the last alone (Murty's
    rule, which cannot cycle).
    """
    scale = 1.0 + np.abs(right)
    held = np.zeros(len(right), dtype=np.bool_)
    fewest, patience = len(right), _PATIENCE
    for _ in range(_MOST_PIVOTS):
        free = np.flatnonzero(~held)
        found = np.zeros(len(right))
        try:
            found[free] = np.linalg.solve(matrix[np.ix_(free, free)], right[free])
        except np.linalg.LinAlgError:
            return None
        # Unknowns are negated prices: a positive one is a negative price.
        wrong = np.where(held, matrix @ found - right > _ZERO * scale, found > _ZERO)
        wrong[0] = False
        wrong[1 + cuts :] = False
        count = int(wrong.sum())
        if not count:
            found[1 : 1 + cuts] = np.minimum(found[1 : 1 + cuts], 0.0)
            return found
        if count < fewest:
            fewest, patience = count, _PATIENCE
        elif patience:
            patience -= 1
        else:
            wrong[: np.flatnonzero(wrong)[-1]] = False
        held ^= wrong
    return None
