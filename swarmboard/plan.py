"""A checked run, ready to start, and what its `config.json` keeps to repeat it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents import DEFAULT_TIER, Model, Structure, structures
from blackboard import (
    BadInput,
    InstantLeader,
    InvalidAction,
    Leader,
    Rule,
    describe,
    parse_rule,
    threshold,
)
from scenarios import Scenario, Setup

from .catalog import find_scenario
from .config import BASELINES, RunConfig, check_options
from .provenance import INPUTS, fingerprints
from .versions import versions


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked run, ready to start."""

    config: RunConfig
    scenario: type[Scenario]
    structure: Structure
    setup: Setup
    world: Scenario
    asked: int
    """The number of agents asked for, of which the structure may use fewer."""
    rounds: int
    models: Mapping[str, Model] | None = None
    """Models by tier that stand in for those that the tiers name; Python only."""

    @property
    def turn(self) -> str:
        """What people call its rounds: `round`, or `instant`."""
        return "instant" if self.scenario.is_event_driven else "round"

    @property
    def asks_models(self) -> bool:
        """Whether it asks language models."""
        return self.scenario.asks_models(self.latest_options)

    @property
    def latest_options(self) -> Any:
        """The scenario's options as they hold behind the last fork."""
        return check_options(self.scenario, self._options(self.rounds))

    def change_options(self, round: int, *, is_start: bool = False) -> None:
        """Give the world the options that hold after a round, where the run was forked there.

        Args:
            round: The round that has ended.
            is_start: Whether this process begins there: then earlier forks count as well.
        """
        forks = [fork for fork in self.config.forks if fork.options]
        if any(f.at_round == round or (is_start and f.at_round < round) for f in forks):
            self.world.change(check_options(self.scenario, self._options(round)))

    def _options(self, round: int) -> dict[str, Any]:
        options = dict(self.config.options)
        for fork in self.config.forks:
            if fork.at_round <= round:
                options |= fork.options
        return options

    def as_config(self, run_id: str) -> Mapping[str, Any]:
        """Return everything that is needed to repeat the run, as `config.json` keeps it."""
        config = self.config.model_dump(mode="json", exclude={"out"})
        scenario = self.config.scenario
        options = self.setup.options.model_dump(mode="json")
        files = self.scenario.input_files(self.setup.options)
        here = {name: str(path.resolve()) for name, path in files.items() if name in options}
        return config | {
            "run_id": run_id,
            "scenario": str(Path(scenario).resolve()) if scenario.endswith(".py") else scenario,
            "agents": self.asked,
            "rounds": self.rounds,
            "rule": describe(self.setup.rule),
            "threshold": self.setup.threshold_percent,
            "options": options | here,
            INPUTS: fingerprints(files.values()),
            "versions": versions(),
        }


def prepare(
    config: RunConfig,
    *,
    rule: Rule | None = None,
    kind: type[Scenario] | None = None,
    models: Mapping[str, Model] | None = None,
) -> Plan:
    """Check everything that can be checked before a run starts.

    Args:
        config: What was asked for.
        rule: The run's rule; None means the one that the configuration names.
        kind: The scenario's class, where it is at hand.
        models: Models by tier that stand in for those that the configuration names.

    Raises:
        BadInput: something is wrong; nothing has been touched.
    """
    kind = kind or find_scenario(config.scenario)
    if config.structure not in kind.structures:
        raise BadInput(
            f"{kind.name} does not support the structure {config.structure!r}: "
            f"it supports {', '.join(kind.structures)}"
        )
    checked = check_options(kind, config.options)
    has_models = kind.asks_models(checked)
    _check_teams(config, kind, has_models=has_models)
    _check_time(config, kind)
    _check_models(models, config, kind, has_models=has_models)
    options, asked = kind.resolve(checked, config.agents)
    structure = structures()[kind.implied_structure(config.structure, asked)]
    chosen = rule or _rule(config, kind)
    setup = Setup(
        options,
        structure.size(asked),
        config.seed,
        structure.name,
        chosen,
        threshold_percent(chosen),
    )
    world = kind(setup)
    _check_roles(config, world.model_roles())
    rounds = config.rounds or world.round_limit()
    return Plan(config, kind, structure, setup, world, asked, rounds, models)


