"""What bids reveal: bounds that hold for honest nodes, and a law that none of them breaks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.grid_dispatch.case import Case, Lines, Units
from scenarios.grid_dispatch.curves import Curves
from scenarios.grid_dispatch.ledger import SupplyLedger


def honest(rng, nodes):
    """Random curves with jumps and flat pieces; half of the nodes keep narrower limits private."""
    lines = []
    for _ in range(nodes):
        dx = rng.exponential(30.0, 4) * (rng.random(4) < 0.7) + 1e-3
        dp = rng.exponential(10.0, 4) * (rng.random(4) < 0.6)
        dx[rng.random(4) < 0.3] = 0.0
        dx[0] += 1.0
        lines.append((np.cumsum([0.0, *dx]), rng.uniform(0.0, 20.0) + np.cumsum([0.0, *dp])))
    none, index = np.zeros(0), np.zeros(0, dtype=np.int64)
    units = Units(
        ids=np.arange(1, nodes + 1),
        bus=np.arange(nodes),
        low_mw=np.zeros(nodes),
        high_mw=np.array([x[-1] for x, _ in lines]),
        kind=("generator",) * nodes,
        marginal=tuple(lines),
        cost_at_low=np.zeros(nodes),
    )
    no_lines = Lines(index, index, index, none, none, none, none)
    case = Case("made", "pglib", np.arange(nodes), np.zeros(nodes), units, no_lines)
    curves = Curves.from_case(case)
    private = rng.random(nodes) < 0.5
    cut = np.where(private, rng.uniform(0.0, 0.4, nodes), 0.0) * curves.high
    return curves, curves.limited(cut, curves.high - cut)


def heard(rng, own, ledger, rounds):
    """Let honest nodes answer random targets under changing stiffness; return who broke the law."""
    broken = np.zeros(len(own), dtype=bool)
    for _ in range(rounds):
        stiffness = rng.uniform(0.01, 3.0, len(own))
        target = rng.uniform(-50.0, 200.0, len(own))
        x = own.respond(stiffness, target)
        seen = rng.random(len(own)) < 0.9
        plan = np.clip(rng.uniform(-10.0, 150.0, len(own)), own.low, own.high)
        broken |= ledger.observe(x, stiffness * (target - x), seen, plan=plan)
    return broken


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30), st.sampled_from([6, 48]))
def test_revealed_bounds_hold_for_honest_nodes_with_private_limits(seed, rounds, capacity):
    rng = np.random.default_rng(seed)
    public, own = honest(rng, 40)
    ledger = SupplyLedger(
        public.low, public.high, price_floor=0.0, price_cap=200.0, capacity=capacity
    )

    broken = heard(rng, own, ledger, rounds)
    z = own.low + rng.random(40) * (own.high - own.low)
    price = rng.uniform(-10.0, 120.0, 40)

    assert not broken.any()
    assert not ledger.violators().any()
    assert (ledger.bounds(z, price) >= own.regret(z, price) - 1e-6).all()
    assert (ledger.revealed_cost(z) <= own.cost(z) + 1e-6).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_publishing_a_limit_only_sharpens_the_bounds(seed):
    rng = np.random.default_rng(seed)
    public, own = honest(rng, 40)
    ledger = SupplyLedger(public.low, public.high, price_floor=0.0, price_cap=200.0)
    heard(rng, own, ledger, 8)
    z = own.low + rng.random(40) * (own.high - own.low)
    price = rng.uniform(0.0, 120.0, 40)
    before = ledger.bounds(z, price)

    ledger.reveal_limits(own.low, own.high)
    after = ledger.bounds(z, price)

    assert (after <= before + 1e-9).all()
    assert (after >= own.regret(z, price) - 1e-6).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_the_law_catches_a_liar_in_the_round_its_points_break_it(seed):
    rng = np.random.default_rng(seed)
    nodes, rounds = 30, 20
    ledger = SupplyLedger(np.zeros(nodes), np.full(nodes, 100.0), price_floor=-1e9, price_cap=1e9)
    points: list[list[tuple[float, float]]] = [[] for _ in range(nodes)]

    for _ in range(rounds):
        x, price = rng.integers(0, 12, nodes) * 5.0, rng.integers(0, 40, nodes) * 1.0
        expected = np.array(
            [
                any((a < b) != (m < n) and a != b and m != n for b, n in points[node])
                for node, (a, m) in enumerate(zip(x, price, strict=True))
            ]
        )
        broken = ledger.observe(x, price, np.ones(nodes, dtype=bool))
        assert (broken == expected).all()
        for node in np.flatnonzero(~broken):
            points[node].append((x[node], price[node]))


def test_points_over_all_rounds_count_and_the_verdict_stays():
    ledger = SupplyLedger(np.zeros(1), np.full(1, 100.0), price_floor=0.0, price_cap=100.0)
    everyone = np.ones(1, dtype=bool)

    verdicts = [
        bool(ledger.observe(np.array([x]), np.array([m]), everyone)[0])
        for x, m in [(10.0, 20.0), (50.0, 30.0), (80.0, 40.0), (60.0, 25.0), (60.0, 35.0)]
    ]

    assert verdicts == [False, False, False, True, False]
    assert ledger.violators().tolist() == [True]


def test_a_changed_limit_starts_a_node_afresh():
    ledger = SupplyLedger(np.zeros(2), np.full(2, 100.0), price_floor=0.0, price_cap=100.0)
    everyone = np.ones(2, dtype=bool)
    ledger.observe(np.full(2, 40.0), np.full(2, 30.0), everyone)
    ledger.observe(np.full(2, 50.0), np.full(2, 10.0), everyone)

    ledger.rebaseline(np.array([True, False]), np.zeros(2), np.full(2, 60.0))
    again = ledger.observe(np.full(2, 60.0), np.full(2, 5.0), everyone)

    assert ledger.violators().tolist() == [False, True]
    assert again.tolist() == [False, True]
    assert ledger.high.tolist() == [60.0, 100.0]


def test_two_points_bound_a_regret_between_them():
    ledger = SupplyLedger(np.zeros(1), np.full(1, 100.0), price_floor=0.0, price_cap=100.0)
    everyone = np.ones(1, dtype=bool)
    ledger.observe(np.array([40.0]), np.array([20.0]), everyone)
    ledger.observe(np.array([60.0]), np.array([30.0]), everyone)

    bound = ledger.bounds(np.array([50.0]), np.array([25.0]))
    cost = ledger.revealed_cost(np.array([50.0]))

    assert bound[0] == pytest.approx(10 * (25 - 20))
    assert cost[0] == pytest.approx(40 * 0 + 10 * 20)


def test_whoever_holds_out_below_the_floor_without_a_published_limit_breaks_the_law():
    ledger = SupplyLedger(np.zeros(2), np.full(2, 100.0), price_floor=0.0, price_cap=100.0)
    ledger.reveal_limits(np.array([-np.inf, 100.0]), np.full(2, np.inf))

    broken = ledger.observe(
        np.full(2, 100.0), np.full(2, -5.0), np.ones(2, dtype=bool), plan=np.full(2, 80.0)
    )

    assert broken.tolist() == [True, False]


def test_an_answer_beyond_published_limits_or_not_a_number_breaks_the_law():
    ledger = SupplyLedger(np.zeros(3), np.full(3, 100.0), price_floor=0.0, price_cap=100.0)

    broken = ledger.observe(
        np.array([120.0, np.nan, 100.0]), np.full(3, 10.0), np.ones(3, dtype=bool)
    )

    assert broken.tolist() == [True, True, False]
