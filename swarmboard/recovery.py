"""Going on after the bundled server has ended by itself: from the log, on a new server."""

from blackboard import LeaseLost, ServerUnavailable

from .accounts import Accounts
from .beginning import discard_void, find_beginning
from .ongoing import Run
from .plan import prepare

MOST_LOSSES = 3
"""How often the server may end in one and the same round before the run gives up."""


class ServerLost(ServerUnavailable):
    """Raised when the bundled server has ended although nobody stopped it."""

    def __init__(self, round: int, turn: str = "round") -> None:
        self.round = round
        super().__init__(
            f"the bundled server ended by itself in {turn} {round}; board/ in the run directory "
            "holds what it had, and `swarmboard resume` goes on from the log"
        )


def go_on(run: Run, lost: ServerLost) -> None:
    """Put a run back to what its log holds, as if it were resumed.

    What the server had taken and the log has not seen may be lost with it, and nobody can tell;
    so nothing is built on it but what outsiders wrote, as far as a new server still finds it.

    Raises:
        LeaseLost: another runner has taken the run over, and ended the server for that.
        ServerLost: the server has ended too often in this round.
    """
    if run.leader and not run.lock.is_held:
        epoch = run.leader.epoch
        raise LeaseLost(run.leader.runner, epoch=epoch, current=epoch + 1) from lost
    run.losses.append(lost.round)
    if run.losses.count(lost.round) > MOST_LOSSES:
        raise lost
    run.tell(
        f"the bundled server ended in {run.plan.turn} {lost.round}: going on from the log with "
        "another"
    )
    if run.model:
        run.model.remove_all_agents()
    plan = run.plan
    run.plan = prepare(plan.config, rule=plan.setup.rule, kind=plan.scenario, models=plan.models)
    run.beginning, run.accounts = find_beginning(run.directory), Accounts()
    discard_void(run.directory, run.beginning)
