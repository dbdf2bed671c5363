"""What the bids reveal: public bounds on every node's marginal cost, and the supply law.

Let c be a node's cost restricted to its own limits (infinite beyond them). An answer x to the
target t under stiffness w minimises c(x) + w/2 (x - t)^2, so

    m = w (t - x)  is a subgradient of c at x.

This one reading covers every case. Strictly inside, m is the marginal cost (or between the two
sides of a jump). At an upper limit, c'(x-) <= m and c' is infinite above; at a lower limit,
m <= c'(x+) and c' is minus infinite below. Whether the limit is public does not matter: at an
unpublished upper limit m may exceed every real marginal cost, but it only ever serves as a lower
bound *above* x, where the node cannot go and where its restricted cost is infinite indeed; and as
an upper bound below x, which is right. So for any honest node, and s within its own limits,

    low(s) = largest m revealed at any x <= s  <=  c'(s)  <=  high(s) = smallest m at any x >= s,

outside which the public `price_floor` and `price_cap` hold. The integral bounds of `bounds` run
to the *published* limits, which contain the own ones: that only makes them larger. Hence
R_i >= r_i for the regret r_i within own limits, and sum R_i bounds the gap to the optimum of the
problem with the nodes' own limits. Subgradients of a convex function are monotone: x1 < x2
implies m1 <= m2 (the supply law), again limits included, so that an honest node never breaks it.

A node that will not move while its revealed price has left [price_floor, price_cap] can only be
at a limit of its own, and a plan beyond that limit obliges it to publish the limit in its vote. So
an answer above the plan at a price below the floor, from a node above its published lower limit,
is a broken law too (and its mirror image at the cap): nobody honest is caught by it, and it is
what ends an "always at maximum" that blocks a line.

The floor and the cap are assumptions on *declared* marginal costs, published with the scenario.
What voids the reading is a limit that *moves*: a node that could not go above x and later can
shows a smaller m at a larger x. Own limits hold still during one negotiation; when an event moves
them (a trip, a new interval) the change is published and `rebaseline` forgets the points.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SupplyLedger"]

type Floats = NDArray[np.float64]

_ARRAYS = ("low", "high", "_floor", "_cap", "_count", "_broken", "_x", "_low_price", "_high_price")
"""What a ledger consists of, besides its terms."""

_OUTPUT_TOLERANCE = 1e-9
"""Two outputs nearer than this share of their size (or MW) are one point to the supply law."""
_LIMIT_TOLERANCE = 1e-6
"""A plan that passes an answer by less than this share of its size (or MW) obliges to nothing;
above the tolerance with which nodes refuse a plan beyond their limits."""
_PRICE_TOLERANCE = 1e-6
"""The supply law forgives this share of the price (or $/MWh): far above rounding."""


class SupplyLedger:
    """The revealed supply of all nodes with a choice, built from public data alone.

    Per node a list of points sorted by output, (points, nodes) in memory. Beyond `capacity` points
    the inner one that matters least to the bounds is dropped, which loosens and never breaks them.

    Args:
        low: (nodes,) published lower limits in MW.
        high: (nodes,) published upper limits in MW.
        price_floor: $/MWh below which no node may declare a marginal cost; all or (nodes,).
        price_cap: $/MWh above which no node may declare a marginal cost; all or (nodes,).
        capacity: Points kept per node, at least 4; rows grow by 8 until they reach it.
    """

    def __init__(
        self,
        low: Floats,
        high: Floats,
        *,
        price_floor: float | Floats,
        price_cap: float | Floats,
        capacity: int = 48,
        offered: bool = False,
    ) -> None:
        nodes = len(low)
        self.low, self.high = low.copy(), high.copy()
        self._floor = np.broadcast_to(np.asarray(price_floor, dtype=float), nodes).copy()
        self._cap = np.broadcast_to(np.asarray(price_cap, dtype=float), nodes).copy()
        self._capacity, self._offered = capacity, offered
        self._count = np.zeros(nodes, dtype=np.intp)
        self._broken = np.zeros(nodes, dtype=bool)
        self._x = np.empty((0, nodes))
        self._low_price = np.empty((0, nodes))
        self._high_price = np.empty((0, nodes))

    def state(self) -> dict[str, Any]:
        """Return all points and limits, copied."""
        arrays = {name: getattr(self, name).copy() for name in _ARRAYS}
        return arrays | {"capacity": self._capacity, "offered": self._offered}

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> SupplyLedger:
        """Return the ledger that had this state."""
        low, high, floor, cap = (state[name] for name in ("low", "high", "_floor", "_cap"))
        terms = {name: state[name] for name in ("capacity", "offered")}
        ledger = cls(low, high, price_floor=floor, price_cap=cap, **terms)
        for name in _ARRAYS:
            setattr(ledger, name, state[name].copy())
        return ledger

    def observe(
        self,
        x: Floats,
        price: Floats,
        seen: NDArray[np.bool_],
        *,
        plan: Floats | None = None,
    ) -> NDArray[np.bool_]:
        """Enter this round's answers and return which of them break the supply law.

        Args:
            x: (nodes,) answers in MW.
            price: (nodes,) the subgradient each reveals, `stiffness * (target - x)`, in $/MWh.
            seen: (nodes,) whether the node answered at all.
            plan: (nodes,) the plan they answered to, in MW; None for answers to a bare price.

        A lawbreaker's answer is not entered; the node counts among `violators` until its limits
        are rebaselined. An answer beyond the published limits, or one that holds out beyond floor
        or cap without a published limit, breaks the law as well.
        """
        broken = self._breaks(x, price) | self._beyond(x)
        if plan is not None:
            broken |= self._holds_out(x, price, plan)
        broken &= seen
        self._broken |= broken
        if self._offered:
            self._floor = np.where(seen & ~broken, np.minimum(self._floor, price), self._floor)
        self._enter(x, price, seen & ~broken)
        return broken

    def violators(self) -> NDArray[np.bool_]:
        """Return which nodes have broken the supply law, over all rounds since their baseline."""
        return self._broken.copy()

    def rebaseline(self, nodes: NDArray[np.bool_], low: Floats, high: Floats) -> None:
        """Publish new limits for the marked nodes and forget what they revealed before."""
        self.low[nodes], self.high[nodes] = low[nodes], high[nodes]
        self._count[nodes] = 0
        self._broken[nodes] = False
        self._x[:, nodes] = np.inf
        self._low_price[:, nodes] = self._floor[nodes]
        self._high_price[:, nodes] = self._cap[nodes]

    def reveal_limits(self, low: Floats, high: Floats) -> None:
        """Narrow the published limits to the own limits that nodes have revealed since."""
        np.maximum(self.low, low, out=self.low)
        np.minimum(self.high, high, out=self.high)

    def bounds(self, z: Floats, price: Floats) -> Floats:
        """Return R, (nodes,) $/h: the most that any node consistent with its bids can regret.

        R = max( integral from z to the upper limit of (price - low(s))+ ds,
                 integral from the lower limit to z of (high(s) - price)+ ds ).
        """
        z = np.minimum(np.maximum(z, self.low), self.high)
        gain_up: Floats = np.maximum(price - self._floor, 0.0) * (self._first(self.high, z) - z)
        gain_down: Floats = np.maximum(self._cap - price, 0.0) * (z - self._final(self.low, z))
        if len(self._x):
            above = np.minimum(np.maximum(self._x, z), self.high)
            width = np.diff(above, axis=0, append=self.high[None, :])
            gain_up += (width * np.maximum(price - self._low_price, 0.0)).sum(axis=0)
            below = np.minimum(np.maximum(self._x, self.low), z)
            width = np.diff(below, axis=0, prepend=self.low[None, :])
            gain_down += (width * np.maximum(self._high_price - price, 0.0)).sum(axis=0)
        bound: Floats = np.maximum(gain_up, gain_down)
        return bound

    def revealed_cost(self, z: Floats) -> Floats:
        """Return the least each node's declared cost can be, (nodes,) $/h above its lower limit.

        The integral of low(s) from the published lower limit to z.
        """
        z = np.minimum(np.maximum(z, self.low), self.high)
        first = self._first(z, self.low)
        cost: Floats = self._floor * (first - self.low)
        if len(self._x):
            inside = np.minimum(np.maximum(self._x, self.low), z)
            width = np.diff(inside, axis=0, append=z[None, :])
            cost += (width * np.maximum(self._low_price, self._floor)).sum(axis=0)
        return cost

    def _first(self, otherwise: Floats, at_least: Floats) -> Floats:
        """Return where the first revealed point ends the reach of the floor."""
        if not len(self._x):
            return otherwise
        first: Floats = np.minimum(np.maximum(self._x[0], at_least), otherwise)
        return first

    def _final(self, otherwise: Floats, at_most: Floats) -> Floats:
        """Return where the last revealed point begins the reach of the cap."""
        if not len(self._x):
            return otherwise
        last = self._x[np.maximum(self._count - 1, 0), np.arange(len(self._count))]
        return np.where(
            self._count > 0, np.minimum(np.maximum(last, otherwise), at_most), otherwise
        )

    def _breaks(self, x: Floats, price: Floats) -> NDArray[np.bool_]:
        if not len(self._x):
            return np.zeros(len(x), dtype=bool)
        nodes, rows = np.arange(len(x)), len(self._x)
        near = _OUTPUT_TOLERANCE * np.maximum(1.0, np.abs(x))
        below = (self._x < x - near).sum(axis=0)
        through = (self._x <= x + near).sum(axis=0)
        least = self._low_price[np.maximum(below - 1, 0), nodes]
        most = self._high_price[np.minimum(through, rows - 1), nodes]
        tolerance = _PRICE_TOLERANCE * np.maximum(1.0, np.abs(price))
        too_low = (below > 0) & (price < least - tolerance)
        return too_low | ((through < self._count) & (price > most + tolerance))

    def _beyond(self, x: Floats) -> NDArray[np.bool_]:
        near = _OUTPUT_TOLERANCE * np.maximum(1.0, np.abs(x))
        return ~((x >= self.low - near) & (x <= self.high + near))

    def _holds_out(self, x: Floats, price: Floats, plan: Floats) -> NDArray[np.bool_]:
        near = _LIMIT_TOLERANCE * np.maximum(1.0, np.abs(x))
        tolerance = _PRICE_TOLERANCE * np.maximum(1.0, np.abs(price))
        above = (price < self._floor - tolerance) & (x > plan + near) & (x > self.low + near)
        below = (price > self._cap + tolerance) & (x < plan - near) & (x < self.high - near)
        return above | below

    def _enter(self, x: Floats, price: Floats, seen: NDArray[np.bool_]) -> None:
        self._make_room(seen)
        nodes = np.arange(len(x))
        place = (self._x < x).sum(axis=0)
        fresh = seen & (self._x[place, nodes] != x)
        behind = (np.arange(len(self._x))[:, None] > place) & fresh
        self._x[1:] = np.where(behind[1:], self._x[:-1], self._x[1:])
        self._low_price[1:] = np.where(behind[1:], self._low_price[:-1], self._low_price[1:])
        self._high_price[1:] = np.where(behind[1:], self._high_price[:-1], self._high_price[1:])
        self._count += fresh
        at = (place[seen], nodes[seen])
        least = np.where(fresh[seen], price[seen], np.maximum(self._low_price[at], price[seen]))
        most = np.where(fresh[seen], price[seen], np.minimum(self._high_price[at], price[seen]))
        self._x[at], self._low_price[at], self._high_price[at] = x[seen], least, most
        np.maximum.accumulate(self._low_price, axis=0, out=self._low_price)
        np.minimum.accumulate(self._high_price[::-1], axis=0, out=self._high_price[::-1])

    def _make_room(self, seen: NDArray[np.bool_]) -> None:
        """Make sure that every node that answered has a free row below the last."""
        rows = len(self._x)
        if int(self._count.max(initial=0)) + 1 < rows:
            return
        if rows < self._capacity:
            shape = (8, len(seen))
            self._x = np.concatenate([self._x, np.full(shape, np.inf)])
            self._low_price = np.concatenate([self._low_price, np.full(shape, -np.inf)])
            self._high_price = np.concatenate([self._high_price, np.full(shape, np.inf)])
            self._low_price[rows:], self._high_price[rows:] = self._floor, self._cap
            return
        self._drop_one(np.flatnonzero(seen & (self._count + 1 >= rows)))

    def _drop_one(self, full: NDArray[np.intp]) -> None:
        """Drop, for each of these nodes, the inner point whose loss loosens the bounds least."""
        inner = np.arange(1, len(self._x) - 1)[:, None] < self._count[full] - 1
        x, least, most = (c[:, full] for c in (self._x, self._low_price, self._high_price))
        width = np.where(inner, x[2:], 0.0) - np.where(inner, x[:-2], 0.0)
        loosened = np.where(inner, width * (most[2:] - least[:-2]), np.inf)
        victim = 1 + loosened.argmin(axis=0)
        behind = np.arange(len(self._x))[:, None] >= victim
        for column, pad in (
            (self._x, np.full(len(full), np.inf)),
            (self._low_price, self._floor[full]),
            (self._high_price, self._cap[full]),
        ):
            kept = column[:, full]
            column[:, full] = np.where(behind, np.concatenate([kept[1:], pad[None, :]]), kept)
        self._count[full] -= 1
