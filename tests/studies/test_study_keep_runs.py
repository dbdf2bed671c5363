"""What is left of runs whose directories are not kept: rows, digests and tracebacks."""

from pathlib import Path
from typing import Any

import pytest

from blackboard import BadInput
from swarmboard import Study, study


def carry_out(out: Path, **settings: Any) -> Study:
    given = {"fixed": {"trials": 3}, "seed": 7, "engine": "serial", "board": "memory://"}
    return study("jury", vary={"agents": [4, 5]}, out=out, **{**given, **settings})


def folders(done: Study) -> list[str]:
    return sorted(path.name for path in (done.path / "runs").iterdir())


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every jury of four fails."""
    from scenarios.jury.scenario import Jury

    metrics = Jury.metrics

    def fails(self: Jury) -> Any:
        if self.setup.agents == 4:
            raise RuntimeError("no verdict")
        return metrics(self)

    monkeypatch.setattr(Jury, "metrics", fails)


@pytest.mark.parametrize("keep", ["failed", "none"])
def test_runs_that_are_not_kept_leave_the_same_table(keep: str, tmp_path: Path) -> None:
    kept = carry_out(tmp_path / "all")

    done = carry_out(tmp_path / "few", keep_runs=keep)

    assert folders(kept) == sorted(kept.table["key"])
    assert folders(done) == []
    assert list(done.table["digest"]) == list(kept.table["digest"])
    assert list(done.table["key"]) == list(kept.table["key"])


def test_a_result_that_was_not_kept_says_so(tmp_path: Path) -> None:
    done = carry_out(tmp_path / "few", keep_runs="none")

    with pytest.raises(BadInput, match=r'was not kept \(keep_runs = "none" in the study\)'):
        done.result(done.table["key"][0])
    with pytest.raises(BadInput, match=r"has no run 'abc'"):
        done.result("abc")


def test_what_was_not_kept_is_not_done_again(tmp_path: Path) -> None:
    before = carry_out(tmp_path / "few", keep_runs="none").table

    after = carry_out(tmp_path / "few", keep_runs="none").table

    assert list(after["run_id"]) == list(before["run_id"])


@pytest.mark.parametrize(("keep", "left"), [("failed", 1), ("none", 0)])
@pytest.mark.usefixtures("failing")
def test_a_failed_run_stays_where_that_is_asked_for_and_its_traceback_always(
    keep: str, left: int, tmp_path: Path
) -> None:
    done = carry_out(tmp_path / "few", keep_runs=keep)

    failed = done.table.loc[done.table["status"] == "failed", "key"].tolist()
    assert len(failed) == 1
    assert folders(done) == failed[:left]
    assert "no verdict" in done.failures[failed[0]]


def test_the_report_says_that_digests_are_all_there_is(tmp_path: Path) -> None:
    done = carry_out(tmp_path / "few", keep_runs="none", report={"responses": ["rounds"]})

    assert "none were kept: digests and rows are all there is" in done.report().read_text("utf-8")


def test_another_word_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="keep_runs = 'some' is wrong"):
        carry_out(tmp_path / "few", keep_runs="some")
