"""Settings at the edges: a run ends, and its figures are numbers or None."""

import math
from pathlib import Path
from typing import Any

import pytest

from blackboard import BadInput
from tests.scenarios.customer_service.service_log import Audit, on_duty
from tests.scenarios.customer_service.service_runs import service

EDGES: dict[str, dict[str, Any]] = {
    "any approval will do": {"percent": 1},
    "all have to approve": {"percent": 100},
    "reviewers are one": {"correlation": 1.0},
    "no draft is good": {"competence": 0.0},
    "every draft is good": {"competence": 1.0},
    "reviewers are always wrong": {"reviewer_competence": 0.0},
    "reviewers are always right": {"reviewer_competence": 1.0, "correlation": 0.5},
    "reviews last for years": {"review_s": 1e9},
    "reviews take no time": {"review_s": 1e-300},
    "drafts take no time": {"draft_s": 1e-300, "review_s": 1e-300},
    "nobody has patience": {"patience_s": 1e-300},
    "endless patience": {"patience_s": 1e12},
    "satisfaction fades at once": {"fades_s": 1e-300},
    "satisfaction never fades": {"fades_s": 1e300},
    "one ticket": {"tickets": 1},
    "all at once": {"arrivals_per_s": 1e12},
    "hardly ever": {"arrivals_per_s": 1e-9},
    "a hundred drafts": {"competence": 0.0, "max_drafts": 100, "tickets": 3},
    "one team": {"structure": "hierarchy", "teams": 1},
    "small teams": {"structure": "hierarchy", "teams": 4, "cross_training": 3},
    "two agents": {"agents": 2},
    "nobody reviews": {"panel": 0},
    "all but one review": {"agents": 20, "panel": 19},
    "shifts of few": {"agents": 24, "shifts": 24, "day_s": 24.0, "cross_training": 3},
    "shifts of nobody": {"agents": 3, "shifts": 24, "day_s": 2.0, "panel": 1},
    "every ticket has parts that conflict": {"parts": 1.0, "conflicts": 1.0},
    "alone and impatient": {"agents": 1, "patience_s": 1e-3},
}


def figures(summary: dict[str, Any]) -> dict[str, Any]:
    expected = {f"expected {k}": v for k, v in summary["yardstick"]["expected"].items()}
    found: dict[str, Any] = summary["metrics"] | expected
    return found


@pytest.mark.parametrize("terms", EDGES.values(), ids=EDGES)
def test_an_edge_is_no_cliff(tmp_path: Path, terms: dict[str, Any]) -> None:
    terms = {"agents": 16, "tickets": 25, **terms}

    result = service(tmp_path, **terms)

    summary = result.summary
    numbers = [value for value in figures(summary).values() if value is not None]
    ends = ("completion", "wrong", "escalated", "abandoned")
    assert summary["status"] == "done"
    assert all(math.isfinite(value) for value in numbers)
    assert summary["metrics"]["tickets"] == terms["tickets"]
    assert sum(summary["metrics"][name] for name in ends) == pytest.approx(1)
    assert 0 <= summary["metrics"]["utilisation"] <= 1 + 1e-9
    audit = Audit(result, max_drafts=terms.get("max_drafts", 3), on_duty=on_duty(terms))
    assert audit.faults == []


def test_five_hundred_agents_and_the_largest_panel(tmp_path: Path) -> None:
    result = service(tmp_path, agents=500, panel=253, tickets=3, early=False)

    assert result.summary["metrics"]["messages_per_ticket"] >= 254
    assert Audit(result).faults == []


@pytest.mark.parametrize("structure", ["swarm", "separate", "hierarchy"])
def test_tickets_that_all_come_at_the_same_instant_are_taken_in_order(
    tmp_path: Path, structure: str
) -> None:
    path = tmp_path / "rush.csv"
    path.write_text("arrival,skill\n" + "7.5,help\n" * 60, "utf-8")

    teams = {"teams": 2} if structure == "hierarchy" else {}

    result = service(tmp_path, agents=12, tickets=str(path), structure=structure, **teams)

    rows = result.tables["tickets"]
    audit = Audit(result)
    assert audit.faults == []
    assert audit.most_open == 60
    assert set(rows["arrived_s"]) == {7.5}
    assert rows["begun_s"].min() == 7.5
    if structure != "hierarchy":
        assert rows["begun_s"].is_monotonic_increasing


def test_tickets_at_second_zero_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "zero.csv"
    path.write_text("arrival,skill\n0,help\n0,help\n", "utf-8")

    result = service(tmp_path, agents=4, tickets=str(path))

    assert result.tables["tickets"]["arrived_s"].tolist() == [0.0, 0.0]
    assert result.summary["metrics"]["tickets"] == 2


def test_perfect_reviewers_send_nothing_wrong_and_none_that_err_together_help(
    tmp_path: Path,
) -> None:
    terms = {"agents": 16, "tickets": 60, "competence": 0.5}

    perfect = service(tmp_path, reviewer_competence=1.0, **terms).summary["metrics"]
    fooled = service(tmp_path, reviewer_competence=0.0, max_drafts=2, **terms).summary["metrics"]

    assert perfect["wrong"] == 0
    assert perfect["completion"] + perfect["escalated"] == pytest.approx(1)
    assert fooled["completion"] == 0


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"agents": 5, "panel": 5}, "panel=5"),
        ({"agents": 6, "structure": "hierarchy", "teams": 7}, "team"),
        ({"agents": 2, "cross_training": 1}, "after-sales"),
        ({"competence": 1.5}, "competence"),
        ({"panel": 254}, "panel"),
        ({"tickets": 0}, "tickets"),
        ({"draft_s": 1e300}, "draft_s"),
        ({"review_s": 1e300}, "review_s"),
        ({"patience_s": 1e300}, "patience_s"),
        ({"arrivals_per_s": 1e-300}, "arrivals_per_s"),
        ({"shifts": 2, "day_s": 1e-6}, "day_s"),
        ({"competence": "inquiry=0.5"}, "recommendation"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    tmp_path: Path, terms: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        service(tmp_path, **{"tickets": 60, **terms})

    assert "\n" not in str(refused.value).strip()
