"""The cluster comes out as its closed forms say, through the real board and its rules."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents import Competence, Randomness
from scenarios.customer_service.chance import Practice
from swarmboard import Result
from tests.scenarios.customer_service.service_runs import (
    FACTS,
    SIGMAS,
    columns,
    far,
    service,
    sigmas,
    undisturbed_s,
)

pytestmark = pytest.mark.unrepeatable
"""Long runs; those of `test_service_balance` are repeated from their logs."""

LIGHT: dict[str, Any] = {"agents": 128, "arrivals_per_s": 20.0}
ENDS = ("completion", "wrong", "escalated", "drafts_per_ticket", "messages_per_ticket")

PUBLISHED = [
    # theory to the digits of the scenario's sheet: completion, wrong, escalated, drafts, latency
    (FACTS, 60, (0.9849, 0.0063, 0.0088, 1.249, 0.660)),
    (FACTS, 80, (0.9657, 0.0006, 0.0337, 1.427, 0.754)),
    ({**FACTS, "correlation": 0.2}, 60, (0.9649, 0.0209, 0.0142, 1.301, 0.687)),
]
EVEN = {"competence": 0.6, "reviewer_competence": 0.9, "correlation": 0.15, "panel": 4}
EVEN |= {"max_drafts": 2, "draft_s": 0.4, "review_s": 0.2}
ODD = {"competence": 0.7, "reviewer_competence": 0.75, "correlation": 0.3, "panel": 7}
ODD |= {"max_drafts": 5, "draft_s": 0.1, "review_s": 0.1}


def expected(result: Result) -> dict[str, float]:
    found: dict[str, float] = result.summary["yardstick"]["expected"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("terms", "percent", "figures"), PUBLISHED, ids=["plain", "strict", "correlated"]
)
def test_a_published_row_comes_out(
    tmp_path: Path, terms: dict[str, Any], percent: int, figures: tuple[float, ...]
) -> None:
    result = service(tmp_path, **LIGHT, **terms, percent=percent, tickets=4000, seed=1)

    theory = expected(result)
    found = [theory[name] for name in ENDS[:4]]
    assert found == pytest.approx(figures[:4], abs=0.0005)
    assert theory["latency_mean_s"] == pytest.approx(figures[4], abs=0.0005)
    assert set(theory) == {*ENDS, "latency_mean_s", "satisfaction", "utilisation"}
    assert far(result, theory) == {}
    latency_s = result.summary["metrics"]["latency_mean_s"]
    assert latency_s == pytest.approx(theory["latency_mean_s"], rel=0.015)


@pytest.mark.slow
@pytest.mark.parametrize(("terms", "percent"), [(EVEN, 50), (ODD, 70)], ids=["even", "odd"])
def test_other_parameters_decided_early_come_out(
    tmp_path: Path, terms: dict[str, Any], percent: int
) -> None:
    result = service(tmp_path, **LIGHT, **terms, percent=percent, tickets=2500, seed=1)

    theory = expected(result)
    assert set(theory) == {*ENDS, "latency_mean_s", "satisfaction", "utilisation"}
    assert far(result, theory) == {}
    latency_s = result.summary["metrics"]["latency_mean_s"]
    assert latency_s == pytest.approx(theory["latency_mean_s"], rel=0.015)


@pytest.mark.parametrize(
    ("terms", "percent", "latency_s"), [(FACTS, 60, 0.51), (FACTS, 80, 0.63), (ODD, 70, None)]
)
@pytest.mark.parametrize("early", [False, True])
def test_who_never_waits_takes_exactly_as_long_as_was_drawn(
    tmp_path: Path, terms: dict[str, Any], percent: int, latency_s: float | None, early: bool
) -> None:
    terms = {**LIGHT, **terms, "early": early, "arrivals_per_s": 5.0, "tickets": 120}
    result = service(tmp_path, **terms, percent=percent, seed=2)

    took_s = columns(result)["latency_mean_s"]

    drawn = Practice(
        Randomness(2),
        (terms.get("competence", 0.81),),
        Competence(terms["reviewer_competence"], terms.get("correlation", 0.0)),
        terms["draft_s"],
        terms["review_s"],
        None,
        terms.get("panel", 5),
        terms.get("max_drafts", 3),
    )
    alone = [undisturbed_s(drawn, ticket, percent, early=early) for ticket in range(120)]
    assert took_s == pytest.approx(np.array(alone), abs=1e-9)
    if early and latency_s:
        assert round(expected(result)["latency_mean_s"], 2) == latency_s


def test_a_skill_of_its_own_competence_is_weighed_by_its_tickets(tmp_path: Path) -> None:
    competence = "inquiry=0.95,recommendation=0.5,after-sales=0.7"

    result = service(tmp_path, **LIGHT, competence=competence, tickets=600, seed=3)

    rows, theory = result.tables["tickets"], expected(result)
    right = rows["outcome"] == "right"
    assert far(result, theory) == {}
    assert "satisfaction" in theory
    shares = right.groupby(rows["skills"]).mean()
    assert shares["inquiry"] > shares["after-sales"] > shares["recommendation"]


def test_replies_of_several_parts_that_nobody_compares_have_a_closed_form(tmp_path: Path) -> None:
    terms = {**LIGHT, "parts": 0.5, "conflicts": 0.4, "coordination": False, "competence": 0.9}

    result = service(tmp_path, **terms, tickets=600, seed=3)

    theory, metrics = expected(result), result.summary["metrics"]
    assert far(result, theory) == {}
    assert set(theory) == {*ENDS, "utilisation", "conflicts_found", "conflicts_sent"}
    assert metrics["conflicts_found"] == theory["conflicts_found"] == 0.0
    sent, planted = (result.tables["tickets"][name].sum() for name in ("sent", "conflicts"))
    assert sigmas(np.arange(planted) < sent, theory["conflicts_sent"]) < SIGMAS


def test_staff_that_comes_and_goes_changes_nothing_about_how_tickets_end(tmp_path: Path) -> None:
    terms = {"agents": 24, "shifts": 2, "day_s": 40.0, "arrivals_per_s": 8.0}

    result = service(tmp_path, **terms, tickets=500, seed=3)

    theory = expected(result)
    assert set(theory) == set(ENDS)
    assert far(result, theory) == {}


@pytest.mark.parametrize(
    ("terms", "absent"),
    [
        ({"agents": 32, "panel": 30, "arrivals_per_s": 4.0}, "latency_mean_s"),
        ({"agents": 12, "panel": 5, "arrivals_per_s": 4.0}, "latency_mean_s"),
        ({"agents": 64, "arrivals_per_s": 60.0}, "latency_mean_s"),
        ({"agents": 16, "arrivals_per_s": 60.0}, "utilisation"),
        ({"agents": 64, "parts": 0.5}, "completion"),
        ({"agents": 64, "parts": 0.5, "conflicts": 0.0}, "drafts_per_ticket"),
        ({"agents": 64, "patience_s": 1.0}, "completion"),
        ({"agents": 64, "structure": "hierarchy", "panel": 0}, "satisfaction"),
        ({"agents": 3, "structure": "separate", "arrivals_per_s": 20.0}, "latency_mean_s"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value.values())),
)
def test_theory_is_silent_where_it_does_not_hold(
    tmp_path: Path, terms: dict[str, Any], absent: str
) -> None:
    result = service(tmp_path, **terms, tickets=20)

    assert absent not in expected(result)


def test_patience_so_long_that_no_queue_settles_has_no_closed_form(tmp_path: Path) -> None:
    terms = {"agents": 3, "structure": "separate", "cross_training": 3, "arrivals_per_s": 60.0}

    result = service(tmp_path, **terms, patience_s=1e9, tickets=50)

    assert expected(result) == {}
    assert result.summary["metrics"]["completion"] is not None
