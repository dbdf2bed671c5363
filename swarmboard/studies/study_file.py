"""A study as it is written down: read from TOML or given in Python, checked, and frozen."""

import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from blackboard import BadInput, InvalidAction, describe, parse_rule

from .adaptive_config import FindConfig, HalvingConfig, SearchConfig, check_adaptive, make_table
from .report_config import ReportConfig, make_report_config
from .report_names import check_axes
from .table import column_of

MOST_RUNS = 1_000_000
"""A study of more runs is refused: each of them is a directory of its own."""
ASKS_ABOVE = 10_000
"""More runs than this are asked about on a terminal, or need `--yes`."""
LARGEST_WHOLE = 2**53
"""Larger whole numbers are not told apart as fractions, in which tables hold some."""
SAMPLED = ("random", "latin-hypercube", "sobol", "saltelli", "morris")
OF_A_METHOD = ("saltelli", "morris")
"""Designs that one method of sensitivity analysis reads, point by point."""
FEWEST_SAMPLES = {"saltelli": 8, "morris": 4}
BETTER_SAMPLES = {"saltelli": 256, "morris": 20}

_SAYS = "docs/studies.md says what a study file takes"
_LONGEST_SHOWN = 80
_RANGE = ("low", "high", "steps", "scale")

Number = int | float


class Range(BaseModel):
    """Values between two ends, both included."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    low: Number
    high: Number
    steps: int | None = Field(None, ge=2)
    """How many values; a sampled design without takes any value between the ends."""
    scale: Literal["linear", "log2", "log10"] = "linear"
    """How the values lie: equally far apart, or each the same multiple of the one before."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low={self.low} is not below high={self.high}")
        for end in (self.low, self.high):
            if isinstance(end, int) and abs(end) > LARGEST_WHOLE:
                raise ValueError(f"{end:.4g} is too large: at most {LARGEST_WHOLE:,}")
        if self.scale != "linear" and self.low <= 0:
            raise ValueError(
                f"low={self.low} has no logarithm: use a low above 0, or scale = 'linear'"
            )
        return self


