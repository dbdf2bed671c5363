"""Courses: which runs a part of a study asks for, batch by batch, and what it comes to.

A course is a generator. It yields a batch of jobs and is sent their rows, in the same order, once
all of them have ended. It sees nothing else, no clock and no other course, so that its jobs follow
from the study and from what its own runs came to: whichever engine carries them out, in whichever
order they end, and however often the sweep is killed.
"""

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..axes import Given
from ..job import Job, Value
from ..jobs import Point, StudyPlan
from ..table import column_of
from .intervals import Sample
from .responses import Row, sample_of

type Batch = Sequence[Job]
type Course = Generator[Batch, Sequence[Row], "Outcome"]


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a point got no more replicates."""

    point: int
    varied: Mapping[str, Value]
    replicates: int
    why: str

    def as_json(self) -> dict[str, Any]:
        """Return what `study.json` keeps."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a course came to."""

    stops: Sequence[Stop]
    """Of the points that it visited, at least one."""
    found: Sequence[Mapping[str, Any]]
    """Rows of `Study.found`: parameters, figures, and `said` in words."""


@dataclass
class Visited:
    """A point and the rows of its replicates so far."""

    plan: StudyPlan
    point: Point
    rows: list[Row] = field(default_factory=list)

    @property
    def columns(self) -> dict[str, Value]:
        """Its parameters by their columns of the table."""
        return {column_of(name): value for name, value in self.point.varied.items()}

    @property
    def count(self) -> int:
        """How many replicates have ended."""
        return len(self.rows)

    def more(self, upto: int) -> list[Job]:
        """Return the jobs that are missing to a number of replicates."""
        return [self.plan.job(self.point, number) for number in range(self.count, upto)]

    def sample(self, response: str) -> Sample:
        """Return the values of a response so far."""
        return sample_of(self.rows, response)

    def stop(self, why: str) -> Stop:
        """Say why there are no more replicates."""
        return Stop(self.point.number, self.columns, self.count, why)


def visited(plan: StudyPlan, given: Given, number: int) -> Visited:
    """Return a point that nobody has been to."""
    return Visited(plan, plan.setting(given, number=number))


def grow(places: Sequence[Visited], upto: int) -> Generator[Batch, Sequence[Row], None]:
    """Bring points to a number of replicates, in one batch."""
    batches = [place.more(upto) for place in places]
    jobs = [job for batch in batches for job in batch]
    if not jobs:
        return
    rows = iter((yield jobs))
    for place, batch in zip(places, batches, strict=True):
        place.rows.extend(next(rows) for _ in batch)


def next_size(size: int, growth: float, most: int) -> int:
    """Return how many replicates a point gets next, at most so many."""
    return min(most, max(size + 1, math.ceil(size * growth)))
