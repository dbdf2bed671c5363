"""The leader's side of a store: its lease, its numbered writes, and what others wrote."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .errors import LeaseLost, Moved
from .pending import Pending
from .records import OPERATIONAL, Note, Record, encode, frame
from .store import NO_FLOOR, Commit, Event, Floor, Store, Turn

HELD, CALLS = "held", "calls"
"""Published of now alone: proposals that wait for a person, and questions that models have."""
type Encode = Callable[[Record], bytes]

QUIET_S = 0.01
"""After so long without a word to the board, people are listened to before the next stage; where
stages are shorter, what they command is heard with one of the next writes, and costs nothing."""


class Channel:
    """Writes for the runner that holds the lease; what it has to write waits for the next act.

    Args:
        store: Where the board is kept.
        runner: The name under which the lease is held.
        encode: Gives a record's bytes.
        lease_ms: How long the lease lasts unless it is renewed.
        floor: What the run has reached by its log.
        takes_over: Take the lease from whoever holds it.

    Raises:
        LeaseLost: another runner leads.
    """

    def __init__(
        self,
        store: Store,
        *,
        runner: str,
        encode: Encode,
        lease_ms: int,
        floor: Floor = NO_FLOOR,
        takes_over: bool = False,
    ) -> None:
        self.store, self.runner, self._encode = store, runner, encode
        self._lease_ms, self._floor = lease_ms, floor
        self.epoch = 0
        self.led_since = store.meta().rev
        """The last write before this runner led."""
        self.epoch = self._take_lease(takes_over=takes_over)
        self.writer = f"{runner}/{self.epoch}"
        self.revision = 0
        """The last write of the board that was read."""
        self.checkpoint = 0
        """The revision whose state readers who come later find."""
        self.status = "running"
        self.pending = Pending()
        self._at = self._announced = (0, 0)
        self._agents = 0
        self._seq = 0
        self._heard_at = 0.0

    @property
    def is_announced(self) -> bool:
        """Whether the board stands where the run does."""
        return self._announced == self._at

    @property
    def is_quiet(self) -> bool:
        """Whether the board may have got news that this runner has not heard of for a while."""
        return time.monotonic() - self._heard_at > QUIET_S

    def enter(self, at: tuple[int, int], *, agents: int) -> None:
        """Go to a stage, of which the next turn will tell."""
        self._at, self._agents = at, agents

    def renew_if_due(self) -> None:
        """Renew the lease when half of it has passed.

        Raises:
            LeaseLost: another runner leads, or has led meanwhile.
        """
        if time.monotonic() < self._renew_at:
            return
        epoch = self._take_lease()
        if epoch > self.epoch + 1:
            self.store.release(self.runner)
            raise LeaseLost(self.runner, epoch=self.epoch, current=epoch)
        self.epoch = epoch

    def turn(self, records: Iterable[Record] = (), *, seen: int | None = None) -> Turn:
        """Return what is pending, and these records behind it, as a turn."""
        pending = self.pending.with_records(records)
        return Turn(
            self.writer,
            self._next(),
            self.epoch,
            seen,
            *self._at,
            self.status,
            self._agents,
            frame(map(self._encode, pending.records)) + pending.body,
            pending.opened,
            pending.closed,
            pending.fields,
            pending.forget,
            pending.voted,
        )

    def commit(self, body: bytes, ballots: tuple[tuple[str, bytes], ...]) -> Commit:
        """Return a commit of the leader's own agents."""
        return Commit(self.writer, self._next(), self.epoch, *self._at, body, ballots)

    def submit(self, *acts: Turn | Commit) -> bool:
        """Apply acts; say whether nobody else wrote in between."""
        revisions = self.store.submit(*acts)
        self._heard_at = time.monotonic()
        self.sent()
        is_next = revisions[-1] == self.revision + len(revisions)
        if is_next:
            self.revision = revisions[-1]
        return is_next

    def flush(self, records: Iterable[Record] = (), *, is_guarded: bool = True) -> bool | None:
        """Write what is pending and these records, if guarded only when nobody wrote meanwhile.

        Returns whether nobody did; None means that nothing was written for that reason.
        """
        turn = self.turn(records, seen=self.revision if is_guarded else None)
        try:
            return self.submit(turn)
        except Moved:
            return None

    def sent(self) -> None:
        """Know that what was pending is on the board."""
        self.pending, self._announced = Pending(), self._at

    def show_held(self, proposals: Sequence[str], at: tuple[int, int]) -> None:
        """Publish which proposals wait for a person."""
        self.show_now(HELD, {"proposals": list(proposals)}, at)

    def show_now(self, name: str, detail: Mapping[str, Any], at: tuple[int, int]) -> None:
        """Publish something operational in place of what stood under its name."""
        self.store.publish(name, encode(Note(OPERATIONAL, *at, name, dict(detail))))

    def read(self) -> Iterable[Event]:
        """Yield what was written since, the own writes included."""
        self._heard_at = time.monotonic()
        while events := self.store.read(self.revision):
            yield from self._past(events)

    def wait(self, *, timeout_s: float) -> Iterable[Event]:
        """Yield what was written since, waiting for the first."""
        yield from self._past(self.store.wait(self.revision, timeout_s=timeout_s))

    def _past(self, events: Sequence[Event]) -> Iterable[Event]:
        for event in events:
            self.revision = event.rev
            yield event

    def _take_lease(self, *, takes_over: bool = False) -> int:
        holder, epoch = self.store.lease(
            self.runner, ttl_ms=self._lease_ms, floor=self._floor, takes_over=takes_over
        )
        if holder != self.runner:
            raise LeaseLost(self.runner, epoch=self.epoch, current=epoch)
        self._renew_at = time.monotonic() + self._lease_ms / 2000
        return epoch

    def _next(self) -> int:
        self._seq += 1
        return self._seq
