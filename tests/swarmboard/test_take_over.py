"""Two runners of one run: the second waits, or takes the run over and fences the first off."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blackboard import BadInput, Board, EventLog, RunDirectory, RunLock, run_lock
from swarmboard import run, taking_over
from swarmboard.resuming import resume
from swarmboard.taking_over import take_over

type Start = Callable[..., subprocess.Popen[str]]
ROUNDS = 300


def eventually(is_so: Callable[[], bool], *, within_s: float = 30.0) -> bool:
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def start(tmp_path: Path, counting: Callable[..., str]) -> Iterator[Start]:
    """Start a command in a process of its own; a run is slow while the file `slowly` is there."""
    slowly = tmp_path / "slowly"
    slowly.touch()
    then = f"time.sleep(0.1 if __import__('os').path.exists({str(slowly)!r}) else 0)"
    (tmp_path / "slow.py").write_text(counting(then=then, rounds=ROUNDS))
    environment = {k: v for k, v in os.environ.items() if k != "SWARMBOARD_URL"}
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "swarmboard", *words],
                cwd=tmp_path,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def running(start: Start, tmp_path: Path) -> subprocess.Popen[str]:
    """A run on the bundled server that has logged some rounds."""
    process = start("run", "./slow.py", "--out", "run")
    log = tmp_path / "run" / "events.log"
    assert eventually(lambda: (tmp_path / "run/board.json").is_file() and log.stat().st_size > 900)
    return process


@pytest.fixture
def reference(tmp_path: Path, counting: Callable[..., str]) -> str:
    """The digest of the run that nobody disturbs."""
    (tmp_path / "quick.py").write_text(counting(then="pass", rounds=ROUNDS))
    result = run(str(tmp_path / "quick.py"), board="memory://", out=tmp_path / "reference")
    digest: str = result.summary["digest"]
    return digest


def said(process: subprocess.Popen[str], words: str) -> bool:
    """Wait for a process's next line on stderr, and say whether it has these words."""
    assert process.stderr
    return words in process.stderr.readline()


def test_the_second_takes_over_and_the_first_is_fenced_off(
    running: subprocess.Popen[str], start: Start, tmp_path: Path, reference: str
) -> None:
    second = start("resume", "run", "--take-over", "--json")
    assert said(second, "is fenced off")

    (tmp_path / "slowly").unlink()
    _, first_err = running.communicate(timeout=60)
    out, err = second.communicate(timeout=60)

    assert running.returncode == 1
    assert "another runner has taken the run over" in first_err
    assert first_err.count("\n") == 1
    assert second.returncode == 0, err
    assert json.loads(out)["digest"] == reference


@pytest.mark.slow
def test_a_runner_that_hangs_is_taken_over_and_fenced_off_when_it_wakes(
    running: subprocess.Popen[str], start: Start, tmp_path: Path, reference: str
) -> None:
    os.kill(running.pid, signal.SIGSTOP)
    second = start("resume", "run", "--take-over", "--json")

    (tmp_path / "slowly").unlink()
    out, err = second.communicate(timeout=90)
    log = (tmp_path / "run/events.log").read_bytes()
    os.kill(running.pid, signal.SIGCONT)
    _, first_err = running.communicate(timeout=60)

    assert second.returncode == 0, err
    assert json.loads(out)["digest"] == reference
    assert running.returncode == 1
    assert "another runner has taken the run over" in first_err
    assert (tmp_path / "run/events.log").read_bytes() == log
    assert json.loads((tmp_path / "run/summary.json").read_text())["status"] == "done"


def test_the_second_waits_and_finds_the_run_done(
    running: subprocess.Popen[str], start: Start, tmp_path: Path, reference: str
) -> None:
    second = start("resume", "run", "--json")
    assert said(second, "waiting for it to end (--take-over takes the run from it)")

    (tmp_path / "slowly").unlink()
    out, err = second.communicate(timeout=60)

    assert second.returncode == 0
    assert "is done; nothing is left to compute" in err
    assert json.loads(out)["digest"] == reference
    assert running.wait(timeout=10) == 0


def test_the_second_waits_and_goes_on_when_the_first_is_killed(
    running: subprocess.Popen[str], start: Start, tmp_path: Path, reference: str
) -> None:
    second = start("resume", "run", "--json")
    assert said(second, "waiting")

    running.kill()
    (tmp_path / "slowly").unlink()
    out, _ = second.communicate(timeout=60)

    assert second.returncode == 0
    summary: dict[str, Any] = json.loads(out)
    assert summary["digest"] == reference
    assert 0 < summary["resumed"]["computed_rounds"] < ROUNDS


