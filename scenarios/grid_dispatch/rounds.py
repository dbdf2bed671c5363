"""The public arithmetic of a round: what every agent can recompute from the board.

The prices a round ends with are y = pi + nu of its plan (see `planner.py`; in round 1 the opening
energy price), so the scaled price is u = -y / w and scaling w needs no change of y. All functions
work on arrays (nodes,) and, but for the reductions `open_market`, `balance_factor`,
`certificate_percent` and `worst_overloads`, on the floats of a single node alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Opening",
    "balance_factor",
    "bid_target",
    "certificate_percent",
    "demand_shares",
    "open_market",
    "planned_wish",
    "revealed_price",
    "vote_tolerance",
    "worst_overloads",
]

type Floats = NDArray[np.float64]

RELAXATION = 1.4
"""How far the planners reach past the last plan towards the bids; between 1 and 1.8 is usual."""
BALANCE_EVERY = 3
BALANCE_UNTIL = 60
"""Stiffness must settle for the negotiation to converge for certain."""
BALANCE_MOST = 3.0
MOST_CUTS_PER_CHECK = 20
OVERLOAD = 1e-6
"""Share of a line's limit that a flow may pass it by without an objection."""


@dataclass(frozen=True, eq=False, slots=True)
class Opening:
    """What round 1 fixes for all."""

    stiffness: Floats
    """(nodes,) w in $/MWh per MW."""
    energy_price: float
    """lambda_0 in $/MWh: the median of the opening offers' prices."""
    price_scale: float
    """s in $/MWh: how far the posted prices spread."""


def demand_shares(low: Floats, high: Floats, demand: float) -> Floats:
    """Split the demand in proportion to the published ranges: where opening offers stand, in MW.

    The shares add up to the demand, so unless a plan is exactly this split, some node's output is
    above its offer, and its offer puts a public floor under what the plan costs.
    """
    room = float((high - low).sum())
    share = (demand - float(low.sum())) / room if room > 0 else 0.0
    return low + min(max(share, 0.0), 1.0) * (high - low)


def open_market(offer_prices: Floats, capacity: Floats) -> Opening:
    """Fix stiffness and the first price from the opening offers posted in round 1.

    Args:
        offer_prices: (nodes,) marginal costs in $/MWh at the offered outputs.
        capacity: (nodes,) published range, upper minus lower limit, in MW.
    """
    spread = float(offer_prices.std())
    level = float(np.abs(offer_prices).mean())
    scale = max(spread, 0.05 * level, 0.001)
    return Opening(
        stiffness=scale / np.maximum(capacity, 1e-3),
        energy_price=float(np.median(offer_prices)),
        price_scale=scale,
    )


def bid_target(z: Floats, price: Floats, stiffness: Floats) -> Floats:
    """Return t = z - u, to which the next bid x = argmin c(x) + w/2 (x - t)^2 answers, in MW."""
    return z + price / stiffness


def revealed_price(x: Floats, target: Floats, stiffness: Floats) -> Floats:
    """Return w (t - x), $/MWh: the subgradient of its cost that a node's answer x reveals."""
    return stiffness * (target - x)


def planned_wish(x: Floats, last_z: Floats, price: Floats, stiffness: Floats) -> Floats:
    """Return v = x + u, over-relaxed, in MW: what the planners project.

    Args:
        x: The bids in MW.
        last_z: The plan they answered to; in round 1 the bids themselves.
        price: The prices y that plan ended with, $/MWh.
        stiffness: w in $/MWh per MW.
    """
    return RELAXATION * x + (1.0 - RELAXATION) * last_z - price / stiffness


def balance_factor(round_: int, x: Floats, z: Floats, last_z: Floats, stiffness: Floats) -> float:
    """Return by how much to scale all stiffnesses before the next bids.

    It balances how far bids and plan are apart against how far the plan still moves, both in the
    norm of sqrt(w), and changes the stiffness only every third round and up to round 60.

    Args:
        round_: The round just planned, counted from 1.
        x: (nodes,) its bids in MW.
        z: (nodes,) its plan in MW.
        last_z: (nodes,) the plan before it.
        stiffness: (nodes,) w in $/MWh per MW.
    """
    if round_ % BALANCE_EVERY or round_ > BALANCE_UNTIL:
        return 1.0
    apart = float((stiffness * (x - z) ** 2).sum())
    moved = float((stiffness * (z - last_z) ** 2).sum())
    if not apart or not moved:
        return 1.0
    factor = math.sqrt(math.sqrt(apart / moved))
    return min(max(factor, 1.0 / BALANCE_MOST), BALANCE_MOST)


def vote_tolerance(
    z: Floats, price: Floats, offer_price: Floats, floor: Floats, *, percent: float
) -> Floats:
    """Return the regret in $/h up to which a node approves: `percent` of what is at stake.

    At stake is the largest of the revenue |price z|, the cost |offer price z| and `floor`, which
    the caller sets to .001 |lambda| capacity.
    """
    stake = np.maximum(np.maximum(np.abs(price * z), np.abs(offer_price * z)), floor)
    return 0.01 * percent * stake


def certificate_percent(bounds: Floats, revealed_cost: Floats) -> float:
    """Return the public bound on the gap as a percent of the revealed cost; infinite if none is."""
    cost = float(revealed_cost.sum())
    return 100.0 * float(bounds.sum()) / cost if cost > 0 else float("inf")


def worst_overloads(
    flow_mw: Floats, low_mw: Floats, high_mw: Floats, standing: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the lines to object to, the worst overload (as a share of its limit) first.

    Args:
        flow_mw: (lines,) flows of the plan.
        low_mw: (lines,) limits.
        high_mw: (lines,) limits.
        standing: (lines,) lines already objected to, which are left out.
    """
    over = np.maximum(flow_mw - high_mw, low_mw - flow_mw)
    limit = np.where(flow_mw > high_mw, np.abs(high_mw), np.abs(low_mw))
    share = over / np.maximum(np.where(np.isfinite(limit), limit, 1.0), 1.0)
    found = np.flatnonzero((share > OVERLOAD) & ~standing)
    order = np.argsort(-share[found], kind="stable")
    return found[order][:MOST_CUTS_PER_CHECK]
