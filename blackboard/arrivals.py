"""What others write while a run is led: workers' commits, outsiders' acts, people's commands."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .oversight import Oversight
from .records import INPUT, Abstained, Ballots, Command, Joined, Record, u4, unframe
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
        self._missing: frozenset[str] = frozenset()
        self._oversight = oversight

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
                self._receive(event.rev, unframe(event.body))
            elif (event.round, event.stage) == at and event.writer != own:
                if is_open and event.writer not in self._missing:
                    self.heard.add(event.writer)
                    self.commits.append(unframe(event.body))
                else:
                    self.late += (event.writer,)

    def recover(self, events: Iterable[Event], *, after: int) -> set[tuple[str, int]]:
        """Keep what outsiders wrote after a revision, and return whose ballots have to be undone.

        Returns (proposal, round) of every vote that the log does not hold.
        """
        undone: set[tuple[str, int]] = set()
        for event in events:
            if event.rev > after and not event.is_turn:
                records = unframe(event.body)
                undone |= {(r.proposal, r.round) for r in records if isinstance(r, Ballots)}
                if event.is_outside:
                    self._receive(event.rev, records)
        return undone

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
        self.commits, self.heard, self.late = [], set(), ()
        self._missing = frozenset()

    def _receive(self, revision: int, records: Iterable[Record]) -> None:
        """Keep what came from outside: commands for between stages, all else for the close."""
        self.has_received = True
        for record in records:
            if not isinstance(record, Command):
                self.inputs.append(record)
            elif revision > self.led_since:
                self._oversight.receive(record)
