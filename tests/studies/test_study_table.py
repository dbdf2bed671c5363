"""A row has a run's parameters, and the numbers of its summary under dotted names."""

from typing import Any

from swarmboard.studies import Job
from swarmboard.studies.table import column_of, failed_row, row_of

JOB = Job(
    key="0123456789abcdef",
    point=2,
    replicate=1,
    seed=5,
    varied={"agents": 4, "rounds": 9, "case": None},
    values={},
)
SUMMARY: dict[str, Any] = {
    "run_id": "20261120T101500-7f3a",
    "scenario": "jury",
    "structure": "swarm",
    "seed": 5,
    "status": "done",
    "agents": 3,
    "rounds": 2,
    "instants": None,
    "digest": "9c1f",
    "consensus": {"accepted": 1, "approval_percent": None},
    "decisions": [{"proposal": "1.1.0.0"}],
    "yardstick": {"kind": "truth", "gap_percent": float("nan"), "expected": {"correct": 0.5}},
    "baseline": {"kind": "single", "run_id": "x", "metrics": {"b": 2}, "timing": {"wall_s": 3.0}},
    "metrics": {"is_sound": True, "name": "text"},
    "timing": {"wall_s": 1.5},
    "board": {"revision": 7},
}
BEGINNING = ["key", "run_id", "agents", "vary.rounds", "case", "point", "replicate", "seed"]


def test_parameters_come_first_then_figures_in_the_order_of_the_summary() -> None:
    row = row_of(JOB, SUMMARY)

    assert list(row) == [
        *BEGINNING,
        *("status", "error", "digest", "structure", "rounds", "consensus.accepted"),
        *("consensus.approval_percent", "yardstick.kind", "yardstick.gap_percent"),
        *("yardstick.expected.correct", "baseline.kind", "baseline.metrics.b"),
        *("timing.baseline.wall_s", "metrics.is_sound", "timing.wall_s"),
    ]


def test_a_parameter_keeps_its_value_and_a_limit_is_no_length() -> None:
    row = row_of(JOB, SUMMARY)

    assert (row["agents"], row["vary.rounds"], row["rounds"]) == (4, 9, 2)
    assert column_of("threshold") == "threshold"


def test_what_is_no_number_is_missing() -> None:
    row = row_of(JOB, SUMMARY)

    assert row["yardstick.gap_percent"] is None
    assert row["consensus.approval_percent"] is None


def test_a_run_that_its_scenario_calls_failed_says_why_in_one_line() -> None:
    row = row_of(JOB, SUMMARY | {"status": "failed", "left_undone": "3 tickets\nare open"})

    assert (row["status"], row["error"]) == ("failed", "3 tickets are open")


def test_a_run_that_broke_has_what_is_known_of_it() -> None:
    row = failed_row(JOB, "ValueError: no\nnumber")

    assert list(row) == [*BEGINNING, "status", "error", "digest"]
    assert (row["status"], row["error"]) == ("failed", "ValueError: no number")
