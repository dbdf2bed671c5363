"""Replicates until intervals are narrow enough: each point stops for itself."""

from collections.abc import Iterator, Sequence
from typing import Any

from ..adaptive_config import GROWTH, Narrowness
from ..jobs import Point, StudyPlan
from .courses import Course, Outcome, Visited, grow, next_size
from .intervals import FEWEST_EQUAL, Interval, interval_of


def courses(
    plan: StudyPlan, asked: Sequence[Narrowness], *, first: int, most: int
) -> Iterator[Course]:
    """Yield a course for each point of the design."""
    for point in plan.settings():
        yield _course(plan, point, asked, first=first, most=most)


def _course(
    plan: StudyPlan, point: Point, asked: Sequence[Narrowness], *, first: int, most: int
) -> Course:
    place, size = Visited(plan, point), first
    while True:
        yield from grow([place], size)
        ends = [interval_of(place.sample(one.response), one.confidence) for one in asked]
        are_narrow = all(map(is_narrow, ends, asked))
        if are_narrow or size >= most:
            break
        size = next_size(size, GROWTH, most)
    told = ", ".join(map(_told, ends, asked))
    why = f"narrow enough: {told}" if are_narrow else f"max_replicates reached: {told}"
    found: dict[str, Any] = {**place.columns, "point": point.number, "replicates": size}
    for one, end in zip(asked, ends, strict=True):
        found[one.response] = end and end.value
        found[f"{one.response}.low"] = end and end.low
        found[f"{one.response}.high"] = end and end.high
    return Outcome([place.stop(why)], [found | {"is_sure": are_narrow, "said": why}])


def is_narrow(end: Interval | None, asked: Narrowness) -> bool:
    """Say whether an interval is as narrow as was asked for."""
    if end is None or not end.can_be_sure:
        return False
    return end.half_width < _wanted(end, asked) or end.low == end.high


def _wanted(end: Interval, asked: Narrowness) -> float:
    return asked.half_width * (abs(end.value) if asked.is_relative else 1)


def _told(end: Interval | None, asked: Narrowness) -> str:
    if end is None:
        return f"{asked.response} has no interval"
    if not end.can_be_sure:
        return f"{asked.response} {end.value:.4g} in all of fewer than {FEWEST_EQUAL} runs"
    if not asked.is_relative:
        return f"{asked.text} ({end.value:.4g} ± {end.half_width:.3g})"
    if not end.value:
        return f"{asked.text} (0 ± {end.half_width:.3g})"
    percent = 100 * end.half_width / abs(end.value)
    return f"{asked.text} ({end.value:.4g} ± {percent:.3g} %)"
