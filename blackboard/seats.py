"""Electorates: fixed sets of voters, and panels whose seats fill one by one as they are claimed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidAction
from .writes import Proposal

if TYPE_CHECKING:
    from .replica import Replica

NOBODY = 2**32 - 1
"""Stands in a panel's seat that nobody has claimed yet."""
_PANEL, _WITHOUT = "panel ", " without "


@dataclass(frozen=True, slots=True, eq=False)
class Seats:
    """An electorate: who may vote and with what integer weight.

    In ascending agent order; a panel's seats in the order in which they were claimed, `NOBODY` in
    those that are free.
    """

    agents: NDArray[np.uint32]
    weights: NDArray[np.int64]
    bits: bytes
    """The agents as a bitmap; empty for a panel."""


class Panel:
    """The seats of a panel while they fill."""

    __slots__ = ("barred", "members", "roles", "size")

    def __init__(self, size: int, barred: frozenset[int]) -> None:
        self.size, self.barred = size, barred
        self.members: list[int] = []
        """Who has a seat, in the order of the claims."""
        self.roles: list[str] = []
        """The role of each of them."""

    def may_sit(self, agent: int, also: Sequence[int] = ()) -> bool:
        """Say whether an agent can have a seat, where these others are about to take one too."""
        is_free = len(self.members) + len(also) < self.size
        return is_free and not (agent in self.members or agent in self.barred or agent in also)

    def as_seats(self) -> Seats:
        """Return the seats as an electorate, the free ones held by `NOBODY`."""
        agents = np.array(self.members + [NOBODY] * (self.size - len(self.members)), np.uint32)
        return Seats(agents, _ones(self.size), b"")


@lru_cache(maxsize=256)
def _ones(size: int) -> NDArray[np.int64]:
    return np.ones(size, np.int64)


def panel_name(proposal: Proposal) -> str:
    """Return how a record names the panel of a proposal: `panel 5 without 3,7`."""
    barred = _WITHOUT + ",".join(map(str, proposal.barred)) if proposal.barred else ""
    return f"{_PANEL}{proposal.panel}{barred}"


@lru_cache(maxsize=4096)
def read_panel(electorate: str) -> tuple[int, frozenset[int]] | None:
    """Return a panel's size and who may have no seat; None for an electorate of another kind."""
    if not electorate.startswith(_PANEL):
        return None
    size, _, barred = electorate.removeprefix(_PANEL).partition(_WITHOUT)
    return int(size), frozenset(map(int, barred.split(","))) if barred else frozenset()


def check_panel(proposal: Proposal, replica: "Replica") -> None:
    """Refuse a panel that could never be filled by those who may vote and are still there.

    Raises:
        InvalidAction: says which term, and the value seen.
    """
    size, barred = proposal.panel, proposal.barred
    if replica.now_s is None:
        raise InvalidAction(
            "a panel fills over instants of simulated time; in rounds, name an electorate"
        )
    if proposal.electorate is not None or proposal.weights is not None:
        raise InvalidAction("a panel has one vote a seat: leave electorate and weights away")
    if type(size) is not int or size < 1:
        raise InvalidAction(f"a panel has at least one seat, got {size!r}")
    if any(type(agent) is not int for agent in barred) or list(barred) != sorted(set(barred)):
        raise InvalidAction(f"barred agents stand in ascending order, each once, got {barred!r}")
    voters = len(replica.voters())
    if size <= voters - len(barred) - len(replica.left):
        return
    seated = voters - sum(map(replica.is_voter, {*barred, *replica.left}))
    if size > seated:
        agents = "1 agent" if seated == 1 else f"{seated} agents"
        raise InvalidAction(f"a panel of {size} cannot be filled: {agents} may have a seat")
