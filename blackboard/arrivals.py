"""What others write while a run is led: workers' commits, outsiders' acts, people's commands."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .oversight import Oversight
from .records import INPUT, Abstained, Answered, Ballots, Command, Joined, Record, u4, unframe
from .store import Event


class Arrivals:
    """Collects, for one leader, what has come in since the last stage closed."""

    def __init__(self, oversight: Oversight) -> None:
        self.commits: list[Sequence[Any]] = []
        """What was committed in the stage, the leader's own agents included."""
        self.heard: set[str] = set()
        """Workers that have committed to the stage."""
        self.late: tuple[str, ...] = ()
        """Workers whose commits came too late and count for nothing."""
        self.inputs: list[Record] = []
        """What outsiders wrote, and what the leader says of workers that are late."""
        self.has_received = False
        """Whether anything came from outside since the last close."""
        self.led_since = 0
        """Commands written up to this revision were for an earlier runner."""
        self._first = 0
        """The first write since the last close that takes effect in the next; 0 for none."""
        self._missing: frozenset[str] = frozenset()
        self._oversight = oversight
        self._waiting: deque[_Waiting] = deque()
        """What was recovered and waits for its stage, and all that came behind it."""

    def take(
        self, events: Iterable[Event], *, at: tuple[int, int], own: str, is_open: bool
    ) -> None:
        """Sort writes of others.

        Args:
            events: What the store holds, the own writes among them.
            at: The current round and stage.
            own: The leader's own name as a writer.
            is_open: Whether the stage still takes commits.
        """
        for event in events:
            if event.is_outside:
                self._receive(event, waits=bool(self._waiting))
            elif (event.round, event.stage) == at and event.writer != own:
                if is_open and event.writer not in self._missing:
                    self.heard.add(event.writer)
                    self.commits.append(unframe(event.body))
                else:
                    self.late += (event.writer,)

    def recover(self, events: Iterable[Event], *, after: int) -> set[tuple[str, int]]:
        """Keep what outsiders wrote after a revision, and return whose ballots have to be undone.

        It takes effect when the run has come again to the stage for which it was written, since
        a proposal that it is about may not be open before.

        Returns (proposal, round) of every vote that the log does not hold.
        """
        undone: set[tuple[str, int]] = set()
        for event in events:
            if event.rev > after and not event.is_turn:
                records = unframe(event.body)
                undone |= {(r.proposal, r.round) for r in records if isinstance(r, Ballots)}
                if event.is_outside:
                    self._receive(event, waits=True)
        return undone

    def release(self, at: tuple[int, int]) -> None:
        """Take in what was written for a stage that the run has come to again."""
        while self._waiting and self._waiting[0].at <= at:
            self.inputs += self._waiting.popleft().records

    def recorded(self, revision: int, *, at_close: bool) -> int:
        """Return the last write up to which the log lacks nothing.

        Args:
            revision: The last write that was read.
            at_close: Whether what came in so far takes effect in a close that is being written.
        """
        lacking = [held.revision for held in self._waiting]
        if self._first and not at_close:
            lacking.append(self._first)
        return min([revision, *(first - 1 for first in lacking)])

    @property
    def has_waiting(self) -> bool:
        """Whether something was recovered and waits for its stage."""
        return bool(self._waiting)

    def waiting_ballots(self) -> list[Ballots]:
        """Return the ballots that wait for their stage; their seats are taken."""
        return [r for held in self._waiting for r in held.records if isinstance(r, Ballots)]

    def miss(
        self, workers: Mapping[str, range], at: tuple[int, int], left: Mapping[int, str]
    ) -> None:
        """Go on without workers: their agents abstain late, whatever comes of them from here."""
        self._missing = frozenset(workers)
        for _, span in sorted(workers.items()):
            members = np.array([agent for agent in span if agent not in left], np.uint32)
            if members.size:
                self.inputs.append(Abstained(INPUT, *at, None, "late", u4(members)))

    def first_free(self, joined: int) -> int:
        """Return the first index that nobody has, who joined or is about to."""
        return max([joined, *(r.first + r.count for r in self.inputs if isinstance(r, Joined))])

    def take_inputs(self) -> list[Record]:
        """Return what came from outside, which is then no longer here."""
        inputs, self.inputs = self.inputs, []
        return inputs

    def begin(self) -> None:
        """Begin a stage: what workers wrote since the last one closed was for that one."""
        self.late = ()

    def close(self) -> None:
        """Begin anew: the stage is closed."""
        self.has_received, self._first = bool(self._waiting), 0
        self.commits, self.heard, self.late = [], set(), ()
        self._missing = frozenset()

    def _receive(self, event: Event, *, waits: bool) -> None:
        """Keep what came from outside: commands for between stages, all else for a close.

        Answers are never kept waiting, because the run may be waiting for them.
        """
        self.has_received = True
        records: list[Record] = []
        for record in unframe(event.body):
            if isinstance(record, Command):
                if event.rev > self.led_since:
                    self._oversight.receive(record)
            elif waits and not (isinstance(record, Answered) and event.rev > self.led_since):
                records.append(record)
            else:
                self.inputs.append(record)
                self._first = self._first or event.rev
        if records:
            self._waiting.append(_Waiting(event.rev, (event.round, event.stage), records))


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What one write holds that waits for its stage."""

    revision: int
    at: tuple[int, int]
    records: list[Record]
