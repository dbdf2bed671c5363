"""The board as this process knows it: a fold of events, the same in every process."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from .bitmaps import bitmap
from .open_proposal import OpenProposal
from .records import (
    Abstained,
    Answered,
    Ballots,
    Closed,
    Command,
    Decided,
    Display,
    Electorate,
    Ended,
    Entries,
    Entry,
    Granted,
    Instant,
    Joined,
    Left,
    Note,
    Opened,
    Posts,
    Record,
    Replied,
    Requested,
    World,
    entry_id,
    indices,
)
from .replica_state import replica_state, restore_replica
from .seats import Seats

ROUNDS_KEPT, INSTANTS_KEPT = 8, 512
"""Rounds, or instants of simulated time, whose entries are at hand."""
MOST_ELECTORATES = 256
"""Electorates that are kept, those of open proposals aside; one that comes again is put down
again."""


class BoardEntry(msgspec.Struct, frozen=True, gc=False):
    """One contribution as readers see it."""

    id: str
    agent: int
    kind: str
    payload: dict[str, Any]
    layer: str = "task"
    reasons: tuple[str, ...] = ()
    confidence: float = 1.0
    links: tuple[Any, ...] = ()
    to: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The latest entries of a columnar kind: one row an agent, ascending."""

    round: int
    stage: int
    agents: NDArray[np.uint32]
    columns: dict[str, NDArray[np.float64]]


