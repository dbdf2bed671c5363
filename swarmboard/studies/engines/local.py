"""The local engine: processes of this machine, each with a pipe of its own."""

import os
import pickle
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from blackboard import BadInput, SwarmboardError

from ..job import Finished, Job
from .local_process import LocalProcess
from .waiting import STARTS_AT_MOST, Waiting, carried_out


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalEngine:
    """Carries runs out in worker processes: one that dies or hangs fails alone.

    A worker is a new interpreter that imports nothing of the caller's main module. It ends at once
    when the sweep's process is killed, and its server with it.
    """

    name = "local"

    def __init__(self, workers: int | None = None, *, timeout_s: float | None = None) -> None:
        """Take how many workers there are; None means one for each processor.

        Raises:
            BadInput: this system's pipes cannot be waited for.
        """
        if os.name != "posix":
            raise BadInput("--engine local needs Linux or macOS; use --engine serial")
        self.workers = workers or processors()
        self.timeout_s = timeout_s

    def run(
        self, carry_out: Callable[[Job], Finished], jobs: Iterable[Job | None], *, folder: Path
    ) -> Iterator[Finished]:
        """Yield what came of each job as it ends; workers start as there are jobs for them.

        Raises:
            SwarmboardError: workers cannot start.
        """
        task = pickle.dumps((carry_out, self.timeout_s))
        crew = _Crew(task, self.timeout_s, self.workers)
        try:
            yield from carried_out(jobs, crew)
            crew.dismiss()
        finally:
            crew.kill()


class _Crew:
    """The worker processes of one sweep."""

    def __init__(self, task: bytes, timeout_s: float | None, count: int) -> None:
        self._task, self._timeout_s, self._count = task, timeout_s, count
        self._idle: list[LocalProcess] = []
        self._busy: dict[Any, LocalProcess] = {}
        self._failed_starts = 0

    @property
    def has_room(self) -> bool:
        """Whether another job can be given."""
        return len(self._busy) < self._count

    @property
    def is_at_work(self) -> bool:
        """Whether a process has a job."""
        return bool(self._busy)

    def give(self, job: Job) -> None:
        """Let an idle process carry out a job, or a new one."""
        process = self._idle.pop() if self._idle else LocalProcess(self._task, self._timeout_s)
        self._busy[process.pipe] = process
        process.begin(job)

    def hear(self, waiting: Waiting) -> Iterator[Finished]:
        """Wait until a process has said something, has died, or is overdue."""
        deadlines = [p.deadline for p in self._busy.values() if p.deadline is not None]
        left_s = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        heard = [self._busy[pipe] for pipe in wait(list(self._busy), left_s)]
        for process in heard or [late for late in self._busy.values() if late.is_overdue]:
            yield from self._take(process, waiting)

    def dismiss(self) -> None:
        """Let idle processes end by themselves."""
        for process in self._idle:
            process.dismiss()
        for process in self._idle:
            process.see_off()

    def kill(self) -> None:
        """End what still runs."""
        for process in (*self._busy.values(), *self._idle):
            process.kill()

    def _take(self, process: LocalProcess, waiting: Waiting) -> Iterator[Finished]:
        """Yield what a process has made of its job, if it has said so, or has died over it."""
        job, finished = process.job, process.hear()
        if finished:
            del self._busy[process.pipe]
            if process.is_alive:
                self._idle.append(process)
            yield finished
        elif process.is_alive:
            self._failed_starts = 0
        else:
            del self._busy[process.pipe]
            self._failed_starts += 1
            if self._failed_starts >= STARTS_AT_MOST:
                raise SwarmboardError(f"workers cannot start: {process.last_line}")
            waiting.put_back(job)
