"""The central problem as it is usually written: one linear program in bus angles, by HiGHS.

The yardstick of `scenarios.grid_dispatch.opf` is a faster formulation; both are shown beside the
negotiation, so that nobody has to take our word for which one is fair.
"""

import time

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, hstack

from scenarios.grid_dispatch.case import Case

PIECES = 8
"""Steps per sloped piece of a marginal cost: a gap below 0.1 % on the cases shown."""


def solve_in_angles(case: Case) -> tuple[float, float]:
    """Return the optimum in $/h of the stepped costs, and the solver call's wall time in s."""
    width, price, unit = _steps(case)
    buses, lines = len(case.bus_ids), case.lines
    start, end, number = lines.start, lines.end, np.arange(len(lines))
    ones = np.ones(len(lines))
    incidence = coo_array(
        (np.r_[ones, -ones], (np.r_[number, number], np.r_[start, end])), (len(lines), buses)
    ).tocsr()
    weighted = csr_array(incidence.multiply(lines.susceptance[:, None]))
    supply = coo_array((np.ones(len(unit)), (case.units.bus[unit], np.arange(len(unit)))))
    supply.resize((buses, len(unit)))
    balance = hstack([supply, -(incidence.T @ weighted)]).tocsr()
    fixed = np.bincount(case.units.bus, weights=case.units.low_mw, minlength=buses)
    injected = case.load_mw - fixed + incidence.T @ lines.shift_mw
    rated = np.flatnonzero(np.isfinite(lines.high_mw))
    flow = hstack([csr_array((len(rated), len(unit))), weighted[rated]]).tocsr()
    rows = hstack([flow.T, -flow.T]).T.tocsr()
    limits = np.r_[(lines.high_mw - lines.shift_mw)[rated], -(lines.low_mw - lines.shift_mw)[rated]]
    bounds = np.r_[np.c_[np.zeros(len(width)), width], np.tile([[-np.inf, np.inf]], (buses, 1))]
    bounds[len(width)] = 0.0  # the reference angle
    cost = np.r_[price, np.zeros(buses)]
    began = time.perf_counter()
    answer = linprog(cost, rows, limits, balance, injected, bounds, method="highs")
    wall = time.perf_counter() - began
    if answer.status != 0:
        raise ArithmeticError(f"{case.name}: {answer.message}")
    return float(answer.fun + case.units.cost_at_low.sum()), wall


def _steps(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return widths in MW, prices in $/MWh and units of the steps of all marginal costs."""
    widths, prices, units = [], [], []
    for unit, (outputs, marginal) in enumerate(case.units.marginal):
        for x0, x1, p0, p1 in zip(outputs, outputs[1:], marginal, marginal[1:], strict=False):
            steps = PIECES if p1 > p0 else 1
            if x1 > x0:
                widths += [(x1 - x0) / steps] * steps
                prices += [p0 + (p1 - p0) * (step + 0.5) / steps for step in range(steps)]
                units += [unit] * steps
    return np.array(widths), np.array(prices), np.array(units, np.int64)
