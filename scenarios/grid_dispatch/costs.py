"""A generator's cost row as a marginal-cost polyline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blackboard import BadInput

from .case import Polyline

__all__ = ["unit_curve"]

_PIECEWISE, _POLYNOMIAL = 1, 2
_SLOPE_NOISE = 1e-9
"""Relative; a slope computed from rounded costs may fall by this much."""
_POWERS = {1: ("linear cost", "$/MWh"), 2: ("quadratic cost", "$/MW^2h")}


def unit_curve(
    row: NDArray[np.float64], low_mw: float, high_mw: float, *, where: str
) -> tuple[Polyline, float]:
    """Return the marginal cost over [low, high] and the cost in $/h at the lower limit.

    `row` is a MATPOWER cost row: (model, startup, shutdown, n, parameters ...). Startup and
    shutdown costs are ignored. A piecewise cost goes on with its last slope beyond its last point.
    `where` names the row in error messages, as in "case9.m: gencost row 2".

    Raises:
        BadInput: an unknown model, a degree above 2, a negative or non-convex cost, NaN.
    """
    model, count = row[0], row[3]
    if model not in (_PIECEWISE, _POLYNOMIAL):
        raise BadInput(f"{where}, column 1 (model) is {model:g}; write 1 (piecewise) or 2 (poly)")
    needed = 4 + int(count) * (2 if model == _PIECEWISE else 1)
    if count != int(count) or count < (2 if model == _PIECEWISE else 1) or needed > len(row):
        raise BadInput(
            f"{where}, column 4 (number of cost parameters) is {count:g} "
            f"but the row has {len(row) - 4} columns after it; correct one of them"
        )
    values = row[4:needed]
    if not np.isfinite(values).all():
        column = 5 + int(np.argmax(~np.isfinite(values)))
        raise BadInput(f"{where}, column {column} (cost) is {row[column - 1]}; write a number in $")
    if model == _PIECEWISE:
        return _piecewise(values[0::2], values[1::2], low_mw, high_mw, where=where)
    return _polynomial(values, low_mw, high_mw, where=where)


def _polynomial(
    values: NDArray[np.float64], low: float, high: float, *, where: str
) -> tuple[Polyline, float]:
    degree = len(values) - 1
    for position, value in enumerate(values.tolist()):
        power = degree - position
        if power > 2 and value:
            raise BadInput(
                f"{where}, column {5 + position} is {value:g}, a cost of degree {power}; "
                "use degree 2 at most, or a piecewise cost (model 1)"
            )
        if power in _POWERS and value < 0:
            label, unit = _POWERS[power]
            bend = " and not convex" if power == 2 else ""
            raise BadInput(
                f"{where}, column {5 + position} ({label}, {unit}) is {value:g}, "
                f"negative{bend}; write 0 or more"
            )
    constant, linear, square = ([0.0, 0.0, *values.tolist()][::-1])[:3]
    outputs = np.array([low, high])
    prices = linear + 2 * square * outputs
    return (outputs, prices), constant + linear * low + square * low * low


def _piecewise(
    outputs: NDArray[np.float64],
    costs: NDArray[np.float64],
    low: float,
    high: float,
    *,
    where: str,
) -> tuple[Polyline, float]:
    steps = np.diff(outputs)
    if (steps <= 0).any():
        point = int(np.argmax(steps <= 0)) + 2
        raise BadInput(
            f"{where}, column {3 + 2 * point} (output of point {point}, MW) is "
            f"{outputs[point - 1]:g}, not above the point before; list the points in rising order"
        )
    slopes = np.diff(costs) / steps
    if slopes[0] < 0:
        raise BadInput(
            f"{where}: the first piece costs {slopes[0]:g} $/MWh, negative; write 0 or more"
        )
    noise = _SLOPE_NOISE * (1 + np.abs(slopes[:-1]))
    falls = np.diff(slopes) < -noise
    if falls.any():
        piece = int(np.argmax(falls)) + 2
        raise BadInput(
            f"{where}: piece {piece} costs {slopes[piece - 1]:g} $/MWh, less than the "
            f"{slopes[piece - 2]:g} $/MWh before it, not convex; prices must not fall with output"
        )
    slopes = np.maximum.accumulate(slopes)
    inner = np.flatnonzero((outputs[1:-1] > low) & (outputs[1:-1] < high) & (np.diff(slopes) > 0))
    first = int(np.searchsorted(outputs[1:-1], low, side="right"))
    prices = [slopes[first]]
    points = [low]
    for bend in inner.tolist():
        points += [outputs[bend + 1]] * 2
        prices += [slopes[bend], slopes[bend + 1]]
    points.append(high)
    prices.append(prices[-1])
    cost_at_low = float(costs[first] + slopes[first] * (low - outputs[first]))
    return (np.array(points), np.array(prices)), cost_at_low
