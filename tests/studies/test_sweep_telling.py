"""Telling how far a sweep is: whoever watches at once, the file soon and rarely."""

import threading
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from blackboard import StudyDirectory
from swarmboard.studies import telling
from swarmboard.studies.sweep_progress import SweepProgress
from swarmboard.studies.telling import Teller

EVERY_S = 0.1
PATIENCE_S = 10.0


@pytest.fixture
def directory(tmp_path: Path) -> StudyDirectory:
    return StudyDirectory.create(tmp_path / "study")


@pytest.fixture
def writes(directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When the file was written, with a shorter pause between."""
    times, write = list[float](), directory.write_progress

    def timed(content: Mapping[str, Any]) -> None:
        times.append(time.monotonic())
        write(content)

    monkeypatch.setattr(directory, "write_progress", timed)
    monkeypatch.setattr(telling, "WRITTEN_EVERY_S", EVERY_S)
    return times


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def running(directory: StudyDirectory) -> list[str]:
    return list((directory.progress() or {}).get("running_keys", ()))


def test_the_file_says_soon_what_was_told_last_though_nothing_else_happens(
    directory: StudyDirectory, writes: list[float]
) -> None:
    progress = SweepProgress(2)
    with Teller(directory, progress, None) as teller:
        for key in "ab":
            progress.begin(key)
            teller.tell()

        until(lambda: running(directory) == ["a", "b"])


def test_the_file_is_not_written_for_every_run(
    directory: StudyDirectory, writes: list[float]
) -> None:
    progress = SweepProgress(0)
    with Teller(directory, progress, None) as teller:
        while len(writes) < 4:
            teller.tell()

    assert all(later - one >= EVERY_S for one, later in pairwise(writes))


def test_whoever_watches_is_told_each_time(directory: StudyDirectory) -> None:
    progress, seen = SweepProgress(3), list[int]()
    with Teller(directory, progress, lambda told: seen.append(told["running"])) as teller:
        for key in "abc":
            progress.begin(key)
            teller.tell()

    assert seen == [1, 2, 3]


def test_the_end_is_in_the_file_when_the_sweep_is_over(
    directory: StudyDirectory, writes: list[float]
) -> None:
    progress = SweepProgress(1)
    with Teller(directory, progress, None) as teller:
        teller.tell()
    progress.status = "done"
    teller.tell_last()

    assert (directory.progress() or {})["status"] == "done"


def test_nothing_is_written_over_what_is_told_last(
    directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, begun = directory.write_progress, threading.Event()

    def slow(content: Mapping[str, Any]) -> None:
        if content["status"] == "running":
            begun.set()
            time.sleep(0.2)
        write(content)

    monkeypatch.setattr(directory, "write_progress", slow)
    progress = SweepProgress(1)
    with Teller(directory, progress, None) as teller:
        teller.tell()
        begun.wait(PATIENCE_S)
    progress.status = "done"
    teller.tell_last()
    time.sleep(0.4)

    assert (directory.progress() or {})["status"] == "done"


def test_a_disk_that_takes_nothing_does_not_end_the_telling(
    directory: StudyDirectory, writes: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    write, progress = directory.write_progress, SweepProgress(1)

    def full_once(content: Mapping[str, Any]) -> None:
        monkeypatch.setattr(directory, "write_progress", write)
        raise OSError("no space left")

    monkeypatch.setattr(directory, "write_progress", full_once)
    with Teller(directory, progress, None) as teller:
        teller.tell()
        until(lambda: directory.write_progress == write)
        progress.begin("a")
        teller.tell()

        until(lambda: running(directory) == ["a"])
