"""What a board needs of the place that keeps it: a few atomic acts, the same on every store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

INLINE_BYTES = 4096
"""Bodies up to this size travel inside the call; larger ones are staged as a plain value,
because an argument of some megabytes costs a thousand times more through Lua than as a SET."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One atomic write: all of a worker's stage, or a single act of an outsider."""

    writer: str
    seq: int
    """Counts this writer's writes from 1; a repeated one is answered, never applied again."""
    epoch: int | None
    """The leader's epoch the worker serves; None for an outsider."""
    round: int | None
    """None for an outsider's act that is bound to no round."""
    stage: int
    body: bytes
    """Framed records."""
    ballots: tuple[tuple[str, bytes], ...] = ()
    """Per proposal, the bitmap (by agent index, most significant bit first) of who votes."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The leader's move between stages: close proposals once, open others, go to a stage."""

    writer: str
    seq: int
    epoch: int
    seen: int | None
    """Refuse unless this is still the revision; None where nothing hangs on it."""
    round: int
    stage: int
    status: str
    agents: int
    """How many agents have joined."""
    body: bytes
    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    fields: tuple[tuple[str, int], ...] = ()
    """Shared fields written, with their new revisions."""
    forget: tuple[tuple[str, int], ...] = ()
    """Voting rounds (proposal, round) whose bitmaps are no longer needed."""
    voted: tuple[tuple[str, int, bytes], ...] = ()
    """Who has voted in a voting round (proposal, round, bitmap), as far as the log knows."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What a run has reached by its log, which a store that lost its data cannot know."""

    epoch: int = 0
    revision: int = 0
    agents: int = 0


NO_FLOOR = Floor()
"""Of a run that begins."""


@dataclass(frozen=True, slots=True)
class Event:
    """One write as the server's stream holds it."""

    rev: int
    writer: str
    is_outside: bool
    round: int
    stage: int
    body: bytes
    is_turn: bool = False
    """Whether the leader wrote it; all others are workers' commits or from outside."""


@dataclass(frozen=True, slots=True)
class Meta:
    """Where a run stands."""

    rev: int
    epoch: int
    round: int
    stage: int
    status: str
    agents: int


class Store(Protocol):
    """A place that keeps the board of one run: Redis or Valkey, or this process's memory."""

    kind: str
    """`valkey`, `redis` or `memory`."""
    version: str
    run: str

    def submit(self, *acts: Commit | Turn) -> tuple[int, ...]:
        """Apply acts in order, in one round trip, and return the revision of each.

        A call holds at most one turn and one commit of a writer, so that all of it can be
        repeated when its answer was lost.

        Raises:
            Refused: a subclass that says why; that act was not applied, earlier ones were.
        """

    def join(self, writer: str, seq: int, *, role: str, name: str, votes: bool = True) -> int:
        """Register an outsider and return its agent index."""

    def set_field(
        self, writer: str, seq: int, *, key: str, expected: int | None, body: bytes
    ) -> int:
        """Write a shared field if it still has the expected revision; return the new one."""

    def lease(
        self, runner: str, *, ttl_ms: int, floor: Floor = NO_FLOOR, takes_over: bool = False
    ) -> tuple[str, int]:
        """Take or renew the leader's lease; return its holder and the epoch.

        Args:
            runner: Who asks.
            ttl_ms: How long it lasts unless it is renewed.
            floor: Epoch, revision and agents that a new holder's go on from.
            takes_over: Take it from whoever holds it.
        """

    def release(self, runner: str) -> None:
        """Give the lease back, if this runner holds it."""

    def meta(self) -> Meta:
        """Return where the run stands; all zero before the first turn."""

    def read(self, after: int, *, limit: int = 1000) -> Sequence[Event]:
        """Return the writes after a revision, oldest first."""

    def wait(self, after: int, *, timeout_s: float) -> Sequence[Event]:
        """Return the writes after a revision, waiting up to `timeout_s` for the first."""

    def voted(self, proposal: str, round: int) -> bytes:
        """Return the bitmap of who has voted."""

    def publish(self, name: str, payload: bytes) -> None:
        """Put something up to be drawn; the latest of each name stands."""

    def published(self) -> dict[str, bytes]:
        """Return what stands to be drawn."""

    def checkpoint(self, revision: int, state: bytes, *, forget: int) -> None:
        """Keep the board's state as of a revision, and forget the writes up to another one."""

    def state(self) -> tuple[int, bytes] | None:
        """Return the latest checkpoint: its revision and the board's state."""

    def revive(self) -> None:
        """Let the data of a run that goes on no longer expire."""

    def retire(self) -> None:
        """Let the run's data expire; a run that ended lives on in its run directory."""

    def close(self) -> None:
        """Let go of connections; the data stay."""
