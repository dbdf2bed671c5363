"""From a study as it is written to a plan: everything is checked before anything runs."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from textwrap import shorten
from types import UnionType
from typing import Any, Union, get_args, get_origin

from blackboard import BadInput
from scenarios import Scenario

from ..catalog import find_scenario
from ..config import RunConfig, check_options, make_config
from ..plan import prepare
from .axes import Axis, Given
from .designs import points_of
from .jobs import StudyPlan, code_hash
from .places import RUN_NAMES, head, is_placed
from .study_file import StudyConfig, is_own_file, refuse_unknown, within

CHECKED_POINTS = 2000
"""Of a study with no more points each is checked; of a larger one every value, once."""
_LONGEST_POINT = 160
"""Characters of a point that a message repeats."""


def plan_study(config: StudyConfig, *, folder: Path) -> StudyPlan:
    """Check a study against its scenario.

    Args:
        config: The study.
        folder: Where its relative paths begin.

    Raises:
        BadInput: one line that names the first wrong name, value or point.
    """
    folder = folder.resolve()
    path = folder / config.scenario if is_own_file(config.scenario) else None
    kind = find_scenario(str(path) if path else config.scenario)
    if config.until is not None:
        raise BadInput(f"until = {config.until!r}: no study stops early yet; leave it away")
    _check_names(config, kind)
    is_whole = {name: _is_whole(name, kind) for name in config.vary}
    points = points_of(config, is_whole)
    plan = StudyPlan(config, kind, folder, points, code_hash(path))
    _check_points(plan)
    return plan


def _check_names(config: StudyConfig, kind: type[Scenario]) -> None:
    names = [*RUN_NAMES, *kind.Options.model_fields]
    for table in ("fixed", "vary"):
        for name in getattr(config, table):
            if head(name) in ("seed", "scenario"):
                raise BadInput(f"{table}.{name}: {head(name)} stands at the top of the study file")
            if "." in head(name) or head(name) not in names:
                refuse_unknown(head(name), names, f"parameter of {kind.name}")
    for name in config.vary:
        if is_placed(config.fixed, name):
            raise BadInput(f"{name} is fixed and varies too: leave one of them away")
        for other in config.vary:
            if other.startswith(f"{name}."):
                raise BadInput(f"{name} varies, and so does {other} in it: leave one of them away")


def _is_whole(name: str, kind: type[Scenario]) -> bool:
    """Say whether a parameter takes whole numbers, and no others."""
    if "." in name:
        return False
    field = RunConfig.model_fields.get(name) or kind.Options.model_fields[name]
    kinds = set(_kinds(field.annotation))
    return int in kinds and float not in kinds


def _kinds(annotation: Any) -> Iterator[Any]:
    """Yield the types that an annotation is a union of."""
    if get_origin(annotation) in (Union, UnionType):
        for one in get_args(annotation):
            yield from _kinds(one)
    elif hasattr(annotation, "__metadata__"):
        yield from _kinds(annotation.__origin__)
    else:
        yield annotation


def _check_points(plan: StudyPlan) -> None:
    """Refuse what a run would refuse: at every value, and in a small study at every point."""
    first = next(iter(plan.points))
    _at(first, lambda: prepare(make_config(dict(plan.setting(first, number=0).values))))
    for axis in plan.points.axes:
        _check_axis(plan, axis)
    if plan.points.count <= CHECKED_POINTS:
        for given in plan.points:
            _at(given, partial(plan.setting, given, number=0))


def _check_axis(plan: StudyPlan, axis: Axis) -> None:
    """Refuse a value that a run would refuse, or that means the same as another."""
    seen: dict[str, Any] = {}
    for given in plan.points.covering(axis):
        point = _at(given, partial(plan.setting, given, number=0))
        config = make_config(dict(point.values))
        is_name = isinstance(given[axis.name], str)  # of a case or a file, which has to be there
        check = partial(prepare, config) if is_name else partial(_resolve, plan.kind, config)
        _at(given, check)
        if point.canonical in seen:
            raise BadInput(
                f"vary.{axis.name}: {seen[point.canonical]!r} and {given[axis.name]!r} are the "
                "same: leave one of them away"
            )
        seen[point.canonical] = given[axis.name]


def _resolve(kind: type[Scenario], config: RunConfig) -> object:
    return kind.resolve(check_options(kind, config.options), config.agents)


def _at[T](given: Given, act: Callable[[], T]) -> T:
    """Check a point, and say of a refusal which one it was."""
    named = ", ".join(f"{name}={value!r}" for name, value in given.items() if value is not None)
    return within(f"at {shorten(named, _LONGEST_POINT, placeholder=' ...')}", act)