class StudyConfig(BaseModel):
    """What a study file holds, with the same names in Python."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    scenario: str | None = None
    """A scenario's name, or the path of a file, from where the study file is; None varies it."""
    seed: int = Field(0, ge=0)
    replicates: int = Field(1, ge=1)
    """Runs of each point, each with a seed of its own."""
    design: Literal["grid", "random", "latin-hypercube", "sobol", "saltelli", "morris"] = "grid"
    samples: int | None = Field(None, ge=1)
    """Points of a sampled design; the base of a Saltelli sample, the trajectories of Morris."""
    levels: int | None = Field(None, ge=2)
    """How many values of each parameter a Morris design takes; None means 4."""
    streams: Literal["independent", "common"] = "independent"
    """`common` gives replicate r the same seed at every point."""
    timeout_s: float | None = Field(600.0, gt=0, le=1_000_000)
    """A run that takes longer has failed; None leaves it any time."""
    retries: int = Field(1, ge=0, le=100)
    """How often a run is tried again that died, hung, or lost its server."""
    until: str | None = None
    """When a point has replicates enough."""
    max_replicates: int | None = Field(None, ge=1)
    """The most that a point of an adaptive study gets."""
    halving: HalvingConfig | None = None
    find: FindConfig | None = None
    search: SearchConfig | None = None
    keep_runs: Literal["all", "failed", "none"] = "all"
    """Of which runs the directory stays; every run has its row, and a failed one its traceback."""
    board: str | None = None
    """A server for all runs; None lets every worker have one of its own."""
    fixed: dict[str, Any] = Field(default_factory=dict)
    vary: dict[str, list[Any] | Range] = Field(default_factory=dict)
    when: dict[str, dict[str, list[Any]]] = Field(default_factory=dict)
    """Conditions by parameter: it varies only where the others have one of these values."""
    report: ReportConfig = ReportConfig()
    """What its report shows."""

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The scenarios of its runs: one, or those that it varies."""
        return tuple(self.vary["scenario"]) if self.scenario is None else (self.scenario,)  # type: ignore[arg-type]


def read_study(path: Path) -> tuple[StudyConfig, str]:
    """Read a study file, and return its text too.

    Raises:
        BadInput: one line that names the first wrong value and the next step.
    """
    try:
        text = path.read_text("utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise BadInput(
            f"the study {path} cannot be read ({error.strerror}): name a study file, such as those "
            "of docs/studies.md"
        ) from error
    except ValueError as error:  # of TOML and UTF-8 alike
        raise BadInput(f"the study {path} is not TOML: {' '.join(str(error).split())}") from error
    return within(str(path), lambda: make_study(content)), text


def make_study(content: Mapping[str, Any]) -> StudyConfig:
    """Check a study's shape; whether its parameters exist is checked with its scenario.

    Raises:
        BadInput: one line that names the first wrong value and the next step.
    """
    _known(content, list(StudyConfig.model_fields), "name in a study")
    tables = {name: content.get(name, {}) for name in ("fixed", "vary", "when")}
    for name, table in tables.items():
        if not isinstance(table, Mapping):
            raise BadInput(f"{name} = {_shown(table)} is no table: write it as [{name}]")
    _check_scenarios(content.get("scenario"), tables["vary"].get("scenario"))
    if not tables["vary"] and content.get("find") is None:
        raise BadInput("nothing varies: name parameters and their values in [vary]")
    given = {
        **content,
        "fixed": {name: _plain(name, value) for name, value in tables["fixed"].items()},
        "vary": _varied(tables["vary"]),
        "when": {name: _condition(name, table) for name, table in tables["when"].items()},
        "report": make_report_config(content.get("report", {})),
        "halving": make_table(HalvingConfig, "halving", content.get("halving")),
        "find": make_table(FindConfig, "find", content.get("find")),
        "search": make_table(SearchConfig, "search", content.get("search")),
    }
    try:
        config = StudyConfig(**given)
    except ValidationError as error:
        raise BadInput(_first_problem(error)) from error
    _check_design(config)
    check_adaptive(config)
    named = [*config.vary, *([config.find.vary] if config.find else [])]
    check_axes(config.report, list(map(column_of, named)))
    return config


def is_own_file(scenario: str) -> bool:
    """Say whether a scenario is named by the path of a file."""
    return scenario.endswith(".py") or "/" in scenario


def within[T](where: str, act: Callable[[], T]) -> T:
    """Do something, and say of a bad input where it stands."""
    try:
        return act()
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error


def refuse_unknown(name: str, names: list[str], what: str) -> None:
    """Refuse a name that is not among those there are.

    Raises:
        BadInput: names the one that was meant, or all.
    """
    if name not in names:
        close = get_close_matches(name, names, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
        raise BadInput(f"unknown {what} {name!r}: {hint}")


def _check_scenarios(named: Any, varied: Any) -> None:
    """Refuse a study that names no scenario, or names it twice."""
    if varied is None:
        if not isinstance(named, str):
            raise BadInput(
                'which scenario? Write scenario = "jury"; `swarmboard scenarios` lists them'
            )
        return
    if named is not None:
        raise BadInput(f"scenario = {_shown(named)} and [vary] scenario: keep one of them")
    if not isinstance(varied, list | tuple) or not all(isinstance(one, str) for one in varied):
        raise BadInput(
            f'vary.scenario = {_shown(varied)}: give a list of names, such as ["jury", "open-task"]'
        )


def _known(content: Mapping[str, Any], names: list[str], what: str) -> None:
    for name in content:
        refuse_unknown(name, names, what)


def _check_design(config: StudyConfig) -> None:
    if config.levels is not None and config.design != "morris":
        raise BadInput(f'levels = {config.levels} is for design = "morris": leave it away')
    if config.design == "grid":
        if config.samples is not None:
            raise BadInput(
                f"samples = {config.samples} is for a sampled design: write "
                f"design = {' | '.join(map(repr, SAMPLED))}, or leave samples away"
            )
        for name, entry in config.vary.items():
            if isinstance(entry, Range) and entry.steps is None and not config.search:
                raise BadInput(f"vary.{name} has no steps: a grid needs to know how many values")
    elif config.samples is None:
        raise BadInput(f"design = {config.design!r} needs a number of points: write samples = 64")
    elif config.design in ("sobol", "saltelli") and config.samples & (config.samples - 1):
        higher = 1 << config.samples.bit_length()
        named = "Sobol" if config.design == "sobol" else "Saltelli"
        raise BadInput(
            f"samples = {config.samples}: a {named} design is balanced at powers of two alone: "
            f"write {higher // 2} or {higher}"
        )
    if config.design in OF_A_METHOD:
        _check_method(config)


def _check_method(config: StudyConfig) -> None:
    """Refuse what the method that a design is made for cannot tell."""
    if config.when:
        raise BadInput(
            f"[when] and design = {config.design!r}: its method needs every parameter everywhere; "
            "leave [when] away, or take a grid"
        )
    if len(config.vary) < 2:
        raise BadInput(
            f"design = {config.design!r} tells parameters apart, and "
            f"{len(config.vary)} of them varies: name two or more in [vary]"
        )
    assert config.samples
    if config.samples < FEWEST_SAMPLES[config.design]:
        raise BadInput(
            f"samples = {config.samples} is too few for design = {config.design!r}: "
            f"at least {FEWEST_SAMPLES[config.design]}, better {BETTER_SAMPLES[config.design]}"
        )
    if config.levels is not None and config.levels % 2:
        raise BadInput(
            f"levels = {config.levels}: a Morris design steps over half of its levels: "
            f"write {config.levels + 1}"
        )


def _varied(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return ranges and lists of values by name, tables of names as dotted names."""
    found: dict[str, Any] = {}
    for part, entry in table.items():
        name = f"{prefix}{part}"
        if isinstance(entry, Range):
            found[name] = entry
        elif isinstance(entry, Mapping) and not set(entry) & set(_RANGE):
            if not entry:
                raise BadInput(f"vary.{name} is empty: give a list of values, or low and high")
            found |= _varied(entry, f"{name}.")
        elif isinstance(entry, Mapping):
            _known(entry, list(_RANGE), f"name in vary.{name}")
            found[name] = _range(name, entry)
        elif isinstance(entry, list | tuple | range):
            found[name] = _list(name, list(entry))
        else:
            raise BadInput(
                f"vary.{name} = {_shown(entry)} is one value: give a list of values, or put "
                "it under [fixed]"
            )
    return found


