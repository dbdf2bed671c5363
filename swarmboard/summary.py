"""`summary.json`: what a run came to, in names that others rely on."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from agents import Cohort, distinct_voices
from blackboard import Decided, Leader, RunDirectory, SwarmboardError, describe
from scenarios import Scenario, Yardstick

from .accounts import CAUSES, RUN_CAPS, Accounts, decision_row, percent
from .desk import Desk, is_stubbed, models_of, tokens_of
from .measures import measures_of, unmeasured
from .model import SwarmModel
from .plan import Plan
from .spending import is_mute, unanswered

OUTCOMES = ("accepted", "rejected", "expired", "vetoed", "escalated")
DISSENT_KEPT = 10
"""Dissenting votes that a summary holds with their reasons."""
NO_TOKENS = {
    "work": 0,
    "coordination": 0,
    "reconstruction": 0,
    "verification": 0,
    "waste": 0,
    "cached": 0,
    "calls": 0,
    "cost_usd": 0.0,
    "input": 0,
    "output": 0,
    "recorded_calls": 0,
    "cost_by_class": {},
}


def summarise(
    plan: Plan, directory: RunDirectory, model: SwarmModel, accounts: Accounts, status: str
) -> dict[str, Any]:
    """Return the summary of a run that has ended.

    Raises:
        SwarmboardError: the scenario's figures have a number that is not finite.
    """
    world, timing, leader = model.world, model.timing, model.leader
    assert isinstance(leader, Leader), "the summary is the leader's to write"
    summary = _frame(plan, directory, leader, accounts, status)
    if status == "done" and is_mute(summary):
        summary["status"] = "failed"
    if status == "done" and (undone := world.left_undone()):
        summary |= {"status": "failed", "left_undone": undone}
    yardstick = world.yardstick()
    summary["consensus"] |= _consensus(model, accounts)
    summary["yardstick"] = None if yardstick is None else _yardstick(yardstick)
    if summary["yardstick"] and is_stubbed(plan):
        summary["yardstick"]["evidence"] = "stubbed"
    if model.desk:
        summary["tokens"]["recorded_calls"] = model.desk.recorded_calls
    if model.health:
        summary |= model.health.summary()
    summary["answer"], summary["dissent"] = world.answer_text(), _dissent(model, accounts)
    summary["stopped_by"] = _used_up(plan, model, accounts) if status == "stopped" else None
    summary["metrics"] = _finite("metrics()", world.metrics())
    summary["measures"] = measures_of(
        accounts.measures, directory, truths=world.truths(), yardstick=summary["yardstick"]
    )
    summary["timing"] |= {
        "board_s": round(timing.board_s, 4),
        "agents_s": round(timing.agents_s, 4),
        "scenario_s": round(timing.scenario_s, 4),
    }
    return summary


def unfinished_summary(
    plan: Plan,
    directory: RunDirectory,
    leader: Leader | None,
    accounts: Accounts,
    *,
    status: str,
    why: str | None = None,
) -> dict[str, Any]:
    """Return the summary of a run that broke off: the same names, and `error` where it failed."""
    summary = _frame(plan, directory, leader, accounts, status)
    if accounts.measures.is_whole:
        summary["measures"] = measures_of(accounts.measures, directory)
    return summary | {"error": why} if why else summary


def baseline_summary(summary: Mapping[str, Any], kind: str | None) -> dict[str, Any]:
    """Return what a summary says of its matched baseline run."""
    names = (
        "run_id",
        "structure",
        "agents",
        "rounds",
        "instants",
        "simulated_s",
        "digest",
        "yardstick",
        "metrics",
        "measures",
        "tokens",
        "timing",
    )
    return {"kind": kind, **{name: summary.get(name) for name in names}}


def _frame(
    plan: Plan,
    directory: RunDirectory,
    leader: Leader | None,
    accounts: Accounts,
    status: str,
) -> dict[str, Any]:
    """Return all names of a summary, with what is known without the scenario."""
    kind, version = leader.server if leader else (None, None)
    return {
        "run_id": directory.run_id,
        "scenario": plan.scenario.name,
        "structure": plan.structure.name,
        "seed": plan.config.seed,
        "status": status,
        "determinism": "recorded" if leader and leader.has_inputs else "closed",
        "agents": plan.setup.agents,
        **_length(plan, leader),
        "digest": leader.digest.hex if leader else None,
        "parent": _parent(plan),
        "rule": describe(plan.setup.rule),
        "consensus": _counts(plan, accounts),
        "decisions": [decision_row(decided) for decided in accounts.last],
        "yardstick": None,
        "baseline": None,
        "faults": [],
        "supervision": None,
        "workers": [],
        "resumed": None,
        "answer": None,
        "dissent": None,
        "stopped_by": None,
        "unanswered": unanswered(directory),
        "models": models_of(plan),
        "metrics": {},
        "measures": unmeasured(),
        "abstentions": {cause: accounts.abstentions[cause] for cause in CAUSES},
        "tokens": NO_TOKENS | tokens_of(directory),
        "timing": {"wall_s": None, "board_s": None, "agents_s": None, "scenario_s": None},
        "board": {
            "server": kind,
            "version": version,
            "revision": leader.revision if leader else None,
        },
    }


def _length(plan: Plan, leader: Leader | None) -> dict[str, Any]:
    """Return how long the run was: in rounds, or in instants and simulated seconds."""
    ended = leader.rounds_ended if leader else 0
    if not plan.scenario.is_event_driven:
        limit = {"round_limit": plan.rounds}
        return {"rounds": ended, **limit, "instants": None, "simulated_s": None}
    return {
        "rounds": None,
        "instants": ended,
        "simulated_s": leader.replica.now_s if leader else None,
    }


def _parent(plan: Plan) -> dict[str, Any] | None:
    """Return what a fork has in common with the run it left."""
    if not plan.config.forks:
        return None
    fork = plan.config.forks[-1]
    return {"run_id": fork.parent, "round": fork.at_round, "digest": fork.digest}


def _counts(plan: Plan, accounts: Accounts) -> dict[str, Any]:
    decided = _decisive(plan.world, accounts)
    row = decision_row(decided) if decided else None
    return {
        "threshold_percent": plan.setup.threshold_percent,
        "approval_percent": row["percent"] if row else None,
        "approval_percent_with_choice": None,
        "eligible_agents": row["eligible_agents"] if row else 0,
        "agents_with_choice": None,
        "effective_voters": None,
        **{outcome: accounts.outcomes[outcome] for outcome in OUTCOMES},
        "abstained_percent": percent(row["abstain_weight"], row["eligible_weight"])
        if row
        else None,
    }


def _decisive(world: Scenario, accounts: Accounts) -> Decided | None:
    """Return the decision that the summary speaks of."""
    return world.decisive() or accounts.decisive


def _consensus(model: SwarmModel, accounts: Accounts) -> dict[str, Any]:
    """Return how hollow the decisive vote may be: who had a choice, who errs together."""
    decided = _decisive(model.world, accounts)
    row = decision_row(decided) if decided else None
    eligible = row["eligible_agents"] if row else 0
    with_choice = model.world.voters_with_choice()
    chosen = eligible if with_choice is None else with_choice
    return {
        "approval_percent_with_choice": row["percent"] if row and chosen == eligible else None,
        "agents_with_choice": chosen,
        "effective_voters": _effective_voters(model, eligible),
    }


def _dissent(model: SwarmModel, accounts: Accounts) -> dict[str, Any] | None:
    """Return how many voted against the answer, and what the first of them said."""
    votes = model.world.votes_against()
    decided = _decisive(model.world, accounts)
    if not votes or not decided:
        return None
    first = [
        {
            "agent": one.agent,
            "name": _name(model, one.agent),
            "vote": one.vote,
            "reason": one.reason,
        }
        for one in votes[:DISSENT_KEPT]
    ]
    return {"votes": len(votes), "eligible": decided.eligible_agents, "first": first}


def _name(model: SwarmModel, agent: int) -> str:
    """Return the name an agent joined under, else its role and number."""
    for population in model.populations:
        row = agent - int(population.indices[0])
        if 0 <= row < population.size:
            return population.names[row] if population.names else f"{population.role} #{agent}"
    return f"agent {agent}"


def _used_up(plan: Plan, model: SwarmModel, accounts: Accounts) -> dict[str, Any] | None:
    """Return the cap that ended a run, and for one of the whole run how much of it was spent."""
    cap = accounts.used_up(since=plan.config.forked_at)
    if cap is None:
        return None
    spent, limit = None, None
    if cap in RUN_CAPS and isinstance(model.desk, Desk):
        budget, is_money = model.desk.gateway.budget, cap.endswith("usd")
        spent = budget.spent[is_money]
        limit = budget.config.usd if is_money else budget.config.tokens
    return {"cap": cap, "spent": spent, "limit": limit}


def _effective_voters(model: SwarmModel, eligible: int) -> float:
    """Discount voters that err together: n / (1 + (n - 1) rho) of each population."""
    if (known := model.world.effective_voters(eligible)) is not None:
        return round(min(known, eligible), 3)
    voters = [population for population in model.populations if population.votes]
    correlated = [population for population in voters if population.competence]
    independent = eligible - sum(population.size for population in correlated)
    for population in voters:
        if not population.competence and not isinstance(population.members, Cohort):
            independent -= population.size - distinct_voices(population.members)
    worth = sum(p.competence.effective_voters(p.size) for p in correlated if p.competence)
    return round(float(max(0, independent) + worth), 3)


def _yardstick(yardstick: Yardstick) -> dict[str, Any]:
    numbers = {
        "value": yardstick.value,
        "ours": yardstick.ours,
        "gap_percent": yardstick.gap_percent,
        "certificate_percent": yardstick.certificate_percent,
    }
    return {
        "kind": yardstick.kind,
        **_finite("yardstick()", numbers),
        "certificate_assumes": yardstick.certificate_assumes,
        "expected": _finite("yardstick().expected", yardstick.expected),
        "evidence": yardstick.evidence,
    }


def _finite(where: str, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse what JSON cannot hold: a missing number is None, never NaN."""
    for name, value in numbers.items():
        if isinstance(value, float | np.floating) and not math.isfinite(value):
            raise SwarmboardError(
                f"{where} of the scenario gives {name}={value}: return None where there is no "
                "number"
            )
    return dict(numbers)
