"""What is said of one agent against many: what emerges, what saturates, and what it costs."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.scenarios.customer_service.service_runs import (
    FACTS,
    SIGMAS,
    batch_sigmas,
    columns,
    far,
    service,
    sigmas,
)

pytestmark = pytest.mark.unrepeatable
"""Long runs; those of `test_service_balance` are repeated from their logs."""

ONE = {"satisfaction": 0.704, "latency_mean_s": 1.2, "completion": 0.81}
MANY = {"satisfaction": 0.904, "latency_mean_s": 0.369, "completion": 0.9327}


def test_one_agent_by_default_is_the_published_one(tmp_path: Path) -> None:
    result = service(tmp_path, agents=1, tickets=4000, seed=1)

    found, theory = columns(result), result.summary["yardstick"]["expected"]
    assert result.summary["structure"] == "solo"
    assert {name: theory[name] for name in ONE} == pytest.approx(ONE, abs=0.0005)
    off = {name: batch_sigmas(found[name], value) for name, value in ONE.items()}
    assert {name: value for name, value in off.items() if value > SIGMAS} == {}
    assert result.summary["metrics"]["messages_per_ticket"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["single", "separate"])
def test_many_by_default_are_the_published_ones_and_so_are_their_matched_baselines(
    tmp_path: Path, kind: str
) -> None:
    result = service(tmp_path, agents=128, tickets=800, seed=1, baseline=kind)

    theory, other = result.summary["yardstick"]["expected"], result.summary["baseline"]
    matched, its_theory = other["metrics"], other["yardstick"]["expected"]
    assert {name: theory[name] for name in MANY} == pytest.approx(MANY, abs=0.0005)
    assert far(result, MANY) == {}
    assert result.summary["metrics"]["messages_per_ticket"] == pytest.approx(6.73, rel=0.05)
    assert its_theory["completion"] == pytest.approx(0.81)
    assert its_theory["satisfaction"] == pytest.approx(0.79, abs=0.002)
    assert matched["completion"] == pytest.approx(0.81, abs=SIGMAS * (0.81 * 0.19 / 800) ** 0.5)
    assert matched["latency_mean_s"] == pytest.approx(its_theory["latency_mean_s"], rel=0.1)
    assert matched["utilisation"] == pytest.approx(33 / 128 * 0.2, rel=0.1)
    assert matched["messages_per_ticket"] == 1


def test_at_a_fixed_load_nothing_is_gained_beyond_sixteen(tmp_path: Path) -> None:
    terms = {"tickets": 300, "arrivals_per_s": 6.0, "draft_s": 0.2, "seed": 3}

    four, eight, sixteen, many = (
        service(tmp_path, agents=agents, **terms).summary["metrics"] for agents in (4, 8, 16, 128)
    )

    assert four["satisfaction"] < eight["satisfaction"] - 0.05
    assert four["latency_mean_s"] > 2 * eight["latency_mean_s"]
    assert eight["completion"] == sixteen["completion"] == many["completion"]
    assert 0 < many["satisfaction"] - eight["satisfaction"] < 0.02
    assert abs(many["satisfaction"] - sixteen["satisfaction"]) < 0.001
    assert many["latency_mean_s"] == pytest.approx(sixteen["latency_mean_s"], rel=0.005)
    assert sixteen["utilisation"] == pytest.approx(8 * many["utilisation"], rel=0.01)


@pytest.mark.slow
def test_128_agents_keep_up_with_120_tickets_a_second_and_not_with_140(tmp_path: Path) -> None:
    fine, lost = (
        service(tmp_path, agents=128, arrivals_per_s=rate, tickets=tickets, seed=3, **FACTS)
        for rate, tickets in ((120.0, 1200), (140.0, 2400))
    )

    quarters = [np.split(columns(result)["latency_mean_s"], 4) for result in (fine, lost)]
    calm, growing = ([float(quarter.mean()) for quarter in its] for its in quarters)
    theory = [result.summary["yardstick"]["expected"] for result in (fine, lost)]
    assert max(calm) < 2 * 0.66
    assert growing == sorted(growing)
    assert growing[-1] > 3 * 0.66
    assert theory[0]["utilisation"] == pytest.approx(0.937, abs=0.0005)
    assert "utilisation" not in theory[1]
    assert far(lost, theory[1]) == {}


@pytest.mark.slow
@pytest.mark.parametrize(("percent", "completion"), [(60, 0.992), (80, 0.962), (100, 0.406)])
def test_a_threshold_above_what_reviewers_can_do_stops_the_cluster(
    tmp_path: Path, percent: int, completion: float
) -> None:
    terms = {**FACTS, "agents": 64, "panel": 10, "early": True, "arrivals_per_s": 5.0}

    result = service(tmp_path, percent=percent, tickets=400, seed=1, **terms)

    theory = result.summary["yardstick"]["expected"]
    assert theory["completion"] == pytest.approx(completion, abs=0.0005)
    assert far(result, theory) == {}


@pytest.mark.slow
@pytest.mark.parametrize(("correlation", "share"), [(0.0, 0.9495), (0.1, 0.9106), (0.3, 0.8593)])
def test_correlation_eats_what_three_of_five_gain(
    tmp_path: Path, correlation: float, share: float
) -> None:
    """Every draft is good, so that completion is how often three of five see it."""
    terms: dict[str, Any] = {"competence": 1.0, "reviewer_competence": 0.81, "max_drafts": 1}

    result = service(tmp_path, agents=64, correlation=correlation, tickets=1000, seed=1, **terms)

    theory = result.summary["yardstick"]["expected"]
    assert theory["completion"] == pytest.approx(share, abs=0.00005)
    assert sigmas(columns(result)["completion"], share) < SIGMAS
    assert theory["wrong"] == result.summary["metrics"]["wrong"] == 0
