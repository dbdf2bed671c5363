"""A node's units combined into one marginal-cost polyline: the horizontal sum, in merit order.

Minimising the units' total cost for a given node output is the infimal convolution of their
costs; its marginal curve is the sum of the units' outputs at each price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .case import Polyline

__all__ = ["NodePolyline", "clip_polyline", "combine"]


@dataclass(frozen=True, eq=False, slots=True)
class NodePolyline:
    """The marginal cost of one node, and what its units put out along it."""

    outputs: NDArray[np.float64]
    """(points,) MW, nondecreasing; the first is the lower limit, the last the upper."""
    prices: NDArray[np.float64]
    """(points,) $/MWh, nondecreasing; no two successive points are equal."""
    shares: NDArray[np.float64]
    """(units, points) MW of each unit; linear between points, each column sums to `outputs`."""


def combine(units: Sequence[Polyline]) -> NodePolyline:
    """Sum the units' outputs price by price; units with the same flat price fill in their order."""
    if len(units) == 1:
        keep = _distinct(*units[0])
        outputs, prices = units[0][0][keep], units[0][1][keep]
        return NodePolyline(outputs, prices, outputs[None, :].copy())
    levels = np.unique(np.concatenate([prices for _, prices in units]))
    below = np.array([_supply(unit, levels, side="left") for unit in units])
    above = np.array([_supply(unit, levels, side="right") for unit in units])
    columns: list[NDArray[np.float64]] = []
    prices_out: list[float] = []
    for level, price in enumerate(levels.tolist()):
        column = below[:, level].copy()
        columns.append(column)
        for unit in np.flatnonzero(above[:, level] > below[:, level]):
            column = column.copy()
            column[unit] = above[unit, level]
            columns.append(column)
        prices_out.extend([price] * (len(columns) - len(prices_out)))
    shares = np.array(columns).T
    outputs = shares.sum(axis=0)
    prices = np.array(prices_out)
    keep = _distinct(outputs, prices)
    return NodePolyline(outputs[keep], prices[keep], shares[:, keep])


def clip_polyline(unit: Polyline, low: float, high: float) -> tuple[Polyline, float]:
    """Narrow a unit's polyline to [low, high].

    Returns:
        The narrowed polyline, and the cost in $/h of moving from the old lower limit up to `low`.
        Beyond its old range (a tripped unit at 0 MW) the polyline keeps its end prices and the
        move costs nothing.
    """
    outputs, prices = unit
    inside = (outputs > low) & (outputs < high)
    ends = sorted((_price(unit, low, side="right"), _price(unit, high, side="left")))
    clipped = (
        np.concatenate([[low], outputs[inside], [high]]),
        np.concatenate([ends[:1], prices[inside], ends[1:]]),
    )
    if not outputs[0] < low <= outputs[-1]:
        return clipped, 0.0
    path = outputs < low
    at_low = _price(unit, low, side="left")
    moved = np.trapezoid(np.append(prices[path], at_low), np.append(outputs[path], low))
    return clipped, float(moved)


def _price(unit: Polyline, output: float, *, side: Literal["left", "right"]) -> float:
    """Return the marginal price just below ("left") or just above ("right") an output."""
    outputs, prices = unit
    after = int(np.searchsorted(outputs, output, side=side))
    if after == 0:
        return float(prices[0])
    if after == len(outputs):
        return float(prices[-1])
    x0, x1 = float(outputs[after - 1]), float(outputs[after])
    p0, p1 = float(prices[after - 1]), float(prices[after])
    return p1 if output == x1 else p0 + (output - x0) / (x1 - x0) * (p1 - p0)


def _supply(
    unit: Polyline, levels: NDArray[np.float64], *, side: Literal["left", "right"]
) -> NDArray[np.float64]:
    """Return the least ("left") or greatest ("right") output the unit offers at each price."""
    outputs, prices = unit
    last = len(prices) - 1
    position = np.searchsorted(prices, levels, side=side)
    before, after = np.clip(position - 1, 0, last), np.clip(position, 0, last)
    rise = prices[after] - prices[before]
    share = np.divide(levels - prices[before], rise, out=np.zeros(len(levels)), where=rise > 0)
    between = outputs[before] + share * (outputs[after] - outputs[before])
    exact = np.where(share >= 1.0, outputs[after], between)
    return np.where(position == 0, outputs[0], np.where(position > last, outputs[last], exact))


def _distinct(outputs: NDArray[np.float64], prices: NDArray[np.float64]) -> NDArray[np.bool_]:
    keep = np.ones(len(outputs), dtype=bool)
    keep[1:] = (outputs[1:] != outputs[:-1]) | (prices[1:] != prices[:-1])
    return keep
