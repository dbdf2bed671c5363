"""Leading a run: rounds, stages, the count at each stage's close, the log and the digest."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .assemble import Draft
from .canonical import merge
from .counting import Gate, absentees, causes_of, decide, grant
from .digest import Digest
from .errors import BallotRefused, InvalidAction, LeaseLost, Moved
from .inputs import stamp
from .log import EventLog
from .openings import Openings
from .pending import Pending
from .records import (
    OPERATIONAL,
    OUTCOME,
    Abstained,
    Ballots,
    Closed,
    Decided,
    Display,
    Joined,
    Left,
    Note,
    Record,
    Requested,
    World,
    encode,
    frame,
    u4,
    unframe,
)
from .replica import Replica
from .rules import Rule
from .store import Commit, Event, Store, Turn
from .view import View
from .writes import CAUSES, Proposal


@dataclass(slots=True)
class ClosedStage:
    """What a stage came to, once it is closed."""

    records: list[Record]
    """The stage's own records in canonical order, then inputs, absentees, grants, decisions."""
    decisions: list[Decided]
    ballots: list[Ballots]
    abstained: list[Abstained]


class Leader:
    """The runner that holds the run's lease; made by `Board.lead`.

    A round is `begin_round`, then for each stage `begin`, `commit`, `close`, then `end_round`.
    Where other processes act too, `announce` after `begin` lets them in and `gather` before
    `close` waits for them. Decisions are counted here, from this process's replica, with rules in
    plain Python; the server takes each close once, and only at the revision that was counted.
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
        self.has_inputs = False
        """Whether anything from outside took effect."""
        self._store, self._kinds, self._lease_ms = store, kinds, lease_ms
        self._openings = Openings(self.replica, rule=rule, sealed=sealed)
        self._chair: int | None = None
        self._pending = Pending()
        self._written: list[Record] = []
        self._encoded: dict[int, tuple[Record, bytes]] = {}
        self._draft: Draft | None = None
        self._commits: list[list[Any]] = []
        self._heard: set[str] = set()
        self._late: tuple[str, ...] = ()
        self._inputs: list[Record] = []
        self._announced = (0, 0)
        self._is_shared = self._is_awaited = False
        self._seq = self._rev = 0
        self._status = "running"
        self.epoch = self._take_lease()
        self._writer = f"{runner}/{self.epoch}"

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
            LeaseLost: another runner leads, or has led meanwhile.
        """
        if time.monotonic() < self._renew_at:
            return
        epoch = self._take_lease()
        if epoch > self.epoch + 1:
            self._store.release(self.runner)
            raise LeaseLost(self.runner, epoch=self.epoch, current=epoch)
        self.epoch = epoch

    def welcome(
        self, role: str, count: int, *, names: Sequence[str] = (), votes: bool = True
    ) -> int:
        """Let agents of one role join and return the index of the first.

        Outsiders get their indices from the server, so that this writes to it at once.
        """
        where = (OUTCOME, self.round, self.stage)
        while True:
            outside = [r.first + r.count for r in self._inputs if isinstance(r, Joined)]
            first = max([self.replica.agents, *outside])
            joined = Joined(*where, role, first, count, tuple(names), votes)
            if self._flush([joined], agents=first + count):
                self._fold([joined])
                return first

    def view(self, stage_name: str = "", brief: Mapping[str, Any] | None = None) -> View:
        """Return a reader's window on the board as of now."""
        return View(self.replica, stage_name=stage_name, brief=brief)

    def begin_round(self) -> None:
        """Go to the next round; stages count from 1 in each."""
        if self._chair is None:
            self._chair = self.welcome("chair", 1, votes=False)
            self.end_round()  # round 0: who joined
        self._pending.forget += tuple((name, self.round) for name in self.replica.open)
        self.round, self.stage = self.round + 1, 0
        self.replica.enter(self.round, 0)

    def begin(self, proposals: Iterable[Proposal] = ()) -> Draft:
        """Go to the round's next stage, open proposals, and return an empty draft.

        Raises:
            InvalidAction: a proposal could not be voted on.
        """
        self.stage += 1
        self.replica.enter(self.round, self.stage)
        for number, proposal in enumerate(proposals):
            name = proposal.id or f"{self.round}.{self.stage}.{self._chair}.{number}"
            self._open(name, proposal)
        self._draft = Draft(self.replica, self._kinds, round=self.round, stage=self.stage)
        return self._draft

    def announce(self) -> None:
        """Write now that the stage has begun, so that workers and outsiders can act in it.

        What outsiders write from here until `close` takes effect in this stage.
        """
        self._flush([], is_guarded=False)
        self._is_awaited = True

    def commit(self, draft: Draft) -> None:
        """Write all of a draft in one act, the leader's own pending turn before it.

        Ballots that an outsider cast meanwhile in an agent's name stand; they leave the draft.
        """
        while True:
            records = draft.records()
            body = frame(map(self._encode, records))
            where = (self.epoch, self.round, self.stage)
            acts: list[Turn | Commit] = []
            if self._pending or self._announced != (self.round, self.stage):
                acts.append(self._turn(self._pending, seen=None))
            acts.append(Commit(self._writer, self._next(), *where, body, draft.ballots()))
            try:
                revs = self._store.submit(*acts)
                break
            except BallotRefused as refused:
                draft.drop_ballots(refused.proposal, refused.agents)
                self._sent()  # the turn itself was taken
        self._sent()
        self._commits.append(records)
        self._advance(revs)

    def gather(self, workers: Collection[str], *, timeout_s: float) -> set[str]:
        """Wait until other workers have committed to the stage; return those that have not.

        What a worker commits after the stage was closed counts for nothing.
        """
        self._is_shared = True
        deadline = time.monotonic() + timeout_s
        self._read_others()
        while missing := set(workers) - self._heard:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            self._take(self._store.wait(self._rev, timeout_s=min(left, 1.0)))
            self.renew_if_due()
        return missing

    def close(self, *, counts: bool = False, gate: Gate | None = None) -> ClosedStage:
        """Close the stage: fold what was written, grant requests, count where ballots are due.

        Args:
            counts: Whether this stage ends a voting round.
            gate: Names what stands in the way of executing an accepted proposal.
        """
        at = (self.round, self.stage)
        if self._is_awaited:
            self._read_others()
        records = merge(self._commits)
        draft, self._draft = self._draft, None
        self._fold([*records, Closed(OPERATIONAL, *at, counts)])
        place, inputs = len(self._written) - 1, list[Record]()
        while True:
            fresh = stamp(self._inputs, records + inputs, self.replica, at)
            self._inputs = []
            self._fold(fresh)
            inputs += fresh
            results = self._results(records + inputs, at, gate=gate, counts=counts)
            closed = self._written[place] = Closed(OPERATIONAL, *at, counts, self._late)
            if self._settle([closed, *inputs, *results]):
                break
        self.has_inputs |= bool(inputs)
        self._fold(results)
        own = draft.proposed() if draft else {}
        for opened in self._openings.proposed(records, own, at):
            self._put_down(opened)
        self._commits, self._heard, self._late = [], set(), ()
        self._is_awaited = False
        return _closed([*records, *inputs, *results])

    def record(self, name: str, row: dict[str, Any]) -> None:
        """Write a row of the world's own account into the current stage."""
        self._put_down([World(OUTCOME, self.round, self.stage, name, row)])

    def remove(self, agents: NDArray[np.uint32], cause: str) -> None:
        """Take agents out of the run: they stay eligible where they are, and abstain by cause."""
        if cause not in CAUSES:
            raise InvalidAction(f"agents leave for one of {', '.join(CAUSES)}, got {cause!r}")
        self._put_down([Left(OUTCOME, self.round, self.stage, u4(agents), cause)])

    def note(self, name: str, detail: dict[str, Any]) -> None:
        """Write something operational into the log; the digest does not see it."""
        self._fold([Note(OPERATIONAL, self.round, self.stage, name, detail)])

    def show(self, name: str, payload: dict[str, Any], *, on_board: bool) -> None:
        """Publish something to be drawn: into the log, and if `on_board` on the board too."""
        record = Display(OPERATIONAL, self.round, self.stage, name, payload)
        self._fold([record])
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
        self._flush([], is_guarded=False)
        if self._written:
            self.end_round()
        self._store.release(self.runner)
        self._store.retire()

    def _results(
        self, records: list[Record], at: tuple[int, int], *, gate: Gate | None, counts: bool
    ) -> list[Record]:
        results = grant((r for r in records if isinstance(r, Requested)), self.replica, at)
        if not counts:
            return results
        causes = causes_of([*records, *results], self.replica)
        for proposal in self.replica.open.values():
            results += absentees(proposal, causes, at)
            rule = self._openings.rule_of(proposal.id)
            if decided := decide(proposal, self.replica, rule=rule, gate=gate, at=at):
                results.append(decided)
        return results

    def _settle(self, records: list[Record]) -> bool:
        """Write what the close came to; False when others wrote meanwhile and it must be redone.

        Where nothing hangs on what others write, it waits for the next turn.
        """
        after = self._pending.with_records(records)
        if after.closed or after.fields or self._is_shared:
            return self._flush(records)
        self._pending = after
        return True

    def _open(self, name: str, proposal: Proposal) -> None:
        self._put_down(self._openings.records(name, proposal, (self.round, self.stage)))

    def _put_down(self, records: list[Record]) -> None:
        """Fold records of the leader's own, and keep them for the log and the board."""
        self._fold(records)
        self._pending.add(records)

    def _fold(self, records: Iterable[Record]) -> None:
        for record in records:
            self.replica.fold(record)
            self._written.append(record)
            if isinstance(record, Decided):
                self._openings.forget(record.proposal)

    def _encode(self, record: Record) -> bytes:
        """Encode a record once, though it goes to the board, the digest and the log."""
        known = self._encoded.get(id(record))
        if known is None:
            # The record is kept beside its bytes, so that its id is not given to another.
            known = self._encoded[id(record)] = (record, encode(record))
        return known[1]

    def _turn(self, pending: Pending, *, seen: int | None, agents: int = 0) -> Turn:
        return Turn(
            self._writer,
            self._next(),
            self.epoch,
            seen,
            self.round,
            self.stage,
            self._status,
            max(agents, self.replica.agents),
            frame(map(self._encode, pending.records)),
            pending.opened,
            pending.closed,
            pending.fields,
            pending.forget,
        )

    def _flush(self, records: list[Record], *, is_guarded: bool = True, agents: int = 0) -> bool:
        """Write what is pending and these records; if guarded, only if nobody wrote meanwhile.

        Otherwise what others wrote is read, and False returned.
        """
        seen = self._rev if is_guarded else None
        turn = self._turn(self._pending.with_records(records), seen=seen, agents=agents)
        try:
            revs = self._store.submit(turn)
        except Moved:
            self._read_others()
            return False
        self._sent()
        self._advance(revs)
        return True

    def _sent(self) -> None:
        self._pending = Pending()
        self._announced = (self.round, self.stage)

    def _advance(self, revs: Sequence[int]) -> None:
        """Go to the last of our own revisions, reading what others wrote in between."""
        if revs[-1] == self._rev + len(revs):
            self._rev = revs[-1]
        else:
            self._read_others()

    def _read_others(self) -> None:
        while events := self._store.read(self._rev):
            self._take(events)

    def _take(self, events: Sequence[Event]) -> None:
        here = (self.round, self.stage)
        for event in events:
            if event.is_outside:
                self._inputs += unframe(event.body)
            elif (event.round, event.stage) == here and event.writer != self._writer:
                if self._draft:
                    self._heard.add(event.writer)
                    self._commits.append(unframe(event.body))
                else:
                    self._late += (event.writer,)
            self._rev = event.rev

    def _take_lease(self) -> int:
        holder, epoch = self._store.lease(self.runner, ttl_ms=self._lease_ms)
        if holder != self.runner:
            raise LeaseLost(self.runner, epoch=getattr(self, "epoch", 0), current=epoch)
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
