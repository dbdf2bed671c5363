"""What an agent may see of the board: as of the start of its stage, and sealed ballots never."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidAction
from .open_proposal import OpenProposal
from .records import Decided, Opened
from .replica import BoardEntry, Replica, Rows
from .rules import NO_BALLOT
from .seats import Seats


class ProposalView:
    """An open proposal as agents see it: its terms, and ballots only where they are open."""

    __slots__ = ("_proposal",)

    def __init__(self, proposal: OpenProposal) -> None:
        self._proposal = proposal

    @property
    def id(self) -> str:
        """The id of the entry that is put to the vote."""
        return self._proposal.id

    @property
    def options(self) -> tuple[str, ...]:
        """What a ballot may choose."""
        return self._proposal.options

    @property
    def payload(self) -> Mapping[str, Any]:
        """What is proposed."""
        return self._proposal.payload

    @property
    def terms(self) -> Opened:
        """Everything that was fixed when it opened."""
        return self._proposal.opened

    @property
    def seats(self) -> Seats:
        """Who may vote, and with what weight."""
        return self._proposal.seats

    @property
    def cast(self) -> int:
        """How many seats have cast a ballot in the latest voting round."""
        return int((self._proposal.box.choices != NO_BALLOT).sum())

    @property
    def ballots(self) -> NDArray[np.uint8] | None:
        """The ballots of the latest voting round, one a seat; None while they are sealed."""
        if self._proposal.opened.sealed:
            return None
        choices = self._proposal.box.choices.view()
        choices.flags.writeable = False
        return choices


class View:
    """A reader's window on the board, shared by all agents of a stage.

    A structure may hand an agent a narrower view; an agent's own messages are read with
    `messages(agent)`.
    """

    __slots__ = ("_replica", "brief", "due", "stage_name")

    def __init__(
        self,
        replica: Replica,
        *,
        stage_name: str = "",
        brief: Mapping[str, Any] | None = None,
        due: Sequence[int] = (),
    ) -> None:
        self._replica = replica
        self.due = due
        """The agents whose events fell due at this instant, ascending."""
        self.stage_name = stage_name
        self.brief: Mapping[str, Any] = brief or {}
        """What the scenario derived from the board for everybody who acts in this stage."""

    @property
    def round(self) -> int:
        """The round the board is in, in event-driven runs the instant; they count from 1."""
        return self._replica.round

    @property
    def now_s(self) -> float:
        """Simulated seconds since the run began.

        Raises:
            InvalidAction: the run counts rounds and has no such time.
        """
        if self._replica.now_s is None:
            raise InvalidAction("this run counts rounds; event-driven ones have simulated time")
        return self._replica.now_s

    @property
    def stage(self) -> int:
        """The stage of the round; stages count from 1."""
        return self._replica.stage

    @property
    def agents(self) -> int:
        """How many agents have joined, those who left since included."""
        return self._replica.agents

    @property
    def proposals(self) -> tuple[ProposalView, ...]:
        """The open proposals, oldest first."""
        return tuple(map(ProposalView, self._replica.open.values()))

    @property
    def proposal(self) -> ProposalView:
        """The one open proposal.

        Raises:
            InvalidAction: none or several are open.
        """
        if len(self._replica.open) != 1:
            raise InvalidAction(
                f"{len(self._replica.open)} proposals are open; name the one you mean"
            )
        return self.proposals[0]

    def open_proposal(self, name: str) -> ProposalView | None:
        """Return a proposal by its id, or None where it is not open."""
        found = self._replica.open.get(name)
        return None if found is None else ProposalView(found)

    @property
    def decisions(self) -> tuple[Decided, ...]:
        """The last 100 decisions, oldest first."""
        return tuple(self._replica.decisions)

    def rows(self, kind: str) -> Rows | None:
        """Return the latest entries of a columnar kind, or None before the first."""
        return self._replica.latest.get(kind)

    def column(self, kind: str, name: str) -> NDArray[np.float64]:
        """Return one column of the latest entries of a kind, in ascending agent order.

        Raises:
            KeyError: no entry of that kind has been posted, or it has no such column.
        """
        return self._replica.latest[kind].columns[name]

    def entries(self, kind: str | None = None, *, layer: str | None = None) -> list[BoardEntry]:
        """Return the entries of recent rounds, oldest first, direct messages left out."""
        found = self._replica.entries(kind)
        return [e for e in found if e.to is None and layer in (None, e.layer)]

    def last(self, kind: str) -> BoardEntry | None:
        """Return the latest entry of a kind with a free payload, or None."""
        return self._replica.last(kind)

    def messages(self, agent: int) -> list[BoardEntry]:
        """Return the recent entries addressed to an agent, oldest first."""
        return [entry for entry in self._replica.entries() if entry.to == agent]

    def field(self, key: str, default: Any = None) -> Any:
        """Return the value of a shared field."""
        return self._replica.fields.get(key, (default, 0))[0]

    def revision(self, key: str) -> int:
        """Return how often a shared field has been written; 0 means never."""
        return self._replica.fields.get(key, (None, 0))[1]

    def holder(self, item: str) -> int | None:
        """Return the agent whose claim on an item stands, or None."""
        agent, until = self._replica.claims.get(item, (None, 0))
        return agent if until >= self._replica.lease_time else None

    def ballots(self, proposal: str) -> NDArray[np.uint8] | None:
        """Return the ballots of an open proposal so far, one a seat; None while sealed."""
        found = self._replica.open.get(proposal)
        return None if found is None else ProposalView(found).ballots
