"""The desk of a run: its team of models from what was asked for, and its recording on disk."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from agents import (
    DEFAULT_TIER,
    FAST,
    STRONG,
    Asked,
    BudgetConfig,
    CallsNow,
    Gateway,
    Hook,
    Ledger,
    Memory,
    Model,
    Outcome,
    Recording,
    RoutingConfig,
    TeamConfig,
    TierConfig,
    innermost,
    is_planted,
    why_unreachable,
)
from blackboard import BadInput, RunDirectory
from scenarios import ModelOptions

from .capping import check_priced
from .config import RunConfig

if TYPE_CHECKING:
    from .plan import Plan

RECORDING = "llm.sqlite"
"""The recording's name in a run directory."""
_OF_THE_ONLY_TIER = ("model", "api_base", "concurrency", "timeout_s", "retries")
"""Options that say how the only tier is asked; several tiers say so themselves."""
_OF_THE_EMBEDDING = ("api_base", "timeout_s")
"""Those of them that an embedding model takes as well."""


class Desk:
    """Has the questions of a run's agents answered, and says what that cost."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    def answer(
        self, asked: Sequence[Asked], at: tuple[int, int], *, meanwhile: Callable[[], None]
    ) -> list[Outcome]:
        """Return what finally came of each question of a stage, in order."""
        questions = [(question.agent.index, question.ask) for question in asked]
        return self.gateway.answer(questions, at, meanwhile=meanwhile)

    def now(self) -> CallsNow:
        """Return how far the questions of the latest stage have come."""
        return self.gateway.now()

    @property
    def recorded_calls(self) -> int:
        """How many questions a recording answered."""
        return self.gateway.ledger.recorded_calls

    def close(self) -> None:
        """Keep what was answered, and let go of connections."""
        self.gateway.close()


def team_of(config: RunConfig, options: ModelOptions) -> TeamConfig:
    """Return the tiers, roles and caps that a configuration and a scenario's options name.

    Raises:
        BadInput: something is wrong, or would be heeded by nobody.
    """
    check_heeded(config, options)
    tiers = dict(config.tiers)
    if not tiers:
        tiers[DEFAULT_TIER] = tier_of(options)
    budget = config.budget or BudgetConfig()
    caps = {"tokens": options.budget_tokens, "usd": options.budget_usd}
    given = {name: cap for name, cap in caps.items() if cap is not None}
    for name in budget.tiers:
        if name not in tiers:
            raise BadInput(
                f"budget.tiers.{name}: there is no such tier; there are {', '.join(tiers)}"
            )
    try:
        return TeamConfig(
            tiers=tiers,
            roles=config.roles,
            budget=budget.model_copy(update=given),
            routing=config.routing,
            recording=options.recording,
            embedding=_embedding(options),
            recorded=options.recorded,
        )
    except ValidationError as error:
        problem = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise BadInput(problem) from error


def check_heeded(config: RunConfig, options: ModelOptions) -> None:
    """Refuse what was chosen about models and what nobody would heed.

    Raises:
        BadInput: names it.
    """
    for name in beside_tiers(options) if config.tiers else ():
        given = f"{name}={getattr(options, name)}"
        if name == "model":
            raise BadInput(f"{given} and [tiers] both name models: leave one of them away")
        raise BadInput(f"{given} and [tiers]: set {name} of each tier there instead")
    if config.routing != RoutingConfig() and not {FAST, STRONG} <= config.tiers.keys():
        raise BadInput(
            f"[routing] chooses between the tiers {FAST} and {STRONG}: name both in [tiers], or "
            "leave [routing] away"
        )
    if options.recorded and options.recording not in ("replay", "auto"):
        raise BadInput(
            f"recorded={options.recorded} is not read with recording={options.recording}: choose "
            "recording=replay or auto, or leave recorded away (--set recorded=)"
        )
    tiers = config.tiers or ({} if options.embedding else {DEFAULT_TIER: tier_of(options)})
    for tier in tiers.values():
        if tier.api_base and is_planted(tier):
            raise BadInput(
                f"api_base={tier.api_base} with the model {tier.model}: name the model that is "
                "served there"
            )


def beside_tiers(options: ModelOptions) -> list[str]:
    """Return the options that were chosen and that nobody heeds where there are tiers.

    Chosen is what differs from the default: the `config.json` of a run repeats all of them.
    """
    fields = type(options).model_fields
    return [
        name
        for name in _OF_THE_ONLY_TIER
        if getattr(options, name) != fields[name].default
        and not (options.embedding and name in _OF_THE_EMBEDDING)
    ]


def tier_of(options: ModelOptions) -> TierConfig:
    """Return the only tier of a team whose options name its model."""
    return TierConfig(
        model=options.model,
        api_base=options.api_base,
        concurrency=options.concurrency,
        timeout_s=options.timeout_s,
        retries=options.retries,
    )


def _embedding(options: ModelOptions) -> TierConfig | None:
    if not options.embedding:
        return None
    return TierConfig(
        model=options.embedding, api_base=options.api_base, timeout_s=options.timeout_s
    )


def check_reachable(team: TeamConfig, given: Mapping[str, Model] | None = None) -> None:
    """See that every model of a team can be asked at all, before anything begins.

    Args:
        team: The tiers and the embedding model.
        given: Models by tier that stand in for those that the tiers name.

    Raises:
        BadInput: a model is unknown, or its endpoint or key is missing; names the variable.
    """
    if team.recording == "replay":
        if not team.recorded:
            raise BadInput(
                "recording=replay takes every reply from another run: name it with "
                "--set recorded=RUN"
            )
        return
    named = team.tiers | ({"embedding": team.embedding} if team.embedding else {})
    for name, tier in named.items():
        if name in (given or {}):
            continue
        if is_planted(tier):
            innermost(tier)  # which refuses what it does not know
        elif why := why_unreachable(tier):
            raise BadInput(f"tier {name}: {why}")


@contextmanager
def open_desk(
    plan: "Plan", directory: RunDirectory, *, hooks: Sequence[Hook] = ()
) -> Iterator[Desk | None]:
    """Open the desk of a run, or None where its scenario asks no models.

    Args:
        plan: The run's plan.
        directory: Where its recording is.
        hooks: Told of each call to a model as it begins and ends.

    Raises:
        BadInput: a model cannot be reached at all, a cap in USD would hold nothing back, or a
            recording cannot be read.
    """
    options = plan.latest_options
    if not plan.asks_models:
        yield None
        return
    team = team_of(plan.config, options)
    _check_memory(options)
    check_reachable(team, plan.models)
    check_priced(team, plan.models)
    source = Path(team.recorded) if team.recorded else None
    with Recording.open(
        directory.path / RECORDING, mode=team.recording, source=source
    ) as recording:
        desk = Desk(Gateway(team, recording, models=plan.models, hooks=hooks))
        try:
            yield desk
        finally:
            desk.close()


def models_of(plan: "Plan") -> dict[str, str] | None:
    """Return the model of each tier by its name, or None where a scenario asks no models."""
    options = plan.latest_options
    if not plan.asks_models:
        return None
    own = plan.models or {}
    tiers = team_of(plan.config, options).tiers
    return {name: type(own[name]).__name__ if name in own else tiers[name].model for name in tiers}


def is_stubbed(plan: "Plan") -> bool:
    """Say whether no real model is asked: all are planted, or objects of a test's own."""
    options = plan.latest_options
    if not plan.asks_models:
        return False
    tiers = team_of(plan.config, options).tiers
    return all(name in (plan.models or {}) or is_planted(tier) for name, tier in tiers.items())


def _check_memory(options: Any) -> None:
    path = getattr(options, "memory", None)
    if path and not options.learn:
        Memory.open(path).close()


def learn(plan: "Plan", world: Any, directory: RunDirectory) -> None:
    """Have the memory keep what a run learned, where it was asked to.

    Raises:
        BadInput: the memory cannot be written.
    """
    options = plan.latest_options
    if not getattr(options, "learn", False):
        return
    with Memory.open(options.memory, is_writable=True) as memory:
        memory.learn(lesson._replace(run=directory.run_id) for lesson in world.lessons())


def tokens_of(directory: RunDirectory) -> dict[str, Any]:
    """Return what a run's recording says its models cost; nothing where there is none."""
    path = directory.path / RECORDING
    return Ledger.read(path).summary() if path.exists() else {}
