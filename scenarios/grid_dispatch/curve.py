"""One node's marginal-cost polyline with plain floats: what a single node agent holds.

Every method does the operations of its vectorised twin in `curves.py` in the same order; a test
compares the bits.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

__all__ = ["TINY", "Curve"]

TINY = 5e-324
"""Stands in for a zero denominator under a zero numerator."""


class Curve:
    """A nondecreasing marginal-cost polyline, own limits, and the answers they imply.

    Args:
        outputs: MW, nondecreasing, from the lower to the upper limit.
        prices: $/MWh, nondecreasing.
        low: Own lower limit in MW, within the outputs.
        high: Own upper limit in MW, within the outputs.
        cost_at_low: $/h at the first output.
    """

    __slots__ = ("_costs", "_last", "cost_at_low", "high", "low", "outputs", "prices")

    def __init__(
        self,
        outputs: list[float],
        prices: list[float],
        *,
        low: float,
        high: float,
        cost_at_low: float = 0.0,
    ) -> None:
        self.outputs, self.prices = outputs, prices
        self.low, self.high = low, high
        self.cost_at_low = cost_at_low
        self._last = len(outputs) - 1
        self._costs = running_costs(outputs, prices)

    def offer(self, share: float) -> tuple[float, float]:
        """Return the node's opening offer: an output in MW and its marginal cost in $/MWh."""
        output = min(max(share, self.low), self.high)
        below, above = self.marginal(output)
        return output, 0.5 * (below + above)

    def respond(self, stiffness: float, target: float) -> float:
        """Return argmin of c(x) + stiffness/2 (x - target)^2 within the own limits, in MW."""
        pull = stiffness * target
        outputs, prices = self.outputs, self.prices
        x = x0 = outputs[0]
        key0 = prices[0] + stiffness * x0
        if key0 <= pull:
            for point in range(1, self._last + 1):
                x1 = outputs[point]
                key1 = prices[point] + stiffness * x1
                if key1 > pull:
                    x = x0 + (pull - key0) / (key1 - key0) * (x1 - x0)
                    break
                x0, key0 = x1, key1
            else:
                x = x0
        return self._within(x)

    def respond_to_price(self, price: float) -> float:
        """Return argmin of c(x) - price x within the own limits; of several, the largest."""
        outputs, prices = self.outputs, self.prices
        after = bisect_right(prices, price)
        if after == 0:
            return self._within(outputs[0])
        if after > self._last:
            return self._within(outputs[-1])
        x0, p0 = outputs[after - 1], prices[after - 1]
        return self._within(x0 + (price - p0) / (prices[after] - p0) * (outputs[after] - x0))

    def marginal(self, x: float) -> tuple[float, float]:
        """Return the marginal cost just below and just above output x, $/MWh."""
        below, above = bisect_left(self.outputs, x), bisect_right(self.outputs, x)
        return self._price_at(below, x), self._price_at(above, x)

    def cost(self, x: float) -> float:
        """Return the cost of output x above that of the polyline's first output, $/h."""
        after = bisect_right(self.outputs, x)
        point = max(after - 1, 0)
        step = x - self.outputs[point]
        average = 0.5 * (self.prices[point] + self._price_at(after, x))
        return self._costs[point] + step * average

    def regret(self, x: float, price: float) -> float:
        """Return what the node would gain by its own best answer to `price`, $/h."""
        inside = min(max(x, self.low), self.high)
        best = self.respond_to_price(price)
        return max((self.cost(inside) - self.cost(best)) - price * (inside - best), 0.0)

    def _price_at(self, after: int, x: float) -> float:
        """Return the price at x, which lies on the piece that ends at point `after`."""
        point = max(after - 1, 0)
        price = self.prices[point]
        if point == self._last:
            return price
        x0 = self.outputs[point]
        length = self.outputs[point + 1] - x0
        share = min(max(x - x0, 0.0), length) / max(length, TINY)
        return price + share * (self.prices[point + 1] - price)

    def _within(self, x: float) -> float:
        # Adding 0.0 turns -0.0 into 0.0, on which max and numpy.maximum may disagree.
        return min(max(x, self.low), self.high) + 0.0


def running_costs(outputs: list[float], prices: list[float]) -> list[float]:
    """Return the cost of each point above the first: the integral of the polyline, $/h."""
    costs = [0.0]
    for point in range(1, len(outputs)):
        average = 0.5 * (prices[point - 1] + prices[point])
        costs.append(costs[-1] + (outputs[point] - outputs[point - 1]) * average)
    return costs
