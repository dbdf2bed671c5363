"""The written board: entries, their links and ballots with reasons, found again in the log.

Nothing is read before somebody asks, so a run pays for it only while its board is looked at.
"""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from blackboard import (
    NO_BALLOT,
    NO_DEADLINE,
    Ballots,
    Closed,
    Decided,
    Electorate,
    Ended,
    Entries,
    Granted,
    Instant,
    Joined,
    Left,
    LogDamaged,
    Opened,
    Posts,
    bodies,
    decode,
    indices,
    read_panel,
    read_placed_segments,
    read_segments,
)

from .lines import Cast, Line, Query, line_of_proposal, lines_of
from .log_reader import legible
from .searching import Searches
from .sight import Sight, Sighting, Stage

SLICE_S = 0.25
"""How long the log is read, or searched, at a time."""
MOST_PROPOSALS, MOST_LINKS, MOST_ELECTORATES = 50_000, 200_000, 256
SEGMENTS_KEPT = 6
_TOLD = ("entries", "posts", "ballots", "opened", "electorate", "granted", "decided", "ended")
_ATTENDED = ("closed", "joined", "left", "instant")
_READ = frozenset(name.encode() for name in (*_TOLD, *_ATTENDED))


@dataclass(slots=True)
class _Segment:
    """What a stretch of the log holds."""

    begin: int
    first: int
    last: int
    counts: Counter[tuple[str, str]]
    """Entries by layer and kind."""


@dataclass(slots=True)
class _Motion:
    """A proposal: its terms, who votes, and in which rounds anybody did."""

    opened: Opened
    seats: list[int] = field(default_factory=list)
    """Of a panel, in the order of the claims."""
    rounds: list[int] = field(default_factory=list)
    decided: Decided | None = None


