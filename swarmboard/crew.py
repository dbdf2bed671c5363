"""The worker processes of a run: started, watched, and started again."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from agents import Child, SupervisionTree, Supervisor
from blackboard import Leader, RunDirectory, SwarmboardError

from .health import Health
from .plan import Plan

ALIGNMENT = 8
"""Spans begin at multiples of this, so that the server unites whole bytes of bitmaps."""
MAX_RESTARTS, WITHIN_S, BACKOFF_S = 5, 60, (0, 0, 1, 2, 4)
"""How often a worker may be started again, in which time, and how soon."""
START_S = 60.0
"""How long a worker may take until it first answers: it loads the scenario and reads the log."""
END_S = 5.0
"""How long a worker may take to end by itself."""


@dataclass
class _Worker:
    number: int
    name: str
    span: range
    process: subprocess.Popen[bytes] | None = None
    lives: int = 0
    commits: int = 0
    late: int = 0
    has_answered: bool = False
    """Whether it has committed in its present life."""


class WorkerCrew:
    """Processes that each act for a span of the agents; with one worker there are none.

    A worker that dies is started again, and so is one that did not answer in time: it goes
    through the log from the last snapshot and joins in where the run is. When a worker fails too
    often, the run fails, and can be resumed.
    """

    def __init__(
        self,
        plan: Plan,
        directory: RunDirectory,
        *,
        tell: Callable[[str], None],
        way: str = "",
        health: Health | None = None,
    ) -> None:
        """Take what workers are told when they start.

        Args:
            plan: The run.
            directory: Where it is kept.
            tell: Told of workers that fail.
            way: The URL by which they reach the board, where it is not the board's own.
            health: Told of workers that are lost, and of those that are back.
        """
        self._plan, self._directory, self._tell = plan, directory, tell
        self._way, self._health = way, health
        self._workers: dict[str, _Worker] = {}
        self._leader: Leader | None = None
        self._tree: SupervisionTree | None = None
        self._count = plan.config.workers if plan.config.workers > 1 else 0

    @property
    def is_needed(self) -> bool:
        """Whether the run has workers besides its leader."""
        return self._count > 0

    @property
    def spans(self) -> list[range]:
        """The agents that each worker acts for, in order."""
        return [worker.span for worker in self._workers.values()]

    def act(self, leader: Leader) -> None:
        """Let the workers act in the leader's stage, and wait until they have.

        Raises:
            SwarmboardError: a worker failed too often.
        """
        if self._leader is None:
            self._begin(leader)
        leader.announce()
        spans = {worker.name: worker.span for worker in self._workers.values()}
        missing = leader.gather(spans, timeout_s=self._patience_s)
        for worker in self._workers.values():
            if worker.name in missing:
                worker.late += 1
                self._end(worker)
                self._fail(worker, "did not answer in time")
            else:
                worker.commits += 1
                self._answered(worker)

    def report(self) -> list[dict[str, Any]]:
        """Return what each worker did, for the summary."""
        return [
            {
                "worker": worker.name,
                "first_agent": worker.span.start,
                "agents": len(worker.span),
                "commits": worker.commits,
                "late": worker.late,
                "restarts": worker.lives - 1,
            }
            for worker in self._workers.values()
        ]

    def dismiss(self) -> None:
        """End all workers at once: they wait for a stage that does not come."""
        for worker in self._workers.values():
            self._end(worker)

    def look_after(self) -> None:
        """Start workers again that have died, and those whose time to wait is over."""
        assert self._tree
        for worker in self._workers.values():
            if worker.process and (code := worker.process.poll()) is not None:
                worker.process = None
                self._fail(worker, f"ended with {_ending(code)}")
        for restart in self._tree.due(time.monotonic()):
            for name in restart.children:
                self._start(self._workers[name])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all workers: they read the board's status; those that do not are killed."""
        deadline = time.monotonic() + (END_S if error is None else 0.0)
        for worker in self._workers.values():
            if worker.process and error is None:
                try:
                    worker.process.wait(max(0.0, deadline - time.monotonic()))
                    worker.process = None
                except subprocess.TimeoutExpired:
                    pass
            self._end(worker)

    def _begin(self, leader: Leader) -> None:
        """Share the agents out and start the workers, now that the log holds who joined."""
        self._leader = leader
        agents = next(block.first for block in leader.replica.joined if block.role == "chair")
        blocks = -(-agents // ALIGNMENT)
        for number in range(self._count):
            first, stop = (blocks * at // self._count for at in (number, number + 1))
            span = range(first * ALIGNMENT, min(stop * ALIGNMENT, agents))
            if len(span):
                name = f"worker-{number + 1}/{leader.epoch}"
                self._workers[name] = _Worker(number, name, span)
        children = tuple(Child(name) for name in self._workers)
        self._tree = SupervisionTree(
            Supervisor("workers", children, "one-for-one", MAX_RESTARTS, WITHIN_S, BACKOFF_S)
        )
        leader.look_after = self.look_after
        for worker in self._workers.values():
            self._start(worker)

    def _start(self, worker: _Worker) -> None:
        assert self._leader
        worker.lives += 1
        facts = {
            "directory": str(self._directory.path),
            "url": self._leader.url,
            "way": self._way or self._leader.url,
            "number": worker.number,
            "name": worker.name,
            "first": worker.span.start,
            "stop": worker.span.stop,
            "epoch": self._leader.epoch,
            "life": worker.lives,
        }
        if worker.lives > 1:
            self._leader.note("restart", {"worker": worker.name, "life": worker.lives})
        with self._directory.messages.open("ab") as messages:
            worker.process = subprocess.Popen(
                [sys.executable, "-m", "swarmboard.working", json.dumps(facts)],
                stdin=subprocess.DEVNULL,
                stdout=messages,
                stderr=messages,
                start_new_session=True,  # a Ctrl-C is for the leader to hear
            )

    def _fail(self, worker: _Worker, why: str) -> None:
        assert self._tree
        assert self._leader
        worker.has_answered = False
        if self._health:
            self._health.lost_worker(worker.number)
        self._leader.note("worker-failed", {"worker": worker.name, "why": why})
        self._tell(f"{worker.name} {why}: it is started again")
        orders = self._tree.failed(worker.name, time.monotonic(), why)
        if orders.escalations:
            raise SwarmboardError(
                f"{worker.name} {why}, more than {MAX_RESTARTS} times within {WITHIN_S} s; "
                f"{self._directory.messages} says more; `swarmboard resume "
                f"{self._directory.path}` goes on once that is mended"
            )

    def _answered(self, worker: _Worker) -> None:
        if worker.lives > 1 and not worker.has_answered and self._health:
            self._health.regained_worker(worker.number)
        worker.has_answered = True

    def _patience_s(self) -> float:
        """Return how long to wait in this stage; who has just been started may take longer."""
        deadline_s = self._plan.config.worker_deadline_s
        is_running = all(worker.has_answered for worker in self._workers.values())
        return deadline_s if is_running else max(deadline_s, START_S)

    def _end(self, worker: _Worker) -> None:
        if worker.process:
            worker.process.kill()
            worker.process.wait()
            worker.process = None


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def added(
    before: Sequence[Mapping[str, Any]], report: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Add up what workers did before and after their server was replaced, place by place."""
    if not before or not report:
        return [dict(row) for row in (report or before)]
    counted = ("commits", "late", "restarts")
    return [
        {**row, **{name: row[name] + earlier[name] for name in counted}}
        for row, earlier in zip(report, before, strict=True)
    ]
