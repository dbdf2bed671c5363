"""What a study needs around it, and what is refused before anything runs."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from blackboard import BadInput, StudyDirectory
from swarmboard.studies import make_study, plan_study
from swarmboard.studies.shares import is_share_of_runs
from swarmboard.studies.surroundings import files_told
from swarmboard.studies.taking_up import take_up

JURY: dict[str, Any] = {"scenario": "jury", "vary": {"agents": [4, 8]}}


def refused(**given: Any) -> str:
    with pytest.raises(BadInput) as error:
        plan_study(make_study({**JURY, **given}), folder=Path())
    return str(error.value)


@pytest.mark.parametrize("board", ["http://here:80", "ftp://here", "here:6379", "redis://here:x"])
def test_a_board_that_there_cannot_be_is_refused_before_anything_runs(board: str) -> None:
    assert refused(board=board).startswith("board = ")


def test_a_wrong_board_is_named_without_its_password() -> None:
    assert "secret" not in refused(board="http://me:secret@here")


def test_true_is_no_number() -> None:
    assert "vary.agents = true is wrong" in refused(vary={"agents": [True]})
    assert "fixed.trials = false is wrong" in refused(fixed={"trials": False})


def test_axes_of_a_report_have_to_vary() -> None:
    assert "report.x: 'agent' does not vary: did you mean agents?" in refused(report={"x": "agent"})
    assert "report.by: 'structure' does not vary" in refused(report={"by": "structure"})


def test_words_that_are_not_understood_come_before_the_number_of_replicates() -> None:
    assert "is not understood" in refused(until="ci95 of rounds below 5 %")


def test_a_large_design_is_told_how_it_gets_smaller() -> None:
    drawn = {"design": "sobol", "samples": 2**21}

    assert refused(**drawn).endswith("take fewer samples")
    assert refused(replicates=10**7).endswith("take fewer replicates")


def test_fractions_are_no_share_of_runs_whatever_they_are() -> None:
    assert is_share_of_runs([0, 1, 1])
    assert is_share_of_runs([True])
    assert not is_share_of_runs([1.0, 1.0])
    assert not is_share_of_runs([])


def test_a_study_says_which_files_it_needs_and_where_its_paths_begin(tmp_path: Path) -> None:
    source = "from scenarios.jury import Jury\n\n\nclass Own(Jury):\n    name = 'own'\n"
    (tmp_path / "own.py").write_text(source)
    plan = plan_study(make_study({**JURY, "scenario": "own.py"}), folder=tmp_path)
    directory = StudyDirectory.create(tmp_path / "out")

    with directory.lock as lock:
        assert lock.take()
        take_up(plan, directory, text='scenario = "own.py"\n')

    sha = hashlib.sha256(source.encode()).hexdigest()
    files = (directory.describe() or {})["files"]
    assert files == {"own.py": sha}
    assert f'#   "own.py" {sha}\n' in files_told(files)
    first, rest = (directory.path / "study.toml").read_text().split("\n", 1)
    assert json.dumps(str(tmp_path)) in first
    assert rest == 'scenario = "own.py"\n'