class Book:
    """Finds in a log what agents wrote; may be asked from any thread.

    Memory holds where things stand, the links between entries, and the latest proposals; a few
    stretches of the log are kept as they were read.

    Args:
        path: The log.
        clock: Seconds that never go back.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._clock = path, clock
        self._lock = threading.RLock()
        self._position = 0
        self._forget()
        self._damage: str | None = None
        self._damaged_at = 0

    @property
    def is_read(self) -> bool:
        """Whether all that the log held the last time has been read."""
        return self._is_read

    @property
    def damage(self) -> str | None:
        """What keeps the rest of the log from being read; None where nothing does."""
        return self._damage

    def read_on(self, most_s: float = SLICE_S) -> bool:
        """Read what is new for a while; say whether all of it has been read."""
        with self._lock, suppress(OSError):
            if not self._path.is_file():
                return True
            if self._path.stat().st_size < self._position:
                self._forget()  # a runner went on from an earlier round
            enough_at, self._is_read = self._clock() + most_s, False
            start = self._position
            try:
                if not self._read_until(enough_at):
                    return False
                self._damage = None
            except LogDamaged as error:
                if start == self._position and start not in (0, self._damaged_at):
                    self._damaged_at = start
                    self._forget()  # as above, and the log is longer than before by now
                    return self.read_on(most_s)
                self._damage, self._damaged_at = str(error), self._position
            self._is_read = True
        return True

    def totals(self) -> Mapping[tuple[str, str], int]:
        """Return how many entries there are by layer and kind, in all that was read."""
        with self._lock:
            return sum((s.counts for s in self._segments), Counter[tuple[str, str]]())

    def latest(self, query: Query, *, up_to: int, most: int = 100) -> tuple[list[Line], int]:
        """Return entries that are asked for, newest first.

        A search ends after a while; asked again, it goes on from there.

        Args:
            query: Which ones.
            up_to: The last round that counts.
            most: How many at the most.

        Returns:
            The entries, and the round back to which was searched; 0 for the beginning.
        """
        found: list[Line] = []
        enough_at = self._clock() + SLICE_S
        with self._lock:
            search = self._searches.of(query)
            for segment in reversed(self._segments):
                if segment.first > up_to or not query.may_be_in(segment.counts):
                    continue
                lines = search.found(segment.begin)
                is_known = lines is not None
                if lines is None:
                    lines = [one for one in reversed(self._lines(segment)) if query.takes(one)]
                    search.keep(segment.begin, lines)
                for line in lines:
                    if line.round <= up_to:
                        found.append(line)
                        if len(found) == most:
                            return found, line.round
                if not is_known and self._clock() > enough_at:
                    return found, segment.first
        return found, 0

    def entry(self, name: str) -> Line | None:
        """Return an entry by its id, or the proposal of that id; None where there is neither."""
        head = name.partition(".")[0]
        if not head.isdecimal():
            return None
        with self._lock:
            for segment in self._around(int(head), int(head)):
                for line in self._lines(segment):
                    if line.id == name:
                        return line
            motion = self._motions.get(name)
        return line_of_proposal(motion.opened) if motion else None

    def referring(self, name: str, *, up_to: int) -> list[tuple[str, str]]:
        """Return relation and id of each entry that refers to this one."""
        with self._lock:
            named = list(self._referring.get(name, ()))
        return [(relation, one) for relation, one in named if int(one.partition(".")[0]) <= up_to]

    def sighting(self, line: Line, *, up_to: int) -> Sighting:
        """Return from when on an entry could be seen, and by how many."""
        with self._lock:
            return self._sight.of(line, up_to=up_to)

    def last_stage(self, *, up_to: int) -> Stage | None:
        """Return the last stage that closed up to a round."""
        with self._lock:
            return self._sight.last_stage(up_to=up_to)

    @property
    def kept_rounds(self) -> int:
        """For how many rounds, or instants, agents find an entry among the recent ones."""
        return self._sight.kept

    def outcome(self, proposal: str, *, up_to: int) -> str | None:
        """Return how a proposal ended; None while it is open, or where it is not known."""
        motion = self._motions.get(proposal)
        decided = motion.decided if motion else None
        return decided.outcome if decided and decided.round <= up_to else None

    def ballots(self, proposal: str, *, up_to: int) -> list[Cast]:
        """Return the ballots of a proposal's latest voting round; none before it was counted."""
        with self._lock:
            motion = self._motions.get(proposal)
            rounds = self._counted(motion, up_to) if motion else []
            if motion is None or not rounds:
                return []
            if motion.opened.deadline_round != NO_DEADLINE:
                rounds = rounds[-1:]
            seats = self._seats(motion)
            found: dict[int, Cast] = {}
            for record in self._cast(rounds[0], rounds[-1]):
                if record.proposal == proposal:
                    for seat, one in _ballots_of(record, motion.opened, seats):
                        found.setdefault(seat, one)
        return [found[seat] for seat in sorted(found)]

    def history(
        self, agent: int, *, up_to: int, most: int = 60
    ) -> tuple[list[Line], list[Cast], int]:
        """Return an agent's entries and ballots, newest first, and how far back was searched."""
        entries, back = self.latest(Query(agent=agent), up_to=up_to, most=most)
        cast: list[Cast] = []
        enough_at = self._clock() + SLICE_S
        with self._lock:
            for segment in reversed(self._segments):
                if segment.first > up_to:
                    continue
                if len(cast) >= most or self._clock() > enough_at:
                    return entries, cast, max(back, segment.last)
                for record in reversed(list(self._cast(segment.first, segment.last, segment))):
                    cast += self._own(record, agent, up_to)
        return entries, cast[:most], back

    def _read_until(self, enough_at: float) -> bool:
        """Read what is new; say whether that was all before the time was over."""
        for end, raw in read_placed_segments(self._path, start=self._position):
            with legible(self._path, self._position):
                self._take(self._position, raw)
            self._position = end
            if self._clock() > enough_at:
                return False
        return True

    def _own(self, record: Ballots, agent: int, up_to: int) -> list[Cast]:
        motion = self._motions.get(record.proposal)
        if motion is None or record.round not in self._counted(motion, up_to):
            return []
        told = _ballots_of(record, motion.opened, self._seats(motion), only=agent)
        return [one for _, one in told]

    def _counted(self, motion: _Motion, up_to: int) -> list[int]:
        """Return the rounds whose ballots may be seen: sealed until counted, or decided."""
        last = min(up_to, self._ended)
        is_decided = motion.decided is not None and motion.decided.round <= up_to
        if motion.opened.deadline_round == NO_DEADLINE and motion.opened.sealed and not is_decided:
            return []
        return [round for round in motion.rounds if round <= last]

    def _seats(self, motion: _Motion) -> list[int]:
        if motion.seats or read_panel(motion.opened.electorate):
            return motion.seats
        packed = self._electorates.get(motion.opened.electorate, b"")
        agents: list[int] = indices(packed).tolist() if packed else []
        return agents

    def _cast(self, first: int, last: int, only: _Segment | None = None) -> Iterator[Ballots]:
        for segment in [only] if only else self._around(first, last):
            for body in self._raw(segment):
                if _tag(body) == b"ballots":
                    record = decode(body)
                    if isinstance(record, Ballots) and first <= record.round <= last:
                        yield record

    def _around(self, first: int, last: int) -> list[_Segment]:
        return [s for s in self._segments if s.first <= last and s.last >= first]

    def _lines(self, segment: _Segment) -> list[Line]:
        """Return the entries of a stretch, oldest first."""
        if segment.begin not in self._kept:
            if not segment.counts:
                return []
            kept: list[Line] = []
            for body in self._raw(segment):
                if _tag(body) in (b"entries", b"posts"):
                    kept += lines_of(decode(body))
            self._kept[segment.begin] = kept
            if len(self._kept) > SEGMENTS_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(segment.begin)
        return self._kept[segment.begin]

    def _raw(self, segment: _Segment) -> Iterator[memoryview]:
        with suppress(LogDamaged, OSError):
            yield from bodies(next(read_segments(self._path, start=segment.begin), b""))

    def _forget(self) -> None:
        """Begin at the beginning of the log."""
        self._position = self._ended = 0
        self._is_read = False
        self._searches = Searches()
        self._segments: list[_Segment] = []
        self._sight = Sight()
        self._motions: OrderedDict[str, _Motion] = OrderedDict()
        self._electorates: OrderedDict[str, bytes] = OrderedDict()
        self._referring: OrderedDict[str, list[tuple[str, str]]] = OrderedDict()
        self._kept: OrderedDict[int, list[Line]] = OrderedDict()

    def _take(self, begin: int, raw: bytes) -> None:
        """Know what a new stretch of the log holds."""
        told = list(bodies(raw))
        if not told:
            return
        ends = decode(told[0]).round, decode(told[-1]).round
        segment = _Segment(begin, *ends, Counter())
        records = [decode(body) for body in told if _tag(body) in _READ]
        for record in records:  # of a segment that is damaged nothing is noted
            self._note(record, segment)
        self._segments.append(segment)

    def _note(self, record: object, segment: _Segment) -> None:
        match record:
            case Entries():
                for line in lines_of(record):
                    segment.counts[line.layer, line.kind] += 1
                    for relation, other in line.links:
                        _bounded(self._referring, other, MOST_LINKS, list).append(
                            (relation, line.id)
                        )
            case Posts():
                segment.counts[record.layer, record.kind] += len(indices(record.agents))
            case Ballots():
                motion = self._motions.get(record.proposal)
                if motion and record.round not in motion.rounds[-1:]:
                    motion.rounds.append(record.round)
            case Opened():
                _bounded(self._motions, record.proposal, MOST_PROPOSALS, lambda: _Motion(record))
            case Electorate():
                self._electorates.pop(record.name, None)
                _bounded(self._electorates, record.name, MOST_ELECTORATES, lambda: record.agents)
            case Granted(act="claim", granted=True):
                if motion := self._motions.get(record.key):
                    motion.seats.append(record.agent)
            case Decided():
                if motion := self._motions.get(record.proposal):
                    motion.decided = record
            case Ended():
                self._ended = record.round
            case Closed() | Joined() | Left() | Instant():
                self._sight.take(record)


