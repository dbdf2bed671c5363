"""Sweeps that are killed or stopped, or meet runs that fail: what is done stays."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from redis import Redis

from blackboard import EmbeddedServer, ServerUnavailable, StudyDirectory
from swarmboard.studies import study
from swarmboard.studies.carrying_out import CarryOut
from swarmboard.studies.planning import plan_study
from swarmboard.studies.study_file import make_study

STUDY = """
scenario = "{scenario}"
seed = 7
replicates = {replicates}
timeout_s = {timeout_s}
retries = {retries}
[fixed]
trials = 5
[vary]
agents = [4, 8]
"""
FATED = """
import os, signal, time
from scenarios.jury import Jury

class FatedOptions(Jury.Options):
    fate: str = "fine"

class Fated(Jury):
    name = "fated"
    Options = FatedOptions

    def stages(self, board):
        match self.options.fate:
            case "raises":
                raise ValueError("this one raises")
            case "is killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "hangs":
                while True:
                    time.sleep(0.01)
            case "leaves":
                raise SystemExit(3)
        yield from Jury.stages(self, board)
"""
COMMAND = [sys.executable, "-m", "swarmboard", "sweep"]
LONGEST_S = 120.0
VARY: dict[str, Any] = {"agents": [4, 8], "threshold": [60, 80]}
FIXED: dict[str, Any] = {"trials": 5}

type Sweep = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    """Start a sweep in a process of its own."""

    def start(*words: str) -> subprocess.Popen[str]:
        environment = {name: v for name, v in os.environ.items() if name != "SWARMBOARD_URL"}
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "swarmboard",
                "sweep",
                "study.toml",
                "--jobs",
                "2",
                "--no-progress",
                *words,
            ],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


def write_study(folder: Path, **values: Any) -> None:
    given = {"scenario": "jury", "replicates": 10, "timeout_s": 60.0, "retries": 1} | values
    (folder / "study.toml").write_text(STUDY.format(**given))


def compared(path: Path) -> pd.DataFrame:
    """Return a study's table without what no two sweeps have in common."""
    directory = StudyDirectory.open(path)
    assert directory
    table: pd.DataFrame = directory.table().to_pandas()
    own = [name for name in table.columns if name == "run_id" or name.startswith("timing.")]
    return table.drop(columns=own)


def wait_until(has_come: Callable[[], bool]) -> None:
    """Wait until something has come that another process brings about."""
    deadline, nothing = time.monotonic() + LONGEST_S, threading.Event()
    while not has_come():
        assert time.monotonic() < deadline, "it never came"
        nothing.wait(0.005)


def kept(path: Path) -> dict[str, str]:
    """Return the run id of every finished run by its key."""
    directory = StudyDirectory.open(path)
    return {row["key"]: row["run_id"] for row in directory.rows()} if directory else {}


def has_more_than(count: int, path: Path, process: subprocess.Popen[str]) -> Callable[[], bool]:
    return lambda: len(kept(path)) > count or process.poll() is not None


def processes_of(parent: int) -> list[int]:
    """Return a process's children and all below them."""
    found, todo = [], [parent]
    while todo:
        pid = todo.pop()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(folder.name))
                todo.append(int(folder.name))
    return found


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.slow
def test_a_sweep_that_is_killed_again_and_again_ends_complete(sweep: Sweep, tmp_path: Path) -> None:
    write_study(tmp_path, replicates=20)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    said, _ = sweep("--out", "whole").communicate()
    rng, before = random.Random(7), dict[str, str]()

    for _ in range(4):
        process = sweep("--out", "killed")
        wait_until(has_more_than(len(before) + rng.randrange(7), killed, process))
        below = processes_of(process.pid)
        process.kill()
        process.communicate()
        assert len(below) >= 2, "its workers, and their servers"
        wait_until(lambda below=below: all(map(is_gone, below)))  # type: ignore[misc]
        assert before.items() <= kept(killed).items(), (
            "what was done stayed, and was not done again"
        )
        before = kept(killed)
    last = sweep("--out", "killed")
    said, _ = last.communicate()

    assert last.returncode == 0, said
    assert before.items() <= kept(killed).items()
    pd.testing.assert_frame_equal(compared(killed), compared(whole))
    assert {path.name for path in (killed / "runs").iterdir()} == set(kept(whole))


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(sweep: Sweep, tmp_path: Path) -> None:
    write_study(tmp_path, replicates=50)
    out = tmp_path / "out"
    process = sweep("--out", "out")
    wait_until(has_more_than(2, out, process))

    process.send_signal(signal.SIGINT)
    said, _ = process.communicate()

    done = kept(out)
    assert process.returncode == 3, said
    assert "the same sweep with --out out goes on" in said
    assert 0 < len(done) < 100
    assert {path.name for path in (out / "runs").iterdir()} == set(done)
    assert json.loads((out / "progress.json").read_text())["status"] == "stopped"


