"""Designs: which points of a parameter space a study visits, and in which order."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from blackboard import BadInput

from .axes import Axis, Given, column_kind, spread
from .job import Value
from .sampling import places_of, rows_of
from .study_file import MOST_RUNS, OF_A_METHOD, StudyConfig


@dataclass(frozen=True)
class Points:
    """The points of a design, made as they are asked for, each once."""

    axes: Sequence[Axis]
    """In the order in which the study states them."""
    design: str
    samples: int | None
    seed: int
    levels: int | None = None
    """Of a Morris design."""

    @cached_property
    def count(self) -> int:
        """How many points there are; of far too many, more than a study may have."""
        free = [axis for axis in self.axes if not axis.when]
        if self.samples is None and len(free) == len(self.axes):
            return math.prod(axis.size or 0 for axis in free)
        return sum(1 for _ in islice(self, MOST_RUNS + 1))

    @property
    def least(self) -> int:
        """How many points there are at least; known at once, without a look at any value."""
        longest = max(axis.size or 1 for axis in self.axes)
        if self.samples is not None:
            drawn = rows_of(self.design, self.samples, len(self.axes))
            return max(drawn, longest if longest > MOST_RUNS else 0)
        return max(longest, math.prod(axis.size or 0 for axis in self.axes if not axis.when))

    def __iter__(self) -> Iterator[Given]:
        names = [axis.name for axis in self.axes]
        for given in self._grid() if self.samples is None else self._sampled():
            yield {name: given[name] for name in names}

    def covering(self, axis: Axis) -> Iterator[Given]:
        """Yield points in which the values of a parameter are seen, all else being equal."""
        needed = self._needed(axis)
        first = {one.name: needed.get(one.name, one.ends)[0] for one in self.axes}
        for value in spread(axis.ends):
            given: dict[str, Any] = {}
            for other in self._ordered:
                chosen = value if other is axis else first[other.name]
                given[other.name] = chosen if other.applies(given) else None
            yield {one.name: given[one.name] for one in self.axes}

    def _needed(self, axis: Axis) -> dict[str, Sequence[Any]]:
        """Return the values that others have to have for a parameter to apply, theirs included."""
        needed = dict(axis.when)
        for other in reversed(self._ordered):
            if other.name in needed:
                needed = {**other.when, **needed}
        return needed

    def cells(self, given: Given) -> dict[str, Value]:
        """Return a point as cells of a table: one type a parameter, what is no cell as JSON."""
        return {axis.name: self._cell(axis, given[axis.name]) for axis in self.axes}

    def _cell(self, axis: Axis, value: Any) -> Value:
        if value is None:
            return None
        match self._kinds[axis.name]:
            case "number":
                return float(value)
            case "text" if not isinstance(value, str):
                return json.dumps(value, sort_keys=True)
        cell: Value = value
        return cell

    @cached_property
    def _kinds(self) -> dict[str, str]:
        return {axis.name: column_kind(axis.ends) for axis in self.axes}

    def _grid(self) -> Iterator[Given]:
        values = {axis.name: axis.values for axis in self.axes}
        yield from _product(self._ordered, values, {})

    @property
    def visits(self) -> list[int] | None:
        """The number of the point of each row of a sample that one method reads row by row.

        A point that is drawn twice is one point, and stands here as often as it was drawn; None
        where the design is not made for a method.
        """
        if self.samples is None or self.design not in OF_A_METHOD:
            return None
        numbers: dict[tuple[str, ...], int] = {}
        return [numbers.setdefault(mark, len(numbers)) for mark, _ in self._drawn()]

    def _sampled(self) -> Iterator[Given]:
        seen: set[tuple[str, ...]] = set()
        for mark, given in self._drawn():
            if mark not in seen:
                seen.add(mark)
                yield given

    def _drawn(self) -> Iterator[tuple[tuple[str, ...], Given]]:
        """Yield each point that is drawn, and what tells it from others."""
        assert self.samples
        is_level = self.design == "morris"
        size = len(self.axes)
        for row in places_of(
            self.design, self.samples, size, seed=self.seed, levels=self.levels
        ).tolist():
            places = zip(self.axes, row, strict=True)
            drawn = {axis.name: axis.at(unit, is_level=is_level) for axis, unit in places}
            given: dict[str, Any] = {}
            for axis in self._ordered:
                given[axis.name] = drawn[axis.name] if axis.applies(given) else None
            yield tuple(json.dumps(given[axis.name]) for axis in self.axes), given

    @cached_property
    def _ordered(self) -> list[Axis]:
        """The parameters, each behind those that its condition names."""
        found: list[Axis] = []
        left = list(self.axes)
        while left:
            known = {axis.name for axis in found}
            ready = [axis for axis in left if known.issuperset(axis.when)]
            if not ready:
                names = ", ".join(axis.name for axis in left)
                waits = "wait for each other" if len(left) > 1 else "waits for itself"
                raise BadInput(f"[when] goes round in a circle: {names} {waits}")
            found.append(ready[0])
            left.remove(ready[0])
        return found


def points_of(config: StudyConfig, is_whole: Mapping[str, bool]) -> Points:
    """Return the points of a study.

    Args:
        config: The study.
        is_whole: Of each varied parameter whether only whole numbers will do.

    Raises:
        BadInput: conditions contradict each other, ranges hold no such values, or it is too large.
    """
    _check_conditions(config)
    axes = [
        Axis(name, entry, is_whole[name], config.when.get(name, {}))
        for name, entry in config.vary.items()
    ]
    points = Points(axes, config.design, config.samples, config.seed, config.levels)
    if points.least * config.replicates <= MOST_RUNS:
        _check_met(points)
        if points.count * config.replicates <= MOST_RUNS:
            return points
        size = points.count
    else:
        size = points.least
    least = "at least " if config.when else ""
    raise BadInput(
        f"the study would have {least}{size * config.replicates:,} runs ({size:,} points x "
        f"{config.replicates:,}), and {MOST_RUNS:,} is the most: {_smaller(config, size)}"
    )


def _smaller(config: StudyConfig, points: int) -> str:
    """Say how a study gets smaller."""
    if points <= MOST_RUNS and config.replicates > points:
        return "take fewer replicates"
    fewer = " or replicates" if config.replicates > 1 else ""
    if config.design == "grid":
        return (
            f'take fewer values{fewer}, or a sampled design such as design = "sobol" with '
            "samples = 1024"
        )
    return f"take fewer samples{fewer}"


def _check_conditions(config: StudyConfig) -> None:
    for name, conditions in config.when.items():
        if name not in config.vary:
            raise BadInput(
                f"when.{name}: {name} does not vary; name it in [vary], or leave it away"
            )
        for other in conditions:
            if other not in config.vary:
                raise BadInput(f"when.{name} names {other}, which does not vary: see [vary]")


def _check_met(points: Points) -> None:
    """Refuse a condition on values that are never taken."""
    by_name = {axis.name: axis for axis in points.axes}
    for axis in points._ordered:
        for other, wanted in axis.when.items():
            if by_name[other].size is None:
                raise BadInput(
                    f"when.{axis.name} waits for values of {other}, which takes any value between "
                    "two ends: give it steps, or a list"
                )
            values = by_name[other].values
            for value in wanted:
                if value not in values:
                    raise BadInput(
                        f"when.{axis.name} waits for {other} = {value!r}, which is none of its "
                        f"values {values[:8]}"
                    )


def _product(
    axes: Sequence[Axis], values: Mapping[str, list[Any]], given: Given
) -> Iterator[Given]:
    if not axes:
        yield given
        return
    axis, *rest = axes
    for value in values[axis.name] if axis.applies(given) else [None]:
        yield from _product(rest, values, {**given, axis.name: value})
