"""Hours: overtime, the load that a baseline gets of them, and files that begin late."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenarios.customer_service.files.roster import Roster
from scenarios.customer_service.results import ROWS
from swarmboard.config import make_config
from swarmboard.plan import prepare
from tests.scenarios.customer_service.service_log import Audit, on_duty
from tests.scenarios.customer_service.service_runs import service

EXAMPLES = Path(__file__).resolve().parents[3] / "examples/customer_service"
SHIFTS: dict[str, dict[str, Any]] = {
    "drafts longer than a shift": {"shifts": 2, "day_s": 2.0, "draft_s": 1.5},
    "drafts of days": {"shifts": 3, "day_s": 3.0, "draft_s": 20.0, "arrivals_per_s": 0.3},
    "cut": {"shifts": 2, "day_s": 2.0, "draft_s": 3.0, "rounds": 70},
    "short drafts": {"shifts": 2, "day_s": 2.0},
}


def world(**options: Any) -> Any:
    values = {"scenario": "customer-service", "agents": options.pop("agents", 12)}
    return prepare(make_config({**values, "options": options})).world


@pytest.mark.parametrize("terms", SHIFTS.values(), ids=SHIFTS)
def test_work_beyond_ones_hours_is_overtime_and_no_utilisation(
    tmp_path: Path, terms: dict[str, Any]
) -> None:
    terms = {"agents": 12, "arrivals_per_s": 8.0, "panel": 2} | terms

    result = service(tmp_path, tickets=60, **terms)

    audit, staff = Audit(result, on_duty=on_duty(terms)), result.tables["staff"]
    roster = Roster.even(12, 3, shifts=terms["shifts"], day_s=terms["day_s"])
    used_s, on_duty_s = audit.busy_s - audit.overtime_s, roster.on_duty_s(audit.at_s)
    utilisation = result.summary["metrics"]["utilisation"]
    assert audit.faults == []
    assert staff["busy_s"].sum() == pytest.approx(audit.busy_s)
    assert staff["overtime_s"].sum() == pytest.approx(audit.overtime_s)
    assert (staff["overtime_s"] <= staff["busy_s"]).all()
    assert audit.overtime_s > 0
    assert utilisation == pytest.approx(used_s / on_duty_s)
    assert 0 < utilisation <= 1 + 1e-9


def test_nobody_has_overtime_where_there_are_no_hours(tmp_path: Path) -> None:
    result = service(tmp_path, agents=12, tickets=40, arrivals_per_s=30.0)

    assert set(result.tables["staff"]["overtime_s"]) == {0.0}


@pytest.mark.parametrize(
    ("options", "share"),
    [
        ({}, 12),
        ({"shifts": 2}, 6),
        ({"shifts": 4, "load": 0.5}, 6),
        ({"shifts": 24}, 1),
        ({"agents": 16, "roster": str(EXAMPLES / "roster.csv")}, 6),
    ],
)
def test_one_agent_gets_the_load_of_one_that_is_on_duty(
    options: dict[str, Any], share: float
) -> None:
    cluster = world(**options)

    alone = cluster.matched_options("single")

    assert alone["load"] == pytest.approx(1 / share)
    assert cluster.matched_options("separate")["load"] == options.get("load", 1)


@pytest.mark.parametrize("late_s", [50_000.0, 9e8])
def test_a_file_that_begins_late_has_the_figures_of_one_that_begins_at_0(
    tmp_path: Path, late_s: float
) -> None:
    arrivals_s = np.arange(400) / 4
    (tmp_path / "runs").mkdir()

    def run_from(begins_s: float) -> Any:
        path = tmp_path / f"from {begins_s:.0f}.csv"
        rows = [f"{begins_s + at_s},help\n" for at_s in arrivals_s]
        path.write_text("arrival,skill\n" + "".join(rows), "utf-8")
        return service(tmp_path / "runs", agents=8, tickets=str(path))

    first, late = run_from(0.0), run_from(late_s)

    told = [int(result.rounds["open"].notna().sum()) for result in (first, late)]
    used = [result.summary["metrics"]["utilisation"] for result in (first, late)]
    assert told[0] > ROWS / 2
    assert told[1] == pytest.approx(told[0], abs=2)
    assert used[1] == pytest.approx(used[0], rel=1e-4)


def test_generated_tickets_have_the_time_before_the_first_counted(tmp_path: Path) -> None:
    result = service(tmp_path, agents=1, tickets=1, arrivals_per_s=0.01)

    busy_s, until_s = result.tables["staff"]["busy_s"].sum(), result.summary["simulated_s"]
    assert result.tables["tickets"]["arrived_s"][0] > 1
    assert result.summary["metrics"]["utilisation"] == pytest.approx(busy_s / until_s)
