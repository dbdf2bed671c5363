"""Successive halving: the better settings go on with more replicates, the others stop."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from ..adaptive_config import HalvingConfig
from ..jobs import StudyPlan
from .courses import Course, Outcome, Stop, Visited, grow
from .intervals import interval_of

CONFIDENCE = 95.0


def courses(plan: StudyPlan, asked: HalvingConfig, *, most: int | None) -> Iterator[Course]:
    """Yield the one course of all settings: each step waits for all of them."""
    yield _course(plan, asked, most)


def steps(settings: int, asked: HalvingConfig, most: int | None) -> list[tuple[int, int]]:
    """Return how many settings each step has, and how many replicates they then have."""
    found, size = [(settings, asked.first)], asked.first
    while (settings := _kept(settings, asked)) > 1:
        size = math.ceil(size / asked.keep)
        found.append((settings, size if most is None else min(size, most)))
    return found


def _kept(settings: int, asked: HalvingConfig) -> int:
    return max(1, min(settings - 1, math.ceil(settings * asked.keep - 1e-9)))


def _course(plan: StudyPlan, asked: HalvingConfig, most: int | None) -> Course:
    left = [Visited(plan, point) for point in plan.settings()]
    stops: list[Stop] = []
    ranked: list[Visited] = []
    for step, (many, size) in enumerate(steps(len(left), asked, most), 1):
        yield from grow(left, size)
        left = _ranked(left, asked)
        kept = _kept(many, asked)
        why = f"step {step}: not among the best {kept} of {many} by {asked.by}"
        stops += [place.stop(why) for place in left[kept:]]
        ranked = [*left[kept:], *ranked]
        left = left[:kept]
    stops += [place.stop(f"the best by {asked.by}") for place in left]
    rows = [_row(place, rank, asked) for rank, place in enumerate([*left, *ranked], 1)]
    return Outcome(stops, rows)


def _ranked(places: Sequence[Visited], asked: HalvingConfig) -> list[Visited]:
    """Return settings, the best first; those without a value last, ties in the design's order."""
    sign = 1 if asked.best == "low" else -1

    def order(place: Visited) -> tuple[bool, float, int]:
        mean = place.sample(asked.by).mean
        return mean is None, sign * (mean or 0.0), place.point.number

    return sorted(places, key=order)


def _row(place: Visited, rank: int, asked: HalvingConfig) -> dict[str, Any]:
    end = interval_of(place.sample(asked.by), CONFIDENCE)
    mean = place.sample(asked.by).mean
    told = "no value" if mean is None else f"{asked.by} {mean:.4g}"
    return {
        **place.point.varied,
        "point": place.point.number,
        "replicates": place.count,
        "rank": rank,
        asked.by: mean,
        f"{asked.by}.low": end and end.low,
        f"{asked.by}.high": end and end.high,
        "said": f"rank {rank}: {told} over {place.count} runs",
    }
