"""Wishes to stop, and runs that are tried again, while a sweep goes on."""

import signal
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blackboard import StudyDirectory
from swarmboard.studies import Study, study
from swarmboard.studies.job import Finished, Job
from swarmboard.studies.planning import plan_study
from swarmboard.studies.study_file import make_study
from swarmboard.studies.sweeping import SweepStopped, sweep

CONTENT: dict[str, Any] = {
    "scenario": "jury",
    "fixed": {"trials": 5},
    "vary": {"agents": [4, 8]},
}


class Faltering:
    """Carries out each run at its second try."""

    name = "faltering"

    def run(
        self, carry_out: Callable[[Job], Finished], jobs: Iterable[Job | None], *, folder: Path
    ) -> Iterator[Finished]:
        tried = set[str]()
        for job in jobs:
            assert job is not None
            if job.key in tried:
                yield carry_out(job)
            else:
                tried.add(job.key)
                yield Finished(job, {}, traceback="killed by signal 9", may_retry=True)


def test_a_run_that_is_tried_again_is_shown_as_running(tmp_path: Path) -> None:
    told = list[tuple[int, int]]()

    sweep(
        plan_study(make_study({**CONTENT, "vary": {"agents": [4]}}), folder=tmp_path),
        StudyDirectory.create(tmp_path / "out"),
        Faltering(),
        watch=lambda progress: told.append((progress["retried"], progress["running"])),
    )

    assert (1, 1) in told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_wish_to_stop_does_not_break_off_the_writing_of_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    write = StudyDirectory.write_table

    def disturbed(directory: StudyDirectory) -> None:
        signal.raise_signal(number)
        write(directory)

    monkeypatch.setattr(StudyDirectory, "write_table", disturbed)
    try:
        table = study(**CONTENT, engine="serial", out=tmp_path / "out").table
    except KeyboardInterrupt:
        pytest.fail("it was heard")

    assert len(table) == 2
    assert (StudyDirectory(tmp_path / "out").progress() or {})["status"] == "done"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_wish_to_stop_between_two_runs_keeps_the_first(
    tmp_path: Path, number: signal.Signals
) -> None:
    def stop(progress: Any) -> None:
        if progress["done"] == 1 and progress["status"] == "running":
            signal.raise_signal(number)

    with pytest.raises(SweepStopped):
        study(**CONTENT, engine="serial", out=tmp_path / "out", watch=stop)

    assert len(Study.open(tmp_path / "out").table) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_wish_to_stop_before_the_first_run_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr(
        StudyDirectory, "remove_unfinished", lambda directory, keys: signal.raise_signal(number)
    )

    with pytest.raises(SweepStopped, match="goes on"):
        study(**CONTENT, engine="serial", out=tmp_path / "out")


def test_whoever_insists_stops_even_the_writing_of_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    presses = list[int]()

    def hangs(directory: StudyDirectory) -> None:
        for press in range(10):
            presses.append(press)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(StudyDirectory, "write_table", hangs)

    with pytest.raises(SweepStopped):
        study(**CONTENT, engine="serial", out=tmp_path / "out")

    assert len(presses) == 3
