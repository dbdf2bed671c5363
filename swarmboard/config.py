"""A run's configuration: checked at the door, frozen, and enough to repeat the run."""

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents import BudgetConfig, RoutingConfig, SupervisionConfig, TierConfig, structures
from blackboard import BadInput
from scenarios import Scenario, ScenarioOptions

from .faults import Fault, check_possible, read_faults

BASELINES = {"single": "solo", "separate": "separate", "chorus": "chorus"}
"""The matched runs that can be asked for, and the structure that each of them has."""
_OF_THE_RECORD = ("run_id", "versions", "inputs")
"""What `config.json` says of the run it was written for; a repetition has its own."""

_LONGEST_SHOWN = 120
"""Characters of a wrong value that a message repeats."""


class Fork(BaseModel):
    """A point at which a run was forked, and what was changed there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parent: str
    """The run that was forked."""
    at_round: int = Field(ge=0)
    """The last round that both have in common."""
    digest: str
    """The digest up to that round."""
    options: dict[str, Any] = Field(default_factory=dict)
    """The scenario's options that hold from the next round on."""


class RunConfig(BaseModel):
    """What `swarmboard run` and `run()` take, whichever way it was given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenario: str
    agents: int | None = Field(None, ge=1)
    structure: str = "swarm"
    threshold: int | None = None
    rule: str | None = None
    """A built-in rule as `describe` writes it: `veto('safety', quorum(50, threshold(80)))`."""
    rounds: int | None = Field(None, ge=1)
    seed: int = Field(0, ge=0, lt=2**63)
    options: dict[str, Any] = Field(default_factory=dict)
    board: str | None = None
    out: Path | None = None
    workers: int = Field(1, ge=1)
    baseline: str | None = None
    ballots: str = "sealed"
    faults: tuple[Fault, ...] = ()
    supervision: SupervisionConfig | None = None
    snapshot_every: int = Field(25, ge=1)
    """Rounds between two snapshots."""
    worker_deadline_s: float = Field(10.0, gt=0, le=86_400)
    """How long the leader waits for a worker in a stage; then its agents abstain late."""
    approval_above: float | None = Field(None, ge=0, allow_inf_nan=False)
    """Proposals whose declared impact is larger wait for a person."""
    approval_s: float = Field(300.0, ge=0, le=2_592_000)
    """How long they wait; without an answer they are not executed."""
    tiers: dict[str, TierConfig] = Field(default_factory=dict)
    """Models by tier; empty where the scenario's options name the only one."""
    roles: dict[str, str] = Field(default_factory=dict)
    """The tier of each role that is not routed."""
    budget: BudgetConfig | None = None
    """Caps on what models may cost."""
    routing: RoutingConfig = RoutingConfig()
    """When the strong tier is asked instead of the fast one."""
    forks: tuple[Fork, ...] = ()
    """Where the run left others behind, oldest first."""

    @property
    def forked_at(self) -> int:
        """The last round that the run has in common with the one it left; 0 for none."""
        return self.forks[-1].at_round if self.forks else 0


RUN_SETTINGS = (
    "ballots",
    "snapshot_every",
    "worker_deadline_s",
    "approval_above",
    "approval_s",
)
"""What `--set` changes of the run itself; all else belongs to the scenario."""


def make_config(values: Mapping[str, Any]) -> RunConfig:
    """Check a run's configuration.

    Raises:
        BadInput: one line that names the first wrong value and the next step.
    """
    given = dict(values)
    if given.get("threshold") is not None:
        given["threshold"] = check_threshold(given["threshold"])
    if given.get("faults"):
        given["faults"] = read_faults(given["faults"])
    try:
        config = RunConfig(**given)
    except ValidationError as error:
        hint = "`swarmboard run --help` says what it takes"
        raise BadInput(_first_problem(error, "", hint)) from error
    _one_of("structure", config.structure, list(structures()))
    _one_of("ballots", config.ballots, ["sealed", "open"])
    if config.baseline is not None:
        _one_of("baseline", config.baseline, list(BASELINES))
    board = config.board or os.environ.get("SWARMBOARD_URL") or None
    if config.workers > 1 and (board or "").startswith("memory://"):
        raise BadInput(
            f"--workers {config.workers} with --board memory://: other processes cannot reach that "
            "board; leave --board away, or name a server"
        )
    check_possible(config.faults, workers=config.workers, board=board)
    return config


