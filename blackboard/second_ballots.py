"""Second ballots in a rehearsal: what the server refused then has to be left out again."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from .assemble import Draft
from .records import Abstained, Ballots
from .replica import OpenProposal, Replica
from .rules import NO_BALLOT


def drop_second_ballots(
    draft: Draft, replica: Replica, outside: Iterable[Ballots | Abstained]
) -> None:
    """Take ballots out of a draft whose agents have voted in this round already.

    On a board the server finds them. A ballot of an outsider in an agent's name stood wherever
    the log has one: had the agent been first, the outsider's would have been refused.

    Args:
        draft: What the run's own agents did in the stage.
        replica: The board as of the stage's start.
        outside: What outsiders cast in this round up to and with this stage.
    """
    cast = list(outside)
    for name, _ in draft.ballots():
        proposal = replica.open[name]
        voted = [_agents(proposal, record) for record in cast if record.proposal == name]
        if proposal.round == replica.round:
            voted.append(proposal.seats.agents[proposal.box.choices != NO_BALLOT])
        if agents := np.unique(np.concatenate([*voted, np.empty(0, np.uint32)])).tolist():
            draft.drop_ballots(name, agents)


def _agents(proposal: OpenProposal, record: Ballots | Abstained) -> NDArray[np.uint32]:
    if isinstance(record, Abstained):
        return record.members
    cast = np.frombuffer(record.choices, np.uint8) != NO_BALLOT
    members: NDArray[np.uint32] = proposal.seats.agents[cast]
    return members
