"""What the nodes know of themselves: marginal-cost polylines, answers to offers, regret.

`Curves` answers for many nodes at once, `Curve` for one node with plain floats. Both do the same
IEEE operations in the same order, so their results are equal bit by bit: an object agent and a
cohort negotiate the same run.

A marginal-cost polyline is nondecreasing in output (MW) and price ($/MWh). A jump is two points
at the same output, a flat piece two points at the same price.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .case import Case
from .curve import TINY, Curve, running_costs
from .merit_order import NodePolyline, combine

__all__ = ["Curve", "Curves"]

type Floats = NDArray[np.float64]
type _Place = tuple[NDArray[np.intp], Floats]


@dataclass(frozen=True, eq=False)
class Curves:
    """The aggregate marginal costs of the nodes with a choice; build it with `from_case`.

    Arrays are (nodes,) unless noted; the padded ones are (points, nodes), because numpy sums over
    the first axis fastest. `outputs` and `prices` give the (nodes, points) view.
    """

    nodes: NDArray[np.int64]
    """Bus index of each node, ascending."""
    low: Floats
    high: Floats
    """Own limits in MW; narrower than the polyline after `limited`."""
    cost_at_low: Floats
    """$/h at the polyline's first output."""
    unit_index: NDArray[np.int64]
    """(owned units,) row of each unit in the case."""
    unit_node: NDArray[np.int64]
    """(owned units,) position of its owner in `nodes`."""
    _x: Floats
    _p: Floats
    _keys: Floats
    """As `_p`, but infinite after each node's last point, so that no search passes it."""
    _dx: Floats
    _dp: Floats
    _cost: Floats
    _shares: Floats
    """(points, owned units) output of each unit at each point of its node."""

    @classmethod
    def from_case(cls, case: Case, *, nodes: NDArray[np.int64] | None = None) -> Curves:
        """Build the polylines of `nodes`, by default of all nodes that have a choice."""
        if nodes is None:
            nodes = np.flatnonzero(case.has_choice).astype(np.int64)
        owned: dict[int, list[int]] = {int(bus): [] for bus in nodes}
        for unit, bus in enumerate(case.units.bus.tolist()):
            if bus in owned:
                owned[bus].append(unit)
        lines = [combine([case.units.marginal[unit] for unit in units]) for units in owned.values()]
        base = np.array([case.units.cost_at_low[units].sum() for units in owned.values()])
        return _pack(nodes, list(owned.values()), lines, base)

    def limited(self, low: Floats, high: Floats) -> Curves:
        """Narrow the nodes' own limits (ramp, availability); they stay within the polylines."""
        return replace(self, low=np.maximum(low, self._x[0]), high=np.minimum(high, self._x[-1]))

    def curve(self, node: int) -> Curve:
        """Return the scalar twin of the node at position `node`."""
        points = int(np.isfinite(self._keys[:, node]).sum())
        return Curve(
            self._x[:points, node].tolist(),
            self._p[:points, node].tolist(),
            low=float(self.low[node]),
            high=float(self.high[node]),
            cost_at_low=float(self.cost_at_low[node]),
        )

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def outputs(self) -> Floats:
        """(nodes, points) MW; short polylines repeat their last point."""
        return self._x.T

    @property
    def prices(self) -> Floats:
        """(nodes, points) $/MWh; short polylines repeat their last point."""
        return self._p.T

    def offer(self, share: Floats) -> tuple[Floats, Floats]:
        """Return each node's opening offer: an output in MW and its marginal cost in $/MWh.

        The output is the node's `share` of the demand (`rounds.demand_shares`), clipped to its own
        limits; at a jump the price is the mean of both sides.
        """
        output = np.minimum(np.maximum(share, self.low), self.high)
        below, above = self.marginal(output)
        return output, 0.5 * (below + above)

    def scaled(self, factor: Floats) -> Curves:
        """Multiply the nodes' prices by `factor` (nodes,): what a liar declares."""
        return replace(
            self,
            cost_at_low=self.cost_at_low * factor,
            _p=self._p * factor,
            _keys=self._keys * factor,
            _dp=self._dp * factor,
            _cost=self._cost * factor,
        )

    def respond(self, stiffness: Floats, target: Floats) -> Floats:
        """Return argmin of c(x) + stiffness/2 (x - target)^2 within the own limits, in MW.

        The optimum is where the polyline meets the line `stiffness * (target - x)`.
        """
        pull = stiffness * target
        keys = self._keys + stiffness * self._x
        return self._answer(keys, keys <= pull, pull)

    def respond_to_price(self, price: Floats) -> Floats:
        """Return argmin of c(x) - price x within the own limits; of several, the largest."""
        return self._answer(self._keys, self._keys <= price, price)

    def marginal(self, x: Floats) -> tuple[Floats, Floats]:
        """Return the marginal cost just below and just above output x, $/MWh.

        At the polyline's ends both sides are the end price.
        """
        return self._price_at(self._place(self._x < x, x)), self._price_at(
            self._place(self._x <= x, x)
        )

    def cost(self, x: Floats) -> Floats:
        """Return the cost of output x above that of the polyline's first output, $/h."""
        flat, step = self._place(self._x <= x, x)
        price = self._price_at((flat, step))
        return self._cost.take(flat) + step * (0.5 * (self._p.take(flat) + price))

    def regret(self, x: Floats, price: Floats) -> Floats:
        """Return what each node would gain by its own best answer to `price`, $/h.

        The output is clipped to the own limits first: a plan beyond them is refused, not priced.
        """
        inside = np.minimum(np.maximum(x, self.low), self.high)
        best = self.respond_to_price(price)
        gain = (self.cost(inside) - self.cost(best)) - price * (inside - best)
        return np.maximum(gain, 0.0)

    def split(self, x: Floats) -> Floats:
        """Return the units' outputs in MW, (owned units,) as in `unit_index`, at node outputs x."""
        flat, step = self._place(self._x <= x, x)
        length = self._dx.take(flat)
        share = np.minimum(np.maximum(step, 0.0), length) / np.maximum(length, TINY)
        size = len(self.unit_node)
        start = (flat // len(self))[self.unit_node] * size + np.arange(size)
        before = self._shares.take(start)
        rise = self._shares.take(start + size) - before
        return before + share[self.unit_node] * rise

    def _answer(self, keys: Floats, passed: NDArray[np.bool_], pull: Floats) -> Floats:
        """Interpolate the output where nondecreasing `keys` (points + 1, nodes) reach `pull`."""
        nodes = len(self)
        flat = _last_true(passed)
        key = keys.take(flat)
        rise = np.maximum(keys.take(flat + nodes) - key, TINY)
        share = np.maximum(pull - key, 0.0) / rise
        x = self._x.take(flat) + share * self._dx.take(flat)
        return np.minimum(np.maximum(x, self.low), self.high) + 0.0

    def _place(self, passed: NDArray[np.bool_], x: Floats) -> _Place:
        """Return the flat index of the last point passed and the way beyond it in MW."""
        flat = _last_true(passed)
        return flat, x - self._x.take(flat)

    def _price_at(self, place: _Place) -> Floats:
        flat, step = place
        length = self._dx.take(flat)
        share = np.minimum(np.maximum(step, 0.0), length) / np.maximum(length, TINY)
        return self._p.take(flat) + share * self._dp.take(flat)


def _last_true(passed: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return, per column of a mask that is true down to some row, that row's flat index.

    Row 0 stands in where no row is true; the last row (padding) is never returned.
    """
    points, nodes = passed.shape
    count = np.minimum(np.maximum(passed.sum(axis=0, dtype=np.intp), 1), points - 1)
    flat: NDArray[np.intp] = (count - 1) * nodes + np.arange(nodes)
    return flat


def _pack(
    nodes: NDArray[np.int64],
    owned: list[list[int]],
    lines: list[NodePolyline],
    cost_at_low: Floats,
) -> Curves:
    """Pad the polylines to one shape, with at least one row of padding for every node."""
    points = 1 + max((len(line.outputs) for line in lines), default=1)
    x, p = np.zeros((points, len(nodes))), np.zeros((points, len(nodes)))
    keys, cost = np.full((points, len(nodes)), np.inf), np.zeros((points, len(nodes)))
    shares = np.zeros((points, sum(len(units) for units in owned)))
    first = 0
    for node, (line, units) in enumerate(zip(lines, owned, strict=True)):
        size = len(line.outputs)
        x[:size, node], x[size:, node] = line.outputs, line.outputs[-1]
        p[:size, node], p[size:, node] = line.prices, line.prices[-1]
        keys[:size, node] = line.prices
        running = running_costs(line.outputs.tolist(), line.prices.tolist())
        cost[:size, node], cost[size:, node] = running, running[-1]
        columns = slice(first, first + len(units))
        shares[:size, columns], shares[size:, columns] = line.shares.T, line.shares[:, -1]
        first += len(units)
    still = np.zeros((1, len(nodes)))
    return Curves(
        nodes=nodes,
        low=x[0].copy(),
        high=x[-1].copy(),
        cost_at_low=cost_at_low,
        unit_index=np.array([unit for units in owned for unit in units], dtype=np.int64),
        unit_node=np.repeat(np.arange(len(nodes)), [len(units) for units in owned]),
        _x=x,
        _p=p,
        _keys=keys,
        _dx=np.concatenate([np.diff(x, axis=0), still]),
        _dp=np.concatenate([np.diff(p, axis=0), still]),
        _cost=cost,
        _shares=shares,
    )
