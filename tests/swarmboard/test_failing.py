"""A run that fails says so in one line, keeps its traceback, and keeps what it had done."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from blackboard import SwarmboardError, read_log
from swarmboard import run
from swarmboard.conformance import SUMMARY_NAMES


def test_a_failing_scenario_ends_with_1_and_one_line(cli, failing_file: Path) -> None:
    said = cli("run", "./bad.py", "--board", "memory://", "--out", "run")

    assert said.code == 1
    assert said.err.count("\n") == 1
    assert "AssertionError: round three" in said.err
    assert "run.log" in said.err
    assert not said.out


@pytest.mark.parametrize("board", ["memory://", "bundled"])
def test_a_failing_run_keeps_what_it_had_done(
    cli, tmp_path: Path, board: str, failing_file: Path
) -> None:
    cli("run", "./bad.py", "--board", board, "--out", "run")

    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert summary["status"] == "failed"
    assert summary["error"] == "AssertionError: round three"
    assert set(SUMMARY_NAMES[""]) <= set(summary)
    assert summary["consensus"]["accepted"] == 2
    assert "bad.py" in (tmp_path / "run/run.log").read_text()
    assert pd.read_parquet(tmp_path / "run/rounds.parquet")["accepted"].tolist()[:2] == [1, 1]
    assert {record.round for record in read_log(tmp_path / "run/events.log")} >= {1, 2}
    assert not (tmp_path / "run/board.json").exists()


def test_a_failed_run_can_be_shown_and_listed(cli, tmp_path: Path, failing_file: Path) -> None:
    cli("run", "./bad.py", "--board", "memory://")

    [shown] = [cli("show", "20").out]
    listed = cli("list").out

    assert "broke off   in round 3: AssertionError: round three" in shown
    assert "failed" in listed


def test_python_gets_the_scenarios_own_error(tmp_path: Path, failing_file: Path) -> None:
    with pytest.raises(AssertionError, match="round three") as caught:
        run(str(tmp_path / "bad.py"), board="memory://", out=tmp_path / "run")

    assert str(tmp_path / "run") in caught.value.__notes__[0]


def test_an_earlier_run_stays_as_it_was(cli, tmp_path: Path, failing_file: Path) -> None:
    cli("run", "jury", "--set", "trials=20", "--board", "memory://", "--out", "run")
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}

    said = cli("run", "./bad.py", "--board", "memory://", "--out", "run")

    assert said.code == 2
    after = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    assert after == before


def test_columns_of_unequal_length_are_named(tmp_path: Path, counting) -> None:
    text = counting(then="pass", rounds=1).replace('{"row": [1, 2, 3]}', '{"a": [1], "b": []}')
    (tmp_path / "bad.py").write_text(text)

    with pytest.raises(SwarmboardError, match=r"table 'rows' differ in length \(a 1, b 0\)"):
        run(str(tmp_path / "bad.py"), board="memory://", out=tmp_path / "run")

    assert json.loads((tmp_path / "run/summary.json").read_text())["status"] == "failed"


def test_a_figure_that_is_not_finite_is_named(tmp_path: Path, counting) -> None:
    text = counting(then="pass", rounds=1).replace('{"one": 1}', '{"one": float("nan")}')
    (tmp_path / "bad.py").write_text(text)

    with pytest.raises(SwarmboardError, match=r"metrics\(\) of the scenario gives one=nan"):
        run(str(tmp_path / "bad.py"), board="memory://", out=tmp_path / "run")


@pytest.mark.parametrize("limit_kb", [0, 1, 8, 48])
def test_a_full_disk_is_one_line(tmp_path: Path, limit_kb: int) -> None:
    command = [sys.executable, "-m", "swarmboard", "run", "jury", "--board", "memory://"]
    size = limit_kb * 1024

    told = subprocess.run(
        [*command, "--set", "trials=3000", "--out", "run"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )

    assert told.returncode in (1, 2)
    assert told.stderr.startswith("swarmboard: ")
    assert told.stderr.count("\n") == 1
    assert "cannot be written" in told.stderr


def test_what_was_logged_before_the_disk_was_full_can_be_read(tmp_path: Path) -> None:
    test_a_full_disk_is_one_line(tmp_path, 48)

    rounds = {record.round for record in read_log(tmp_path / "run/events.log")}
    assert rounds >= {1, 2, 3}
    assert json.loads((tmp_path / "run/summary.json").read_text())["status"] == "failed"
