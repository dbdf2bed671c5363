"""A proposal that takes ballots: its terms, who may vote, and who has."""

from collections.abc import Collection
from typing import Any

from .ballot_box import BallotBox
from .records import NO_DEADLINE, Ballots, Opened
from .rules import NO_BALLOT
from .seats import Panel, Seats, read_panel

_NO_BALLOT = bytes([NO_BALLOT])


class OpenProposal:
    """A proposal and the ballots of its current voting round.

    In rounds each voting round begins with an empty box; in event-driven runs there is one, and
    ballots accumulate.
    """

    __slots__ = ("_seats", "absent", "box", "counted_at", "opened", "panel", "round")

    def __init__(self, opened: Opened, seats: Seats | None = None) -> None:
        self.opened = opened
        self._seats = seats
        self.panel: Panel | None = None
        """Who has claimed its seats, where they fill by claims."""
        if named := read_panel(opened.electorate):
            self.panel, self._seats = Panel(*named), None
        self.round = opened.round
        self.absent: set[int] = set()
        """Event-driven: who failed when a ballot was due, and has not voted since."""
        self.counted_at = (0, 0)
        """The round and stage of the latest count; later ballots of that round are late."""
        self.box = BallotBox(self.panel.size if self.panel else len(self.seats.agents))

    @property
    def seats(self) -> Seats:
        """Who may vote; of a panel in the order of the claims, `NOBODY` in free seats."""
        if self._seats is None:
            assert self.panel
            self._seats = self.panel.as_seats()
        return self._seats

    @property
    def id(self) -> str:
        """The id of the entry that is put to the vote."""
        return self.opened.proposal

    @property
    def options(self) -> tuple[str, ...]:
        """What a ballot may choose."""
        return self.opened.options

    @property
    def payload(self) -> dict[str, Any]:
        """What is proposed."""
        return self.opened.payload

    @property
    def accumulates(self) -> bool:
        """Whether its one voting round lasts until its ballots decide it."""
        return self.opened.deadline_round == NO_DEADLINE

    def is_last(self, round: int, *, failed: Collection[int] = ()) -> bool:
        """Say whether no ballot can come behind those of a round.

        Args:
            round: The round, or the instant.
            failed: Agents that have just failed, beside those that are known to be absent.
        """
        if not self.accumulates:
            return round >= self.opened.deadline_round
        choices = self.box.choices.tobytes()
        if _NO_BALLOT not in choices or not (self.absent or failed):
            return _NO_BALLOT not in choices
        gone = self.absent.union(failed)
        seats = zip(self.seats.agents.tolist(), choices, strict=True)
        return all(choice != NO_BALLOT or agent in gone for agent, choice in seats)

    def sit(self, agent: int, role: str) -> None:
        """Give the panel's next free seat to an agent."""
        if self.panel and self.panel.may_sit(agent):
            self.panel.members.append(agent)
            self.panel.roles.append(role)
            self._seats = None

    def take(self, ballots: Ballots) -> None:
        """Fold ballots in; in rounds, those of a new one begin with an empty box."""
        self.begin_round(ballots.round)
        self.box.take(ballots)
        if self.absent:
            seats = zip(self.seats.agents.tolist(), ballots.choices, strict=True)
            self.absent.difference_update([a for a, choice in seats if choice != NO_BALLOT])

    def begin_round(self, round: int) -> None:
        """Begin the voting round with an empty box, unless it has begun."""
        if round != self.round and not self.accumulates:
            self.round, self.box = round, BallotBox(len(self.seats.agents))
