"""Carrying out a study: what is done stays, what is missing is done, and nothing is done twice."""

import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from blackboard import BadInput, RunLock, Stopped, StudyDirectory

from .adaptive import Steering, needed_of
from .carrying_out import CarryOut
from .job import Engine, Finished, Job
from .jobs import StudyPlan
from .sweep_progress import SweepProgress
from .table import place_of
from .telling import Teller, Watch

ORPHANS_S = 10.0
"""How long the workers of a sweep that was killed may take to end."""
INSISTS_FROM = 3
"""So many wishes to stop, while the sweep ends, break even that off."""


class SweepStopped(Stopped):
    """Raised when a sweep was stopped from the keyboard, or by SIGTERM."""

    def __init__(self, progress: SweepProgress, directory: StudyDirectory) -> None:
        self.progress = progress
        kept = f"{progress.ended:,} of {progress.planned:,} runs have ended and are kept in"
        told = kept if progress.ended else "no run has ended; what was there before is kept in"
        super().__init__(
            f"stopped: {told} {directory.path}; the same sweep with --out {directory.path} goes on"
        )


def sweep(
    plan: StudyPlan,
    directory: StudyDirectory,
    engine: Engine,
    *,
    watch: Watch | None = None,
    retry_failed: bool = False,
) -> SweepProgress:
    """Carry out the runs of a study that are not done yet, and write its table.

    Args:
        plan: The study.
        directory: Where it is kept; what an earlier sweep has done there stays.
        engine: Where runs are carried out.
        watch: Told how far the sweep is.
        retry_failed: Whether runs that have failed are done again.

    Raises:
        BadInput: another sweep goes on in the directory.
        SweepStopped: a Ctrl-C ended it; nothing that was done is lost.
    """
    progress = SweepProgress(plan.count)
    with _held(directory), _interruptible() as stops, _stoppable(progress, directory):
        _clear_up(directory)
        stored = directory.finished()
        steering = _steering(plan, directory, retry_failed=retry_failed)
        agenda = _Agenda(plan, stored, progress, steering, retry_failed=retry_failed)
        teller = Teller(directory, progress, watch)
        try:
            with (
                _stoppable(progress, directory),
                teller,
                _carry_out(plan, directory) as carry_out,
            ):
                jobs = agenda.jobs(teller)
                with _closed(engine.run(carry_out, jobs, folder=directory.path), stops) as results:
                    for finished in results:
                        if not agenda.tries_again(finished):
                            _keep(directory, finished, plan.config.keep_runs)
                            progress.end(finished)
                            agenda.end(finished)
                        teller.tell()
            progress.status = "done"
        finally:
            stops.are_heard = False
            if progress.status != "done":
                begun = progress.break_off()
                _clear_up(directory, begun)
            if steering:
                _describe(directory, steering)
                directory.renumber(agenda.places, leaves_others=True)
            directory.write_table()
            teller.tell_last()
    return progress


class _Agenda:
    """Which runs are still to be done: those of the plan, and those to be tried again."""

    def __init__(
        self,
        plan: StudyPlan,
        stored: Mapping[str, str],
        progress: SweepProgress,
        steering: Steering | None,
        *,
        retry_failed: bool,
    ) -> None:
        self._plan, self._stored, self._progress = plan, stored, progress
        self._steering = steering
        self._retry_failed = retry_failed
        self._again = deque[Job]()
        self._tries = Counter[str]()
        self.places: dict[str, Mapping[str, Any]] = {}
        """Where runs stand that were done before an adaptive study came to ask for them."""
        for job in plan.jobs() if stored and not steering else ():
            if not self._is_open(job):
                progress.take_before(stored[job.key])

    def jobs(self, teller: Teller) -> Iterator[Job | None]:
        """Yield what is to be done; None while that depends on what is being done."""
        source = self._steering.jobs() if self._steering else self._plan.jobs()
        while True:
            yield from self._second_tries(teller)
            try:
                job = next(source)
            except StopIteration:
                break
            self._count()
            if job is None:
                yield None
            elif self._is_open(job):
                yield self._begun(job, teller)
            elif self._steering:
                self._progress.take_before(self._stored[job.key])
                self.places[job.key] = place_of(job)
        while self._again or self._progress.running:
            if self._again:
                yield from self._second_tries(teller)
            else:
                yield None

    def end(self, finished: Finished) -> None:
        """Let the study go on from what a run came to.

        Raises:
            BadInput: it asks for a column that there is not.
        """
        if self._steering:
            self._steering.end(finished.job.key, finished.row)
            self._count()

    def tries_again(self, finished: Finished) -> bool:
        """Say whether a run that failed by chance is tried once more, and see to that."""
        key = finished.job.key
        if not finished.may_retry or self._tries[key] >= self._plan.config.retries:
            self._tries.pop(key, None)
            return False
        self._tries[key] += 1
        self._progress.try_again(key)
        self._again.append(finished.job)
        return True

    def _is_open(self, job: Job) -> bool:
        """Say whether a run is still to be done, or to be done again."""
        status = self._stored.get(job.key)
        return status is None or (status == "failed" and self._retry_failed)

    def _count(self) -> None:
        if self._steering:
            self._progress.planned = max(self._progress.planned, self._steering.asked)
            self._progress.adaptive = self._steering.told()

    def _second_tries(self, teller: Teller) -> Iterator[Job]:
        while self._again:
            yield self._begun(self._again.popleft(), teller)

    def _begun(self, job: Job, teller: Teller) -> Job:
        self._progress.begin(job.key)
        teller.tell()
        return job


