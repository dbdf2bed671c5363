"""The nodes' answers: right, and the same bits from a cohort and from a single agent."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.grid_dispatch.case import Case, Lines, Units
from scenarios.grid_dispatch.curves import Curves
from scenarios.grid_dispatch.merit_order import clip_polyline, combine

_STEPS = st.one_of(st.just(0.0), st.floats(1e-3, 200.0))


@st.composite
def polylines(draw):
    """A marginal-cost polyline with jumps and flat pieces."""
    steps = draw(st.lists(st.tuples(_STEPS, _STEPS), min_size=1, max_size=5))
    x = draw(st.floats(-500.0, 500.0)) + np.cumsum([0.0] + [dx for dx, _ in steps])
    p = draw(st.floats(-20.0, 100.0)) + np.cumsum([0.0] + [dp for _, dp in steps])
    return x, p


def case_of(*nodes):
    """A case without lines whose node i owns the units nodes[i]."""
    owned = [(bus, unit) for bus, units in enumerate(nodes) for unit in units]
    none, count = np.zeros(0), len(owned)
    index = np.zeros(0, dtype=np.int64)
    return Case(
        name="made",
        convention="pglib",
        bus_ids=np.arange(1, len(nodes) + 1),
        load_mw=np.zeros(len(nodes)),
        units=Units(
            ids=np.arange(1, count + 1),
            bus=np.array([bus for bus, _ in owned]),
            low_mw=np.array([x[0] for _, (x, _) in owned]),
            high_mw=np.array([x[-1] for _, (x, _) in owned]),
            kind=("generator",) * count,
            marginal=tuple(unit for _, unit in owned),
            cost_at_low=np.zeros(count),
        ),
        lines=Lines(index, index, index, none, none, none, none),
    )


@settings(max_examples=400, deadline=None)
@given(st.lists(polylines(), min_size=1, max_size=8), st.data())
def test_a_single_agent_answers_with_the_bits_of_the_cohort(lines, data):
    curves = Curves.from_case(
        case_of(*[[line] for line in lines]), nodes=np.arange(len(lines), dtype=np.int64)
    )
    cut = np.array([data.draw(st.floats(0.0, 0.5)) for _ in lines]) * (curves.high - curves.low)
    curves = curves.limited(curves.low + cut, curves.high - cut)
    stiffness = np.array([data.draw(st.floats(1e-4, 50.0)) for _ in lines])
    target = np.array([data.draw(st.floats(-2000.0, 2000.0)) for _ in lines])
    price = np.array([data.draw(st.floats(-300.0, 300.0)) for _ in lines])
    corner = np.array([data.draw(st.sampled_from(list(x))) for x, _ in lines])

    twins = [curves.curve(node) for node in range(len(lines))]
    together = [
        curves.respond(stiffness, target),
        curves.respond_to_price(price),
        *(f for x in (target, corner) for f in (*curves.marginal(x), curves.cost(x))),
        *(curves.regret(x, price) for x in (target, corner)),
        *curves.offer(target),
    ]
    alone = [
        [
            twin.respond(w, t),
            twin.respond_to_price(p),
            *twin.marginal(t),
            twin.cost(t),
            *twin.marginal(c),
            twin.cost(c),
            twin.regret(t, p),
            twin.regret(c, p),
            *twin.offer(t),
        ]
        for twin, w, t, p, c in zip(
            twins, *(a.tolist() for a in (stiffness, target, price, corner)), strict=True
        )
    ]

    assert np.array(together).T.tobytes() == np.array(alone).tobytes()


@settings(max_examples=200, deadline=None)
@given(polylines(), st.floats(1e-3, 10.0), st.floats(-1500.0, 1500.0))
def test_an_answer_beats_every_other_output(line, stiffness, target):
    curves = Curves.from_case(case_of([line]), nodes=np.zeros(1, dtype=np.int64))
    w, t = np.array([stiffness]), np.array([target])
    x = curves.respond(w, t)

    others = np.linspace(curves.low[0], curves.high[0], 101)
    value = [float((curves.cost(np.array([o])) + w / 2 * (o - t) ** 2)[0]) for o in others]
    best = float((curves.cost(x) + w / 2 * (x - t) ** 2)[0])

    assert best <= min(value) + 1e-9 * max(1.0, abs(best))


@settings(max_examples=200, deadline=None)
@given(polylines(), st.floats(-50.0, 400.0), st.floats(0.0, 1.0))
def test_regret_is_what_the_best_other_output_would_gain(line, price, share):
    curves = Curves.from_case(case_of([line]), nodes=np.zeros(1, dtype=np.int64))
    z, pi = curves.low + share * (curves.high - curves.low), np.array([price])

    others = np.concatenate([np.linspace(curves.low[0], curves.high[0], 101), line[0]])
    gains = [float((curves.cost(z) - curves.cost(np.array([o])) - pi * (z - o))[0]) for o in others]
    regret = float(curves.regret(z, pi)[0])

    assert regret >= max(gains) - 1e-6
    assert float(curves.regret(curves.respond_to_price(pi), pi)[0]) <= 1e-6


@settings(max_examples=200, deadline=None)
@given(st.lists(polylines(), min_size=1, max_size=4), st.floats(0.0, 1.0))
def test_a_nodes_output_is_split_at_one_marginal_price(units, share):
    curves = Curves.from_case(case_of(units), nodes=np.zeros(1, dtype=np.int64))
    x = curves.low + share * (curves.high - curves.low)

    parts = curves.split(x)
    each = Curves.from_case(
        case_of(*[[unit] for unit in units]), nodes=np.arange(len(units), dtype=np.int64)
    )
    below, above = each.marginal(parts)
    inside_low, inside_high = parts > each.low + 1e-7, parts < each.high - 1e-7

    assert abs(parts.sum() - x[0]) <= 1e-9 * max(1.0, abs(x[0]))
    assert (parts >= each.low - 1e-9).all()
    assert (parts <= each.high + 1e-9).all()
    most_below = below[inside_low].max(initial=-np.inf)
    assert most_below <= above[inside_high].min(initial=np.inf) + 1e-6
    assert abs(each.cost(parts).sum() - curves.cost(x)[0]) <= 1e-6


def test_units_with_one_flat_price_fill_in_their_order():
    flat = (np.array([0.0, 10.0]), np.array([5.0, 5.0]))

    line = combine([flat, flat])

    assert line.outputs.tolist() == [0.0, 10.0, 20.0]
    assert line.shares.tolist() == [[0.0, 10.0, 10.0], [0.0, 0.0, 10.0]]


def test_a_narrowed_polyline_keeps_the_cost_it_has_left_behind():
    unit = (np.array([0.0, 10.0, 10.0, 30.0]), np.array([1.0, 2.0, 4.0, 6.0]))

    (x, p), moved = clip_polyline(unit, 10.0, 20.0)

    assert (x.tolist(), p.tolist(), moved) == ([10.0, 20.0], [4.0, 5.0], 15.0)


def test_a_tripped_unit_is_a_point_at_zero_that_costs_nothing():
    (x, p), moved = clip_polyline((np.array([5.0, 9.0]), np.array([2.0, 3.0])), 0.0, 0.0)

    assert (x.tolist(), p.tolist(), moved) == ([0.0, 0.0], [2.0, 2.0], 0.0)


def test_costs_scale_with_what_a_liar_declares():
    line = (np.array([0.0, 10.0]), np.array([1.0, 3.0]))
    curves = Curves.from_case(case_of([line]))

    liar = curves.scaled(np.array([1.5]))

    assert liar.cost(np.array([10.0]))[0] == 1.5 * curves.cost(np.array([10.0]))[0]
    assert replace(curves, low=curves.low).prices.tolist() == [[1.0, 3.0, 3.0]]
