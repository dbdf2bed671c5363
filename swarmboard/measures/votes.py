"""What became of proposals: how long, how many ballots, how often a mind was changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from blackboard import NO_BALLOT, Ballots, Decided, Electorate, Opened, indices

from .tallies import Tallies

type Voters = NDArray[np.uint32] | list[int]
"""Agents, as an array ascending and each once."""

_NONE = bytes([NO_BALLOT])


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run had taken up to some moment."""

    round: int = 0
    ballots: int = 0
    seconds: float | None = None
    """Simulated ones; None in runs that count rounds."""


class Votes:
    """Follows proposals from their opening to their decision."""

    def __init__(self) -> None:
        self.now_s: float | None = None
        """Simulated seconds; None in runs that count rounds."""
        self.opened: dict[str, Opened] = {}
        """The proposals that are open."""
        self.tallies = Tallies()
        self.cast = 0
        """Ballots, cast abstentions included."""
        self.accepted = 0
        self.spent = Spent()
        """What the run had taken when a proposal was last accepted."""
        self.open_for = 0
        """Rounds in which accepted proposals were open, all together."""
        self.open_for_s = 0.0
        """The same in simulated seconds, in event-driven runs."""
        self.recast = self.flips = 0
        """Ballots of seats that had voted in the voting round before, and those that differ."""
        self.has_unsealed = False
        """Whether any proposal showed its ballots."""
        self.panels: dict[str, list[int]] = {}
        """Who sits in the seats of open panels."""
        self._seats: dict[str, NDArray[np.uint32]] = {}
        self._opened_s: dict[str, float] = {}
        self._before: dict[str, bytes] = {}
        """The choices of the voting round before, where a proposal has had one."""
        self._of_round: list[Ballots] = []

    def know(self, electorates: Sequence[Electorate]) -> None:
        """Take in who sits in an electorate."""
        for electorate in electorates:
            self._seats[electorate.name] = indices(electorate.agents)

    def open(self, proposals: Sequence[Opened]) -> None:
        """Take in proposals that opened."""
        for proposal in proposals:
            self.opened[proposal.proposal] = proposal
            self.has_unsealed |= not proposal.sealed
        if self.now_s is not None:
            for proposal in proposals:
                self._opened_s[proposal.proposal] = self.now_s
                if proposal.electorate not in self._seats:
                    self.panels[proposal.proposal] = []

    def take(self, ballots: Sequence[Ballots]) -> Sequence[Voters]:
        """Take ballots in, and return groups of the agents that cast them."""
        if self._before:
            self._compare(ballots)
        if self.now_s is None:
            self._of_round += ballots
        groups = groupby(ballots, self._electorate)
        return [self._take_alike(electorate, list(group)) for electorate, group in groups]

    def take_panel(self, ballots: Ballots) -> Sequence[int]:
        """Take ballots of a panel, whose seats stand in the order of their claims."""
        choices, members = ballots.choices, self.panels.get(ballots.proposal, ())
        cast = len(choices) - choices.count(_NONE)
        self.cast += cast
        if cast == 1:
            seat = len(choices) - len(choices.lstrip(_NONE))
            return members[seat : seat + 1]
        return [
            agent for agent, choice in zip(members, choices, strict=False) if choice != NO_BALLOT
        ]

    def unsealed(self, ballots: Sequence[Ballots]) -> Iterator[tuple[str, NDArray[np.uint32]]]:
        """Yield the proposals among these whose ballots are open, and who cast them."""
        for one in ballots:
            opened = self.opened.get(one.proposal)
            if opened and not opened.sealed:
                seats = self._seats.get(opened.electorate)
                if seats is None:
                    seats = np.array(self.panels[one.proposal], np.uint32)
                is_cast = np.frombuffer(one.choices, np.uint8)[: len(seats)] != NO_BALLOT
                yield one.proposal, seats[is_cast]

    def decide(self, decisions: Sequence[Decided]) -> None:
        """Take in how proposals ended."""
        accepted, now_s = 0, self.now_s
        for decided in decisions:
            name = decided.proposal
            opened = self.opened.pop(name, decided)
            is_accepted = decided.outcome == "accepted"
            if is_accepted:
                accepted += 1
                self.open_for += decided.round - opened.round + 1
            if now_s is not None:
                began_s = self._opened_s.pop(name, now_s)
                self.panels.pop(name, None)
                if is_accepted:
                    self.open_for_s += now_s - began_s
        if accepted:
            self.accepted += accepted
            self.spent = Spent(decisions[-1].round, self.cast, now_s)
        self.tallies.add(decisions)

    def end_round(self) -> None:
        """Keep the choices of proposals that stay open, to compare the next ones with."""
        if self.now_s is not None:
            return
        if not self.opened:
            if self._before:
                self._before = {}
        else:
            self._keep()
        self._of_round = []

    def _keep(self) -> None:
        fresh: dict[str, bytes] = {}
        for ballots in self._of_round:
            if (name := ballots.proposal) in self.opened:
                already = fresh.get(name)
                fresh[name] = _overlaid(already, ballots.choices) if already else ballots.choices
        kept = {name: its for name, its in self._before.items() if name in self.opened}
        self._before = kept | fresh

    def _compare(self, ballots: Sequence[Ballots]) -> None:
        for one in ballots:
            before = self._before.get(one.proposal)
            if before and len(before) == len(one.choices):
                old, new = (np.frombuffer(its, np.uint8) for its in (before, one.choices))
                is_again = (old != NO_BALLOT) & (new != NO_BALLOT)
                self.recast += int(is_again.sum())
                self.flips += int((is_again & (old != new)).sum())

    def _electorate(self, ballots: Ballots) -> str:
        """Return what ballots have to share to be counted together."""
        opened = self.opened.get(ballots.proposal)
        if opened is None:
            return ""
        return opened.electorate if opened.electorate in self._seats else ballots.proposal

    def _take_alike(self, electorate: str, ballots: Sequence[Ballots]) -> Voters:
        seats = self._seats.get(electorate)
        if seats is None:
            return [agent for one in ballots for agent in self.take_panel(one)]
        joined = b"".join([one.choices for one in ballots])
        missing = joined.count(_NONE)
        self.cast += len(joined) - missing
        if not missing:
            return seats
        is_cast = np.frombuffer(joined, np.uint8).reshape(len(ballots), -1) != NO_BALLOT
        voters: NDArray[np.uint32] = seats[is_cast.any(axis=0)]
        return voters


def _overlaid(first: bytes, second: bytes) -> bytes:
    """Return a seat's first ballot of a voting round, wherever it stands."""
    old, new = (np.frombuffer(its, np.uint8) for its in (first, second))
    return np.where(old == NO_BALLOT, new, old).tobytes()
