"""Sweeps that do failed runs again, that are looked at, and that use a server of others."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from blackboard import EmbeddedServer, StudyDirectory
from swarmboard.studies import Study, study
from swarmboard.studies.sweeping import SweepStopped

FATED = """
import os
from scenarios.jury import Jury

class Fated(Jury):
    name = "fated"

    def stages(self, board):
        yield from Jury.stages(self, board)
        if os.path.exists({sick!r}):
            raise ValueError("this one raises")
"""


@pytest.fixture
def sick(tmp_path: Path) -> Path:
    """While this file is there, runs of `fated.py` raise in their second round."""
    path = tmp_path / "sick"
    path.touch()
    (tmp_path / "fated.py").write_text(FATED.format(sick=str(path)))
    return path


def again(tmp_path: Path, **how: Any) -> Study:
    return study(
        str(tmp_path / "fated.py"),
        **{
            "vary": {"agents": [4, 8]},
            "fixed": {"trials": 5},
            "engine": "serial",
            "out": tmp_path / "out",
            **how,
        },
    )


def stop(progress: Mapping[str, Any]) -> None:
    if progress["status"] == "running":
        raise KeyboardInterrupt


@pytest.mark.unrepeatable  # runs that are to fail
def test_a_retry_that_is_broken_off_keeps_why_the_runs_failed(tmp_path: Path, sick: Path) -> None:
    before = again(tmp_path).failures
    sick.unlink()

    with pytest.raises(SweepStopped):
        again(tmp_path, retry_failed=True, watch=stop)

    assert len(before) == 2
    assert Study.open(tmp_path / "out").failures == before
    assert set(again(tmp_path, retry_failed=True).table["status"]) == {"done"}
    assert list((tmp_path / "out" / "failures").iterdir()) == []


def test_what_a_retry_left_half_way_is_removed_and_other_failed_runs_stay(tmp_path: Path) -> None:
    directory = StudyDirectory.create(tmp_path / "study")
    for key, status in (("again", "failed"), ("failed", "failed"), ("well", "done")):
        directory.write_part({"key": key, "point": 0, "replicate": 0, "status": status})
        directory.run_path(key).mkdir()

    directory.remove_unfinished(["again", "well"])

    assert sorted(path.name for path in directory.runs.iterdir()) == ["failed", "well"]


@pytest.fixture
def looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sees whether a study's lock is free, until the sweep waits for the first time."""
    path = tmp_path / "study" / "study.lock"
    path.parent.mkdir()
    looking = [os.open(path, os.O_RDWR | os.O_CREAT)]
    fcntl.flock(looking[0], fcntl.LOCK_SH)

    def let_go(seconds: float) -> None:
        while looking:
            os.close(looking.pop())

    monkeypatch.setattr("time.sleep", let_go)


@pytest.mark.usefixtures("looked_at")
def test_a_sweep_is_not_refused_because_somebody_looks(tmp_path: Path) -> None:
    done = study(
        "jury",
        vary={"agents": [4]},
        fixed={"trials": 1},
        board="memory://",
        engine="serial",
        out=tmp_path / "study",
    )

    assert list(done.table["status"]) == ["done"]


@pytest.fixture
def outside() -> Iterator[EmbeddedServer]:
    with EmbeddedServer.start(None) as server:
        yield server


@pytest.mark.unrepeatable  # runs that are to fail
def test_an_outside_server_forgets_every_run_and_its_baseline(
    tmp_path: Path, sick: Path, outside: EmbeddedServer
) -> None:
    with Redis.from_url(outside.url) as client:
        client.set("of somebody else", "stays")
        failed = again(tmp_path, board=outside.url)
        after_failures = client.keys("*")
        sick.unlink()
        fixed = {"trials": 5, "baseline": "single"}
        done = again(tmp_path, fixed=fixed, board=outside.url, out=tmp_path / "other")

        assert client.keys("*") == after_failures == [b"of somebody else"]
    assert set(failed.table["status"]) == {"failed"}
    assert set(done.table["status"]) == {"done"}
