"""A critical value by bisection: each comparison gets the replicates that it needs to be sure."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from ..adaptive_config import GROWTH, Crossing, FindConfig, Levelling, parse_where
from ..axes import Given
from ..jobs import StudyPlan
from ..table import column_of
from .courses import Batch, Course, Outcome, Stop, Visited, grow, next_size, visited
from .intervals import Interval, difference, interval_of
from .responses import Row

type Answer = tuple[bool, bool]
"""Whether a value is beyond the critical one, and whether that is sure."""


def courses(plan: StudyPlan, asked: FindConfig, *, first: int, most: int) -> Iterator[Course]:
    """Yield a course for each combination of the other parameters."""
    numbered = enumerate(plan.points)

    def others(one: tuple[int, Given]) -> list[Any]:
        return [value for name, value in one[1].items() if name != asked.vary]

    for _, values in groupby(numbered, others):
        yield _Bisection(plan, asked, list(values), first, most).course()


@dataclass
class _Bisection:
    """The search for one critical value along the values of a parameter."""

    plan: StudyPlan
    asked: FindConfig
    values: Sequence[tuple[int, Given]]
    """The number and setting of each value, in ascending order."""
    first: int
    most: int
    places: dict[int, Visited] = field(default_factory=dict)
    answers: dict[int, Answer] = field(default_factory=dict)

    def course(self) -> Course:
        """Ask for what is needed, and say what was found."""
        goal = parse_where(self.asked.where)
        last = len(self.values) - 1
        if isinstance(goal, Levelling):
            self.answers[last] = (True, True)
            yield from grow([self._place(last)], self.first)
            yield from self._ask(0, goal, True)
            rises = True
        else:
            rises = yield from self._ends(goal, last)
        low, high = 0, last
        while self.answers[low][0] != self.answers[high][0] and high - low > 1:
            middle = (low + high) // 2
            yield from self._ask(middle, goal, rises)
            low, high = (low, middle) if self.answers[middle][0] else (middle, high)
        return self._outcome(goal, low, high)

    def _ends(self, goal: Crossing, last: int) -> Generator[Batch, Sequence[Row], bool]:
        """Compare both ends; return whether the response rises from one to the other."""
        yield from grow([self._place(0), self._place(last)], self.first)
        while True:
            rises = self._rises(goal, last)
            for at in (0, last):
                yield from self._ask(at, goal, rises)
            if rises == self._rises(goal, last):  # which chance may have turned round at first
                return rises

    def _rises(self, goal: Crossing, last: int) -> bool:
        low, high = (self._place(at).sample(goal.response).mean or 0.0 for at in (0, last))
        return low <= high

    def _ask(
        self, at: int, goal: Crossing | Levelling, rises: bool
    ) -> Generator[Batch, Sequence[Row], None]:
        """Add replicates until it is sure on which side a value is, or there are enough."""
        place, size = self._place(at), self.first
        compared = [place]
        if isinstance(goal, Levelling):
            compared.append(self._place(len(self.values) - 1))
        while True:
            yield from grow(compared, size)
            end = self._margin(goal, *compared)
            is_sure = end is not None and _is_sure(end)
            if is_sure or size >= self.most:
                break
            size = next_size(size, GROWTH, self.most)
        is_above = end is not None and end.value >= 0
        self.answers[at] = (is_above == rises or (end is not None and end.value == 0), is_sure)

    def _margin(
        self, goal: Crossing | Levelling, place: Visited, *others: Visited
    ) -> Interval | None:
        """Return by how much a response is above what it is compared with."""
        own = interval_of(place.sample(goal.response), self.asked.confidence)
        if own is None:
            return None
        if isinstance(goal, Crossing):
            return own.moved(-goal.target)
        best = interval_of(others[0].sample(goal.response), self.asked.confidence)
        if best is None:
            return None
        margin = goal.within * (abs(best.value) if goal.is_relative else 1.0)
        gap = difference(own, best) if goal.sign > 0 else difference(best, own)
        return gap.moved(margin)

    def _place(self, at: int) -> Visited:
        if at not in self.places:
            number, given = self.values[at]
            self.places[at] = visited(self.plan, given, number)
        return self.places[at]

    def _value(self, at: int) -> Any:
        return self.values[at][1][self.asked.vary]

    def _outcome(self, goal: Crossing | Levelling, low: int, high: int) -> Outcome:
        """Say between which values the critical one is: what is sure, and what is likely."""
        name = self.asked.vary
        passed = self.answers[low][0] != self.answers[high][0]
        before = [at for at, (is_beyond, sure) in self.answers.items() if sure and not is_beyond]
        beyond = [at for at, (is_beyond, sure) in self.answers.items() if sure and is_beyond]
        found: dict[str, Any] = {
            column_of(other): value
            for other, value in self.plan.points.cells(self.values[0][1]).items()
            if other != name
        }
        at = high if passed else low if self.answers[low][0] else None
        is_inside = passed or (at == 0 and isinstance(goal, Levelling))
        found[column_of(name)] = self._value(at) if at is not None and is_inside else None
        found["low"] = self._value(max(before)) if before and is_inside else None
        found["high"] = self._value(min(beyond)) if beyond and is_inside else None
        found["is_sure"] = is_inside and all(
            self.answers[one][1] for one in ({low, high} if passed else {low})
        )
        for side, one in (("before", low), ("beyond", high)):
            found[side] = self._place(one).sample(goal.response).mean if passed else None
        found["runs"] = sum(place.count for place in self.places.values())
        found["said"] = self._said(goal, found, low)
        return Outcome([self._stop(one, goal) for one in sorted(self.places)], [found])

    def _said(self, goal: Crossing | Levelling, found: dict[str, Any], low: int) -> str:
        name, value = self.asked.vary, found[column_of(self.asked.vary)]
        if value is None:
            mean = self._place(low).sample(goal.response).mean
            at_low = "without a value" if mean is None else f"{mean:.4g}"
            last = self._place(len(self.values) - 1).sample(goal.response).mean
            at_high = "without a value" if last is None else f"{last:.4g}"
            return (
                f"{goal.text}: not between {self._value(0)} and {self._value(-1)}, where "
                f"{goal.response} is {at_low} and {at_high}"
            )
        if found["is_sure"]:
            return f"{goal.text}: from {name} = {value} on"
        lowest = "?" if found["low"] is None else found["low"]
        highest = "?" if found["high"] is None else found["high"]
        return (
            f"{goal.text}: likely from {name} = {value} on; sure is above {lowest} and not above "
            f"{highest} (max_replicates reached)"
        )

    def _stop(self, at: int, goal: Crossing | Levelling) -> Stop:
        is_beyond, is_sure = self.answers[at]
        side = "beyond" if is_beyond else "before"
        if isinstance(goal, Levelling) and at == len(self.values) - 1:
            return self._place(at).stop("what the others are compared with")
        if is_sure:
            return self._place(at).stop(f"surely {side} {goal.text}")
        return self._place(at).stop(f"max_replicates reached: likely {side} {goal.text}")


def _is_sure(margin: Interval) -> bool:
    is_apart = margin.low == margin.high or not margin.low <= 0 <= margin.high
    return margin.can_be_sure and is_apart
