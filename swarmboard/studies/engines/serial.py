"""The serial engine: one run after another in this process, for debugging."""

import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..job import Finished, Job
from .giving_up import given_up
from .time_limits import Overdue, raises_after
from .waiting import Waiting


class SerialEngine:
    """Carries runs out here: a debugger stops in them, and a dying one takes the sweep with it."""

    name = "serial"

    def __init__(self, *, timeout_s: float | None = None) -> None:
        self.timeout_s = timeout_s

    def run(
        self, carry_out: Callable[[Job], Finished], jobs: Iterable[Job | None], *, folder: Path
    ) -> Iterator[Finished]:
        """Yield what came of each job, in their order."""
        waiting = Waiting(jobs)
        while job := waiting.next(is_idle=True):
            yield self._in_time(carry_out, job)

    def _in_time(self, carry_out: Callable[[Job], Finished], job: Job) -> Finished:
        """Carry a job out, or give it up, wherever in it the time is over."""
        try:
            with raises_after(self.timeout_s):
                return carry_out(job)
        except Overdue as late:
            words = "".join(traceback.format_exception(late))
            return given_up(job, str(late), last_words=words)
