"""What an engine carries out, and what comes back: one run of a study and its row of the table."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

type Value = str | int | float | bool | None
"""A cell of the table, or a parameter."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a study: everything that another process needs to carry it out."""

    key: str
    """Sixteen hexadecimal digits: the hash of parameters, seed and code version."""
    point: int
    """The number of its point in the design, from 0."""
    replicate: int
    """Which of the point's replicates it is, from 0."""
    seed: int
    varied: Mapping[str, Value]
    """The parameters that the study varies, by name; None where one does not apply."""
    values: Mapping[str, Any]
    """What `make_config` takes, but for `out` and `board`."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of one job."""

    job: Job
    row: Mapping[str, Value]
    """Its row of the table; of a failed one what is known: key, parameters, seed, status, error."""
    traceback: str | None = None
    """Why it failed: a traceback, `killed by signal 9`, or `no end within 60 s`; None where not."""
    may_retry: bool = False
    """Whether it may go otherwise next time: its process died, it hung, or its server failed."""

    @property
    def has_failed(self) -> bool:
        """Whether the run did not come to its end."""
        return self.traceback is not None


class Engine(Protocol):
    """Where the jobs of a study are carried out."""

    name: str

    def run(
        self, carry_out: Callable[[Job], Finished], jobs: Iterable[Job | None], *, folder: Path
    ) -> Iterator[Finished]:
        """Yield what came of each job as it ends, in any order.

        Jobs are taken from the iterator only as places become free, so that it may be long, and
        may depend on what has come back: None says that the next job depends on one that is still
        being carried out. A job whose process dies, or that hangs, fails alone.
        """
