"""The Ray engine: runs on the processors of a Ray cluster, or of one started here."""

import logging
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from blackboard import BadInput, SwarmboardError

from ..job import Finished, Job
from .giving_up import given_up
from .time_limits import no_end_within, process_ends_after
from .waiting import STARTS_AT_MOST, Waiting, carried_out

START_S = 120.0
"""How long a new actor may wait for a processor, and import what a run needs."""
END_S = 5.0
"""How long actors may take to end their servers."""
GRACE_S = 5.0
"""How long after a run's time its actor may take to end itself before it is killed."""


class RayEngine:
    """Carries runs out in Ray actors, one run at a time each: one that dies fails alone.

    With `RAY_ADDRESS` they are spread over that cluster, whose nodes have to see the study's
    directory under the same path and to hold the same version of this package; without, a
    cluster of this machine is started and ended.
    """

    name = "ray"

    def __init__(self, workers: int | None = None, *, timeout_s: float | None = None) -> None:
        """Take how many actors there are; None means one for each processor of the cluster.

        Raises:
            BadInput: Ray is not installed.
        """
        from importlib.util import find_spec

        if find_spec("ray") is None:
            raise BadInput("--engine ray needs Ray: pip install 'swarmboard[ray]'")
        self.workers = workers
        self.timeout_s = timeout_s

    def run(
        self, carry_out: Callable[[Job], Finished], jobs: Iterable[Job | None], *, folder: Path
    ) -> Iterator[Finished]:
        """Yield what came of each job as it ends.

        Raises:
            SwarmboardError: no cluster can be reached or started, or its workers cannot begin.
        """
        with _cluster(self.workers) as ray:
            processors = max(1, int(ray.cluster_resources().get("CPU", 1)))
            count = min(self.workers or processors, processors)
            cast = _Cast(ray, pickle.dumps(carry_out), self.timeout_s, count)
            try:
                yield from carried_out(jobs, cast)
            finally:
                cast.dismiss()


