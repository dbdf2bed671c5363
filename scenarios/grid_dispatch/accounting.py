"""What a dispatch costs and how it loads the lines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .case import Case
from .pieces import Pieces

__all__ = ["balance_residual_mw", "line_loading_percent", "total_cost", "unit_costs"]


def unit_costs(case: Case, unit_mw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each unit's declared cost in $/h, (units,), at outputs (units,) within its limits."""
    pieces = Pieces(case.units)
    return pieces.cost(pieces.filled(unit_mw))


def total_cost(case: Case, unit_mw: NDArray[np.float64]) -> float:
    """Return the declared cost of a dispatch in $/h."""
    return float(unit_costs(case, unit_mw).sum())


def line_loading_percent(case: Case, line_mw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much of its limit each line uses, (lines,); 0 where unlimited, over 100 if over.

    A limit of zero MW counts as fully used by no flow and as infinitely overloaded by any.
    """
    limit = np.where(line_mw >= 0, case.lines.high_mw, -case.lines.low_mw)
    with np.errstate(divide="ignore", invalid="ignore"):
        loading = 100.0 * np.abs(line_mw) / limit
    loading = np.where(limit > 0, loading, np.where(line_mw == 0, 100.0, np.inf))
    return np.where(np.isinf(limit), 0.0, loading)


def balance_residual_mw(
    case: Case, unit_mw: NDArray[np.float64], line_mw: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what is injected but not carried away at each bus, (buses,) MW; 0 when balanced."""
    buses = len(case.bus_ids)
    leaving = np.bincount(case.lines.start, weights=line_mw, minlength=buses)
    arriving = np.bincount(case.lines.end, weights=line_mw, minlength=buses)
    return case.injections(unit_mw) - leaving + arriving
