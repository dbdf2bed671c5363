"""All units' marginal-cost pieces side by side, for arithmetic without a loop over units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .case import Units

__all__ = ["Pieces"]


class Pieces:
    """The polylines of `units` cut at their points; jumps and points of zero width left out.

    A unit's output is its lower limit plus what fills its pieces, left to right. Convexity makes
    the cheapest filling of given total the left-to-right one, so pieces may be dispatched freely.
    """

    def __init__(self, units: Units) -> None:
        self.units = units
        counts = np.array([len(outputs) for outputs, _ in units.marginal], dtype=np.int64)
        outputs = np.concatenate([outputs for outputs, _ in units.marginal])
        prices = np.concatenate([prices for _, prices in units.marginal])
        owner = np.repeat(np.arange(len(units)), counts)
        wide = np.flatnonzero((np.diff(owner) == 0) & (np.diff(outputs) > 0))
        self.unit: NDArray[np.int64] = owner[wide]
        """(pieces,) index into the units, in rising order."""
        self.bus: NDArray[np.int64] = units.bus[self.unit]
        self.start_mw: NDArray[np.float64] = outputs[wide]
        self.width_mw: NDArray[np.float64] = np.diff(outputs)[wide]
        self.price: NDArray[np.float64] = prices[wide]
        """(pieces,) $/MWh at the start."""
        self.slope: NDArray[np.float64] = np.diff(prices)[wide] / self.width_mw
        """(pieces,) $/MWh per MW."""

    def filled(self, unit_mw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how much of each piece outputs (units,) use, (pieces,) MW."""
        return np.clip(unit_mw[self.unit] - self.start_mw, 0.0, self.width_mw)

    def output(self, filled_mw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the units' outputs, (units,) MW, when pieces are filled so far."""
        used = np.bincount(self.unit, weights=filled_mw, minlength=len(self.units))
        return self.units.low_mw + used

    def cost(self, filled_mw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each unit's cost in $/h, (units,)."""
        costs = filled_mw * (self.price + 0.5 * self.slope * filled_mw)
        used = np.bincount(self.unit, weights=costs, minlength=len(self.units))
        return self.units.cost_at_low + used

    def best_response(self, bus_price: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the filling that earns most at prices (buses,), (pieces,) MW; a tie stays low."""
        margin = bus_price[self.bus] - self.price
        sloped = self.slope > 0
        wanted = np.where(margin > 0, self.width_mw, 0.0)
        np.divide(margin, self.slope, out=wanted, where=sloped)
        return np.clip(wanted, 0.0, self.width_mw)

    def least_net_cost(self, bus_price: NDArray[np.float64]) -> float:
        """Return the least of cost minus revenue in $/h that all units reach at these prices."""
        filled = self.best_response(bus_price)
        revenue = bus_price[self.units.bus] @ self.output(filled)
        return float(self.cost(filled).sum() - revenue)
