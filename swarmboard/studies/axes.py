"""One parameter of a study: which values it takes, and where it applies."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from blackboard import BadInput

from .study_file import LARGEST_WHOLE, Range

CHECKED_VALUES = 2000
"""Of a parameter with more values so many are checked, evenly spread."""

type Given = Mapping[str, Any]
"""A point: what each varied parameter is set to; None where it does not apply."""


@dataclass(frozen=True)
class Axis:
    """One parameter that a study varies."""

    name: str
    entry: Sequence[Any] | Range
    is_whole: bool
    """Whether only whole numbers will do."""
    when: Mapping[str, Sequence[Any]]
    """It applies only where the other parameters have one of these values."""

    @property
    def size(self) -> int | None:
        """How many values it has; None means any between two ends."""
        return self.entry.steps if isinstance(self.entry, Range) else len(self.entry)

    @cached_property
    def values(self) -> list[Any]:
        """Its values in their order.

        Raises:
            BadInput: whole numbers are needed, and there are not so many.
        """
        if not isinstance(self.entry, Range):
            return list(self.entry)
        (low, high), steps = self._checked_ends(self.entry), self.entry.steps
        assert steps, "a range without steps has no values but its ends"
        found = [self._between(step / (steps - 1)) for step in range(steps)]
        found[0], found[-1] = low, high
        whole = [round(value) for value in found]
        if self.is_whole:
            return _distinct(self.name, whole, steps)
        ends_are_whole = isinstance(low, int) and isinstance(high, int)
        if ends_are_whole and all(map(math.isclose, found, whole)):
            return whole
        return [float(low), *map(_plain, found[1:-1]), float(high)]

    @cached_property
    def ends(self) -> list[Any]:
        """Values that all others lie between: all of a list, or low and high."""
        if isinstance(self.entry, Range) and self.size is None:
            low, high = self._checked_ends(self.entry)
            return [low, high] if self.is_whole else [float(low), float(high)]
        return self.values

    def at(self, unit: float, *, is_level: bool = False) -> Any:
        """Return the value at a place from 0 up to 1 of the axis.

        Args:
            unit: The place.
            is_level: Whether it is one of a few levels, both ends among them, so that a whole
                number is the nearest; else every whole number is as likely as any other.
        """
        if self.size is not None:
            return self.values[min(int(unit * self.size), self.size - 1)]
        assert isinstance(self.entry, Range)
        if self.is_whole and is_level:
            return round(self._between(unit))
        if self.is_whole:
            return min(math.floor(self._between(unit, wider=1)), int(self.entry.high))
        return float(min(max(self._between(unit), self.entry.low), self.entry.high))

    def _checked_ends(self, entry: Range) -> tuple[Any, Any]:
        """Return both ends, whole where that is needed."""
        if not self.is_whole:
            return entry.low, entry.high
        for name, end in (("low", entry.low), ("high", entry.high)):
            if end != int(end):
                raise BadInput(f"vary.{self.name}: {name}={end} is no whole number: one is needed")
            if abs(end) > LARGEST_WHOLE:
                raise BadInput(
                    f"vary.{self.name}: {name}={end:.4g} is too large: at most {LARGEST_WHOLE:,}"
                )
        return int(entry.low), int(entry.high)

    def _between(self, share: float, *, wider: int = 0) -> float:
        assert isinstance(self.entry, Range)
        low, high = self.entry.low, self.entry.high + wider
        if self.entry.scale == "linear":
            return low + (high - low) * share
        return float(low * (high / low) ** share)

    def applies(self, given: Given) -> bool:
        """Say whether it has a value beside those that are given."""
        return all(given.get(other) in values for other, values in self.when.items())


def _plain(value: float) -> float:
    """Return a value without what arithmetic adds to it: 0.3, not 0.30000000000000004."""
    short = float(f"{value:.12g}")
    return short if math.isclose(short, value, rel_tol=1e-14) else value


def spread(values: list[Any]) -> list[Any]:
    """Return all values, or of many so many that lie evenly between the first and the last."""
    if len(values) <= CHECKED_VALUES:
        return values
    return [values[i] for i in np.linspace(0, len(values) - 1, CHECKED_VALUES, dtype=int)]


def _distinct(name: str, values: list[int], steps: int) -> list[int]:
    if len(set(values)) < len(values):
        raise BadInput(
            f"vary.{name}: steps={steps} gives some whole numbers twice, such as "
            f"{next(v for v in values if values.count(v) > 1)}: at most {len(set(values))} differ"
        )
    return values


def column_kind(values: Sequence[Any]) -> str:
    """Return how a column holds some values: `plain` as they are, `number`, or `text`."""
    kinds = {type(value) for value in values}
    if len(kinds) == 1 and kinds <= {bool, int, float, str}:
        return "plain"
    return "number" if kinds <= {int, float} else "text"
