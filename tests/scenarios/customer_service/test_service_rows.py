"""A row for each ticket and each of the staff, from which every metric follows."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.scenarios.customer_service.service_log import Audit, on_duty
from tests.scenarios.customer_service.service_runs import columns, service

RUNS: dict[str, dict[str, Any]] = {
    "default": {"agents": 32, "arrivals_per_s": 8.0},
    "two": {"agents": 2, "arrivals_per_s": 2.0},
    "nobody reviews": {"agents": 16, "panel": 0},
    "one reviews": {"agents": 16, "panel": 1},
    "all agree": {"agents": 16, "percent": 100},
    "one draft": {"agents": 16, "max_drafts": 1},
    "impatient": {"agents": 6, "arrivals_per_s": 30.0, "patience_s": 0.3},
    "shifts": {"agents": 12, "shifts": 2, "day_s": 8.0, "fades_s": 3.0},
    "parts": {"agents": 24, "parts": 0.5},
    "teams": {"agents": 24, "structure": "hierarchy", "teams": 3},
    "soloists": {"agents": 24, "structure": "separate"},
    "alone": {"agents": 1, "patience_s": 0.5},
}


@pytest.mark.parametrize("terms", RUNS.values(), ids=RUNS)
def test_every_metric_follows_from_the_rows(tmp_path: Path, terms: dict[str, Any]) -> None:
    tickets = 80

    result = service(tmp_path, seed=3, tickets=tickets, **terms)

    summary, rows, staff = result.summary, result.tables["tickets"], result.tables["staff"]
    metrics = summary["metrics"]
    found = {
        name: values.mean() for name, values in columns(result, terms.get("fades_s", 8.0)).items()
    }
    assert {name: metrics[name] for name in found} == pytest.approx(found, rel=1e-12)
    assert metrics["tickets"] == len(rows) == tickets
    assert metrics["open"] == 0
    assert rows["ticket"].tolist() == list(range(tickets))
    answered = rows[rows["outcome"] != "abandoned"]
    took_s = answered["closed_s"] - answered["arrived_s"]
    assert metrics["latency_p95_s"] == pytest.approx(np.quantile(took_s, 0.95))
    assert rows["latency_s"].to_numpy() == pytest.approx(
        (rows["closed_s"] - rows["arrived_s"]).to_numpy()
    )
    planted = rows["conflicts"].sum()
    assert metrics["conflicts_planted"] == planted
    assert (metrics["conflicts_found"] is None) == (planted == 0)
    assert staff["drafts"].sum() == rows["drafts"].sum()
    assert staff["reviews"].sum() == rows["ballots"].sum()
    capacity_s = len(staff) * summary["simulated_s"]
    if "shifts" not in terms:
        assert metrics["utilisation"] == pytest.approx(staff["busy_s"].sum() / capacity_s)
    assert (staff["busy_s"] <= summary["simulated_s"]).all()


@pytest.mark.parametrize("terms", RUNS.values(), ids=RUNS)
def test_a_row_contradicts_itself_in_nothing(tmp_path: Path, terms: dict[str, Any]) -> None:
    result = service(tmp_path, seed=3, tickets=80, **terms)

    rows = result.tables["tickets"]
    gone = rows["outcome"] == "abandoned"
    most, panel = terms.get("max_drafts", 3), terms.get("panel", min(5, terms["agents"] - 1))
    parts = rows["skills"].str.count(r"\+") + 1
    if terms.get("structure") == "separate":
        panel = 0
    assert rows["begun_s"].isna().tolist() == gone.tolist()
    assert (rows["drafts"][gone] == 0).all()
    assert (rows["arrived_s"] <= rows["begun_s"].fillna(rows["arrived_s"])).all()
    assert (rows["begun_s"].fillna(rows["arrived_s"]) < rows["closed_s"]).all()
    assert (rows["ballots"] <= rows["drafts"] * panel).all()
    if panel == 0:
        assert not rows["ballots"].any()
        assert set(rows["outcome"]) <= {"right", "wrong", "abandoned"}
        assert (rows["drafts"][~gone] == parts[~gone]).all()
    else:
        assert (rows["drafts"][rows["outcome"] == "escalated"] >= most).all()
        assert (rows["ballots"][~gone] > 0).all()
    assert not gone.any() or "patience_s" in terms
    if terms["agents"] > 1:
        assert Audit(result, max_drafts=most, on_duty=on_duty(terms)).faults == []


def test_an_impatient_customer_is_lost_only_before_somebody_begins(tmp_path: Path) -> None:
    result = service(tmp_path, agents=6, tickets=300, arrivals_per_s=30.0, patience_s=0.2)

    rows = result.tables["tickets"]
    gone = rows[rows["outcome"] == "abandoned"]
    served = rows[rows["outcome"] != "abandoned"]
    assert 0 < len(gone) < len(rows)
    assert gone["begun_s"].isna().all()
    assert (served["closed_s"] - served["arrived_s"]).max() > 0.2
    assert result.summary["metrics"]["abandoned"] == len(gone) / len(rows)
