"""The public state of a negotiation: what anybody can recompute from the board.

It is a fold of offers, bids, plans, objections and revealed limits, and never sees a cost curve.
Arrays are over the nodes with a choice unless noted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blackboard import Rows

from .ledger import SupplyLedger
from .market import Market
from .options import GridOptions
from .planner import Cuts, Plan, Projection
from .recall import made_of, values_of
from .rounds import (
    Opening,
    balance_factor,
    bid_target,
    certificate_percent,
    demand_shares,
    open_market,
    planned_wish,
    revealed_price,
)

type Floats = NDArray[np.float64]
type Mask = NDArray[np.bool_]

_PLAIN = (
    *("round", "low", "high", "held", "quarantined", "bids", "offer_price"),
    *("stiffness", "price", "price_limits"),
)
"""What of a negotiation is plain values, none of which is ever changed in place."""
CAP_FACTOR = 10.0
"""The default price cap is this many times the dearest opening offer."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A public bound on the gap of the plan on the table."""

    percent: float | None
    """Percent of the revealed cost; None when it is void or nothing is revealed yet."""
    bound: float
    """$/h: the sum of R_i."""
    revealed_cost: float
    """$/h: the least the plan's declared cost can be."""
    is_void: bool
    """Whether a node that broke the supply law still takes part."""