def read_config(path: Path) -> dict[str, Any]:
    """Read a TOML file with the names of `RunConfig`, or the `config.json` of a run to repeat.

    Scenario options stand in `[options]`.
    """
    is_json = path.suffix == ".json"
    try:
        text = path.read_text("utf-8")
        content = json.loads(text) if is_json else tomllib.loads(text)
    except OSError as error:
        raise BadInput(f"the configuration {path} cannot be read ({error.strerror})") from error
    except ValueError as error:  # of JSON, TOML and UTF-8 alike
        kind = "JSON" if is_json else "TOML"
        raise BadInput(f"the configuration {path} is not {kind}: {_one_line(error)}") from error
    if not isinstance(content, dict):
        raise BadInput(
            f"the configuration {path} holds no names with values: write them as name = value"
        )
    for name in content:
        _one_of(f"key in {path}", name, [*RunConfig.model_fields, *_OF_THE_RECORD])
    return {name: value for name, value in content.items() if name not in _OF_THE_RECORD}


def check_threshold(percent: float | str) -> int:
    """Return a threshold as whole percent.

    Raises:
        BadInput: it is not a whole number from 1 to 100; a share gets a hint.
    """
    try:
        value = float(percent)
    except (TypeError, ValueError):
        raise BadInput(f"--threshold {percent}: a whole number from 1 to 100 is needed") from None
    if 0 < value < 1:
        raise BadInput(f"--threshold {percent} is a share: did you mean {round(100 * value)}?")
    if not 1 <= value <= 100 or value != int(value):
        raise BadInput(f"--threshold {percent}: a whole number from 1 to 100 is needed")
    return int(value)


def check_options(scenario: type[Scenario], values: Mapping[str, Any]) -> ScenarioOptions:
    """Check a scenario's options.

    Raises:
        BadInput: one line that names the first wrong option and the next step.
    """
    for name in values:
        _one_of(f"option of {scenario.name}", name, list(scenario.Options.model_fields))
    try:
        return scenario.Options(**values)
    except ValidationError as error:
        hint = "`swarmboard scenarios` lists options"
        raise BadInput(_first_problem(error, f"{scenario.name}: ", hint)) from error


def parse_settings(settings: list[str]) -> dict[str, str]:
    """Read `key=value` pairs of the command line."""
    pairs: dict[str, str] = {}
    for setting in settings:
        key, separator, value = setting.partition("=")
        if not separator or not key:
            raise BadInput(f"--set {setting}: write it as --set key=value")
        pairs[key.strip().replace("-", "_")] = value.strip()
    return pairs


def _one_of(what: str, name: str, names: list[str]) -> None:
    if name in names:
        return
    close = get_close_matches(name, names, 1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
    raise BadInput(f"unknown {what} {name!r}: {hint}")


def _first_problem(error: ValidationError, where: str, hint: str) -> str:
    """Describe what is wrong first; a name that nobody knows explains why another is missing."""
    problem = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    place = [str(part) for part in problem["loc"] if not _is_tag(part)]
    name, seen = ".".join(place) or "value", problem.get("input")
    known = _known_names(place)
    if place[:1] in (["tiers"], ["roles"], ["budget"], ["routing"]):
        hint = "docs/models.md says what it takes"
    if problem["type"] == "missing":
        return f"{where}{name} is missing; {hint}"
    if problem["type"] == "extra_forbidden" and known:
        close = get_close_matches(place[-1], known, 1)
        return f"{where}{name} is unknown: {f'did you mean {close[0]}?' if close else hint}"
    message = problem["msg"].removeprefix("Value error, ")
    described = _one_line(message[0].lower() + message[1:])
    if not place:  # it is about several, which the message names
        return f"{where}{described}; {hint}"
    return f"{where}{name}={_shown(seen)} is wrong: {described}; {hint}"


def _is_tag(part: int | str) -> bool:
    """Say whether a part of a place is not a name but what pydantic adds of its own: a type."""
    return part in ("[key]", "int", "float", "str", "bool") or str(part).startswith("dict[")


def _shown(value: Any) -> str:
    """Return a value as it is written in Python, in a length that fits a line."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _known_names(place: Sequence[str]) -> list[str]:
    """Return what may stand at a place in the tables about models; empty elsewhere."""
    match place:
        case ["tiers", _, _]:
            return list(TierConfig.model_fields)
        case ["routing", _]:
            return list(RoutingConfig.model_fields)
        case ["budget", _]:
            return list(BudgetConfig.model_fields)
        case ["budget", "agent", _] | ["budget", _, _, _]:
            return ["tokens", "usd"]
    return []


def _one_line(message: object) -> str:
    return " ".join(str(message).split())