def _range(name: str, entry: Mapping[str, Any]) -> Range:
    try:
        return Range(**entry)
    except ValidationError as error:
        raise BadInput(_first_problem(error, f"vary.{name}.")) from error


def _list(name: str, values: list[Any]) -> list[Any]:
    if not values:
        raise BadInput(f"vary.{name} is empty: give at least one value, or leave it away")
    plain = [_plain(f"vary.{name}", value) for value in values]
    for index, value in enumerate(plain):
        if value is None:
            raise BadInput(f"vary.{name} has no value at place {index + 1}: leave it away")
        if any(value == other and _alike(value, other) for other in plain[:index]):
            raise BadInput(f"vary.{name} has {_shown(value)} twice: leave one of them away")
    return plain


def _alike(one: Any, other: Any) -> bool:
    return isinstance(one, bool) == isinstance(other, bool)


def _condition(name: str, table: Any) -> dict[str, Any]:
    if not isinstance(table, Mapping) or not table:
        raise BadInput(
            f"when.{name} = {_shown(table)}: name another parameter and its values, such as "
            '{structure = ["swarm"]}'
        )
    wanted = {n: list(v) if isinstance(v, list | tuple) else [v] for n, v in table.items()}
    for other, values in wanted.items():
        if not values:
            raise BadInput(f"when.{name}: {other} = [] is no value: name one, or leave it away")
    return wanted


def _plain(name: str, value: Any) -> Any:
    """Return a value as TOML and JSON hold it.

    Raises:
        BadInput: it cannot be written down.
    """
    if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
        raise BadInput(f"{name} = {_shown(value)} is too large: at most {LARGEST_WHOLE:,}")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(name, one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(name, one) for one in value]
    if isinstance(value, Path):
        return str(value)
    if callable(value) and name in ("rule", "vary.rule"):
        return _rule(value)
    if hasattr(value, "item"):  # a number of numpy's
        return value.item()
    raise BadInput(
        f"{name} = {_shown(value)} cannot be written down: a study takes texts, numbers, true and "
        "false, and lists and tables of them"
    )


def _rule(rule: Any) -> str:
    try:
        text = describe(rule)
        parse_rule(text)
    except InvalidAction as error:
        raise BadInput(f"rule: {error}; other processes cannot see it") from error
    return text


def _first_problem(error: ValidationError, where: str = "") -> str:
    problems = error.errors()
    problem = [one for one in problems if one["loc"][:1] == problems[0]["loc"][:1]][-1]
    place = [str(part) for part in problem["loc"] if not _is_kind(part)]
    if problem["type"] == "missing":
        return f"{where}{place[0]} is missing; {_SAYS}"
    message = problem["msg"].removeprefix("Value error, ")
    seen = "" if isinstance(problem["input"], Mapping) else f" = {_shown(problem['input'])}"
    if not place:
        return f"{where.rstrip('.')}: {message}"
    return f"{where}{'.'.join(place)}{seen} is wrong: {message[0].lower() + message[1:]}; {_SAYS}"


def _is_kind(part: int | str) -> bool:
    """Say whether a part of a place is not a name but what pydantic adds: a type."""
    return str(part) in ("int", "float", "Range") or str(part).startswith("list[")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