class Replica:
    """Folds records into what views, tallies and the dashboard read.

    Entries are kept for the last rounds, or instants; the log has them all.
    """

    def __init__(self, *, keep_rounds: int | None = None) -> None:
        self.round = 0
        self.stage = 0
        self.now_s: float | None = None
        """Simulated seconds since the run began; None in runs that count rounds."""
        self.agents = 0
        self.joined: list[Joined] = []
        self.seats: dict[str, Seats] = {}
        self.open: dict[str, OpenProposal] = {}
        self.decisions: deque[Decided] = deque(maxlen=100)
        self.fields: dict[str, tuple[Any, int]] = {}
        self.claims: dict[str, tuple[int, float]] = {}
        self.left: dict[int, str] = {}
        self.uncounted: dict[str, None] = {}
        """Event-driven: proposals on which somebody voted since votes were last counted."""
        self.due: dict[str, None] = {}
        """Those that the last count has to see to."""
        self.answers: dict[str, Answered] = {}
        """What people said of open proposals; the first answer stands."""
        self.latest: dict[str, Rows] = {}
        self.display: dict[str, dict[str, Any]] = {}
        self.world: dict[str, dict[str, Any]] = {}
        self._voters: NDArray[np.uint32] | None = None
        self._roles: dict[str, tuple[str, ...]] = {}
        self._rounds: deque[tuple[int, list[Entries | Posts]]] = deque(
            maxlen=keep_rounds or ROUNDS_KEPT
        )
        self._folds: dict[type[Record], Callable[[Any], None]] = {
            Instant: self._instant,
            Joined: self._join,
            Electorate: self._electorate,
            Opened: self._opened,
            Posts: self._posts,
            Entries: self._entries,
            Ballots: self._ballots,
            Closed: self._stage_closed,
            Granted: self._granted,
            Left: self._left,
            Decided: self._decided,
            World: self._world,
            Display: self._display,
            Answered: self._answered,
            Abstained: self._abstained,
            Command: self._ignore,
            Ended: self._ignore,
            Note: self._ignore,
            Replied: self._ignore,
            Requested: self._ignore,
        }

    def fold(self, record: Record) -> None:
        """Take in one record."""
        self.enter(record.round, record.stage)
        self._folds[type(record)](record)

    def enter(self, round: int, stage: int) -> None:
        """Go to a stage."""
        self.round, self.stage = round, stage

    def entries(self, kind: str | None = None) -> Iterator[BoardEntry]:
        """Yield the entries of the rounds still kept, oldest first."""
        for _, records in self._rounds:
            for record in records:
                if isinstance(record, Entries):
                    yield from (_read(record, e) for e in record.entries if kind in (None, e.kind))
                elif kind in (None, record.kind):
                    yield from _rows(record)

    def last(self, kind: str) -> BoardEntry | None:
        """Return the latest entry of a kind with a free payload to all, if one is still kept."""
        for _, records in reversed(self._rounds):
            for record in reversed(records):
                if isinstance(record, Entries):
                    for entry in reversed(record.entries):
                        if entry.kind == kind and entry.to is None:
                            return _read(record, entry)
        return None

    def state(self) -> dict[str, Any]:
        """Return the board as plain values."""
        return replica_state(self, self._rounds)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become the board that `state` was taken of."""
        self._voters, self._roles = None, {}
        kept = restore_replica(self, state)
        self._rounds = deque(kept, ROUNDS_KEPT if self.now_s is None else INSTANTS_KEPT)

    def role_of(self, agent: int) -> str:
        """Return the role in which an agent joined."""
        for block in self.joined:
            if block.first <= agent < block.first + block.count:
                return block.role
        raise KeyError(f"agent {agent} has not joined; agents are 0 to {self.agents - 1}")

    def roles(self, electorate: str) -> tuple[str, ...]:
        """Return the role of each seat of an electorate."""
        if electorate not in self._roles:
            self._roles[electorate] = self.roles_of(self.seats[electorate].agents)
        return self._roles[electorate]

    def roles_of(self, agents: NDArray[np.uint32]) -> tuple[str, ...]:
        """Return the role in which each agent joined."""
        roles = np.empty(len(agents), object)
        for block in self.joined:
            roles[(agents >= block.first) & (agents < block.first + block.count)] = block.role
        return tuple(roles)

    def voters(self) -> NDArray[np.uint32]:
        """Return the agents that joined as voters, ascending, those who left since included."""
        if self._voters is None:
            blocks = [np.arange(b.first, b.first + b.count) for b in self.joined if b.votes]
            agents = np.concatenate([*blocks, np.empty(0, np.int64)])
            self._voters = np.sort(agents).astype(np.uint32)
        return self._voters

    def is_voter(self, agent: int) -> bool:
        """Say whether an agent joined as a voter."""
        return any(b.votes and b.first <= agent < b.first + b.count for b in self.joined)

    @property
    def lease_time(self) -> float:
        """What leases of claims are held against: the round, or simulated seconds."""
        return self.round if self.now_s is None else self.now_s

    def _instant(self, record: Instant) -> None:
        if self.now_s is None:
            self._rounds = deque(self._rounds, INSTANTS_KEPT)
        self.now_s = record.at_s

    def _join(self, record: Joined) -> None:
        self.joined.append(record)
        self._voters = None
        self.agents = max(self.agents, record.first + record.count)

    def _electorate(self, record: Electorate) -> None:
        if len(self.seats) >= MOST_ELECTORATES:
            self._drop_electorates()
        agents = indices(record.agents)
        weights = np.frombuffer(record.weights, "<i8") if record.weights else None
        self.seats[record.name] = Seats(
            agents,
            np.ones(len(agents), np.int64) if weights is None else weights,
            bitmap(agents),
        )

    def _drop_electorates(self) -> None:
        """Let go of the older half of the electorates, but for those of open proposals."""
        used = {proposal.opened.electorate for proposal in self.open.values()}
        older = list(self.seats)[: len(self.seats) // 2]
        for name in older:
            if name not in used:
                del self.seats[name]
                self._roles.pop(name, None)

    def _opened(self, record: Opened) -> None:
        seats = self.seats.get(record.electorate)
        self.open[record.proposal] = OpenProposal(record, seats)

    def _posts(self, record: Posts) -> None:
        self._keep(record)
        columns = {name: np.frombuffer(data, "<f8") for name, data in record.columns.items()}
        rows = Rows(record.round, record.stage, indices(record.agents), columns)
        before = self.latest.get(record.kind)
        if before and (before.round, before.stage) == (rows.round, rows.stage):
            rows = _join_rows(before, rows)
        self.latest[record.kind] = rows

    def _entries(self, record: Entries) -> None:
        self._keep(record)

    def _ballots(self, record: Ballots) -> None:
        if proposal := self.open.get(record.proposal):
            proposal.take(record)
            if self.now_s is not None:
                self.uncounted[record.proposal] = None

    def _abstained(self, record: Abstained) -> None:
        proposal = self.open.get(record.proposal) if record.proposal else None
        if proposal and proposal.accumulates:
            proposal.absent.update(record.members.tolist())

    def _stage_closed(self, record: Closed) -> None:
        if not record.counts:
            return
        if self.now_s is not None:
            self.due, self.uncounted = self.uncounted, {}
            return
        for proposal in self.open.values():
            proposal.begin_round(record.round)
            proposal.counted_at = (record.round, record.stage)

    def _granted(self, record: Granted) -> None:
        if not record.granted:
            return
        if record.act == "set":
            revision = record.revision or self.fields.get(record.key, (None, 0))[1] + 1
            self.fields[record.key] = (record.value, revision)
        elif record.act == "claim" and (panel := self.open.get(record.key)):
            panel.sit(record.agent, self.role_of(record.agent))
        elif record.act == "claim":
            self.claims[record.key] = (record.agent, record.until_round)
        elif record.act == "release":
            self.claims.pop(record.key, None)

    def _left(self, record: Left) -> None:
        self.left.update(dict.fromkeys(indices(record.agents).tolist(), record.cause))

    def _answered(self, record: Answered) -> None:
        if record.proposal in self.open:
            self.answers.setdefault(record.proposal, record)

    def _decided(self, record: Decided) -> None:
        self.open.pop(record.proposal, None)
        self.answers.pop(record.proposal, None)
        self.decisions.append(record)

    def _world(self, record: World) -> None:
        self.world[record.name] = record.row

    def _display(self, record: Display) -> None:
        self.display[record.name] = record.payload

    def _ignore(self, record: Record) -> None:
        """Leave a record to the log: nothing that views show depends on it."""

    def _keep(self, record: Entries | Posts) -> None:
        if not self._rounds or self._rounds[-1][0] != record.round:
            self._rounds.append((record.round, []))
        self._rounds[-1][1].append(record)


def _join_rows(before: Rows, after: Rows) -> Rows:
    agents = np.concatenate([before.agents, after.agents])
    order = np.argsort(agents, kind="stable")
    columns = {
        name: np.concatenate([before.columns[name], after.columns[name]])[order]
        for name in after.columns
    }
    for column in columns.values():
        column.flags.writeable = False
    return Rows(after.round, after.stage, agents[order], columns)


def _read(record: Entries, entry: Entry) -> BoardEntry:
    return BoardEntry(
        entry_id(record.round, record.stage, entry.agent, entry.seq),
        entry.agent,
        entry.kind,
        entry.payload,
        entry.layer,
        entry.reasons,
        entry.confidence,
        entry.links,
        entry.to,
    )


def _rows(record: Posts) -> Iterator[BoardEntry]:
    agents = indices(record.agents).tolist()
    seqs = np.frombuffer(record.seqs, "<u2").tolist() if record.seqs else [0] * len(agents)
    columns = {name: np.frombuffer(data, "<f8").tolist() for name, data in record.columns.items()}
    for row, (agent, seq) in enumerate(zip(agents, seqs, strict=True)):
        payload = {name: values[row] for name, values in columns.items()}
        name = entry_id(record.round, record.stage, agent, seq)
        yield BoardEntry(name, agent, record.kind, payload, record.layer)
