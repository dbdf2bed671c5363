"""A proposal that takes ballots: its terms, who may vote, and who has."""

from typing import Any

from .ballot_box import BallotBox
from .records import NO_DEADLINE, Ballots, Opened
from .rules import NO_BALLOT
from .seats import Seats, read_panel


class OpenProposal:
    """A proposal and the ballots of its current voting round.

    In rounds each voting round begins with an empty box; in event-driven runs there is one, and
    ballots accumulate.
    """

    __slots__ = ("box", "counted_at", "opened", "round", "seats")

    def __init__(self, opened: Opened, seats: Seats) -> None:
        self.opened = opened
        self.seats = seats
        self.round = opened.round
        self.counted_at = (0, 0)
        """The round and stage of the latest count; later ballots of that round are late."""
        self.box = BallotBox(len(seats.agents))

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

    @property
    def is_panel(self) -> bool:
        """Whether its seats are filled by those who claim them."""
        return read_panel(self.opened.electorate) is not None

    def is_last(self, round: int) -> bool:
        """Say whether no ballot can come behind those of a round."""
        if self.accumulates:
            return not bool((self.box.choices == NO_BALLOT).any())
        return round >= self.opened.deadline_round

    def may_sit(self, agent: int) -> bool:
        """Say whether an agent could have the next free seat of the panel."""
        panel = read_panel(self.opened.electorate)
        is_barred = panel is None or agent in panel[1]
        return not is_barred and self.seats.taken_by(agent) is not None

    def sit(self, agent: int) -> None:
        """Give the panel's next free seat to an agent."""
        if (taken := self.seats.taken_by(agent)) is not None:
            self.seats = taken

    def take(self, ballots: Ballots) -> None:
        """Fold ballots in; in rounds, those of a new one begin with an empty box."""
        self.begin_round(ballots.round)
        self.box.take(ballots)

    def begin_round(self, round: int) -> None:
        """Begin the voting round with an empty box, unless it has begun."""
        if round != self.round and not self.accumulates:
            self.round, self.box = round, BallotBox(len(self.seats.agents))
