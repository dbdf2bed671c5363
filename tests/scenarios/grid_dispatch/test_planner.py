"""The projection: exact, checkable by others, the same bits from the same board."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.grid_dispatch.planner import Cuts, Projection


def made(seed, *, nodes, cuts):
    """A projection that has a solution, its wishes, and some limits that bind."""
    rng = np.random.default_rng(seed)
    stiffness = rng.uniform(0.01, 5.0, nodes)
    inside = rng.uniform(-50.0, 100.0, nodes)
    low = np.where(rng.random(nodes) < 0.7, inside - rng.exponential(20.0, nodes), -np.inf)
    high = np.where(rng.random(nodes) < 0.7, inside + rng.exponential(20.0, nodes), np.inf)
    rows = rng.uniform(-1.0, 1.0, (cuts, nodes))
    if cuts > 3:
        rows[1] = rows[0]
    flow = rows @ inside
    limits = Cuts(rows, flow - rng.exponential(5.0, cuts), flow + rng.exponential(5.0, cuts))
    projection = Projection(stiffness, float(inside.sum()), limits, low, high)
    return projection, inside + rng.normal(0.0, 60.0, nodes)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 160), st.integers(0, 20))
def test_a_plan_meets_every_optimality_condition(seed, nodes, cuts):
    projection, wish = made(seed, nodes=nodes, cuts=min(cuts, nodes // 2))

    plan = projection.solve(wish)

    assert plan is not None
    assert projection.residuals(plan, wish).within(1e-6)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(4, 160))
def test_a_start_changes_the_way_and_not_the_plan(seed, nodes):
    projection, wish = made(seed, nodes=nodes, cuts=nodes // 8)
    cold = projection.solve(wish)
    elsewhere = projection.solve(wish + 5.0 * np.cos(np.arange(nodes)))

    warm = projection.solve(wish, elsewhere)

    assert cold is not None
    assert warm is not None
    assert np.abs(cold.output - warm.output).max() <= 1e-6


@pytest.mark.parametrize("nodes", [12, 150])
def test_the_same_board_gives_the_same_bits(nodes):
    projection, wish = made(7, nodes=nodes, cuts=5)
    start = projection.solve(wish)

    plans = [projection.solve(wish.copy(), start) for _ in range(3)]

    assert len({plan.output.tobytes() + plan.congestion.tobytes() for plan in plans}) == 1


def test_cuts_raised_since_the_start_are_taken_in():
    projection, wish = made(3, nodes=120, cuts=4)
    start = projection.solve(wish)
    row = np.linspace(-1.0, 1.0, 120)[None, :]
    reach = row @ start.output
    cuts = projection.cuts.with_more(row, reach - 100.0, reach - 1.0)

    plan = replace(projection, cuts=cuts).solve(wish, start)

    assert abs(float((row @ plan.output - reach)[0]) + 1.0) <= 1e-6
    assert plan.congestion[-1] < 0


def test_objections_that_contradict_each_other_have_no_plan():
    row = np.array([[1.0, 0.0]])
    cuts = Cuts(row, np.array([50.0]), np.array([60.0]))
    projection = Projection(np.ones(2), 10.0, cuts, np.zeros(2), np.full(2, 20.0))

    assert projection.solve(np.zeros(2)) is None


def test_an_interior_node_pays_its_node_price():
    row = np.array([[0.5, -0.5, 0.0]])
    cuts = Cuts(row, np.array([-np.inf]), np.array([5.0]))
    free = np.full(3, np.inf)
    projection = Projection(np.array([1.0, 2.0, 4.0]), 30.0, cuts, -free, free)
    wish = np.array([40.0, -10.0, 0.0])

    plan = projection.solve(wish)

    assert plan.congestion[0] < 0
    assert np.allclose(projection.stiffness * (plan.output - wish), plan.node_price)
    assert np.allclose(plan.node_price, plan.energy_price + plan.congestion @ row)


@pytest.mark.parametrize("field", ["output", "congestion", "limit_price", "node_price"])
def test_another_planner_notices_a_tampered_plan(field):
    projection, wish = made(11, nodes=20, cuts=4)
    plan = projection.solve(wish)
    changed = getattr(plan, field).copy()
    changed[0] += 0.01 * max(1.0, float(np.abs(plan.node_price).max()))

    residuals = projection.residuals(replace(plan, **{field: changed}), wish)

    assert not residuals.within(1e-6)


def test_held_nodes_stay_where_they_are():
    projection, wish = made(5, nodes=130, cuts=0)
    held = np.arange(130) % 9 == 0
    low = np.where(held, np.clip(wish, projection.low, projection.high), projection.low)
    high = np.where(held, low, projection.high)

    plan = replace(projection, low=low, high=high).solve(wish)

    assert (plan.output[held] == low[held]).all()
