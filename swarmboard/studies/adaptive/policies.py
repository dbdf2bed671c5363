"""Which policy a study has, and how many runs it may come to."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from blackboard import BadInput

from ..adaptive_config import (
    FINE_STEPS,
    LOOKS_TIMES,
    FindConfig,
    Levelling,
    parse_until,
    parse_where,
)
from ..jobs import StudyPlan
from ..study_file import MOST_RUNS, Range, StudyConfig
from . import finding, halving, replicating, searching
from .courses import Course


@dataclass(frozen=True, slots=True)
class Policy:
    """What decides which runs a study does."""

    courses: Callable[[StudyPlan], Iterator[Course]]
    responses: tuple[str, ...]
    """What it looks at."""
    first: int
    """How many runs there are at least."""
    most: int
    """How many there are at most."""
    said: str


def policy_of(plan: StudyPlan) -> Policy | None:
    """Return what decides which runs a study does; None where its file says them all.

    Raises:
        BadInput: it could come to too many runs.
    """
    config = plan.config
    if config.until is not None:
        policy = _until(plan, config.until)
    elif config.halving is not None:
        policy = _halving(plan)
    elif config.find is not None:
        policy = _find(plan, config.find)
    elif config.search is not None:
        policy = _search(plan)
    else:
        return None
    if policy.most > MOST_RUNS:
        raise BadInput(
            f"the study may come to {policy.most:,} runs, and {MOST_RUNS:,} is the most: take "
            "fewer values, or a lower max_replicates"
        )
    return policy


def visits(config: StudyConfig, is_whole: Callable[[str], bool]) -> StudyConfig:
    """Return a study as the design that holds every point that it may visit.

    Args:
        config: The study.
        is_whole: Whether a parameter takes whole numbers alone.
    """
    if config.find is not None:
        axis = _along(config.find, is_whole=is_whole(config.find.vary))
        vary = {**config.vary, config.find.vary: axis}
        return config.model_copy(update={"vary": vary, "replicates": 1})
    if config.search is not None:
        drawn = {"design": "random", "samples": config.search.trials}
        return config.model_copy(update=drawn)
    return config


def _along(find: FindConfig, *, is_whole: bool) -> Range | list[int | float]:
    """Return the values that a search for a critical one looks among."""
    if len(find.between) > 2:
        return find.between
    low, high = find.between
    steps = find.steps
    if steps is None:
        steps = FINE_STEPS
        if is_whole or (isinstance(low, int) and isinstance(high, int) and high - low >= 10):
            if find.scale != "linear":
                raise BadInput(
                    f"find.scale = {find.scale!r} with whole numbers needs steps: how many values?"
                )
            steps = int(high - low) + 1
    return Range(low=low, high=high, steps=steps, scale=find.scale)


def _most_replicates(config: StudyConfig) -> int:
    return config.max_replicates or LOOKS_TIMES * config.replicates


def _until(plan: StudyPlan, text: str) -> Policy:
    asked, first, most = parse_until(text), plan.config.replicates, _most_replicates(plan.config)
    points = plan.points.count
    return Policy(
        lambda plan: replicating.courses(plan, asked, first=first, most=most),
        tuple(one.response for one in asked),
        points * first,
        points * most,
        f"{first:,} to {most:,} replicates a point, until {text}",
    )


def _halving(plan: StudyPlan) -> Policy:
    asked, most = plan.config.halving, plan.config.max_replicates
    assert asked
    steps = halving.steps(plan.points.count, asked, most)
    runs, before = 0, 0
    for many, size in steps:
        runs, before = runs + many * (size - before), size
    kept = ", ".join(f"{many:,} x {size:,}" for many, size in steps)
    return Policy(
        lambda plan: halving.courses(plan, asked, most=most),
        (asked.by,),
        runs,
        runs,
        f"halving by {asked.by}, {asked.best} is best: {kept} replicates",
    )


def _find(plan: StudyPlan, asked: FindConfig) -> Policy:
    first, most = plan.config.replicates, _most_replicates(plan.config)
    axis = next(one for one in plan.points.axes if one.name == asked.vary)
    assert axis.size
    searches = plan.points.count // axis.size
    looks = 2 + math.ceil(math.log2(max(axis.size - 1, 1)))
    goal = parse_where(asked.where)
    kind = "from where on" if isinstance(goal, Levelling) else "where"
    return Policy(
        lambda plan: finding.courses(plan, asked, first=first, most=most),
        (goal.response,),
        2 * searches * first,
        searches * looks * most,
        f"{asked.vary} of {axis.size:,} values from {axis.values[0]} to {axis.values[-1]} "
        f"{kind} {asked.where}, in {searches:,} search{'es' if searches > 1 else ''} of up to "
        f"{looks} values with {first:,} to {most:,} replicates each",
    )


def _search(plan: StudyPlan) -> Policy:
    asked, replicates = plan.config.search, plan.config.replicates
    assert asked
    searching.check_search()
    return Policy(
        lambda plan: searching.courses(plan, asked, replicates=replicates),
        (asked.by,),
        replicates,
        asked.trials * replicates,
        f"up to {asked.trials:,} settings, {searching.at_random(asked)} at random and then "
        f"{asked.batch} at a time where {asked.by} may be {asked.best}, with {replicates:,} "
        "replicates each",
    )
