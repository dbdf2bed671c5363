"""Leading a run: rounds, stages, the count at each stage's close, the log and the digest."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .assemble import Draft
from .canonical import merge
from .counting import Gate, absentees, decide, field_revisions, grant
from .digest import Digest
from .errors import BallotRefused, LeaseLost, Moved
from .inputs import stamp
from .log import EventLog
from .records import (
    OPERATIONAL,
    OUTCOME,
    Abstained,
    Ballots,
    Decided,
    Display,
    Electorate,
    Joined,
    Left,
    Note,
    Opened,
    Record,
    Requested,
    World,
    encode,
    frame,
    u4,
    unframe,
)
from .replica import Replica
from .rules import Rule, describe
from .store import Commit, Store, Turn
from .view import View
from .writes import Proposal


@dataclass(slots=True)
class ClosedStage:
    """What a stage came to, once it is closed."""

    records: list[Record]
    """The stage's own records in canonical order, then inputs, absentees, grants, decisions."""
    decisions: list[Decided]
    ballots: list[Ballots]
    abstained: list[Abstained]


@dataclass(slots=True)
class _Pending:
    """What the leader has yet to write: it travels with the next commit, or at once."""

    records: list[Record] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    fields: tuple[tuple[str, int], ...] = ()
    forget: list[tuple[str, int]] = field(default_factory=list)