class Negotiation:
    """Folds one negotiation, round by round; `begin_interval` starts the next from the last."""

    def __init__(self, market: Market, options: GridOptions) -> None:
        self.market, self.options = market, options
        nodes = len(market.curves)
        self.round = 0
        """Rounds of this interval, from 1."""
        self.low, self.high = market.curves.low.copy(), market.curves.high.copy()
        """Published limits, nameplate or revealed, in MW."""
        self.capacity = self.high - self.low
        self.cuts = Cuts.none(nodes)
        self.cut_lines: list[int] = []
        """The lines objected to, in the order of the cuts."""
        self.plan: Plan | None = None
        """The last plan that was voted on."""
        self.table: Plan | None = None
        """The plan on the table in this round."""
        self.held: Mask = np.zeros(nodes, bool)
        """Silent or quarantined: their output stays what it was."""
        self.quarantined: Mask = np.zeros(nodes, bool)
        self.bids: Floats = np.zeros(nodes)
        self.offer_price: Floats = np.zeros(nodes)
        self.opening: Opening | None = None
        self.stiffness: Floats = np.ones(nodes)
        self.price: Floats = np.zeros(nodes)
        """$/MWh: node price plus limit price of the last plan; the next target rests on it."""
        self.price_limits = (0.0, 0.0)
        """$/MWh: what no node may declare below or above."""
        self.ledger: SupplyLedger | None = None

    @property
    def shares(self) -> Floats:
        """Where opening offers stand, in MW."""
        return demand_shares(self.low, self.high, self.market.demand)

    @property
    def target(self) -> Floats | None:
        """What the next bids answer to, in MW; None when they answer to the opening price."""
        if self.plan is None:
            return None
        return bid_target(self.plan.output, self.price, self.stiffness)

    @property
    def on_table(self) -> Plan:
        """The plan that this round is about."""
        if self.table is None:
            raise RuntimeError("no plan is on the table")
        return self.table

    def take_offers(self, offers: Rows, floors: Rows | None) -> None:
        """Open the market: fix stiffness and first price, and enter the offers as evidence."""
        output, prices = offers.columns["output_mw"], offers.columns["price"]
        self.offer_price = prices
        self.opening = open_market(prices, self.capacity)
        self.stiffness = self.opening.stiffness
        self.price = np.full(len(prices), self.opening.energy_price)
        self.bids = output
        chosen = self.options
        floor = min(0.0, float(prices.min())) if chosen.price_floor is None else chosen.price_floor
        cap = (
            CAP_FACTOR * float(np.abs(prices).max())
            if chosen.price_cap is None
            else chosen.price_cap
        )
        self.price_limits = (floor, cap)
        floor_of = floor if floors is None else np.maximum(floors.columns["price"], floor)
        self.ledger = SupplyLedger(
            self.low,
            self.high,
            price_floor=floor_of,
            price_cap=cap,
            offered=floors is not None,
        )
        self.ledger.observe(output, prices, np.ones(len(prices), bool))

    def take_bids(self, bids: Rows | None, seats: NDArray[np.uint32]) -> Mask:
        """Fold a round's bids and return which nodes broke the supply law with them.

        Args:
            bids: The round's bids, or None when nobody bid.
            seats: (nodes,) board indices of the nodes with a choice.
        """
        self.round += 1
        answered, x = np.zeros(len(seats), bool), self.bids.copy()
        if bids:
            at = np.minimum(np.searchsorted(seats, bids.agents), len(seats) - 1)
            is_seat = seats[at] == bids.agents  # whoever else posts a bid is not listened to
            answered[at[is_seat]] = True
            x[at[is_seat]] = bids.columns["output_mw"][is_seat]
        answered &= ~self.quarantined
        x = np.where(answered, x, self.bids)
        target, ledger = self.target, self._ledger()
        if target is None or self.plan is None:
            broken = ledger.observe(x, self.price, answered)
        else:
            revealed = revealed_price(x, target, self.stiffness)
            broken = ledger.observe(x, revealed, answered, plan=self.plan.output)
        if self.options.quarantine:
            self.quarantined = self.quarantined | broken
            x = np.where(broken, self.bids, x)
        self.held = ~answered | self.quarantined
        self.bids = x
        return broken

    def wish(self) -> Floats:
        """Return what the planners project, in MW."""
        last = self.bids if self.plan is None else self.plan.output
        return planned_wish(self.bids, last, self.price, self.stiffness)

    def projection(self) -> Projection:
        """Return everything a plan has to respect; held nodes stand still."""
        low = np.where(self.held, self.bids, self.low)
        high = np.where(self.held, self.bids, self.high)
        return Projection(self.stiffness, self.market.demand, self.cuts, low, high)

    def propose(self, start: Plan | None) -> tuple[Plan | None, bool]:
        """Return the plan a planner posts, and whether held nodes had to be moved for it."""
        wish = self.wish()
        plan = self.projection().solve(wish, start)
        if plan is not None or not self.held.any():
            return plan, False
        stiff = np.where(self.held, 1e6 * self.stiffness, self.stiffness)
        loose = Projection(stiff, self.market.demand, self.cuts, self.low, self.high)
        moved = loose.solve(np.where(self.held, self.bids, wish), None)
        if moved is None:
            return None, False
        low = np.where(self.held, moved.output, self.low)
        high = np.where(self.held, moved.output, self.high)
        firm = Projection(self.stiffness, self.market.demand, self.cuts, low, high)
        return firm.solve(wish, None), True

    def take_plan(self, plan: Plan, *, moved: bool) -> None:
        """Fold a posted plan; one that moved held nodes moves their last bids along."""
        if moved:
            self.bids = np.where(self.held, plan.output, self.bids)
        self.table = plan

    def take_objections(self, lines: NDArray[np.int64]) -> None:
        """Turn objections into cuts, which stand from now on."""
        self.cut_lines += lines.tolist()
        self.cuts = self.cuts.with_more(*self.market.cut(lines))

    def certify(self) -> Certificate:
        """Bound the gap of the plan on the table from what has been bid, trusting no regret."""
        ledger, plan = self._ledger(), self.on_table
        counted = ~self.held
        bounds = np.where(counted, ledger.bounds(plan.output, plan.node_price), 0.0)
        revealed = ledger.revealed_cost(plan.output)
        is_void = bool((ledger.violators() & ~self.quarantined).any())
        percent = certificate_percent(bounds, revealed)
        return Certificate(
            percent if np.isfinite(percent) and not is_void else None,
            float(bounds.sum()),
            float(revealed.sum()),
            is_void,
        )

    def take_limits(self, low: Floats, high: Floats) -> None:
        """Fold the limits that nodes revealed in their votes; infinite where none."""
        self.low, self.high = np.maximum(self.low, low), np.minimum(self.high, high)
        self._ledger().reveal_limits(low, high)

    def end_round(self) -> None:
        """Step the prices and balance the stiffness, ready for the next bids."""
        last, plan = self.plan, self.on_table
        self.plan, self.table = plan, None
        self.price = plan.node_price + plan.limit_price
        if last is not None:
            self.stiffness = self.stiffness * balance_factor(
                self.round, self.bids, plan.output, last.output, self.stiffness
            )

    def change(self, market: Market, moved: Mask, low: Floats, high: Floats) -> None:
        """Publish new limits of the marked nodes and forget what they revealed before them."""
        self.market = market
        self.low = np.where(moved, low, self.low)
        self.high = np.where(moved, high, self.high)
        self._ledger().rebaseline(moved, low, high)
        self.cuts = Cuts(*market.cut(np.array(self.cut_lines, np.int64)))

    def begin_interval(self, market: Market, moved: Mask, low: Floats, high: Floats) -> None:
        """Go to the next interval, warm: prices, stiffness and cuts are kept."""
        self.change(market, moved, low, high)
        self.round = 0

    def state(self) -> dict[str, Any]:
        """Return what the board has come to, but for the market, which the options give."""
        return {name: getattr(self, name) for name in _PLAIN} | {
            "cut_lines": list(self.cut_lines),
            "cut_limits": (self.cuts.low, self.cuts.high),
            "plan": values_of(self.plan),
            "table": values_of(self.table),
            "opening": values_of(self.opening),
            "ledger": self.ledger and self.ledger.state(),
        }

    def restore(self, state: Mapping[str, Any], market: Market) -> None:
        """Take over a state, in the market as it was then."""
        self.market = market
        for name in _PLAIN:
            setattr(self, name, state[name])
        self.cut_lines = list(state["cut_lines"])
        rows, _, _ = market.cut(np.array(self.cut_lines, np.int64))
        self.cuts = Cuts(rows, *state["cut_limits"])  # the market may have changed since
        self.plan = made_of(Plan, state["plan"])
        self.table = made_of(Plan, state["table"])
        self.opening = made_of(Opening, state["opening"])
        self.ledger = state["ledger"] and SupplyLedger.of(state["ledger"])

    def _ledger(self) -> SupplyLedger:
        if self.ledger is None:
            raise RuntimeError("the market has not opened: no offers were taken")
        return self.ledger


def plan_payload(plan: Plan, moved: bool) -> dict[str, Any]:
    """Return a plan as a planner posts it."""
    return {
        "output_mw": plan.output,
        "node_price": plan.node_price,
        "energy_price": plan.energy_price,
        "congestion_price": plan.congestion,
        "limit_price": plan.limit_price,
        "iterations": plan.iterations,
        "moved": moved,
    }


def read_plan(payload: dict[str, Any]) -> Plan:
    """Return the plan that a planner posted."""
    return Plan(
        payload["output_mw"],
        payload["energy_price"],
        payload["congestion_price"],
        payload["limit_price"],
        payload["node_price"],
        payload["iterations"],
    )
