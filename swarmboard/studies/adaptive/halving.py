"""Successive halving: the better settings go on with more replicates, the others stop."""

import math
from collections.abc import Iterator

from ..adaptive_config import HalvingConfig
from ..jobs import StudyPlan
from .courses import Course, Outcome, Stop, Visited, grow
from .ranking import rank_rows, ranked


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
    behind: list[Visited] = []
    for step, (many, size) in enumerate(steps(len(left), asked, most), 1):
        yield from grow(left, size)
        left, kept = ranked(left, asked.by, asked.best), _kept(many, asked)
        why = f"step {step}: not among the best {kept} of {many} by {asked.by}"
        stops += [place.stop(why) for place in left[kept:]]
        behind = [*left[kept:], *behind]
        left = left[:kept]
    stops += [place.stop(f"the best by {asked.by}") for place in left]
    return Outcome(stops, rank_rows([*left, *behind], asked.by))