def test_nobody_takes_over_a_run_in_another_process_memory(tmp_path: Path) -> None:
    directory = RunDirectory.create(tmp_path / "run")
    directory.write_json("config.json", {"scenario": "jury", "run_id": directory.run_id})
    directory.write_json("board.json", {"url": "memory://", "runner_pid": os.getpid()})

    with RunLock(directory.lock) as lock:
        lock.take()
        with pytest.raises(BadInput, match=r"process \d+ keeps the board of .* in its own memory"):
            resume(directory, take_over=True)


class Asked:
    """A person who stops waiting as soon as something is said."""

    def __init__(self) -> None:
        self.is_asked = False
        self.told: list[str] = []

    def tell(self, line: str) -> None:
        self.told.append(line)
        self.is_asked = True


def made(tmp_path: Path, **address: Any) -> RunDirectory:
    """Make a run directory with a board.json."""
    directory = RunDirectory.create(tmp_path / "run")
    directory.write_json("config.json", {"scenario": "jury", "run_id": directory.run_id})
    directory.write_json("board.json", address)
    return directory


def test_what_a_killed_runner_left_behind_harms_nobody_who_has_its_numbers_now(
    tmp_path: Path,
) -> None:
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    url = "unix:///nowhere/swarmboard-gone/s"
    directory = made(tmp_path, url=url, pid=stranger.pid, runner_pid=stranger.pid)
    asked = Asked()

    with RunLock(directory.lock) as held, RunLock(directory.lock) as wanted:
        held.take()
        with pytest.raises(KeyboardInterrupt):
            take_over(directory, wanted, asked, asked.tell)  # type: ignore[arg-type]

        assert held.is_held
    assert stranger.poll() is None
    assert asked.told == [
        f"process {os.getpid()} is beginning or ending {directory.path}; waiting until it says "
        "where its board is, or has ended"
    ]
    stranger.kill()
    stranger.wait()


def test_a_runner_that_hangs_loses_its_lock_and_a_stranger_with_its_servers_number_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    url = "unix:///nowhere/swarmboard-gone/s"
    directory = made(tmp_path, url=url, pid=stranger.pid, runner_pid=os.getpid())
    EventLog(directory.log).close()
    monkeypatch.setattr(taking_over, "LET_GO_S", 0.1)

    with RunLock(directory.lock) as hung, RunLock(directory.lock) as wanted:
        hung.take()
        take_over(directory, wanted, Asked(), lambda line: None)  # type: ignore[arg-type]

        assert wanted.is_held
        assert not hung.is_held
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


@pytest.fixture
def stopped(
    tmp_path: Path, counting: Callable[..., str], server_url: Callable[[str], str]
) -> RunDirectory:
    """A run on a server of its own that was stopped after 5 rounds of 9."""
    (tmp_path / "five.py").write_text(counting(then="pass", rounds=9))
    url = server_url("valkey")
    result = run(str(tmp_path / "five.py"), rounds=5, board=url, out=tmp_path / "run")
    directory = RunDirectory.find(str(result.path))
    config = json.loads((result.path / "config.json").read_text())
    directory.write_json("config.json", config | {"rounds": 9})
    directory.write_json("board.json", {"url": url, "runner_pid": 1})
    (result.path / "summary.json").unlink()
    return directory


def test_where_no_lock_keeps_runners_apart_a_resume_waits_for_the_lease(
    stopped: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "fcntl", None)
    log, told = stopped.log.read_bytes(), []

    def tell(line: str) -> None:
        told.append(line)
        raise KeyboardInterrupt

    url = (stopped.read_json("board.json") or {})["url"]
    with Board.open(url, run=stopped.run_id) as board:
        healthy = board.lead("healthy", takes_over=True)
        with pytest.raises(KeyboardInterrupt):
            resume(stopped, tell=tell)

        healthy.announce()
        assert stopped.log.read_bytes() == log
        assert "leads" in told[0]
        assert "--take-over" in told[0]


def test_where_no_lock_keeps_runners_apart_a_take_over_is_asked_for(
    stopped: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "fcntl", None)

    url = (stopped.read_json("board.json") or {})["url"]
    with Board.open(url, run=stopped.run_id) as board:
        board.lead("healthy", takes_over=True)
        result = resume(stopped, take_over=True)

    assert (result.summary["status"], result.summary["rounds"]) == ("done", 9)
