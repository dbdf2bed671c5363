"""Going through a run again by its log: the same model, and a leader that writes nothing."""

from dataclasses import dataclass

from blackboard import Approval, Leader, RunDirectory, Script, Stopped

from .accounts import Accounts
from .event_model import model_kind
from .health import Health
from .model import SwarmModel
from .plan import Plan, leader_kind


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A run as its log took it through again."""

    plan: Plan
    model: SwarmModel
    accounts: Accounts
    leader: Leader
    is_ended: bool
    """Whether the run's last round has ended, and none is to come."""


def rehearsing_leader(plan: Plan, script: Script | None) -> Leader:
    """Return a leader without a board that takes from a log what came from outside."""
    config = plan.config
    return leader_kind(plan)(
        plan.world.kinds,
        rule=plan.setup.rule,
        sealed=config.ballots == "sealed",
        approval=Approval(config.approval_above, config.approval_s),
        script=script,
    )


def rehearse(plan: Plan, directory: RunDirectory, *, to_round: int | None = None) -> Rehearsed:
    """Execute a run again, from its first round and with its inputs, and hold it against the log.

    Args:
        plan: The run's own plan.
        directory: Where its log is.
        to_round: Stop after this round; None goes to the end of the log.

    Raises:
        Diverged: something else came out; names the first difference.
    """
    script = Script(directory.log)
    leader = rehearsing_leader(plan, script)
    # Behind its log a run is not known: it ends there, be it in the middle of a round.
    leader.oversight.is_stopped = lambda: True
    health = Health.of(plan.config)
    model = model_kind(plan.world)(plan.world, plan.structure, leader, health=health)
    accounts = Accounts()
    last = plan.rounds if to_round is None else min(to_round, plan.rounds)
    is_ended = False
    while not (is_ended := leader.round >= plan.rounds or model.is_done()):
        plan.change_options(leader.round)
        if leader.round >= last or (script.is_over and leader.round):
            break
        try:
            model.advance()
        except Stopped:
            break
        for closed in model.closed:
            accounts.take(closed.records)
        accounts.measures.take(model.records)
    return Rehearsed(plan, model, accounts, leader, is_ended)
