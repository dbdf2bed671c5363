"""How an engine hands jobs out, whatever carries them out."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Protocol

from blackboard import SwarmboardError

from ..job import Finished, Job

STARTS_AT_MOST = 3
"""How many workers in a row may die before they can take a job; then none will."""


class Waiting:
    """Jobs that nobody carries out yet."""

    def __init__(self, jobs: Iterable[Job | None]) -> None:
        self._jobs, self._back = iter(jobs), deque[Job]()
        self._has_ended = False

    @property
    def is_over(self) -> bool:
        """Whether no job will come any more."""
        return self._has_ended and not self._back

    def put_back(self, job: Job) -> None:
        """Take a job back that was not begun."""
        self._back.append(job)

    def next(self, *, is_idle: bool) -> Job | None:
        """Return the next job; None where there is none, or none yet.

        Args:
            is_idle: Whether nothing is being carried out on which the next job could depend.

        Raises:
            SwarmboardError: it depends on one all the same.
        """
        if self._back:
            return self._back.popleft()
        if self._has_ended:
            return None
        try:
            job = next(self._jobs)
        except StopIteration:
            self._has_ended = True
            return None
        if job is None and is_idle:
            raise SwarmboardError("the next run of the study depends on one that never began")
        return job


class Crew(Protocol):
    """What carries jobs out, several at a time."""

    @property
    def has_room(self) -> bool:
        """Whether another job can be given."""

    @property
    def is_at_work(self) -> bool:
        """Whether a job is being carried out, from which something will be heard."""

    def give(self, job: Job) -> None:
        """Begin a job."""

    def hear(self, waiting: Waiting) -> Iterator[Finished]:
        """Wait until there is something to hear, and yield what came of jobs."""


def carried_out(jobs: Iterable[Job | None], crew: Crew) -> Iterator[Finished]:
    """Yield what comes of jobs; places that become free are filled before, so that none waits.

    Whatever the jobs or the crew raise, what has come back is yielded first.
    """
    waiting, ended = Waiting(jobs), list[Finished]()
    while ended or crew.is_at_work or not waiting.is_over:
        came_back = bool(ended)
        try:
            while crew.has_room:
                if (job := waiting.next(is_idle=not ended and not crew.is_at_work)) is None:
                    break
                crew.give(job)
            if not came_back and crew.is_at_work:
                for finished in crew.hear(waiting):
                    ended.append(finished)  # one by one: what came before an error stays
        except BaseException:
            yield from ended
            raise
        if came_back:
            yield from ended
            ended.clear()
