"""The whole negotiation as one plain loop: the tuning tool, and the oracle of the board's run.

No board, no agents: the modules under scenarios/grid_dispatch called in the order of a round.
Deterministic for (case, options).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scenarios.grid_dispatch.case import Case
from scenarios.grid_dispatch.curves import Curves
from scenarios.grid_dispatch.ledger import SupplyLedger
from scenarios.grid_dispatch.planner import Cuts, Plan, Projection
from scenarios.grid_dispatch.rounds import (
    balance_factor,
    bid_target,
    certificate_percent,
    demand_shares,
    open_market,
    planned_wish,
    revealed_price,
    vote_tolerance,
    worst_overloads,
)
from tests.scenarios.grid_dispatch.market import Market, tripped

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Options:
    """The knobs of one negotiation, disturbances included."""

    threshold: int = 80
    weight: str = "node"
    """"node" or "capacity"."""
    regret_percent: float = 1.0
    certificate_percent: float | None = 1.0
    """None: no certificate in the gate."""
    open_offers: bool = False
    price_floor: float | None = None
    price_cap: float | None = None
    rounds: int = 80
    pairs: int = 60
    silent: float = 0.0
    byzantine: float = 0.0
    bluffers: float = 0.0
    liars: float = 0.0
    quarantine: bool = True
    trip_round: int | None = None
    seed: int = 0
    nameplate: bool = True
    """Whether planners respect the published limits from the start."""


@dataclass
class Outcome:
    """How it ended, with one entry per round in the traces."""

    status: str = "expired"
    rounds: int = 0
    output: Floats = field(default_factory=lambda: np.empty(0))
    price: Floats = field(default_factory=lambda: np.empty(0))
    approval: list[float] = field(default_factory=list)
    certificate: list[float] = field(default_factory=list)
    regret: list[float] = field(default_factory=list)
    bound: list[float] = field(default_factory=list)
    revealed: list[float] = field(default_factory=list)
    pairs: list[int] = field(default_factory=list)
    cuts: int = 0
    quarantined: dict[int, int] = field(default_factory=dict)
    """Node position to round."""
    broken: dict[int, int] = field(default_factory=dict)
    round_s: list[float] = field(default_factory=list)
    part_s: dict[str, float] = field(default_factory=dict)


class Negotiation:
    """The running state of one negotiation; `negotiate` drives it to the end."""

    def __init__(self, case: Case, options: Options, market: Market | None = None) -> None:
        self.options = options
        self.market = market or Market.of(case)
        self.curves = _declared(self.market.curves, self._chosen("liars", options.liars))
        nodes = len(self.curves)
        self.low, self.high = self.curves.low.copy(), self.curves.high.copy()
        self.capacity = self.high - self.low
        self.silent = self._chosen("silent", options.silent)
        self.byzantine = self._chosen("byzantine", options.byzantine)
        self.bluffers = self._chosen("bluffers", options.bluffers)
        self.held = np.zeros(nodes, dtype=bool)
        self.known_low, self.known_high = np.full(nodes, -np.inf), np.full(nodes, np.inf)
        if options.nameplate:
            self.known_low, self.known_high = self.low.copy(), self.high.copy()
        self.cuts = Cuts.none(nodes)
        self.cut_lines = np.zeros(len(self.market.case.lines), dtype=bool)
        self.plan: Plan | None = None
        shares = demand_shares(self.low, self.high, self.market.demand)
        shares = np.where(self.bluffers, self.high, shares)
        self.offered, self.offer_price = self.curves.offer(shares)
        opening = open_market(self.offer_price, self.capacity)
        self.opening = opening
        self.w = opening.stiffness
        self.price = np.full(nodes, opening.energy_price)
        low, cap = float(self.offer_price.min()), 10 * float(self.offer_price.max())
        floor = min(0.0, low) if options.price_floor is None else options.price_floor
        top = cap if options.price_cap is None else options.price_cap
        offers = self.curves.prices[:, 0]
        self.ledger = SupplyLedger(
            self.low,
            self.high,
            price_floor=np.maximum(offers, floor) if options.open_offers else floor,
            price_cap=top,
        )
        if options.weight == "capacity":
            size = np.maximum(np.abs(self.low), np.abs(self.high))
            self.weights = np.maximum(np.rint(1000 * size), 1).astype(np.int64)
        else:
            self.weights = np.ones(nodes, dtype=np.int64)
        self.outcome = Outcome()
        self.x = self.offered

    def _chosen(self, role: str, share: float) -> NDArray[np.bool_]:
        nodes = len(self.market.curves)
        seats = np.zeros(nodes, dtype=bool)
        order = np.random.default_rng([self.options.seed, 7]).permutation(nodes)
        taken = {"silent": 0.0, "byzantine": 0.0, "bluffers": 0.0, "liars": 0.0}
        start = sum(
            round(nodes * getattr(self.options, name))
            for name in list(taken)[: list(taken).index(role)]
        )
        seats[order[start : start + round(nodes * share)]] = True
        return seats

    def run(self) -> Outcome:
        """Go round by round until a plan is accepted or the rounds are used up."""
        for round_ in range(1, self.options.rounds + 1):
            started = time.perf_counter()
            done = self.round(round_)
            self.outcome.round_s.append(time.perf_counter() - started)
            self.outcome.rounds = round_
            if done:
                self.outcome.status = done
                break
        return self.outcome

    def round(self, round_: int) -> str:
        """Play one round and return a status once there is one."""
        clock = _Clock(self.outcome.part_s)
        if round_ == self.options.trip_round:
            self._trip()
        self._bid(round_)
        clock("bid")
        last_z = self.x if self.plan is None else self.plan.output
        wish = planned_wish(self.x, last_z, self.price, self.w)
        plan, pairs, objections = self._plan_and_check(wish, clock)
        self.outcome.pairs.append(pairs)
        if plan is None:
            return "infeasible"
        last, self.plan = self.plan, plan
        accepted = self._vote(plan, objections)
        clock("vote")
        self.price = plan.node_price + plan.limit_price
        self._rebalance(round_, plan, last)
        self.outcome.output, self.outcome.price = plan.output, plan.node_price
        self.outcome.cuts = len(self.cuts)
        return "accepted" if accepted else ""

    def _bid(self, round_: int) -> None:
        if self.plan is None:
            everyone = np.ones(len(self.curves), dtype=bool)
            self.ledger.observe(self.offered, self.offer_price, everyone)
            x, revealed = self.curves.respond_to_price(self.price), self.price
        else:
            target = bid_target(self.plan.output, self.price, self.w)
            x = self.curves.respond(self.w, target)
        x = np.where(self.bluffers, self.high, x)
        noise = np.random.default_rng([self.options.seed, round_]).random(len(x))
        x = np.where(self.byzantine, self.low + noise * (self.high - self.low), x)
        if round_ >= 3:
            self.held |= self.silent
        x = np.where(self.held, self.x, x)
        if self.plan is not None:
            revealed = revealed_price(x, target, self.w)
        broken = self.ledger.observe(
            x, revealed, ~self.held, plan=None if self.plan is None else self.plan.output
        )
        for node in np.flatnonzero(broken).tolist():
            self.outcome.broken.setdefault(node, round_)
        if self.options.quarantine and broken.any():
            self.held |= broken
            x = np.where(broken, self.x, x)
            self.outcome.quarantined.update(dict.fromkeys(np.flatnonzero(broken).tolist(), round_))
        self.x = x

    def _plan_and_check(self, wish: Floats, clock: _Clock) -> tuple[Plan | None, int, int]:
        plan = self.plan
        limits = self.market.case.lines
        for pair in range(1, self.options.pairs + 1):
            plan = self._project(wish, plan)
            clock("plan")
            if plan is None:
                return None, pair, 1
            flow = self.market.flows(plan.output)
            worst = worst_overloads(flow, limits.low_mw, limits.high_mw, self.cut_lines)
            if worst.size:
                self.cut_lines[worst] = True
                self.cuts = self.cuts.with_more(*self.market.cut(worst))
            clock("check")
            if not worst.size:
                return plan, pair, 0
        return plan, pair, int(worst.size)

    def _project(self, wish: Floats, start: Plan | None) -> Plan | None:
        """Plan with held nodes at their last bids, or as near to them as the lines allow."""
        demand, held = self.market.demand, self.held
        low = np.where(held, self.x, self.known_low)
        high = np.where(held, self.x, self.known_high)
        plan = Projection(self.w, demand, self.cuts, low, high).solve(wish, start)
        if plan is not None or not held.any():
            return plan
        stiff = np.where(held, 1e6 * self.w, self.w)
        near = np.where(held, self.x, wish)
        loose = Projection(stiff, demand, self.cuts, self.known_low, self.known_high)
        plan = loose.solve(near, None)
        if plan is None:
            return None
        self.x = np.where(held, plan.output, self.x)
        low = np.where(held, self.x, self.known_low)
        high = np.where(held, self.x, self.known_high)
        return Projection(self.w, demand, self.cuts, low, high).solve(wish, None)

    def _vote(self, plan: Plan, objections: int) -> bool:
        z, price, active = plan.output, plan.node_price, ~self.held
        slack = 1e-7 * np.maximum(1.0, np.abs(z))
        over, under = (
            active & (z > self.curves.high + slack),
            active & (z < self.curves.low - slack),
        )
        refused = over | under
        regret = self.curves.regret(z, price)
        floor = 0.001 * abs(plan.energy_price) * self.capacity
        tolerance = vote_tolerance(
            z, price, self.offer_price, floor, percent=self.options.regret_percent
        )
        approve = active & ((~refused & (regret <= tolerance)) | self.byzantine | self.bluffers)
        yes, eligible = int(self.weights[approve].sum()), int(self.weights.sum())
        bounds = np.where(active, self.ledger.bounds(z, price), 0.0)
        revealed = self.ledger.revealed_cost(z)
        void = bool((self.ledger.violators() & active).any())
        certificate = np.inf if void else certificate_percent(bounds, revealed)
        out = self.outcome
        out.approval.append(100 * yes / eligible)
        out.regret.append(float(regret[active].sum()))
        out.bound.append(float(bounds.sum()))
        out.revealed.append(float(revealed.sum()))
        out.certificate.append(certificate)
        self.ledger.reveal_limits(
            np.where(under, self.curves.low, -np.inf), np.where(over, self.curves.high, np.inf)
        )
        self.known_high = np.where(over, self.curves.high, self.known_high)
        self.known_low = np.where(under, self.curves.low, self.known_low)
        wanted = self.options.certificate_percent
        certified = wanted is None or certificate <= wanted
        passed = 100 * yes >= self.options.threshold * eligible
        return passed and certified and not objections and not refused.any()

    def _rebalance(self, round_: int, plan: Plan, last: Plan | None) -> None:
        if last is not None:
            self.w = self.w * balance_factor(round_, self.x, plan.output, last.output, self.w)

    def _trip(self) -> None:
        case = tripped(self.market.case)
        self.market = Market.of(case, nodes=self.curves.nodes)
        curves = self.market.curves
        moved = (curves.low != self.curves.low) | (curves.high != self.curves.high)
        self.curves, self.low, self.high = curves, curves.low.copy(), curves.high.copy()
        self.ledger.rebaseline(moved, self.low, self.high)
        self.known_low = np.where(moved, self.low, self.known_low)
        self.known_high = np.where(moved, self.high, self.known_high)


def negotiate(case: Case, options: Options | None = None, market: Market | None = None) -> Outcome:
    """Run one negotiation to its end."""
    return Negotiation(case, options or Options(), market).run()


def _declared(curves: Curves, liars: NDArray[np.bool_]) -> Curves:
    if not liars.any():
        return curves
    return curves.scaled(np.where(liars, 1.5, 1.0))


class _Clock:
    def __init__(self, parts: dict[str, float]) -> None:
        self.parts, self.last = parts, time.perf_counter()

    def __call__(self, part: str) -> None:
        now = time.perf_counter()
        self.parts[part] = self.parts.get(part, 0.0) + now - self.last
        self.last = now
