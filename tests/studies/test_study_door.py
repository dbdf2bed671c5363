"""Studies from Python: what is done stays, whatever else the study varies next time."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from blackboard import BadInput, RunLock, StudyDirectory
from swarmboard import Study, study
from swarmboard.studies import Finished, Job, jobs
from swarmboard.studies.table import row_of

FIXED = {"trials": 3}


def carry_out(out: Path, vary: dict[str, Any], **settings: Any) -> Study:
    given = {"fixed": FIXED, "seed": 7, "engine": "serial", "board": "memory://", **settings}
    return study("jury", vary=vary, out=out, **given)


def run_ids(found: Study) -> dict[str, str]:
    return dict(zip(found.table["key"], found.table["run_id"], strict=True))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "study"


def test_a_study_comes_back_as_one_row_a_run(out: Path) -> None:
    done = carry_out(out, {"agents": [4, 5], "threshold": [50, 80]}, replicates=2)

    table = done.table
    assert list(table["agents"]) == [4, 4, 4, 4, 5, 5, 5, 5]
    assert list(table["threshold"]) == [50, 50, 80, 80] * 2
    assert list(table["replicate"]) == [0, 1] * 4
    assert set(table["status"]) == {"done"}
    assert table["key"].is_unique
    assert table["seed"].is_unique
    assert str(table["rounds"].dtype) == "int64"
    assert done.varied == ["agents", "threshold"]
    assert done.failures == {}


def test_a_row_says_what_its_run_says(out: Path) -> None:
    done = carry_out(out, {"agents": [4]})

    row = done.table.iloc[0]
    summary = done.result(row["key"]).summary
    assert (row["digest"], row["seed"]) == (summary["digest"], summary["seed"])
    assert row["metrics.correct"] == summary["metrics"]["correct"]
    assert row["yardstick.gap_percent"] == summary["yardstick"]["gap_percent"]


def test_what_is_done_is_not_done_again(out: Path) -> None:
    before = run_ids(carry_out(out, {"agents": [4, 5]}))

    assert run_ids(carry_out(out, {"agents": [4, 5]})) == before
    assert run_ids(Study.open(out)) == before


def test_a_study_may_have_more_replicates_next_time(out: Path) -> None:
    before = run_ids(carry_out(out, {"agents": [4]}, replicates=2))

    after = run_ids(carry_out(out, {"agents": [4]}, replicates=3))

    assert before.items() < after.items()
    assert len(after) == 3


def test_values_may_be_added_in_front_and_taken_away_again(out: Path) -> None:
    before = run_ids(carry_out(out, {"agents": [5]}, replicates=2))

    grown = carry_out(out, {"agents": [4, 5]}, replicates=3).table
    smaller = carry_out(out, {"agents": [4]}, replicates=1).table
    again = carry_out(out, {"agents": [4, 5]}, replicates=3).table

    assert before.items() < dict(zip(grown["key"], grown["run_id"], strict=True)).items()
    assert list(grown["agents"]) == [4, 4, 4, 5, 5, 5]
    assert list(smaller["agents"]) == [4]
    pd.testing.assert_frame_equal(again, grown)


def test_another_study_is_not_mixed_in(out: Path) -> None:
    carry_out(out, {"agents": [4]})

    with pytest.raises(BadInput, match=r"none of the 1 runs .* or its seed are others"):
        carry_out(out, {"agents": [4]}, seed=8)

    assert len(Study.open(out).table) == 1


def test_runs_of_other_code_are_not_mixed_in(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    carry_out(out, {"agents": [4]})
    monkeypatch.setattr(jobs, "_sources", lambda: "other")

    with pytest.raises(BadInput, match=r"the code they were made by has changed since"):
        carry_out(out, {"agents": [4]})


def test_two_sweeps_do_not_write_in_one_directory(out: Path) -> None:
    directory = StudyDirectory.create(out)

    with RunLock(directory.path / "study.lock") as lock:
        lock.take()
        with pytest.raises(BadInput, match=r"another sweep \(process \d+\) goes on in"):
            carry_out(out, {"agents": [4]})


class Breaking:
    """Fails every run of four agents."""

    name = "breaking"

    def run(self, carry_out: Any, jobs: Any, *, folder: Path) -> Any:
        for job in jobs:
            if job is None:
                continue
            found: Finished = carry_out(job)
            if job.varied["agents"] == 4:
                row = {**found.row, "status": "failed", "error": "it broke", "digest": None}
                found = Finished(job, row, "Traceback: it broke")
            yield found


def test_failed_runs_are_rows_too_and_are_done_again_when_asked(out: Path) -> None:
    vary = {"agents": [4, 5]}
    broken = carry_out(out, vary, engine=Breaking())
    failures, before = broken.failures, broken.table
    still = carry_out(out, vary).table

    mended = carry_out(out, vary, retry_failed=True)

    assert list(before["status"]) == list(still["status"]) == ["failed", "done"]
    assert list(failures.values()) == ["Traceback: it broke"]
    assert list(mended.table["status"]) == ["done", "done"]
    assert mended.failures == {}
    assert before["run_id"][1] == mended.table["run_id"][1]


def test_true_and_false_stay_so_where_some_are_missing(out: Path) -> None:
    directory = StudyDirectory.create(out)
    summary = {"run_id": "r", "status": "done", "digest": "d", "metrics": {"is_sound": True}}
    for point in range(2):
        job = Job(f"{point:016x}", point, 0, 1, {"agents": 4}, {})
        row = row_of(job, summary)
        directory.write_part({**row, "metrics.is_sound": True if point else None})
    directory.write_description({})

    column = Study.open(out).table["metrics.is_sound"]

    assert str(column.dtype) == "boolean"
    assert column.mean() == 1.0


def test_a_study_file_is_carried_out_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "small.toml"
    file.write_text(
        'scenario = "jury"\nboard = "memory://"\n[fixed]\ntrials = 3\n[vary]\nagents = [4, 5]\n'
    )

    done = study(file, engine="serial", out=tmp_path / "out")

    assert list(done.table["agents"]) == [4, 5]
    assert (done.path / "study.toml").read_text() == file.read_text()
    assert done.description["study"]["vary"] == {"agents": [4, 5]}
    assert done.description["code"] == jobs.code_hash()
    with pytest.raises(BadInput, match=r"says all of a study: write seed in it"):
        study(file, seed=3)


def test_what_is_no_study_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"holds no study"):
        Study.open(tmp_path)


def test_a_key_that_is_not_there_is_named(out: Path) -> None:
    done = carry_out(out, {"agents": [4]})

    with pytest.raises(BadInput, match=r"no run 'abc'"):
        done.result("abc")
