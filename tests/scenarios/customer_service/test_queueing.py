"""Queues in front of agents: small cases by hand, published figures, one formula in another."""

import math
from fractions import Fraction
from heapq import heapreplace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from scenarios.customer_service.queueing import (
    Abandonment,
    answered,
    erlang_a,
    erlang_b,
    erlang_c,
    mmc_satisfaction,
    sojourn_quantile_s,
    waiting_s,
)

SIGMAS = 4.5


@pytest.mark.parametrize("load", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_one_agent_makes_wait_with_its_utilisation(load: float) -> None:
    assert erlang_c(1, load) == pytest.approx(load, rel=1e-12)


@pytest.mark.parametrize("load", [0.2, 1.0, 1.9])
def test_two_agents_follow_their_own_closed_form(load: float) -> None:
    assert erlang_c(2, load) == pytest.approx(load**2 / (2 + load), rel=1e-12)


@pytest.mark.parametrize(("agents", "load"), [(3, 2), (10, 8), (50, 48), (128, 120)])
def test_more_agents_follow_the_sum_in_fractions(agents: int, load: int) -> None:
    busy = [Fraction(load**n, math.factorial(n)) for n in range(agents + 1)]
    queued = busy[-1] * agents / (agents - load)

    assert erlang_b(agents, load) == pytest.approx(float(busy[-1] / sum(busy)), rel=1e-12)
    assert erlang_c(agents, load) == pytest.approx(
        float(queued / (sum(busy[:-1]) + queued)), rel=1e-12
    )


def test_a_thousand_agents_overflow_nothing() -> None:
    logs = [n * math.log(990) - math.lgamma(n + 1) for n in range(1001)]
    weights = np.exp(np.array(logs) - max(logs))
    queued = weights[-1] * 1000 / 10

    assert erlang_c(1000, 990) == pytest.approx(queued / (weights[:-1].sum() + queued), rel=1e-9)


def test_one_agent_at_two_thirds_answers_in_three_services() -> None:
    arrivals_per_s, service_s = 5 / 3, 0.4

    in_system_s = waiting_s(1, arrivals_per_s, service_s) + service_s
    content = mmc_satisfaction(1, arrivals_per_s, service_s, 0.81)

    assert in_system_s == pytest.approx(1.2)
    assert sojourn_quantile_s(1, arrivals_per_s, service_s) == pytest.approx(1.2 * math.log(20))
    assert content == pytest.approx(0.81 / (1 + 1.2 / 8))
    assert content == pytest.approx(0.708, abs=0.005)


@pytest.mark.parametrize(
    ("agents", "arrivals_per_s", "service_s"),
    [(1, 1.5, 0.5), (2, 1.0, 1.0), (4, 3.0, 1.0), (4, 3.0 + 1e-9, 1.0), (10, 24.0, 0.4)],
)
def test_times_in_the_system_drawn_one_by_one_agree(
    agents: int, arrivals_per_s: float, service_s: float
) -> None:
    random, tickets = np.random.default_rng(11), 200_000
    freed_per_s = agents / service_s - arrivals_per_s
    waits = random.random(tickets) < erlang_c(agents, arrivals_per_s * service_s)
    waited_s = waits * random.exponential(1 / freed_per_s, tickets)
    took_s = waited_s + random.exponential(service_s, tickets)
    content = 0.9 * np.exp(-took_s / 8)

    within = took_s <= sojourn_quantile_s(agents, arrivals_per_s, service_s)

    assert sigmas(within, 0.95) <= SIGMAS
    assert sigmas(waited_s, waiting_s(agents, arrivals_per_s, service_s)) <= SIGMAS
    assert sigmas(content, mmc_satisfaction(agents, arrivals_per_s, service_s, 0.9)) <= SIGMAS


def sigmas(sample: NDArray[np.float64] | NDArray[np.bool_], expected: float) -> float:
    return float(abs(sample.mean() - expected) / (sample.std() / math.sqrt(len(sample))))


@given(st.integers(1, 200), st.floats(0.01, 0.999), st.floats(0.01, 100), st.floats(0.01, 0.999))
def test_a_larger_share_takes_longer(
    agents: int, utilisation: float, service_s: float, share: float
) -> None:
    arrivals_per_s = utilisation * agents / service_s

    smaller, larger = (
        sojourn_quantile_s(agents, arrivals_per_s, service_s, part) for part in (share / 2, share)
    )

    assert 0 < smaller < larger


@pytest.mark.parametrize("agents", [1, 3, 40])
def test_endless_patience_is_erlang_c(agents: int) -> None:
    arrivals_per_s, service_s = 0.9 * agents / 2.0, 2.0

    found = erlang_a(agents, arrivals_per_s, service_s, patience_s=1e9)

    waits, waited_s = erlang_c(agents, 0.9 * agents), waiting_s(agents, arrivals_per_s, service_s)
    assert found.abandoned < 1e-6
    assert (found.waits, found.waiting_s) == pytest.approx((waits, waited_s), rel=1e-5)
    assert erlang_a(agents, arrivals_per_s, service_s, math.inf) == Abandonment(
        0.0, waited_s, waits
    )


@pytest.mark.parametrize("load", [0.3, 2.0, 9.0])
def test_no_patience_is_erlang_b(load: float) -> None:
    found = erlang_a(3, load, 1.0, patience_s=1e-9)

    lost = erlang_b(3, load)
    assert found == pytest.approx((lost, 0.0, lost), abs=1e-7)


def test_a_call_centre_of_fifty_has_its_published_figures() -> None:
    """Garnett, Mandelbaum and Reiman 2002: 48 calls a minute of one minute, patience two."""
    found = erlang_a(50, 48 / 60, 60.0, patience_s=120.0)

    assert round(100 * found.abandoned, 1) == 3.1
    assert round(found.waiting_s, 1) == 3.7
    assert round(waiting_s(50, 48 / 60, 60.0), 1) == 20.8


@pytest.mark.parametrize(
    ("agents", "arrivals_per_s", "patience_s"),
    [(1, 0.3, 5.0), (1, 3.0, 2.0), (5, 5.0, 0.5), (8, 12.0, 3.0), (8, 0.01, 3.0)],
)
def test_abandonment_agrees_with_the_balance_equations_solved(
    agents: int, arrivals_per_s: float, patience_s: float
) -> None:
    present = np.arange(150)
    leaving = np.minimum(present, agents) + np.maximum(present - agents, 0) / patience_s
    flows = np.diag(np.full(149, arrivals_per_s), 1) + np.diag(leaving[1:], -1)
    generator = flows - np.diag(flows.sum(axis=1))
    conditions = np.vstack((generator.T, np.ones(150)))
    chances = np.linalg.lstsq(conditions, np.append(np.zeros(150), 1.0), rcond=None)[0]

    found = erlang_a(agents, arrivals_per_s, 1.0, patience_s)

    queue = float(chances @ np.maximum(present - agents, 0))
    assert found == pytest.approx(
        (queue / patience_s / arrivals_per_s, queue / arrivals_per_s, chances[agents:].sum()),
        abs=1e-9,
    )


@pytest.mark.parametrize(
    ("agents", "arrivals_per_s", "patience_s"), [(1, 3.0, 2.0), (5, 5.0, 0.5), (8, 12.0, 3.0)]
)
def test_who_is_served_waits_as_customers_drawn_one_by_one_do(
    agents: int, arrivals_per_s: float, patience_s: float
) -> None:
    random = np.random.default_rng(4)
    customers = 60_000
    times = random.exponential(1 / arrivals_per_s, customers).cumsum()
    patience = random.exponential(patience_s, customers)
    free_at = [0.0] * agents
    waits = np.full(customers, np.inf)
    for one, (came, lasts) in enumerate(zip(times, patience, strict=True)):
        wait = max(0.0, free_at[0] - came)
        if wait < lasts:
            waits[one] = wait
            heapreplace(free_at, came + wait + random.exponential())

    found = answered(agents, arrivals_per_s, 1.0, patience_s, scale_s=2.0)

    waited = waits[np.isfinite(waits)]
    assert found.served == pytest.approx(len(waited) / customers, rel=0.02)
    assert found.waiting_s == pytest.approx(waited.mean(), rel=0.02)
    assert found.faded == pytest.approx(np.exp(-waits / 2).mean(), rel=0.02)


def test_who_is_served_and_who_gives_up_are_all_and_wait_as_long_together() -> None:
    gone, found = erlang_a(6, 7.0, 1.0, 2.0), answered(6, 7.0, 1.0, 2.0)
    endless = answered(6, 5.0, 1.0, 1e7)

    assert found.served + gone.abandoned == pytest.approx(1, abs=1e-12)
    assert found.waiting_s * found.served < gone.waiting_s
    assert endless.waiting_s == pytest.approx(waiting_s(6, 5.0, 1.0), rel=1e-5)
    assert endless.faded == pytest.approx(mmc_satisfaction(6, 5.0, 1.0, 1.0) * 9 / 8, rel=1e-5)


@given(st.integers(1, 60), st.floats(0, 5), st.floats(0.01, 100), st.floats(-3, 4).map(math.exp))
def test_who_stays_is_served_by_the_agents_there_are(
    agents: int, utilisation: float, service_s: float, patience_s: float
) -> None:
    arrivals_per_s = utilisation * agents / service_s

    found = erlang_a(agents, arrivals_per_s, service_s, patience_s)

    assert 0 <= found.abandoned <= found.waits <= 1
    assert arrivals_per_s * (1 - found.abandoned) * service_s <= agents * (1 + 1e-9)
    assert found.abandoned * patience_s == pytest.approx(found.waiting_s)


@given(st.integers(1, 60), st.floats(0.05, 5), st.floats(-3, 4), st.floats(0.1, 3))
def test_more_patience_loses_fewer_and_waits_longer(
    agents: int, utilisation: float, log_patience: float, more: float
) -> None:
    short, long = (
        erlang_a(agents, utilisation * agents, 1.0, math.exp(power))
        for power in (log_patience, log_patience + more)
    )

    assert long.abandoned <= short.abandoned + 1e-12
    assert long.waiting_s >= short.waiting_s - 1e-12


@pytest.mark.parametrize("load", [4.0, 4.5])
def test_a_load_that_never_settles_is_refused(load: float) -> None:
    with pytest.raises(ValueError, match="4 agents cannot keep up with a load of 4"):
        erlang_c(4, load)
    with pytest.raises(ValueError, match="the queue grows without end"):
        erlang_a(4, load, 1.0, math.inf)


def test_a_queue_too_wide_to_sum_is_refused() -> None:
    with pytest.raises(ValueError, match="take a shorter patience_s"):
        erlang_a(4, 5.0, 1.0, 1e15)
    with pytest.raises(ValueError, match="take a shorter patience_s"):
        answered(4, 8.0, 1.0, 1e7)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: erlang_c(0, 0.0), "agents must be positive and finite, got 0"),
        (lambda: erlang_b(2, math.nan), "load must be at least 0 and finite, got nan"),
        (lambda: waiting_s(2, -1.0, 1.0), "arrivals_per_s must be at least 0"),
        (lambda: waiting_s(2, 1.0, 0.0), "service_s must be positive and finite, got 0.0"),
        (lambda: sojourn_quantile_s(2, 1.0, 1.0, 1.0), "share must be at least 0 and below 1"),
        (lambda: erlang_a(2, 1.0, 1.0, 0.0), "patience_s must be positive, got 0.0"),
        (
            lambda: mmc_satisfaction(1, 1.0, 0.5, 0.8, scale_s=0.0),
            "scale_s must be positive and finite",
        ),
    ],
)
def test_a_bad_argument_is_named(call: object, named: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=named):
        call()
