"""`summary.json`: what a run came to, in names that others rely on."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from blackboard import RunDirectory, describe
from scenarios import Yardstick

from .accounts import CAUSES, Accounts, decision_row, percent
from .model import SwarmModel

if TYPE_CHECKING:
    from .runner import Plan

NO_TOKENS = {
    "work": 0,
    "coordination": 0,
    "reconstruction": 0,
    "verification": 0,
    "waste": 0,
    "cached": 0,
    "calls": 0,
    "cost_usd": 0.0,
}


def summarise(
    plan: "Plan", directory: RunDirectory, model: SwarmModel, accounts: Accounts, status: str
) -> dict[str, Any]:
    """Return the summary of a run that has ended."""
    world, leader = model.world, model.leader
    timing = model.timing
    return {
        "run_id": directory.path.name,
        "scenario": plan.scenario.name,
        "structure": plan.structure.name,
        "seed": plan.config.seed,
        "status": status,
        "determinism": "recorded" if leader.has_inputs else "closed",
        "agents": plan.setup.agents,
        "rounds": leader.round,
        "instants": None,
        "simulated_s": None,
        "digest": leader.digest.hex,
        "parent": None,
        "rule": describe(plan.setup.rule),
        "consensus": _consensus(plan, model, accounts),
        "decisions": [decision_row(decided) for decided in accounts.last],
        "yardstick": _yardstick(world.yardstick()),
        "baseline": None,
        "metrics": dict(world.metrics()),
        "abstentions": {cause: accounts.abstentions[cause] for cause in CAUSES},
        "tokens": NO_TOKENS,
        "timing": {
            "wall_s": None,
            "board_s": round(timing.board_s, 4),
            "agents_s": round(timing.agents_s, 4),
            "scenario_s": round(timing.scenario_s, 4),
        },
        "board": {"server": leader.server[0], "version": leader.server[1], "revision": None},
    }


def baseline_summary(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a summary says of its matched baseline run."""
    names = ("run_id", "structure", "agents", "rounds", "digest", "yardstick", "metrics", "timing")
    return {"kind": "single", **{name: summary[name] for name in names}}


def _consensus(plan: "Plan", model: SwarmModel, accounts: Accounts) -> dict[str, Any]:
    decisive = accounts.decisive
    row = decision_row(decisive) if decisive else None
    eligible = row["eligible_agents"] if row else 0
    with_choice = model.world.voters_with_choice()
    chosen = eligible if with_choice is None else with_choice
    approval = row["percent"] if row else None
    return {
        "threshold_percent": plan.setup.threshold_percent,
        "approval_percent": approval,
        "approval_percent_with_choice": approval if chosen == eligible else None,
        "eligible_agents": eligible,
        "agents_with_choice": chosen,
        "effective_voters": _effective_voters(model, eligible),
        **{
            outcome: accounts.outcomes[outcome]
            for outcome in ("accepted", "rejected", "expired", "vetoed", "escalated")
        },
        "abstained_percent": percent(row["abstain_weight"], row["eligible_weight"]) if row else None,
    }


def _effective_voters(model: SwarmModel, eligible: int) -> float:
    """Discount voters that err together: n / (1 + (n - 1) rho) of each population."""
    correlated = [p for p in model.populations if p.competence and p.votes]
    independent = eligible - sum(p.size for p in correlated)
    worth = sum(p.competence.effective_voters(p.size) for p in correlated if p.competence)
    return round(float(max(0, independent) + worth), 3)


def _yardstick(yardstick: Yardstick | None) -> dict[str, Any] | None:
    if yardstick is None:
        return None
    return {
        "kind": yardstick.kind,
        "value": yardstick.value,
        "ours": yardstick.ours,
        "gap_percent": yardstick.gap_percent,
        "certificate_percent": yardstick.certificate_percent,
        "certificate_assumes": yardstick.certificate_assumes,
        "expected": dict(yardstick.expected),
        "evidence": yardstick.evidence,
    }