def _tag(body: memoryview) -> bytes:
    """Return the type of a record without decoding it."""
    return bytes(body[2 : 2 + (body[1] & 0x1F)])


def _bounded[V](into: OrderedDict[str, V], name: str, most: int, make: Callable[[], V]) -> V:
    """Return what is kept under a name, made now if need be; the oldest makes room."""
    if name not in into:
        into[name] = make()
        if len(into) > most:
            into.popitem(last=False)
    return into[name]


def _ballots_of(
    record: Ballots, opened: Opened, seats: list[int], *, only: int | None = None
) -> Iterator[tuple[int, Cast]]:
    """Yield seat and ballot of those who voted."""
    numbers = np.frombuffer(record.numbers, "<f8")
    confidence = np.frombuffer(record.confidence, "<f8")
    options = dict(enumerate(opened.options))
    for seat, agent in enumerate(seats[: len(record.choices)]):
        code = record.choices[seat]
        if code == NO_BALLOT or only not in (None, agent):
            continue
        number = float(numbers[seat]) if numbers.size and np.isfinite(numbers[seat]) else None
        yield (
            seat,
            Cast(
                record.round,
                record.proposal,
                agent,
                options.get(code, "abstain"),
                float(confidence[seat]) if confidence.size else 1.0,
                number,
                record.texts[seat] if record.texts else "",
            ),
        )
