"""Staff that asks nobody is a queue, and waits as Erlang said."""

from heapq import heapreplace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from agents import Competence, Randomness
from scenarios.customer_service.chance import Practice
from scenarios.customer_service.queueing import (
    erlang_a,
    erlang_c,
    sojourn_quantile_s,
    waiting_s,
)
from swarmboard import Result
from tests.scenarios.customer_service.service_runs import (
    SIGMAS,
    batch_sigmas,
    columns,
    far,
    service,
)

pytestmark = pytest.mark.unrepeatable
"""Long runs; those of `test_service_balance` are repeated from their logs."""

SERVICE_S = 0.2
QUEUE = {"structure": "separate", "cross_training": 3, "draft_s": SERVICE_S}


def waits(result: Result) -> NDArray[np.float64]:
    """Return how long each customer waited, until it was served or gave up."""
    rows = result.tables["tickets"]
    waited: NDArray[np.float64] = (
        rows["begun_s"].fillna(rows["closed_s"]) - rows["arrived_s"]
    ).to_numpy()
    return waited


@pytest.mark.slow
@pytest.mark.parametrize(("used", "tickets"), [(0.5, 4000), (0.7, 5000), (0.9, 8000)])
@pytest.mark.parametrize("agents", [2, 8])
def test_waits_are_those_of_erlang_c(
    tmp_path: Path, agents: int, used: float, tickets: int
) -> None:
    rate = used * agents / SERVICE_S
    result = service(tmp_path, agents=agents, arrivals_per_s=rate, tickets=tickets, seed=1, **QUEUE)

    theory = result.summary["yardstick"]["expected"]
    latency_s = columns(result)["latency_mean_s"]
    p95_s = sojourn_quantile_s(agents, rate, SERVICE_S)
    off = {
        "wait": batch_sigmas(waits(result), waiting_s(agents, rate, SERVICE_S)),
        "waits": batch_sigmas((waits(result) > 0).astype(float), erlang_c(agents, used * agents)),
        "latency": batch_sigmas(latency_s, theory["latency_mean_s"]),
        "p95": batch_sigmas((latency_s > p95_s).astype(float), 0.05),
        "satisfaction": batch_sigmas(columns(result)["satisfaction"], theory["satisfaction"]),
    }
    assert {name: value for name, value in off.items() if value > SIGMAS} == {}
    assert theory["latency_p95_s"] == p95_s
    assert result.summary["metrics"]["utilisation"] == pytest.approx(used, rel=0.1)


@pytest.mark.parametrize(
    ("agents", "used", "patience_s"), [(2, 0.9, 1.0), (8, 1.0, 2.0), (8, 1.5, 0.5)]
)
def test_customers_give_up_as_in_erlang_a(
    tmp_path: Path, agents: int, used: float, patience_s: float
) -> None:
    rate = used * agents / SERVICE_S
    terms = {"agents": agents, "arrivals_per_s": rate, "patience_s": patience_s, **QUEUE}
    result = service(tmp_path, tickets=3000, seed=1, **terms)

    theory, found = result.summary["yardstick"]["expected"], columns(result)
    exact = erlang_a(agents, rate, SERVICE_S, patience_s)
    off = {name: batch_sigmas(found[name], theory[name]) for name in found}
    off["wait"] = batch_sigmas(waits(result), exact.waiting_s)
    off["waits"] = batch_sigmas((waits(result) > 0).astype(float), exact.waits)
    assert {name: value for name, value in off.items() if value > SIGMAS} == {}
    assert theory["abandoned"] == pytest.approx(exact.abandoned)


@pytest.mark.parametrize("agents", [1, 2, 8])
def test_every_wait_is_exactly_that_of_who_is_served_in_the_order_of_arrival(
    tmp_path: Path, agents: int
) -> None:
    result = service(tmp_path, agents=agents, arrivals_per_s=4.6 * agents, tickets=800, **QUEUE)

    arrived_s = result.tables["tickets"]["arrived_s"].to_numpy()
    drawn = Practice(Randomness(0), (0.81,), Competence(0.7, 0), SERVICE_S, 1.0, None, 0, 3)
    free_at_s, begun_s = [0.0] * agents, []
    for ticket, came_s in enumerate(arrived_s):
        begun_s.append(max(came_s, free_at_s[0]))
        heapreplace(free_at_s, begun_s[-1] + drawn.drafting_s(ticket, 0, 0))
    assert waits(result) == pytest.approx(np.array(begun_s) - arrived_s, abs=1e-9)
    assert waits(result).max() > 0


@pytest.mark.parametrize("patience_s", [None, 1.0])
def test_specialists_are_a_queue_for_each_skill(tmp_path: Path, patience_s: float | None) -> None:
    competence = "inquiry=0.9,recommendation=0.6,after-sales=0.7"
    terms = {**QUEUE, "cross_training": 1, "competence": competence, "patience_s": patience_s}

    result = service(tmp_path, agents=8, arrivals_per_s=22.0, tickets=3000, seed=1, **terms)

    theory, found = result.summary["yardstick"]["expected"], columns(result)
    assert {"latency_mean_s", "satisfaction", "utilisation"} <= set(theory)
    off = {name: batch_sigmas(found[name], theory[name]) for name in found if name in theory}
    assert {name: value for name, value in off.items() if value > SIGMAS} == {}


def test_with_patience_for_nothing_only_free_staff_serves(tmp_path: Path) -> None:
    terms = {"agents": 4, "arrivals_per_s": 30.0, "patience_s": 1e-9, **QUEUE}

    result = service(tmp_path, tickets=1000, seed=1, **terms)

    rows = result.tables["tickets"]
    served = rows[rows["outcome"] != "abandoned"]
    assert (served["begun_s"] - served["arrived_s"]).max() < 1e-7
    assert far(result, {"abandoned": erlang_a(4, 30.0, SERVICE_S, 1e-9).abandoned}) == {}
