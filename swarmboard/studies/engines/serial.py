"""The serial engine: one run after another in this process, for debugging."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..job import Finished, Job
from .time_limits import raises_after
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
            with raises_after(self.timeout_s):
                finished = carry_out(job)
            yield finished
