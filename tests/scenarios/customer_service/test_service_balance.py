"""What no sample decides: balances from the log and the rows, at light and at heavy load."""

from math import fsum
from pathlib import Path
from typing import Any

import pytest

from swarmboard import Result
from tests.scenarios.customer_service.service_log import Audit
from tests.scenarios.customer_service.service_runs import columns, service

FLOORS: dict[str, dict[str, Any]] = {
    "light": {"agents": 24, "tickets": 120},
    "busy": {"agents": 12, "tickets": 180, "arrivals_per_s": 18.0},
    "overload": {"agents": 12, "tickets": 180, "arrivals_per_s": 60.0},
    "overload, all vote": {"agents": 7, "tickets": 120, "arrivals_per_s": 30.0, "early": False},
    "patience": {"agents": 12, "tickets": 180, "arrivals_per_s": 60.0, "patience_s": 1.0},
    "skilled": {"agents": 9, "tickets": 120, "arrivals_per_s": 30.0, "cross_training": 2},
    "two": {"agents": 2, "tickets": 150, "arrivals_per_s": 6.0},
    "all review": {"agents": 8, "panel": 7, "tickets": 150, "arrivals_per_s": 12.0},
    "parts": {"agents": 15, "tickets": 120, "arrivals_per_s": 30.0, "parts": 0.6},
    "parts apart": {
        "agents": 15,
        "tickets": 120,
        "arrivals_per_s": 30.0,
        "parts": 0.6,
        "coordination": False,
    },
    "alone": {"agents": 1, "tickets": 120, "arrivals_per_s": 4.0},
    "soloists": {
        "agents": 9,
        "tickets": 120,
        "arrivals_per_s": 60.0,
        "structure": "separate",
        "patience_s": 0.5,
    },
    "teams": {
        "agents": 26,
        "tickets": 180,
        "arrivals_per_s": 45.0,
        "structure": "hierarchy",
        "teams": 4,
        "cross_training": 3,
    },
    "never escalated": {"agents": 6, "tickets": 150, "arrivals_per_s": 12.0, "max_drafts": 30},
}


@pytest.mark.parametrize("terms", FLOORS.values(), ids=FLOORS)
def test_the_books_of_a_floor_balance(tmp_path: Path, terms: dict[str, Any]) -> None:
    result = service(tmp_path, seed=4, **terms)

    audit = Audit(result, max_drafts=terms.get("max_drafts", 3))

    rows = result.tables["tickets"]
    latency_s = rows["closed_s"] - rows["arrived_s"]
    assert audit.faults == []
    assert (audit.arrived, audit.closed, audit.open) == (terms["tickets"], terms["tickets"], 0)
    assert not audit.waiting | audit.seats
    assert not audit.busy
    assert audit.ticket_s == pytest.approx(fsum(latency_s), rel=1e-11)
    assert audit.busy_s == pytest.approx(fsum(result.tables["staff"]["busy_s"]), rel=1e-11)
    assert audit.at_s == result.summary["simulated_s"] == rows["closed_s"].max()
    assert audit.rows > 100
    assert all(len(teams) == 1 for teams in audit.teams_at_work.values())


@pytest.mark.unrepeatable
def test_littles_law_holds_in_the_middle_of_an_overload(tmp_path: Path) -> None:
    result = service(tmp_path, agents=12, tickets=300, arrivals_per_s=60.0, seed=4)

    rows = result.tables["tickets"]
    moments = [(at_s, 1) for at_s in rows["arrived_s"]] + [(at_s, -1) for at_s in rows["closed_s"]]
    until_s = float(rows["arrived_s"].iloc[-1])
    open_tickets, before_s, area = 0, 0.0, 0.0
    for at_s, change in sorted(moments):
        area += open_tickets * (min(at_s, until_s) - min(before_s, until_s))
        open_tickets, before_s = open_tickets + change, at_s
        assert open_tickets >= 0
    inside_s = rows["closed_s"].clip(upper=until_s) - rows["arrived_s"]
    assert area == pytest.approx(fsum(inside_s), rel=1e-11)
    in_time = int((rows["closed_s"] <= until_s).sum())
    assert in_time < len(rows) / 2
    assert open_tickets == 0


def test_an_audit_notices_staff_that_works_off_duty_and_a_draft_too_many(tmp_path: Path) -> None:
    result = service(tmp_path, agents=6, tickets=60, arrivals_per_s=12.0)

    off_duty = Audit(result, on_duty=lambda agent, at_s: agent != 2)
    one_draft = Audit(result, max_drafts=1)

    assert any("agent 2 is off duty" in fault for fault in off_duty.faults)
    assert any("does not wait" in fault for fault in one_draft.faults)


@pytest.mark.unrepeatable
@pytest.mark.parametrize("teams", [1, 3, 4])
def test_the_router_keeps_teams_even(tmp_path: Path, teams: int) -> None:
    terms = {"structure": "hierarchy", "teams": teams, "cross_training": 3}

    result = service(tmp_path, agents=24, tickets=300, arrivals_per_s=36.0, seed=4, **terms)

    rows, staff = result.tables["tickets"], result.tables["staff"]
    shares = rows["team"].value_counts(normalize=True)
    assert sorted(shares.index) == list(range(teams))
    assert shares.to_numpy() == pytest.approx([1 / teams] * teams, abs=0.06)
    work_s = staff.groupby("team")["busy_s"].sum()
    assert work_s.max() < 1.25 * work_s.min()


def same(one: Result, other: Result, *names: str) -> bool:
    first, second = (result.tables["tickets"] for result in (one, other))
    return all(first[name].equals(second[name]) for name in names)


@pytest.mark.unrepeatable
def test_the_same_seed_brings_the_same_customers_and_luck_whatever_the_staff(
    tmp_path: Path,
) -> None:
    terms = {"tickets": 180, "arrivals_per_s": 20.0, "seed": 6, "parts": 0.2, "conflicts": 0.0}
    apart = {"coordination": False}

    few, many, patient = (
        service(tmp_path, agents=agents, early=early, **terms, **apart)
        for agents, early in [(16, True), (128, True), (128, False)]
    )
    soloists = [service(tmp_path, agents=n, structure="separate", **terms) for n in (16, 128)]
    other = service(tmp_path, agents=16, **{**terms, "seed": 7}, **apart)

    assert same(few, many, "arrived_s", "skills", "outcome", "drafts")
    assert same(many, patient, "arrived_s", "skills", "outcome", "drafts", "begun_s")
    assert same(few, soloists[0], "arrived_s", "skills")
    assert same(*soloists, "arrived_s", "skills", "outcome")
    assert columns(few)["latency_mean_s"].mean() > columns(many)["latency_mean_s"].mean()
    assert not same(few, other, "arrived_s")
