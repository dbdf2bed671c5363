"""Who may act: agents that have joined, and have not left since."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InvalidAction
from .replica import Replica


def check_present(agent: int, replica: Replica, *, joined: int) -> None:
    """Refuse an agent that is not, or no longer, one of the `joined` agents.

    Raises:
        InvalidAction: says which it is.
    """
    if not 0 <= agent < joined:
        raise InvalidAction(_stranger(agent, joined))
    if agent in replica.left:
        raise InvalidAction(f"agent {agent} has left the run ({replica.left[agent]})")


def members_of(agents: ArrayLike, *, joined: int) -> NDArray[np.uint32]:
    """Return the agents of a block, all of which have joined.

    Raises:
        InvalidAction: one has not, or these are no agents.
    """
    members = np.asarray(agents)
    if members.ndim != 1 or (members.size and members.dtype.kind not in "iu"):
        raise InvalidAction(f"the agents of a block are a row of whole numbers, got {agents!r:.80}")
    if members.size and not (members.min() >= 0 and members.max() < joined):
        raise InvalidAction(_stranger(int(members[(members < 0) | (members >= joined)][0]), joined))
    return members.astype(np.uint32, copy=False)


def staying(members: NDArray[np.uint32], replica: Replica) -> NDArray[np.bool_]:
    """Say of each member whether it is still there."""
    gone = np.fromiter(replica.left, np.uint32, len(replica.left))
    return np.isin(members, gone, invert=True)


def is_in(span: range, agents: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Say of each agent whether it is in a span of the board's numbers."""
    return (agents >= span.start) & (agents < span.stop)


def _stranger(agent: int, joined: int) -> str:
    return f"agent {agent} has not joined; the {joined} that have are numbered from 0"
