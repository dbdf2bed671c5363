"""What a leader has yet to write: it travels with its next commit, or at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from .bitmaps import bitmap
from .counting import field_revisions
from .records import Ballots, Decided, Opened, Record
from .replica import Replica
from .rules import NO_BALLOT


@dataclass(slots=True)
class Pending:
    """Records for the board, and what they mean to the server."""

    records: list[Record] = field(default_factory=list)
    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    fields: tuple[tuple[str, int], ...] = ()
    forget: tuple[tuple[str, int], ...] = ()
    voted: tuple[tuple[str, int, bytes], ...] = ()
    body: bytes = b""
    """Records that are encoded and framed already, behind the others."""

    def __bool__(self) -> bool:
        return bool(self.records or self.forget or self.voted or self.body)

    def with_records(self, records: Iterable[Record]) -> "Pending":
        """Return a copy with more to write."""
        copy = replace(self, records=list(self.records))
        copy.add(records)
        return copy

    def add(self, records: Iterable[Record]) -> None:
        """Put down more to write; the voting rounds of what was decided are forgotten."""
        added = list(records)
        decided = [r for r in added if isinstance(r, Decided)]
        self.records += added
        self.opened += tuple(r.proposal for r in added if isinstance(r, Opened))
        self.closed += tuple(r.proposal for r in decided)
        self.fields += field_revisions(added)
        self.forget += tuple((r.proposal, r.round) for r in decided)

    def restate(
        self,
        note: Record,
        replica: Replica,
        *,
        undone: Iterable[tuple[str, int]],
        void: Iterable[str],
    ) -> None:
        """Put down what a server has to be told of a run that goes on from its log.

        Args:
            note: Tells readers that what they know may be void.
            replica: The board as of the log's end.
            undone: Votes that the server holds and the log does not, by proposal and round.
            void: Proposals that are open on the server, and not by the log.
        """
        self.records.append(note)
        self.opened += tuple(replica.open)
        self.closed += tuple(void)
        self.fields += tuple((key, revision) for key, (_, revision) in replica.fields.items())
        self.forget += tuple(undone)

    def unite(self, replica: Replica, waiting: Iterable[Ballots]) -> None:
        """Put down who has voted in the current round: by the log, and by ballots that wait."""
        held = list(waiting)
        for name, proposal in replica.open.items():
            seats = proposal.seats.agents
            cast = [np.frombuffer(r.choices, np.uint8) for r in held if _is_of(r, name, replica)]
            if proposal.round == replica.round:
                cast.append(proposal.box.choices)
            voted = [seats[choices != NO_BALLOT] for choices in cast if len(choices) == len(seats)]
            agents = np.unique(np.concatenate([*voted, np.empty(0, np.uint32)]))
            if agents.size:
                self.voted += ((name, replica.round, bitmap(agents)),)


def _is_of(ballots: Ballots, proposal: str, replica: Replica) -> bool:
    return (ballots.proposal, ballots.round) == (proposal, replica.round)
