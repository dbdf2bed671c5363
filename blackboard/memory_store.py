"""The reference store: a board kept in this process, for tests, notebooks and Windows."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from .bitmaps import both, either, members
from .errors import (
    BallotRefused,
    FieldConflict,
    LeaseLost,
    Moved,
    NotOpen,
    OutOfOrder,
    WrongStage,
)
from .records import INPUT, Joined, encode, frame
from .store import NO_FLOOR, Commit, Event, Floor, Meta, Turn


@dataclass
class _State:
    rev: int = 0
    epoch: int = 0
    round: int = 0
    stage: int = 0
    status: str = "new"
    agents: int = 0
    holder: str = ""
    lease_until: float = 0.0
    events: list[Event] = field(default_factory=list)
    forgotten: int = 0
    """Writes up to this revision are known from the checkpoint alone."""
    checkpoint: tuple[int, bytes] | None = None
    answered: dict[str, tuple[int, int]] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    voted: dict[tuple[str, int], bytes] = field(default_factory=dict)
    fields: dict[str, int] = field(default_factory=dict)
    display: dict[str, bytes] = field(default_factory=dict)


class MemoryStore:
    """Does what the Redis functions do, in the same order of checks, under one lock."""

    kind = "memory"
    version = "1"

    def __init__(self, run: str = "run") -> None:
        self.run = run
        self._state = _State()
        self._changed = threading.Condition()

    def submit(self, *acts: Commit | Turn) -> tuple[int, ...]:
        """Apply acts in order and return the revision of each."""
        with self._changed:
            try:
                return tuple(
                    self._turn(act) if isinstance(act, Turn) else self._commit(act) for act in acts
                )
            finally:
                self._changed.notify_all()

    def _commit(self, act: Commit) -> int:
        state = self._state
        answered = f"w:{act.writer}"
        if (rev := self._answer(act.writer, act.seq, answered)) is not None:
            return rev
        if act.epoch is not None and (act.epoch != state.epoch or not state.epoch):
            raise LeaseLost(act.writer, epoch=act.epoch, current=state.epoch)
        is_here = act.round in (None, state.round)
        if not is_here or (act.epoch is not None and act.stage != state.stage):
            wanted = (act.round or 0, act.stage)
            raise WrongStage(wanted, current=(state.round, state.stage))
        for proposal, bitmap in act.ballots:
            if proposal not in state.open:
                raise NotOpen(proposal)
            again = members(both(state.voted.get((proposal, state.round), b""), bitmap))
            if again:
                raise BallotRefused(proposal, agents=again)
        for proposal, bitmap in act.ballots:
            key = (proposal, state.round)
            state.voted[key] = either(state.voted.get(key, b""), bitmap)
        rev = self._append(act.writer, act.body, is_outside=act.epoch is None)
        state.answered[answered] = (act.seq, rev)
        return rev

    def _turn(self, act: Turn) -> int:
        state = self._state
        answered = f"t:{act.writer}"
        if (rev := self._answer(act.writer, act.seq, answered)) is not None:
            return rev
        if act.epoch != state.epoch or not state.epoch:
            raise LeaseLost(act.writer, epoch=act.epoch, current=state.epoch)
        if act.seen is not None and act.seen != state.rev:
            raise Moved(seen=act.seen, current=state.rev)
        for proposal in act.closed:
            if proposal not in state.open:
                raise NotOpen(proposal)
        state.open.difference_update(act.closed)
        state.open.update(act.opened)
        state.fields.update(act.fields)
        for key in act.forget:
            state.voted.pop(key, None)
        for proposal, round, bitmap in act.voted:
            key = (proposal, round)
            state.voted[key] = either(state.voted.get(key, b""), bitmap)
        state.round, state.stage, state.status = act.round, act.stage, act.status
        state.agents = max(state.agents, act.agents)
        rev = self._append(act.writer, act.body, is_outside=False, is_turn=True)
        state.answered[answered] = (act.seq, rev)
        return rev

    def join(self, writer: str, seq: int, *, role: str, name: str, votes: bool = True) -> int:
        """Register an outsider and return its agent index."""
        with self._changed:
            answered = f"w:{writer}"
            if (index := self._answer(writer, seq, answered)) is not None:
                return index
            state = self._state
            index, state.agents = state.agents, state.agents + 1
            joined = Joined(INPUT, state.round, state.stage, role, index, 1, (name,), votes)
            self._append(writer, frame([encode(joined)]), is_outside=True)
            state.answered[answered] = (seq, index)
            self._changed.notify_all()
            return index

    def set_field(
        self, writer: str, seq: int, *, key: str, expected: int | None, body: bytes
    ) -> int:
        """Write a shared field if it still has the expected revision; return the new one."""
        with self._changed:
            answered = f"w:{writer}"
            if (revision := self._answer(writer, seq, answered)) is not None:
                return revision
            current = self._state.fields.get(key, 0)
            if expected is not None and expected != current:
                raise FieldConflict(key, expected=expected, current=current)
            self._state.fields[key] = current + 1
            self._append(writer, body, is_outside=True)
            self._state.answered[answered] = (seq, current + 1)
            self._changed.notify_all()
            return current + 1

    def lease(
        self, runner: str, *, ttl_ms: int, floor: Floor = NO_FLOOR, takes_over: bool = False
    ) -> tuple[str, int]:
        """Take or renew the leader's lease; return its holder and the epoch."""
        with self._changed:
            state, now = self._state, time.monotonic()
            is_free = not state.holder or now >= state.lease_until
            if is_free or (takes_over and state.holder != runner):
                state.holder, state.epoch = runner, max(state.epoch, floor.epoch) + 1
                if floor.revision > state.rev:
                    state.rev = state.forgotten = floor.revision
                    state.events.clear()
                state.agents = max(state.agents, floor.agents)
            if state.holder == runner:
                state.lease_until = now + ttl_ms / 1000
            return state.holder, state.epoch

    def release(self, runner: str) -> None:
        """Give the lease back, if this runner holds it."""
        with self._changed:
            if self._state.holder == runner:
                self._state.holder = ""

    def meta(self) -> Meta:
        """Return where the run stands."""
        s = self._state
        return Meta(s.rev, s.epoch, s.round, s.stage, s.status, s.agents)

    def read(self, after: int, *, limit: int = 1000) -> Sequence[Event]:
        """Return the writes after a revision, oldest first."""
        with self._changed:
            first = max(0, after - self._state.forgotten)
            return self._state.events[first : first + limit]

    def wait(self, after: int, *, timeout_s: float) -> Sequence[Event]:
        """Return the writes after a revision, waiting up to `timeout_s` for the first."""
        with self._changed:
            self._changed.wait_for(lambda: self._state.rev > after, timeout=timeout_s)
        return self.read(after)

    def voted(self, proposal: str, round: int) -> bytes:
        """Return the bitmap of who has voted."""
        return self._state.voted.get((proposal, round), b"")

    def publish(self, name: str, payload: bytes) -> None:
        """Put something up to be drawn; the latest of each name stands."""
        self._state.display[name] = payload

    def published(self) -> dict[str, bytes]:
        """Return what stands to be drawn."""
        return dict(self._state.display)

    def checkpoint(self, revision: int, state: bytes, *, forget: int) -> None:
        """Keep the board's state as of a revision, and forget the writes up to another one."""
        with self._changed:
            kept = self._state
            del kept.events[: max(0, forget - kept.forgotten)]
            kept.forgotten, kept.checkpoint = max(forget, kept.forgotten), (revision, state)

    def state(self) -> tuple[int, bytes] | None:
        """Return the latest checkpoint: its revision and the board's state."""
        return self._state.checkpoint

    def revive(self) -> None:
        """Nothing to do: the data last as long as the process."""

    def retire(self) -> None:
        """Nothing to do: the data end with the process."""

    def close(self) -> None:
        """Nothing to let go of."""

    def _answer(self, writer: str, seq: int, answered: str) -> int | None:
        """Return the recorded answer to a repeated write."""
        if answered not in self._state.answered:
            return None
        last, answer = self._state.answered[answered]
        if seq < last:
            raise OutOfOrder(writer, seq=seq, last=last)
        return answer if seq == last else None

    def _append(self, writer: str, body: bytes, *, is_outside: bool, is_turn: bool = False) -> int:
        state = self._state
        state.rev += 1
        where = (state.round, state.stage)
        state.events.append(Event(state.rev, writer, is_outside, *where, body, is_turn))
        return state.rev