def _check_teams(config: RunConfig, kind: type[Scenario], *, has_models: bool) -> None:
    """Refuse what only teams of language models can do where there are none, and the reverse."""
    if config.baseline and BASELINES[config.baseline] not in kind.structures:
        raise BadInput(
            f"--baseline {config.baseline} needs the structure {BASELINES[config.baseline]}, which "
            f"{kind.name} does not have: {_baselines_of(kind)}"
        )
    if has_models and config.workers > 1:
        raise BadInput(
            f"--workers {config.workers} with {kind.name}: one process asks its models, up to "
            "`concurrency` at a time; leave --workers away"
        )
    for name in ("tiers", "roles", "budget"):
        if getattr(config, name) and not has_models:
            raise BadInput(f"[{name}] is for language models, and {kind.name} asks none")


def _baselines_of(kind: type[Scenario]) -> str:
    known = [name for name, structure in BASELINES.items() if structure in kind.structures]
    return f"use --baseline {' or '.join(known)}" if known else "leave --baseline away"


def _check_time(config: RunConfig, kind: type[Scenario]) -> None:
    """Refuse what counts rounds where a scenario goes from instant to instant."""
    if not kind.is_event_driven:
        return
    if config.workers > 1:
        raise BadInput(
            f"--workers {config.workers} with {kind.name}: an event-driven scenario has one "
            "worker, because hardly two of its agents act at the same instant; leave --workers away"
        )
    for name in ("faults", "supervision"):
        if getattr(config, name):
            raise BadInput(
                f"[{name}] counts rounds, and {kind.name} runs on simulated seconds: leave it away"
            )


def _check_roles(config: RunConfig, known: Sequence[str] | None) -> None:
    """Refuse tiers and caps of roles that nobody has; they would be for nobody."""
    for where, names in (
        ("roles", config.roles),
        ("budget.roles", config.budget.roles if config.budget else {}),
    ):
        for name in names:
            if known is not None and name not in known:
                raise BadInput(
                    f"{where}.{name}: nobody has this role; there are {', '.join(known)}"
                )


def _check_models(
    models: Mapping[str, Model] | None,
    config: RunConfig,
    kind: type[Scenario],
    *,
    has_models: bool,
) -> None:
    """Refuse models that stand in for nothing, or that cannot be asked."""
    if not models:
        return
    if not isinstance(models, Mapping):
        raise BadInput(f"models={models!r}: give models by tier, such as {{'default': model}}")
    if not has_models:
        raise BadInput(f"models={{...}} is for language models, and {kind.name} asks none")
    tiers = list(config.tiers) or [DEFAULT_TIER]
    for name, model in models.items():
        if name not in tiers:
            raise BadInput(
                f"models has a model for the tier {name!r}; there are {', '.join(tiers)}: name it "
                f"in tiers={{{name!r}: {{'model': ...}}}} too"
            )
        if not callable(getattr(model, "complete", None)):
            raise BadInput(
                f"models[{name!r}]={model!r} cannot be asked: give an object with `async def "
                "complete(request)`, such as swarmboard.testing.ScriptedModel"
            )


def leader_kind(plan: Plan) -> type[Leader]:
    """Return who leads a plan's run: round by round, or from instant to instant."""
    return InstantLeader if plan.scenario.is_event_driven else Leader


def threshold_percent(rule: Rule) -> int | None:
    """Return the percent of a plain threshold, or None for any other rule."""
    text = describe(rule)
    is_threshold = text.startswith("threshold(") and text[10:-1].isdigit()
    return int(text[10:-1]) if is_threshold else None


def _rule(config: RunConfig, kind: type[Scenario]) -> Rule:
    """Return the rule that the configuration names, or the scenario's threshold."""
    if config.rule is None:
        return threshold(config.threshold or kind.default_threshold)
    try:
        rule = parse_rule(config.rule)
    except InvalidAction as error:
        raise BadInput(f"{error}: run(..., rule=yours) in Python") from error
    if config.threshold not in (None, threshold_percent(rule)):
        raise BadInput(
            f"rule={config.rule} and threshold={config.threshold} contradict each other: "
            "leave one of them away"
        )
    return rule
