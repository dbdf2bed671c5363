"""What a study file says of a study that decides during its course which runs it needs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from blackboard import BadInput

GROWTH = 1.5
"""Each batch of replicates makes a point so many times as large."""
LOOKS_TIMES = 16
"""Without `max_replicates` a point gets at most so many times the replicates it begins with."""
LEAST_REPLICATES = 3
"""With fewer replicates at first a point could be taken for done by a chance agreement."""
FINE_STEPS = 1025
"""So many values a search looks among where a range holds any value between its ends."""

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_NAME = r"([A-Za-z_][\w.]*)"
_UNTIL = re.compile(rf"ci{_NUMBER} of {_NAME} < {_NUMBER} ?(%|points)?")
_CROSSES = re.compile(rf"{_NAME} = (-?{_NUMBER}) ?(%)?")
_LEVELS = re.compile(rf"{_NAME} stops (rising|falling)(?: within {_NUMBER} ?(%|points)?)?")
_UNTIL_SAYS = "write until = 'ci95 of rounds < 5 %', several joined by and"
_WHERE_SAYS = "write where = 'deadlock = 50 %', or 'metrics.correct stops rising within 2 %'"


class HalvingConfig(BaseModel):
    """Successive halving: the better settings go on, with more replicates each."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    by: str
    best: Literal["low", "high"]
    keep: float = Field(0.5, gt=0, lt=1)
    first: int = Field(4, ge=1)


class FindConfig(BaseModel):
    """A critical value, found by bisection."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    vary: str
    between: list[int | float] = Field(min_length=2)
    """Two ends, or all values in their order."""
    where: str
    steps: int | None = Field(None, ge=2)
    scale: Literal["linear", "log2", "log10"] = "linear"
    confidence: float = Field(99.0, ge=50, lt=100)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if any(a >= b for a, b in zip(self.between, self.between[1:], strict=False)):
            raise ValueError(f"between = {self.between} does not rise")
        if len(self.between) > 2 and (self.steps or self.scale != "linear"):
            raise ValueError("between names all values: leave steps and scale away")
        if self.scale != "linear" and self.between[0] <= 0:
            raise ValueError(f"between = {self.between} begins at no logarithm: use a low above 0")
        return self


class SearchConfig(BaseModel):
    """Bayesian optimisation of a response over the varied parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    by: str
    best: Literal["low", "high"]
    trials: int = Field(64, ge=2)
    batch: int = Field(8, ge=1)
    """Settings that are tried at a time, and do not know of each other's outcomes."""