def _steering(plan: StudyPlan, directory: StudyDirectory, *, retry_failed: bool) -> Steering | None:
    """Return what decides on the runs of an adaptive study, with what was done before."""
    if plan.policy is None:
        return None
    rows = (row for row in directory.rows() if row["status"] != "failed" or not retry_failed)
    known = {row["key"]: needed_of(row, plan.policy.responses) for row in rows}
    return Steering(plan, plan.policy, known=known)


def _describe(directory: StudyDirectory, steering: Steering) -> None:
    """Keep why points stopped, what was found, and how many runs that took."""
    content = directory.describe() or {}
    adaptive = {"runs": steering.asked, "adaptive": steering.as_json()}
    directory.write_description({**content, **adaptive})


def _carry_out(plan: StudyPlan, directory: StudyDirectory) -> CarryOut:
    config = plan.config
    return CarryOut(directory.runs.resolve(), board=config.board, keep_runs=config.keep_runs)


def _keep(directory: StudyDirectory, finished: Finished, keep_runs: str) -> None:
    """Keep what came of a run: its traceback first, because its row makes it final."""
    if finished.traceback is not None:
        directory.write_failure(finished.job.key, finished.traceback)
    directory.write_part(finished.row)
    if finished.traceback is None:
        directory.forget_failure(finished.job.key)  # of an earlier try
    if keep_runs == "none" and finished.has_failed:
        directory.remove_run(finished.job.key)


def _clear_up(directory: StudyDirectory, begun: Collection[str] = ()) -> None:
    """Remove what was broken off, once those who wrote it have ended.

    Args:
        directory: The study's.
        begun: Keys of runs that were broken off, of which a failed try may have a row.
    """
    deadline = time.monotonic() + ORPHANS_S
    stored = directory.finished()
    for path in directory.runs.iterdir():
        lock = RunLock(path / "run.lock")
        is_open = stored.get(path.name, "failed") == "failed"
        while is_open and not lock.is_free() and time.monotonic() < deadline:
            time.sleep(0.05)
    directory.remove_unfinished(begun)


@contextmanager
def _held(directory: StudyDirectory) -> Iterator[None]:
    """Hold the study's lock, unless whoever called does already.

    Raises:
        BadInput: another process holds it.
    """
    with directory.lock as lock:
        if lock.holder != os.getpid() and not lock.take(within_s=1.0):
            raise BadInput(
                f"another sweep goes on in {directory.path} (process {lock.holder}): wait for its "
                "end, or name another directory with --out"
            )
        yield


@contextmanager
def _stoppable(progress: SweepProgress, directory: StudyDirectory) -> Iterator[None]:
    """Say of a wish to stop how far the sweep has come."""
    try:
        yield
    except KeyboardInterrupt as error:
        progress.status = "stopped"
        raise SweepStopped(progress, directory) from error


@dataclass
class _Stops:
    """Hears wishes to stop until the sweep ends, so that none breaks off what is written then.

    Whoever insists is heard all the same: something may hang.
    """

    are_heard: bool = True
    _unheard: int = 0

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Stop the sweep."""
        self._unheard += not self.are_heard
        if self.are_heard or self._unheard >= INSISTS_FROM:
            raise KeyboardInterrupt


@contextmanager
def _closed(results: Iterator[Finished], stops: _Stops) -> Iterator[Iterator[Finished]]:
    """Let an engine end its workers in every case."""
    try:
        yield results
    finally:
        stops.are_heard = False
        if close := getattr(results, "close", None):
            close()


@contextmanager
def _interruptible() -> Iterator[_Stops]:
    """Let SIGTERM stop a sweep as Ctrl-C does, where this thread hears signals.

    SIGINT is taken as well, which whoever is started in the background of a script is deaf to.
    """
    stops = _Stops()
    if threading.current_thread() is not threading.main_thread():
        yield stops
        return
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, stops.hear) for number in numbers}
    try:
        yield stops
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
