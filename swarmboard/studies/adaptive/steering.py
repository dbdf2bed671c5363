"""Steering a study: the jobs that its courses ask for, as soon as each of them can."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..job import Job
from ..jobs import StudyPlan
from .courses import Course, Outcome
from .policies import Policy
from .responses import Row, needed_of

STOPS_TOLD = 10
"""So many of the points that stopped last are told of in `progress.json`."""


@dataclass
class _Batch:
    """Jobs that a course waits for."""

    course: Course
    jobs: list[Job]
    rows: dict[str, Row] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        return all(job.key in self.rows for job in self.jobs)


class Steering:
    """Lets the courses of a study go on, each when its own runs have ended."""

    def __init__(self, plan: StudyPlan, policy: Policy, *, known: Mapping[str, Row]) -> None:
        """Take what was done before.

        Args:
            plan: The study.
            policy: What decides.
            known: Rows of runs that are not done again, by key.
        """
        self._known, self._responses = known, policy.responses
        self._courses = policy.courses(plan)
        self._ready = deque[Job]()
        self._waited = dict[str, _Batch]()
        self._are_begun = False
        self.asked = 0
        """How many runs were asked for so far."""
        self.outcomes: list[Outcome] = []
        self._stops = deque[dict[str, Any]](maxlen=STOPS_TOLD)
        self._stopped = 0

    @property
    def is_over(self) -> bool:
        """Whether every course has come to its end."""
        return self._are_begun and not self._ready and not self._waited

    def jobs(self) -> Iterator[Job | None]:
        """Yield every run of the study, those that are known too; None while none can be told."""
        while not self.is_over:
            if self._ready:
                yield self._ready.popleft()
            elif not self._are_begun:
                self._begin_one()
            elif self._waited:
                yield None

    def end(self, key: str, row: Row) -> None:
        """Take the row of a run that has ended.

        Raises:
            BadInput: the study asks for a column that there is not.
        """
        batch = self._waited.pop(key, None)
        if batch is None:
            return
        batch.rows[key] = needed_of(row, self._responses)
        if batch.is_whole:
            self._go_on(batch.course, [batch.rows[job.key] for job in batch.jobs])

    def as_json(self) -> dict[str, Any]:
        """Return what `study.json` keeps, by points: why they stopped, and what was found."""
        outcomes = sorted(self.outcomes, key=lambda outcome: outcome.stops[0].point)
        return {
            "stops": [stop.as_json() for outcome in outcomes for stop in outcome.stops],
            "found": [dict(row) for outcome in outcomes for row in outcome.found],
        }

    def told(self) -> dict[str, Any]:
        """Return what `progress.json` tells: the points that stopped last."""
        return {"stopped": self._stopped, "stops": list(self._stops)}

    def _begin_one(self) -> None:
        course = next(self._courses, None)
        if course is None:
            self._are_begun = True
        else:
            self._go_on(course, None)

    def _go_on(self, course: Course, rows: list[Row] | None) -> None:
        """Send a course what it waited for, and ask for what it wants next."""
        while True:
            try:
                jobs = list(next(course) if rows is None else course.send(rows))
            except StopIteration as end:
                self._take(end.value)
                return
            self.asked += len(jobs)
            batch = _Batch(course, jobs)
            for job in jobs:
                self._ready.append(job)
                if job.key in self._known:
                    batch.rows[job.key] = self._known[job.key]
                else:
                    self._waited[job.key] = batch
            if not batch.is_whole:
                return
            rows = [batch.rows[job.key] for job in jobs]

    def _take(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._stops.extend(stop.as_json() for stop in outcome.stops)
        self._stopped += len(outcome.stops)


def asked_again(plan: StudyPlan, policy: Policy, known: Mapping[str, Row]) -> Iterator[Job]:
    """Yield the runs that a study asks for as far as what is known tells."""
    steering = Steering(plan, policy, known=known)
    for job in steering.jobs():
        if job is None:
            return
        yield job
