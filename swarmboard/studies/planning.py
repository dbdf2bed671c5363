"""From a study as it is written to a plan: everything is checked before anything runs."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
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
from .adaptive import policy_of, visits
from .axes import Axis, Given
from .designs import points_of
from .jobs import StudyPlan, code_hash
from .places import RUN_NAMES, head, is_placed
from .study_file import Range, StudyConfig, is_own_file, refuse_unknown, within
from .surroundings import check_board

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
    check_board(config.board)
    files = {name: folder / name for name in config.scenarios if is_own_file(name)}
    kinds = {name: find_scenario(str(files.get(name, name))) for name in config.scenarios}
    named = [*config.vary, *([config.find.vary] if config.find else [])]
    _check_names(config, named, kinds)
    _check_numbers(config, kinds.values())
    is_whole = {name: _is_whole(name, kinds.values()) for name in named}
    points = points_of(visits(config, is_whole.__getitem__), is_whole)
    codes = {name: code_hash(*([files[name]] if name in files else [])) for name in kinds}
    plan = StudyPlan(config, kinds, folder, points, code_hash(*files.values()), codes)
    plan = replace(plan, policy=policy_of(plan))
    _check_points(plan)
    return plan


def _check_names(
    config: StudyConfig, varied: list[str], kinds: Mapping[str, type[Scenario]]
) -> None:
    for table, given in (("fixed", config.fixed), ("vary", varied)):
        for name in given:
            if name == "scenario" and name in config.vary and table == "vary":
                continue
            if head(name) in ("seed", "scenario"):
                raise BadInput(f"{table}.{name}: {head(name)} stands at the top of the study file")
            _check_name(f"{table}.{name}", name, config.when.get(name, {}), kinds)
    for name in varied:
        if is_placed(config.fixed, name):
            raise BadInput(f"{name} is fixed and varies too: leave one of them away")
        for other in varied:
            if other.startswith(f"{name}."):
                raise BadInput(f"{name} varies, and so does {other} in it: leave one of them away")


def _check_name(
    where: str, name: str, when: Mapping[str, Any], kinds: Mapping[str, type[Scenario]]
) -> None:
    """Refuse a parameter that is unknown where it applies."""
    if head(name) in RUN_NAMES:
        return
    known = {scenario: list(kind.Options.model_fields) for scenario, kind in kinds.items()}
    knowing = [scenario for scenario, names in known.items() if head(name) in names]
    if not knowing:
        every = dict.fromkeys(one for names in known.values() for one in names)
        told = " or ".join(kind.name for kind in kinds.values())
        refuse_unknown(head(name), [*RUN_NAMES, *every], f"parameter of {told}")
    for scenario in when.get("scenario", kinds):
        if scenario in kinds and scenario not in knowing:
            raise BadInput(
                f"{where}: {scenario} has no {head(name)}; give it in [vary], as a list, and write "
                f"{name} = {{scenario = {json.dumps(knowing)}}} in [when]"
            )


def _check_numbers(config: StudyConfig, scenarios: Iterable[type[Scenario]]) -> None:
    """Refuse true and false where a number is needed: they would be read as 1 and 0."""
    lists = {n: entry for n, entry in config.vary.items() if not isinstance(entry, Range)}
    tables = {"fixed": {name: [value] for name, value in config.fixed.items()}, "vary": lists}
    for table, entries in tables.items():
        for name, values in entries.items():
            taken = set().union(*_taken(name, scenarios))
            wrong = [value for value in values if isinstance(value, bool)]
            if wrong and taken & {int, float} and not taken & {bool, Any}:
                raise BadInput(
                    f"{table}.{name} = {json.dumps(wrong[0])} is wrong: a number is needed"
                )


def _is_whole(name: str, scenarios: Iterable[type[Scenario]]) -> bool:
    """Say whether a parameter takes whole numbers, and no others."""
    return any(int in one and float not in one for one in _taken(name, scenarios))


def _taken(name: str, scenarios: Iterable[type[Scenario]]) -> list[set[Any]]:
    """Return the types that a parameter takes, in each scenario that has it."""
    if "." in name:
        return []
    own = [
        kind.Options.model_fields[name] for kind in scenarios if name in kind.Options.model_fields
    ]
    fields = [RunConfig.model_fields[name]] if name in RunConfig.model_fields else own
    return [set(_kinds(field.annotation)) for field in fields]


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
        kind = plan.kinds[plan.scenario_of(given)]
        is_name = isinstance(given[axis.name], str)  # of a case or a file, which has to be there
        check = partial(prepare, config) if is_name else partial(_resolve, kind, config)
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
