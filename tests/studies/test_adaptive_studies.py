"""Adaptive studies carried out: against exact theory, broken off and gone on with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy import stats

from blackboard import BadInput
from swarmboard.studies import Study, study
from swarmboard.studies.sweeping import SweepStopped

UNTIL: dict[str, Any] = {
    "fixed": {"trials": 10, "competence": 0.7},
    "vary": {"agents": [5, 9]},
    "replicates": 4,
    "max_replicates": 9,
    "until": "ci95 of metrics.correct < 12 %",
}
FIND: dict[str, Any] = {
    "fixed": {"agents": 10, "trials": 60, "competence": 0.8},
    "find": {
        "vary": "threshold",
        "between": [50, 100],
        "where": "metrics.deadlock = 50 %",
        "confidence": 95.0,
    },
    "replicates": 4,
    "max_replicates": 12,
}
HALVING: dict[str, Any] = {
    "fixed": {"trials": 5},
    "vary": {"agents": [3, 5, 7]},
    "halving": {"by": "yardstick.gap_percent", "best": "low", "first": 2},
}
SEARCH: dict[str, Any] = {
    "fixed": {"trials": 5},
    "vary": {"agents": {"low": 3, "high": 30}},
    "search": {"by": "metrics.correct", "best": "high", "trials": 13, "batch": 2},
}


@pytest.fixture(autouse=True)
def _in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWARMBOARD_URL", "memory://")


def repeatable(done: Study) -> pd.DataFrame:
    return done.table.filter(regex=r"^(?!run_id|timing\.)")


def carried_out(out: Path, given: Mapping[str, Any], **how: Any) -> Study:
    return study("jury", **given, seed=7, out=out, **({"engine": "serial"} | how))


def test_the_threshold_at_which_a_jury_deadlocks_is_that_of_the_binomial(tmp_path: Path) -> None:
    def deadlock(threshold: int) -> float:
        needed = -(-10 * threshold // 100)
        right = stats.binom.sf(needed - 1, 10, 0.8)
        wrong = stats.binom.cdf(10 - needed, 10, 0.8)
        return 1 - float(right + wrong * (needed > 5))

    exact = next(percent for percent in range(51, 101) if deadlock(percent) >= 0.5)

    done = carried_out(tmp_path / "study", FIND)

    row = done.found.iloc[0]
    assert row["low"] < exact <= row["high"]
    assert (row["threshold"], bool(row["is_sure"])) == (exact, True)
    for threshold, runs in done.table.groupby("threshold"):
        error = (deadlock(threshold) * (1 - deadlock(threshold)) / (60 * len(runs))) ** 0.5
        assert abs(runs["metrics.deadlock"].mean() - deadlock(threshold)) <= 4.5 * error + 1e-9


@pytest.mark.parametrize("given", [UNTIL, HALVING, SEARCH])
def test_a_study_that_was_broken_off_goes_on_to_the_same_runs(
    given: dict[str, Any], tmp_path: Path
) -> None:
    whole = carried_out(tmp_path / "whole", given)
    breaks = {1, 5, 8}

    def break_off(progress: Mapping[str, Any]) -> None:
        if progress["done"] in breaks and progress["status"] == "running":
            breaks.remove(progress["done"])
            raise KeyboardInterrupt

    for _ in range(3):
        with pytest.raises(SweepStopped):
            carried_out(tmp_path / "broken", given, watch=break_off)
    again = carried_out(tmp_path / "broken", given, watch=break_off)

    assert not breaks
    pd.testing.assert_frame_equal(repeatable(whole), repeatable(again))
    pd.testing.assert_frame_equal(whole.found, again.found)


def test_two_processes_do_the_runs_of_one(tmp_path: Path) -> None:
    alone = carried_out(tmp_path / "serial", UNTIL)
    together = carried_out(tmp_path / "local", UNTIL, engine="local", jobs=2)

    pd.testing.assert_frame_equal(repeatable(alone), repeatable(together))
    pd.testing.assert_frame_equal(alone.found, together.found)


def test_a_finished_study_is_not_done_again_and_a_wider_one_leaves_runs_out(
    tmp_path: Path,
) -> None:
    before = carried_out(tmp_path / "study", UNTIL).table
    told: list[Mapping[str, Any]] = []

    again = carried_out(tmp_path / "study", UNTIL, watch=told.append).table
    wider = carried_out(tmp_path / "study", UNTIL | {"until": "ci95 of metrics.correct < 90 %"})

    assert [progress["done"] for progress in told] == [len(before)]
    pd.testing.assert_frame_equal(before, again)
    assert len(wider.table) == 2 * 4 < len(before)


def test_a_study_that_was_extended_has_all_its_runs_in_its_table(tmp_path: Path) -> None:
    more = HALVING | {"vary": {"agents": [3, 5, 7, 9, 11, 13]}}
    carried_out(tmp_path / "study", HALVING | {"vary": {"agents": [3, 5, 7, 9]}})

    done = carried_out(tmp_path / "study", more)

    whole = carried_out(tmp_path / "whole", more)
    assert len(done.table) == done.description["runs"]
    pd.testing.assert_frame_equal(
        repeatable(done), repeatable(whole)[list(repeatable(done).columns)]
    )
    pd.testing.assert_frame_equal(
        pd.read_parquet(done.path / "table.parquet").filter(["key", "point"]),
        whole.table[["key", "point"]],
    )


def test_why_points_stopped_stands_in_the_study_and_in_its_progress(tmp_path: Path) -> None:
    told: list[Mapping[str, Any]] = []

    done = carried_out(tmp_path / "study", UNTIL, watch=told.append)

    stops = done.description["adaptive"]["stops"]
    assert [stop["agents"] for stop in (one["varied"] for one in stops)] == [5, 9]
    assert told[-1]["adaptive"] == {"stopped": 2, "stops": stops}
    assert told[-1]["planned"] == done.description["runs"] == len(done.table)


def test_a_wrong_column_ends_the_study_with_one_line_and_keeps_what_is_done(tmp_path: Path) -> None:
    given = UNTIL | {"until": "ci95 of metrics.korrect < 9 %"}

    with pytest.raises(BadInput, match=r"did you mean metrics\.correct\?"):
        carried_out(tmp_path / "study", given)

    assert len(Study.open(tmp_path / "study").table) == 4