@dataclass(frozen=True, slots=True)
class Narrowness:
    """How narrow an interval has to be."""

    response: str
    confidence: float
    """In percent."""
    half_width: float
    is_relative: bool
    """Whether the half width is a share of the mean."""
    text: str


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where a response passes a value."""

    response: str
    target: float
    text: str


@dataclass(frozen=True, slots=True)
class Levelling:
    """From where on a response is as good as at the last value."""

    response: str
    sign: int
    """1 where it rises, -1 where it falls."""
    within: float
    is_relative: bool
    text: str


def parse_until(text: str) -> tuple[Narrowness, ...]:
    """Read when a point has replicates enough.

    Raises:
        BadInput: names the words that are wrong.
    """
    found: list[Narrowness] = []
    for part in text.split(" and "):
        words = " ".join(part.split())
        match = _UNTIL.fullmatch(words)
        if match is None:
            raise BadInput(f"until = {text!r}: {words!r} is not understood: {_UNTIL_SAYS}")
        confidence, response, width, unit = match.groups()
        if not 50 <= float(confidence) < 100:
            raise BadInput(f"until: ci{confidence} is no interval of 50 to 99.9 percent")
        if float(width) == 0:
            raise BadInput(f"until: no interval is narrower than {width}: give a width above 0")
        scale = 100 if unit else 1
        found.append(
            Narrowness(response, float(confidence), float(width) / scale, unit == "%", words)
        )
    return tuple(found)


def parse_where(text: str) -> Crossing | Levelling:
    """Read what is searched for.

    Raises:
        BadInput: names the words that are wrong.
    """
    words = " ".join(text.split())
    if match := _CROSSES.fullmatch(words):
        response, target, _, unit = match.groups()
        is_share = unit is not None and not response.endswith("percent")
        return Crossing(response, float(target) / (100 if is_share else 1), words)
    if match := _LEVELS.fullmatch(words):
        response, direction, within, unit = match.groups()
        scale = 100 if unit or within is None else 1
        margin = float(within or 1) / scale
        sign = 1 if direction == "rising" else -1
        return Levelling(response, sign, margin, within is None or unit == "%", words)
    raise BadInput(f"find.where = {text!r} is not understood: {_WHERE_SAYS}")


def make_table[T: BaseModel](kind: type[T], name: str, content: Any) -> T | None:
    """Check one of the tables `[halving]`, `[find]` and `[search]`.

    Raises:
        BadInput: names the first wrong name or value.
    """
    if content is None or isinstance(content, kind):
        return content
    if not isinstance(content, Mapping):
        raise BadInput(f"{name} = {content!r} is no table: write it as [{name}]")
    for word in content:
        if word not in kind.model_fields:
            names = ", ".join(kind.model_fields)
            raise BadInput(f"unknown name in [{name}] {word!r}: there are {names}")
    try:
        return kind(**content)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join([name, *map(str, problem["loc"][:1])])
        if problem["type"] == "missing":
            raise BadInput(f"{place} is missing; docs/studies.md says what it takes") from error
        message = problem["msg"].removeprefix("Value error, ")
        seen = f" = {problem['input']!r} is wrong" if problem["loc"] else ""
        raise BadInput(f"{place}{seen}: {message[0].lower() + message[1:]}") from error


def check_adaptive(config: Any) -> None:
    """Refuse what does not go together in an adaptive study.

    Args:
        config: A `StudyConfig`.

    Raises:
        BadInput: names what is too much, or missing.
    """
    kinds = [n for n in ("until", "halving", "find", "search") if getattr(config, n) is not None]
    if len(kinds) > 1:
        raise BadInput(f"{kinds[0]} and {kinds[1]} both decide which runs to do: keep one of them")
    if config.until is not None:
        parse_until(config.until)
    if config.find is not None:
        _check_find(config)
    most = config.max_replicates
    if not kinds or kinds == ["search"]:
        if most is not None:
            raise BadInput(
                f"max_replicates = {most} is for until, [halving] and [find]: leave it away"
            )
    elif kinds == ["halving"]:
        if config.replicates != 1:
            raise BadInput(
                f"replicates = {config.replicates} and [halving]: halving.first says how many "
                "each setting has at first"
            )
        if most is not None and most < config.halving.first:
            raise BadInput(f"max_replicates = {most} is below halving.first")
    elif config.replicates < LEAST_REPLICATES:
        raise BadInput(
            f"replicates = {config.replicates} is what each point begins with under {kinds[0]}: "
            f"at least {LEAST_REPLICATES}, better 10"
        )
    elif most is not None and most < config.replicates:
        raise BadInput(f"max_replicates = {most} is below replicates = {config.replicates}")
    if config.search is not None and config.design != "grid":
        raise BadInput(f"design = {config.design!r} and [search]: a search chooses its own points")


def _check_find(config: Any) -> None:
    parse_where(config.find.where)
    name = config.find.vary
    if name in config.vary:
        raise BadInput(f"{name} stands in [vary] and in [find]: leave one of them away")
    if config.design != "grid":
        raise BadInput(f"design = {config.design!r} and [find]: leave design and samples away")
    conditions = {other for table in config.when.values() for other in table}
    if name in config.when or name in conditions:
        raise BadInput(f"when names {name}, which [find] looks for: leave it out of [when]")