class Leader:
    """The runner that holds the run's lease; made by `Board.lead`.

    A round is `begin_round`, then for each stage `begin`, `commit`, `close`, then `end_round`.
    Decisions are counted here, from this process's replica, with rules in plain Python; the
    server takes each close once, and only at the revision that was counted.
    """

    def __init__(
        self,
        store: Store,
        kinds: Mapping[str, tuple[str, ...]],
        *,
        runner: str,
        rule: Rule,
        sealed: bool,
        log: EventLog | None,
        lease_ms: int,
    ) -> None:
        self.replica = Replica()
        self.rule, self.runner, self.log = rule, runner, log
        self.digest = Digest()
        self.round = self.stage = 0
        self._store, self._kinds, self._sealed, self._lease_ms = store, kinds, sealed, lease_ms
        self._chair: int | None = None
        self._rules: dict[str, Rule] = {}
        self._electorates: dict[bytes, str] = {}
        self._pending = _Pending()
        self._written: list[Record] = []
        self._encoded: dict[int, tuple[Record, bytes]] = {}
        self._draft: Draft | None = None
        self._commits: list[list[Record]] = []
        self._inputs: list[Record] = []
        self._seq = self._rev = 0
        self._status = "running"
        self.has_inputs = False
        """Whether anything from outside took effect."""
        self.epoch = self._take_lease()

    @property
    def server(self) -> tuple[str, str]:
        """The kind and version of the server that keeps the board."""
        return self._store.kind, self._store.version

    @property
    def revision(self) -> int:
        """The last write of the board this leader has read."""
        return self._rev

    def renew_if_due(self) -> None:
        """Renew the lease when half of it has passed.

        Raises:
            LeaseLost: another runner has taken over.
        """
        if time.monotonic() >= self._renew_at:
            self._take_lease()

    def welcome(
        self, role: str, count: int, *, names: Sequence[str] = (), votes: bool = True
    ) -> int:
        """Let agents of one role join and return the index of the first."""
        first = self.replica.agents
        where = (OUTCOME, self.round, self.stage)
        self._note(Joined(*where, role, first, count, tuple(names), votes))
        return first

    def view(self, stage_name: str = "", brief: Mapping[str, Any] | None = None) -> View:
        """Return a reader's window on the board as of now."""
        return View(self.replica, stage_name=stage_name, brief=brief)

    def begin_round(self) -> None:
        """Go to the next round; stages count from 1 in each."""
        if self._chair is None:
            self._chair = self.welcome("chair", 1, votes=False)
        self.round, self.stage = self.round + 1, 0
        self.replica.round = self.round

    def begin(self, proposals: Iterable[Proposal] = ()) -> Draft:
        """Go to the round's next stage, open proposals, and return an empty draft."""
        self.stage += 1
        self.replica.stage = self.stage
        for number, proposal in enumerate(proposals):
            name = proposal.id or f"{self.round}.{self.stage}.{self._chair}.{number}"
            self._open(name, proposal)
        self._draft = Draft(self.replica, self._kinds, round=self.round, stage=self.stage)
        return self._draft

    def commit(self, draft: Draft) -> None:
        """Write all of a draft in one act, the leader's own pending turn before it.

        Ballots that an outsider cast meanwhile in an agent's name stand; they leave the draft.
        """
        records = draft.records()
        while True:
            turn = self._turn(seen=None)
            body = frame(map(self._encode, records))
            where = (self.epoch, self.round, self.stage)
            commit = Commit(self.runner, self._next(), *where, body, draft.ballots())
            try:
                revs = self._store.submit(turn, commit)
                break
            except BallotRefused as refused:
                draft.drop_ballots(refused.proposal, refused.agents)
                records = draft.records()
                self._pending = _Pending()  # the turn itself was taken
        self._pending = _Pending()
        self._commits.append(records)
        self._advance(revs)

    def close(self, *, counts: bool = False, gate: Gate | None = None) -> ClosedStage:
        """Close the stage: fold what was written, grant requests, count where ballots are due.

        Args:
            counts: Whether this stage ends a voting round.
            gate: Names what stands in the way of executing an accepted proposal.
        """
        at = (self.round, self.stage)
        records = merge(self._commits)
        self._fold(records)
        is_settled = False
        while not is_settled:
            inputs = stamp(self._inputs, records, at)
            self._inputs = []
            self._fold(inputs)
            records += inputs
            self.has_inputs |= bool(inputs)
            results = self._results(records, at, gate=gate, counts=counts)
            is_settled = self._settle(results)
        self._fold(results)
        for name, proposal in (self._draft.proposed() if self._draft else {}).items():
            self._open(name, proposal)
        self._commits, self._draft = [], None
        return _closed(records + results)

    def record(self, name: str, row: dict[str, Any]) -> None:
        """Write a row of the world's own account into the current stage."""
        self._note(World(OUTCOME, self.round, self.stage, name, row))

    def remove(self, agents: NDArray[np.uint32], cause: str) -> None:
        """Take agents out of the run: they stay eligible where they are, and abstain by cause."""
        self._note(Left(OUTCOME, self.round, self.stage, u4(agents), cause))

    def note(self, name: str, detail: dict[str, Any]) -> None:
        """Write something operational into the log; the digest does not see it."""
        self._note(Note(OPERATIONAL, self.round, self.stage, name, detail), is_shared=False)

    def show(self, name: str, payload: dict[str, Any], *, on_board: bool) -> None:
        """Publish something to be drawn: into the log, and if `on_board` on the board too."""
        record = Display(OPERATIONAL, self.round, self.stage, name, payload)
        self._note(record, is_shared=False)
        if on_board:
            self._store.publish(name, encode(record))

    def end_round(self) -> str:
        """Close the round: chain the digest, append to the log, and return the digest so far."""
        encoded = [self._encode(record) for record in self._written]
        for record, body in zip(self._written, encoded, strict=True):
            if record.event_class != OPERATIONAL:
                self.digest.add_body(body)
        self.digest.close_round()
        if self.log:
            self.log.append(encoded)
        self._written, self._encoded = [], {}
        return self.digest.hex

    def finish(self, status: str) -> None:
        """Write what is pending, say how the run ended, and give the lease back."""
        self._status = status
        self._flush(seen=None)
        if self._written:
            self.end_round()
        self._store.release(self.runner)

    def _results(
        self, records: list[Record], at: tuple[int, int], *, gate: Gate | None, counts: bool
    ) -> list[Record]:
        results = grant((r for r in records if isinstance(r, Requested)), self.replica, at)
        if not counts:
            return results
        causes = self._draft.causes if self._draft else []
        for proposal in self.replica.open.values():
            if proposal.round != self.round:
                proposal.begin_round(self.round)
            results += absentees(proposal, self.replica, causes, at)
            rule = self._rules[proposal.id]
            decided = decide(proposal, self.replica, rule=rule, gate=gate, at=at)
            if decided:
                results.append(decided)
        return results

    def _settle(self, results: list[Record]) -> bool:
        """Write what the close came to; False when others wrote meanwhile and it must be redone."""
        closed = [r.proposal for r in results if isinstance(r, Decided)]
        fields = field_revisions(results)
        before = len(self._pending.records)
        self._pending.records += results
        self._pending.closed += closed
        self._pending.fields += fields
        self._pending.forget += [(name, self.round) for name in closed]
        if not closed and not fields:
            return True
        try:
            self._flush(seen=self._rev)
        except Moved:
            del self._pending.records[before:]
            self._pending.closed, self._pending.fields, self._pending.forget = [], (), []
            self._read_others()
            return False
        return True

    def _open(self, name: str, proposal: Proposal) -> None:
        agents = (
            self.replica.voters()
            if proposal.electorate is None
            else np.unique(np.asarray(proposal.electorate, np.uint32))
        )
        weights = np.empty(0, np.int64) if proposal.weights is None else proposal.weights
        rule = proposal.rule or self.rule
        opened = Opened(
            OUTCOME,
            self.round,
            self.stage,
            name,
            tuple(proposal.options),
            self._electorate(u4(agents), np.asarray(weights, "<i8").tobytes()),
            describe(rule),
            self.round + proposal.deadline_rounds - 1,
            self._sealed if proposal.sealed is None else proposal.sealed,
            dict(proposal.payload),
            proposal.impact,
        )
        self._rules[name] = rule
        self._pending.opened.append(name)
        self._note(opened)

    def _electorate(self, agents: bytes, weights: bytes) -> str:
        """Return the name of an electorate, recording it when it is new."""
        key = agents + b"/" + weights
        if key not in self._electorates:
            name = f"e{len(self._electorates) + 1}"
            self._electorates[key] = name
            self._note(Electorate(OUTCOME, self.round, self.stage, name, agents, weights))
        return self._electorates[key]

    def _note(self, record: Record, *, is_shared: bool = True) -> None:
        """Fold a record of the leader's own, and put it down for the log and the board."""
        self._fold([record])
        if is_shared:
            self._pending.records.append(record)

    def _fold(self, records: Iterable[Record]) -> None:
        for record in records:
            self.replica.fold(record)
            self._written.append(record)

    def _encode(self, record: Record) -> bytes:
        """Encode a record once, though it goes to the board, the digest and the log."""
        known = self._encoded.get(id(record))
        if known is None:
            # The record is kept beside its bytes, so that its id is not given to another.
            known = self._encoded[id(record)] = (record, encode(record))
        return known[1]

    def _turn(self, *, seen: int | None) -> Turn:
        pending = self._pending
        return Turn(
            self.runner,
            self._next(),
            self.epoch,
            seen,
            self.round,
            self.stage,
            self._status,
            self.replica.agents,
            frame(map(self._encode, pending.records)),
            tuple(pending.opened),
            tuple(pending.closed),
            pending.fields,
            tuple(pending.forget),
        )

    def _flush(self, *, seen: int | None) -> None:
        revs = self._store.submit(self._turn(seen=seen))
        self._pending = _Pending()
        self._advance(revs)

    def _advance(self, revs: Sequence[int]) -> None:
        """Go to the last of our own revisions, reading what others wrote in between."""
        if revs[-1] == self._rev + len(revs):
            self._rev = revs[-1]
        else:
            self._read_others()

    def _read_others(self) -> None:
        while events := self._store.read(self._rev):
            for event in events:
                if event.is_outside:
                    self._inputs += unframe(event.body)
                elif event.writer != self.runner:
                    self._commits.append(list(unframe(event.body)))
                self._rev = event.rev

    def _take_lease(self) -> int:
        holder, epoch = self._store.lease(self.runner, ttl_ms=self._lease_ms)
        if holder != self.runner:
            raise LeaseLost(self.runner, epoch=0, current=epoch)
        self._renew_at = time.monotonic() + self._lease_ms / 2000
        return epoch

    def _next(self) -> int:
        self._seq += 1
        return self._seq


def _closed(records: list[Record]) -> ClosedStage:
    """Sort a stage's records by what its readers ask for."""
    return ClosedStage(
        records,
        [r for r in records if isinstance(r, Decided)],
        [r for r in records if isinstance(r, Ballots)],
        [r for r in records if isinstance(r, Abstained)],
    )