@pytest.mark.unrepeatable  # runs that are to fail
def test_runs_that_fail_fail_alone(tmp_path: Path) -> None:
    (tmp_path / "fated.py").write_text(FATED)
    fates = ["fine 1", "raises", "fine 2", "is killed", "fine 3", "hangs", "leaves", "fine 4"]

    done = study(
        str(tmp_path / "fated.py"),
        vary={"fate": fates},
        fixed={"agents": 4, "trials": 5},
        timeout_s=5.0,
        retries=0,
        jobs=2,
        out=tmp_path / "out",
    )

    failed = done.table[done.table["status"] == "failed"].set_index("fate")["error"]
    assert failed.to_dict() == {
        "raises": "ValueError: this one raises",
        "is killed": "killed by signal 9",
        "hangs": "no end within 5 s",
        "leaves": "SystemExit: 3",
    }
    assert (done.table["status"] == "done").sum() == 4
    assert len(done.failures) == 4
    assert any("in stages" in text for text in done.failures.values())


@pytest.mark.unrepeatable  # runs that are to fail
def test_a_run_that_died_is_tried_again_and_one_that_raised_is_not(tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    tries.mkdir()
    (tmp_path / "fated.py").write_text(
        FATED.replace(
            "match self.options.fate:",
            f"open({str(tries)!r} + f'/{{self.options.fate}} {{os.getpid()}} {{time.time()}}', 'w')"
            "\n        match self.options.fate:",
        )
    )

    done = study(
        str(tmp_path / "fated.py"),
        vary={"fate": ["fine", "raises", "is killed"]},
        fixed={"agents": 4, "trials": 5},
        retries=2,
        jobs=1,
        out=tmp_path / "out",
    )

    began = Counter(path.name.rsplit(" ", 2)[0] for path in tries.iterdir())
    assert began == {"fine": 1, "raises": 1, "is killed": 3}
    assert list(done.table["status"]) == ["done", "failed", "failed"]


@pytest.mark.unrepeatable  # a run that is to fail
def test_failed_runs_are_done_again_when_that_is_asked_for(tmp_path: Path) -> None:
    sick = tmp_path / "sick"
    sick.touch()
    (tmp_path / "fated.py").write_text(
        FATED.replace("self.options.fate:", f"'raises' if os.path.exists({str(sick)!r}) else '':")
    )

    def again(**how: Any) -> list[str]:
        done = study(
            str(tmp_path / "fated.py"),
            vary={"agents": [4, 8]},
            fixed={"trials": 5},
            engine="serial",
            out=tmp_path / "out",
            **how,
        )
        return list(done.table["status"])

    first = again()
    sick.unlink()

    assert first == ["failed", "failed"]
    assert again() == ["failed", "failed"]
    assert again(retry_failed=True) == ["done", "done"]


def test_local_processes_and_one_process_make_the_same_table(tmp_path: Path) -> None:
    for engine in ("serial", "local"):
        study("jury", vary=VARY, fixed=FIXED, replicates=3, engine=engine, out=tmp_path / engine)

    pd.testing.assert_frame_equal(compared(tmp_path / "local"), compared(tmp_path / "serial"))


def test_a_second_sweep_in_the_same_directory_is_refused(sweep: Sweep, tmp_path: Path) -> None:
    write_study(tmp_path, replicates=200)
    first = sweep("--out", "out")
    wait_until(has_more_than(0, tmp_path / "out", first))

    second = sweep("--out", "out")
    said, _ = second.communicate()
    first.send_signal(signal.SIGINT)
    first.communicate()

    assert second.returncode == 2
    assert "another sweep" in said
    assert first.returncode == 3


def test_a_worker_forgets_its_runs(tmp_path: Path) -> None:
    carry_out = CarryOut(tmp_path)
    config = make_study({"scenario": "jury", "fixed": FIXED, "vary": VARY})
    with carry_out:
        for job in plan_study(config, folder=tmp_path).jobs():
            assert not carry_out(job).has_failed
        assert carry_out._server
        keys = Redis.from_url(carry_out._server.url).dbsize()

    assert keys == 0


def test_a_worker_whose_server_ended_starts_another(tmp_path: Path) -> None:
    plan = plan_study(
        make_study({"scenario": "jury", "fixed": FIXED, "vary": VARY}), folder=tmp_path
    )
    first, second, *_ = plan.jobs()
    with CarryOut(tmp_path) as carry_out:
        carry_out(first)
        assert carry_out._server
        os.kill(carry_out._server.pid, signal.SIGKILL)
        wait_until(lambda: bool(carry_out._server and carry_out._server.has_ended))

        finished = carry_out(second)

    assert not finished.has_failed


def test_a_run_without_a_server_may_be_tried_again(tmp_path: Path) -> None:
    config = make_study({"scenario": "jury", "fixed": FIXED, "vary": VARY})
    job = next(plan_study(config, folder=tmp_path).jobs())

    finished = CarryOut(tmp_path, board="unix:///nobody/listens/here")(job)

    assert finished.row["status"] == "failed"
    assert finished.may_retry


def test_a_server_that_ended_says_that_it_cannot_forget() -> None:
    server = EmbeddedServer.start(None)
    server.stop()

    with pytest.raises(ServerUnavailable, match="does not answer"):
        server.clear()
