"""A run that is stopped ends in order; one that is killed leaves no server behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from blackboard import read_log

type Start = Callable[..., subprocess.Popen[str]]


def eventually(is_so: Callable[[], bool], *, within_s: float = 20.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.01)
    return is_so()


def is_running(pid: int) -> bool:
    """Say whether the process runs; a zombie does not."""
    command = ["ps", "-o", "stat=", "-p", str(pid)]
    state = subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


@pytest.fixture
def start(tmp_path: Path, counting: Callable[..., str]) -> Iterator[Start]:
    """Start a run of a scenario in a process of its own, and wait for its first rounds."""
    started: list[subprocess.Popen[str]] = []

    def start(
        then: str,
        *,
        rounds_seen: int = 2,
        board: str = "memory://",
        command: tuple[str, ...] = (),
        is_seen: Callable[[], bool] = lambda: True,
    ) -> Any:
        if then:
            (tmp_path / "slow.py").write_text(counting(then=then))
        words = command or ("run", "./slow.py", "--out", "run", "--board", board)
        environment = {k: v for k, v in os.environ.items() if k != "SWARMBOARD_URL"}
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "swarmboard", *words],
                cwd=tmp_path,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )
        assert eventually(lambda: rounds_logged(tmp_path / "run") >= rounds_seen)
        assert eventually(is_seen)
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def rounds_logged(run: Path) -> int:
    log = run / "events.log"
    if not log.is_file() or log.stat().st_size < 8:
        return 0
    return max((record.round for record in read_log(log)), default=0)


def summary_of(run: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((run / "summary.json").read_text())
    return content


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("board", ["memory://", "bundled"])
def test_the_first_signal_ends_a_run_after_its_round(
    start: Start, tmp_path: Path, number: signal.Signals, board: str
) -> None:
    process = start("time.sleep(0.05)", board=board)

    process.send_signal(number)
    out, err = process.communicate(timeout=20)

    assert process.returncode == 3
    assert "(stopped)" in out
    summary = summary_of(tmp_path / "run")
    after = f"stopped after round {summary['rounds']}"
    assert err == f"swarmboard: {after}: `swarmboard resume run` goes on\n"
    assert summary["status"] == "stopped"
    assert summary["metrics"] == {"one": 1}
    assert summary["consensus"]["accepted"] == summary["rounds"] < 1000
    assert len(pd.read_parquet(tmp_path / "run/rounds.parquet")) == summary["rounds"]
    assert len(pd.read_parquet(tmp_path / "run/results/rows.parquet")) == 3
    assert not (tmp_path / "run/board.json").exists()


def test_a_ctrl_c_of_the_terminal_reaches_all_its_processes_and_the_run_still_ends_in_order(
    start: Start, tmp_path: Path
) -> None:
    process = start("time.sleep(0.05)", board="bundled")

    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=20)

    assert process.returncode == 3
    assert "(stopped)" in out
    assert err.count("\n") == 1
    assert summary_of(tmp_path / "run")["status"] == "stopped"


def test_the_second_ctrl_c_ends_a_run_at_once(start: Start, tmp_path: Path) -> None:
    then = "if board.round == 3: open('asleep', 'w').close(); time.sleep(60)"
    process = start(then)
    assert eventually(lambda: (tmp_path / "asleep").exists())

    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.communicate(timeout=0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 3
    assert err.startswith("swarmboard: stopped")
    assert err.count("\n") == 1
    summary = summary_of(tmp_path / "run")
    assert summary["status"] == "stopped"
    assert "KeyboardInterrupt" in summary["error"]
    assert len(pd.read_parquet(tmp_path / "run/rounds.parquet")) >= 2
    assert "time.sleep" in (tmp_path / "run/run.log").read_text()


def test_a_resume_that_is_stopped_while_it_goes_through_the_log_leaves_all_as_it_was(
    start: Start, tmp_path: Path, counting: Callable[..., str], cli: Callable[..., Any]
) -> None:
    process = start("time.sleep(0.02)", rounds_seen=9)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    shutil.rmtree(tmp_path / "run/snapshots")
    kept = content_of(tmp_path / "run")
    then = "if board.round == 3: open('asleep', 'w').close(); time.sleep(0.5)"
    (tmp_path / "slow.py").write_text(counting(then=then))

    said = start("", command=("resume", "run"), is_seen=(tmp_path / "asleep").exists)
    said.send_signal(signal.SIGTERM)
    out, err = said.communicate(timeout=20)

    assert (said.returncode, out) == (3, "")
    assert err == (
        "swarmboard: stopped while going through the log again; nothing was lost: "
        "`swarmboard resume run` goes on\n"
    )
    assert content_of(tmp_path / "run") == kept
    assert cli("replay", "run").code == 0


def test_the_second_ctrl_c_of_such_a_resume_leaves_all_as_it_was_too(
    start: Start, tmp_path: Path, counting: Callable[..., str]
) -> None:
    process = start("time.sleep(0.02)", rounds_seen=9)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    shutil.rmtree(tmp_path / "run/snapshots")
    kept = content_of(tmp_path / "run")
    then = "if board.round == 3: open('asleep', 'w').close(); time.sleep(60)"
    (tmp_path / "slow.py").write_text(counting(then=then))

    said = start("", command=("resume", "run"), is_seen=(tmp_path / "asleep").exists)
    said.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        said.communicate(timeout=0.3)
    said.send_signal(signal.SIGINT)
    _, err = said.communicate(timeout=20)

    assert said.returncode == 3
    assert "nothing was lost" in err
    assert content_of(tmp_path / "run") == kept


def content_of(run: Path) -> dict[str, bytes]:
    """Return all that a run directory holds, but for its lock and its board."""
    files = (path for path in run.rglob("*") if path.is_file())
    names = {str(path.relative_to(run)): path for path in files}
    return {
        name: path.read_bytes()
        for name, path in names.items()
        if name != "run.lock" and not name.startswith("board/")
    }


def test_a_killed_run_leaves_no_server(start: Start, tmp_path: Path) -> None:
    process = start("time.sleep(0.05)", board="bundled")
    address = json.loads((tmp_path / "run/board.json").read_text())
    assert is_running(address["pid"])

    process.kill()
    process.wait()

    assert eventually(lambda: not is_running(address["pid"]), within_s=2.0)
    assert rounds_logged(tmp_path / "run") >= 2


def test_a_server_is_gone_when_its_run_has_ended(start: Start, tmp_path: Path) -> None:
    process = start("time.sleep(0.05)", board="bundled")
    pid = json.loads((tmp_path / "run/board.json").read_text())["pid"]

    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)

    assert not is_running(pid)
