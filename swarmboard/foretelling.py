"""What a run with models may cost, said before anything is spent: nobody is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import ceil
from typing import Any

from agents import (
    EMBEDDING,
    Assumed,
    Estimate,
    PlannedCalls,
    Range,
    TeamConfig,
    TierConfig,
    estimate,
    first_tier,
    is_planted,
    stronger,
    tier_prices,
    why_unreachable,
)
from blackboard import BadInput

from .capping import check_priced
from .config import BASELINES, make_config
from .desk import team_of
from .plan import Plan, prepare

PLANTED_LATENCY_S = (0.0001, 0.02)
"""What a call to the simulated model takes."""
LATENCY_S = (1.0, 20.0)
"""What a call to a real one may take."""

REPAIRS_PERCENT = 25.0
"""Calls more than planned for refused replies and retries, and one more of a short run."""


_NOTHING = "0 model calls, 0 tokens, 0 USD"
_FIGURES = ("calls", "tokens", "usd", "minutes")


def foretold(plan: Plan) -> str:
    """Return the calls, tokens, USD and minutes of a run for people, a line each.

    Raises:
        BadInput: a model cannot be asked however its keys are set, or a cap would be none.
    """
    team = _team(plan)
    if team is None:
        return _NOTHING
    lines = [_models(team)]
    if team.recording == "replay":
        return "\n".join([*lines, f"{_NOTHING}: all replies are recorded ones"])
    obstacles = _obstacles(plan, team)
    lines += cost_ahead(plan).text().splitlines() if _is_planned(plan) else [_unknown(plan)]
    return "\n".join([*lines, *_limits(plan, team), *obstacles])


def foretold_figures(plan: Plan) -> dict[str, Any]:
    """Return the same as numbers by name; None for what the scenario does not say.

    Raises:
        BadInput: a model cannot be asked however its keys are set, or a cap would be none.
    """
    team = _team(plan)
    models = {name: tier.model for name, tier in _all_tiers(team).items()} if team else {}
    figures: dict[str, Any] = dict.fromkeys(_FIGURES)
    notes: list[str] = []
    if team is None or team.recording == "replay":
        figures = dict.fromkeys(_FIGURES, Range(0, 0, 0)._asdict())
    else:
        notes = _obstacles(plan, team)
        if _is_planned(plan):
            said = cost_ahead(plan)
            figures = {name: getattr(said, name)._asdict() for name in _FIGURES}
        else:
            notes.insert(0, _unknown(plan))
    return {**figures, "models": models, "notes": notes}


def _team(plan: Plan) -> TeamConfig | None:
    return team_of(plan.config, plan.latest_options) if plan.asks_models else None


def _is_planned(plan: Plan) -> bool:
    return plan.world.planned_calls(plan.rounds) is not None


def _unknown(plan: Plan) -> str:
    return (
        f"{plan.scenario.name} does not say beforehand what it asks: calls, tokens and USD are "
        "unknown; set budget_tokens or budget_usd"
    )


def cost_ahead(plan: Plan) -> Estimate:
    """Return what a run may cost, its baseline included.

    Raises:
        BadInput: a tier, role or cap is wrong.
    """
    options = plan.latest_options
    team = team_of(plan.config, options)
    planned = list(_tiered(plan.world.planned_calls(plan.rounds) or (), team))
    runs = 1
    if plan.config.baseline:
        runs = 2
        planned += [replace(one, stage=f"baseline {one.stage}") for one in _of_baseline(plan, team)]
    if team.recording == "auto":
        planned = [replace(one, count_low=0) for one in planned]
    used = sorted({one.tier for one in planned})
    tiers = {name: tier for name, tier in _all_tiers(team).items() if name in used}
    assumed = Assumed(
        rounds=1,  # the plan has every round by itself
        concurrency={name: tier.concurrency for name, tier in tiers.items()},
        prices={name: tier_prices(tier) for name, tier in tiers.items()},
        latency_s=_latency_s(list(tiers.values())),
        extra_percent=ceil(REPAIRS_PERCENT + 100 / max(1, sum(one.count for one in planned))),
    )
    said = estimate(planned, assumed)
    budget = team.budget
    return replace(
        said,
        tokens=_capped(said.tokens, budget.tokens, runs),
        usd=_capped(said.usd, budget.usd, runs),
        assumed=replace(assumed, rounds=0 if plan.scenario.is_event_driven else plan.rounds),
    )


def _of_baseline(plan: Plan, team: TeamConfig) -> Iterator[PlannedCalls]:
    """Yield the calls of the matched run."""
    kind = plan.config.baseline or "single"
    values = plan.config.model_dump() | {
        "structure": BASELINES[kind],
        "options": plan.config.options | dict(plan.world.matched_options(kind)),
        "baseline": None,
        "workers": 1,
        "faults": (),
        "supervision": None,
    }
    alone = prepare(make_config(values), rule=plan.setup.rule, kind=plan.scenario)
    yield from _tiered(alone.world.planned_calls(alone.rounds) or (), team)


def _tiered(planned: Sequence[PlannedCalls], team: TeamConfig) -> Iterator[PlannedCalls]:
    """Put calls where roles and routing send them, with those asked again of a stronger model."""
    for one in planned:
        if one.tier == EMBEDDING:
            yield one
            continue
        tier = first_tier(one.role, one.complexity, team)
        yield replace(one, tier=tier)
        if again := stronger(tier, team):
            yield replace(one, tier=again, count_low=0)


def _all_tiers(team: TeamConfig) -> dict[str, TierConfig]:
    """Return the tiers of a team, and its embedding model as one more."""
    return team.tiers | ({EMBEDDING: team.embedding} if team.embedding else {})


def _capped(amount: Range, cap: float | None, runs: int) -> Range:
    if cap is None:
        return amount
    return Range(*(min(one, cap * runs) for one in amount))


def _latency_s(tiers: Sequence[TierConfig]) -> tuple[float, float]:
    if all(is_planted(tier) for tier in tiers):
        return PLANTED_LATENCY_S
    longest_s = max(tier.timeout_s for tier in tiers)
    fast_s, slow_s = LATENCY_S
    return min(fast_s, longest_s), min(slow_s, longest_s)


def _models(team: TeamConfig) -> str:
    tiers = _all_tiers(team)
    if len(tiers) == 1:
        return f"model {tiers[team.first].model}"
    return "models " + ", ".join(f"{name}: {tier.model}" for name, tier in tiers.items())


def _limits(plan: Plan, team: TeamConfig) -> list[str]:
    """Say what bounds the figures beside the number of rounds."""
    budget, lines = team.budget, []
    caps = [f"{budget.tokens:,} tokens"] if budget.tokens is not None else []
    caps += [f"{budget.usd:g} USD"] if budget.usd is not None else []
    if caps:
        lines.append(f"the budget ends the run at {' or '.join(caps)}")
    if plan.config.baseline:
        lines.append(f"--baseline {plan.config.baseline} is counted in")
    if team.recording == "auto":
        lines.append("recorded replies cost nothing, hence the low end")
    return lines


def missing_keys(plan: Plan) -> list[str]:
    """Say which keys a run needs that are not set; nobody is asked.

    Raises:
        BadInput: a model cannot be asked however its keys are set, or a cap would be none.
    """
    team = _team(plan)
    return [] if team is None or team.recording == "replay" else _missing_keys(plan, team)


def _obstacles(plan: Plan, team: TeamConfig) -> list[str]:
    """Say which keys are missing; what is wrong besides is refused at once.

    Raises:
        BadInput: names it.
    """
    return [f"not yet: {why}" for why in _missing_keys(plan, team)]


def _missing_keys(plan: Plan, team: TeamConfig) -> list[str]:
    lines = []
    for name, tier in _all_tiers(team).items():
        if is_planted(tier) or name in (plan.models or {}):
            continue
        if unknown := why_unreachable(tier, needs_key=False):
            raise BadInput(f"tier {name}: {unknown}")
        if why := why_unreachable(tier):
            lines.append(why)
    check_priced(team, plan.models)
    return lines
