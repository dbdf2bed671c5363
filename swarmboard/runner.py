"""`run`: a scenario from its name, or its class, to its result."""

from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

from agents import BudgetConfig, Hook, Model, RoutingConfig, SupervisionConfig, TierConfig
from blackboard import Approver, BadInput, InvalidAction, Rule, describe, parse_rule, threshold
from scenarios import Scenario

from .config import make_config
from .execution import execute
from .faults import Fault
from .ongoing import Watch
from .plan import Plan, prepare
from .result import Result

__all__ = ["Plan", "execute", "prepare", "run"]


def run(
    scenario: str | type[Scenario],
    *,
    agents: int | None = None,
    structure: str = "swarm",
    rule: Rule | None = None,
    consensus_threshold: float | None = None,
    rounds: int | None = None,
    seed: int = 0,
    board: str | None = None,
    out: Path | str | None = None,
    baseline: str | None = None,
    ballots: str = "sealed",
    workers: int = 1,
    snapshot_every: int = 25,
    faults: Sequence[Fault | Mapping[str, Any]] = (),
    supervision: SupervisionConfig | Mapping[str, Any] | None = None,
    approval_above: float | None = None,
    approval_s: float = 300.0,
    approver: Approver | None = None,
    models: Mapping[str, Model] | None = None,
    tiers: Mapping[str, TierConfig | Mapping[str, Any]] | None = None,
    roles: Mapping[str, str] | None = None,
    budget: BudgetConfig | Mapping[str, Any] | None = None,
    routing: RoutingConfig | Mapping[str, Any] | None = None,
    hooks: Sequence[Hook] = (),
    watch: Watch | None = None,
    **options: Any,
) -> Result:
    """Run a scenario and return what came of it.

    Args:
        scenario: A name (`swarmboard scenarios`), the path of your own file, or your class.
        agents: How many; None means the scenario's default.
        structure: Who acts when, sees what and decides (`swarmboard structures`).
        rule: When a proposal is accepted; None means the scenario's threshold.
        consensus_threshold: The same as a share: 0.8 is `threshold(80)`.
        rounds: The most rounds to take.
        seed: The same seed repeats the run, digest included.
        board: `redis://`, `unix://`, `memory://` or `bundled`; None means `$SWARMBOARD_URL`,
            else the bundled server.
        out: The run directory; None means `runs/<run id>`.
        baseline: `single` adds the matched run of one agent.
        ballots: `sealed` hides ballots until the voting round ends; `open` does not.
        workers: How many processes act for the agents; with more than one, scenario and rule have
            to be found by their names, because every process makes its own.
        snapshot_every: Rounds between two snapshots.
        faults: What goes wrong on purpose, one table of names as in `[[faults]]` each.
        supervision: Who is restarted after a failure, with the names of `[supervision]`.
        approval_above: Proposals whose declared impact is larger wait for a person's answer.
        approval_s: How many seconds they wait; without an answer they are not executed.
        approver: Asked about each of them again and again while it waits: True executes it, False
            does not, None leaves the answer to others.
        models: Models by tier that answer in place of those that the tiers name, such as
            `{"default": ScriptedModel(...)}`.
        tiers: Models by name of the tier, with the names of `[tiers.NAME]`; None means the one
            that the options name. `fast` and `strong` together are chosen between by routing.
        roles: The tier of each role that does not leave the choice to routing.
        budget: The most that models may cost, with the names of `[budget]`: tokens, usd, and caps
            of tiers, roles, each agent and classes.
        routing: When the strong tier is asked, with the names of `[routing]`.
        hooks: Told of each call to a model as it begins and ends.
        watch: Called with the model and the accounts after each round.
        **options: The scenario's own options.

    Raises:
        BadInput: something given is wrong; the message names it and the next step.
    """
    if rule is not None and not callable(rule):
        raise BadInput(f"rule={rule!r} is no rule: did you mean rule={_meant(rule)}?")
    if consensus_threshold is not None:
        if rule is not None:
            raise BadInput(
                f"consensus_threshold={consensus_threshold} and a rule: leave one of them away"
            )
        rule = threshold(percent_of(consensus_threshold))
    kind = None if isinstance(scenario, str) else scenario
    name = scenario if isinstance(scenario, str) else scenario.name
    values: dict[str, Any] = {
        "scenario": name,
        "agents": agents,
        "structure": structure,
        "rounds": rounds,
    }
    values |= {"seed": seed, "board": board, "out": out and Path(out), "baseline": baseline}
    if workers > 1:
        _check_shareable(scenario, rule)
    values |= {"workers": workers, "snapshot_every": snapshot_every}
    values |= {"faults": faults, "supervision": supervision}
    values |= {"approval_above": approval_above, "approval_s": approval_s}
    values |= {"tiers": tiers or {}, "roles": roles or {}, "budget": budget}
    values |= {"routing": routing} if routing is not None else {}
    config = make_config(values | {"ballots": ballots, "options": options})
    plan = prepare(config, rule=rule, kind=kind, models=models)
    return execute(plan, watch=watch, approver=approver, hooks=hooks)


def _check_shareable(scenario: str | type[Scenario], rule: Rule | None) -> None:
    """Refuse what another process could not make for itself."""
    if not isinstance(scenario, str):
        raise BadInput(
            f"workers > 1 with the class {scenario.__name__}: other processes cannot see it; give "
            "the scenario's name, or the path of its file"
        )
    if rule is not None:
        try:
            parse_rule(describe(rule))
        except InvalidAction as error:
            raise BadInput(f"workers > 1: {error}; other processes cannot see it") from error


def percent_of(share: float) -> int:
    """Turn a share into percent, which has to come out whole.

    Raises:
        BadInput: it does not, or is no share.
    """
    given = f"consensus_threshold={share!r}"
    if isinstance(share, bool) or not isinstance(share, Real):
        raise BadInput(f"{given}: a share is needed, such as 0.8")
    if 1 < share <= 100:
        raise BadInput(f"{given} is no share: did you mean {share / 100:g}?")
    if not 0 < share <= 1:
        raise BadInput(f"{given}: a share above 0 and up to 1 is needed")
    percent = round(share * 100)
    if percent < 1 or abs(share * 100 - percent) > 1e-9:
        raise BadInput(f"{given}: a whole number of percent is needed")
    return percent


def _meant(rule: object) -> str:
    """Return how a rule is written that was given as a text, a percentage or a share."""
    try:
        if isinstance(rule, str):
            return describe(parse_rule(rule))
        if isinstance(rule, float) and 0 < rule < 1:
            return describe(threshold(percent_of(rule)))
        return describe(threshold(rule))  # type: ignore[arg-type]
    except (BadInput, InvalidAction, ValueError):
        return "threshold(80)"