@contextmanager
def _cluster(workers: int | None) -> Iterator[Any]:
    """Connect to the cluster that is named, or start one here; leave one that was there alone."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # else it warns
    import ray

    if ray.is_initialized():
        yield ray
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if not os.environ.get("RAY_ADDRESS"):
        quiet |= {"num_cpus": workers, "include_dashboard": False}
    try:
        with _own_signals():
            ray.init(**quiet)
    except Exception as error:  # Ray raises just that where a node is slow to start
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise SwarmboardError(f"no Ray cluster: {reason[0]}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep this process's answer to SIGTERM, in whose place Ray puts its own."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    if before is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, before)


class _Actor:
    """Carries out jobs in a process of the cluster."""

    def __init__(self, where: tuple[str, list[str]], task: bytes, limit_s: float | None) -> None:
        folder, path = where
        with suppress(OSError):
            os.chdir(folder)
        sys.path += [entry for entry in path if entry not in sys.path]
        self._carry_out: Callable[[Job], Finished] = pickle.loads(task)
        self._limit_s = limit_s

    def code(self) -> str:
        """Return the hash of the code that it carries runs out with."""
        from ..jobs import code_hash

        return code_hash()

    def carry_out(self, job: Job) -> Finished:
        """Carry out a job, in its time or not at all."""
        with process_ends_after(self._limit_s):
            return self._carry_out(job)

    def end(self) -> None:
        """End its server, which would outlive it: Ray kills what watches over it, not itself."""
        if close := getattr(self._carry_out, "close", None):
            close()


@dataclass(frozen=True, slots=True)
class _Act:
    """What an actor does: a job, or, before its first one, to say which code it has."""

    actor: Any
    job: Job | None
    """None for a start whose job another actor has taken meanwhile."""
    is_start: bool
    deadline: float | None


class _Cast:
    """The actors of one sweep."""

    def __init__(self, ray: Any, task: bytes, timeout_s: float | None, count: int) -> None:
        from ..jobs import code_hash

        self._ray, self._task, self._timeout_s = ray, task, timeout_s
        self._code = code_hash()
        self._kind = ray.remote(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD")(_Actor)
        self._idle: list[Any] = []
        self._count, self._failed_starts = count, 0
        self.busy: dict[Any, _Act] = {}

    @property
    def is_at_work(self) -> bool:
        """Whether there is a job that an actor has, or is to have once it has started."""
        return any(act.job for act in self.busy.values())

    @property
    def has_room(self) -> bool:
        """Whether another job can be given."""
        return len(self.busy) < self._count

    def give(self, job: Job) -> None:
        """Let an idle actor carry out a job, or a new one."""
        if self._idle:
            self._begin(self._idle.pop(), job)
            return
        actor = self._kind.remote((str(Path.cwd()), sys.path), self._task, self._timeout_s)
        deadline = time.monotonic() + START_S
        self.busy[actor.code.remote()] = _Act(actor, job, True, deadline)

    def hear(self, waiting: Waiting) -> Iterator[Finished]:
        """Wait until actors have something to say, and yield what came of their jobs."""
        deadlines = [act.deadline for act in self.busy.values() if act.deadline is not None]
        left_s = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        found, _ = self._ray.wait(list(self.busy), timeout=left_s)
        now = time.monotonic()
        for said in found:
            yield from self._take(said, waiting)
        for said, act in () if found else list(self.busy.items()):
            if act.deadline is not None and act.deadline <= now:
                del self.busy[said]
                self._ray.kill(act.actor)
                if act.is_start:
                    self._not_started(act, waiting, f"no processor is free within {START_S:g} s")
                else:
                    yield self._given_up(act, "")

    def dismiss(self) -> None:
        """End all actors, whatever they do."""
        ending = [actor.end.remote() for actor in self._idle]
        if ending:
            self._ray.wait(ending, num_returns=len(ending), timeout=END_S)
        for actor in (*self._idle, *(act.actor for act in self.busy.values())):
            self._ray.kill(actor)

    def _begin(self, actor: Any, job: Job) -> None:
        limit_s = self._timeout_s
        deadline = None if limit_s is None else time.monotonic() + limit_s + GRACE_S
        self.busy[actor.carry_out.remote(job)] = _Act(actor, job, False, deadline)

    def _take(self, said: Any, waiting: Waiting) -> Iterator[Finished]:
        act = self.busy.pop(said)
        try:
            answer = self._ray.get(said)
        except self._ray.exceptions.RayActorError as error:
            if not act.is_start:
                yield self._given_up(act, str(error))
                return
            self._not_started(act, waiting, _last_line(error))
            return
        except self._ray.exceptions.RayTaskError as error:
            if not act.job:
                raise
            self._is_free(act.actor)
            yield given_up(act.job, _last_line(error), last_words=str(error))
            return
        if not act.is_start:
            self._is_free(act.actor)
            yield answer
            return
        if answer != self._code:
            raise SwarmboardError(
                "a node of the Ray cluster has another version of swarmboard, or of mesa, numpy, "
                "scipy or daqp, than this machine: install the same everywhere"
            )
        self._failed_starts = 0
        if act.job:
            self._begin(act.actor, act.job)
        else:
            self._idle.append(act.actor)

    def _is_free(self, actor: Any) -> None:
        """Let an actor take over the job of one that waits for its start, if there is one."""
        for said, act in self.busy.items():
            if act.is_start and act.job:
                self.busy[said] = replace(act, job=None)
                self._begin(actor, act.job)
                return
        self._idle.append(actor)

    def _not_started(self, act: _Act, waiting: Waiting, why: str) -> None:
        """Do with the actors that there are, or begin another one where there are none.

        Raises:
            SwarmboardError: none could be started, several times.
        """
        if act.job:
            waiting.put_back(act.job)
        started = len(self._idle) + sum(not other.is_start for other in self.busy.values())
        if started:
            self._count = started + sum(other.is_start for other in self.busy.values())
            return
        self._failed_starts += 1
        if self._failed_starts >= STARTS_AT_MOST:
            raise SwarmboardError(f"Ray's workers cannot start: {why}")

    def _given_up(self, act: _Act, words: str) -> Finished:
        assert act.job
        is_late = act.deadline is not None and time.monotonic() >= act.deadline - GRACE_S
        if is_late and self._timeout_s is not None:
            return given_up(act.job, no_end_within(self._timeout_s), last_words=words)
        return given_up(act.job, "its process died", last_words=words)


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1].strip()
