"""Moments kept compactly: votes compressed, frames apart, and memory bounded whatever comes."""

import threading
import zlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..moment import Moment, Vote
from .curve import Curve, CurveRow, curve_of, curve_row
from .teller import MOST_INSTANTS
from .totals import OUTCOMES

type Lines = tuple[NDArray[np.int64], NDArray[np.float64], dict[str, NDArray[np.float64]]]
"""Rounds or instants, simulated seconds, and values by name; all as long as each other."""
COMPRESSED_BYTES = 256
"""Columns from this size on are compressed."""
_OVERHEAD_BYTES = 1500
"""What a kept moment takes beside its columns: counts, numbers, objects."""


@dataclass(slots=True, eq=False)
class KeptVote:
    """A vote with its columns packed; moments with the same vote share it."""

    vote: Vote
    """Without choices and confidence."""
    choices: bytes
    confidence: bytes

    @classmethod
    def of(cls, vote: Vote) -> "KeptVote":
        """Pack a vote."""
        bare = _with_columns(vote, _NO_CHOICES, _NO_CONFIDENCE)
        half = vote.confidence.astype(np.float16)
        return cls(bare, _pack(vote.choices.tobytes()), _pack(half.tobytes()))

    @property
    def size(self) -> int:
        """Bytes of its columns."""
        return len(self.choices) + len(self.confidence)

    def whole(self) -> Vote:
        """Return the vote as it was."""
        seats = len(self.vote.agents)
        choices = np.frombuffer(_unpack(self.choices, seats), np.uint8)
        packed = _unpack(self.confidence, 2 * seats) if self.confidence else b""
        confidence = np.frombuffer(packed, np.float16).astype(np.float32)
        return _with_columns(self.vote, choices, confidence)


@dataclass(slots=True, eq=False)
class Kept:
    """A moment without its frame."""

    moment: Moment
    """Without vote, frame, and series."""
    vote: KeptVote | None
    names: tuple[str, ...]
    numbers: NDArray[np.float64]
    row: CurveRow
    frame: Any
    """Where its frame stands, or the frame itself."""
    size: int

    def whole(self, frame: Mapping[str, NDArray[np.float32]]) -> Moment:
        """Return the moment as it was, with its frame."""
        bare = self.moment
        return Moment(
            bare.number,
            bare.now_s,
            bare.status,
            self.vote.whole() if self.vote else None,
            bare.waiting,
            frame,
            dict(zip(self.names, self.numbers.tolist(), strict=True)),
            bare.counts,
            bare.flips,
        )


class Shelf:
    """Keeps moments in the order of their numbers, at most so many and so many bytes.

    Where there are too many, every other one is let go of, or the oldest.

    Args:
        most: Moments at the most.
        most_bytes: Bytes at the most, frames aside.
        thins: Whether to let go of every other one; else of the oldest.
    """

    def __init__(self, *, most: int, most_bytes: int, thins: bool) -> None:
        self._most, self._most_bytes, self._thins = most, most_bytes, thins
        self._kept: list[Kept] = []
        self._lock = threading.RLock()
        self._stride = 1
        self._bytes = 0
        self._last_vote: tuple[Vote, KeptVote] | None = None
        self._electorates: dict[bytes, NDArray[np.uint32]] = {}
        self._names: dict[tuple[str, ...], tuple[str, ...]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size(self) -> int:
        """Bytes that the kept moments take, by estimate."""
        return self._bytes

    def add(self, moment: Moment, frame: Any = None, *, is_last: bool = False) -> None:
        """Keep a moment in place of those that have its number or a later one.

        Args:
            moment: Its frame is not kept.
            frame: What stands for its frame.
            is_last: Whether it is kept though others of its kind are let go of.
        """
        with self._lock:
            while self._kept and self._kept[-1].row.number >= moment.number:
                self._bytes -= self._kept.pop().size
            if moment.number % self._stride and not is_last:
                return
            kept = self._keep(moment, frame)
            self._kept.append(kept)
            self._bytes += kept.size
            most = self._most if moment.now_s is None else min(self._most, MOST_INSTANTS)
            while len(self._kept) > most or self._bytes > self._most_bytes:
                if len(self._kept) < 3:
                    return
                self._let_go()

    def find(self, number: int) -> Kept:
        """Return the latest moment kept that is not after a number, else the first.

        Raises:
            LookupError: none is kept yet.
        """
        with self._lock:
            if not self._kept:
                raise LookupError("the run has no moment yet: its first round has not ended")
            return self._kept[max(0, self._after(number) - 1)]

    def up_to(self, number: int, count: int) -> list[Moment]:
        """Return so many moments up to a number, oldest first, without their frames."""
        with self._lock:
            end = self._after(number)
            found = self._kept[max(0, end - count) : end]
        return [kept.whole({}) for kept in found]

    def since(self, number: int) -> list[Kept]:
        """Return the moments after a number, oldest first."""
        with self._lock:
            return self._kept[self._after(number) :]

    def curve(self) -> Curve:
        """Return all moments as lines."""
        with self._lock:
            return curve_of([kept.row for kept in self._kept])

    def series(self, name: str) -> NDArray[np.float64]:
        """Return one number of all moments; NaN where a moment has none."""
        with self._lock:
            places = {names: names.index(name) if name in names else -1 for names in self._names}
            rows = [(kept.numbers, places[kept.names]) for kept in self._kept]
        return np.array([n[at] if at >= 0 else np.nan for n, at in rows], np.float64)

    def lines(self, names: Sequence[str]) -> Lines:
        """Return the numbers of all moments, their simulated seconds, and some of their values."""
        with self._lock:
            kept = list(self._kept)
            places = {own: [own.index(n) if n in own else -1 for n in names] for own in self._names}
        table = np.full((len(kept), len(names)), np.nan)
        for row, one in enumerate(kept):
            if one.numbers.size:
                at = places[one.names]
                table[row] = [one.numbers[k] if k >= 0 else np.nan for k in at]
        rounds = np.array([one.row.number for one in kept], np.int64)
        now_s = np.array([one.row.now_s for one in kept], np.float64)
        return rounds, now_s, {name: table[:, k] for k, name in enumerate(names)}

    def _after(self, number: int) -> int:
        """Return where the moments after a number begin."""
        return bisect_right(self._kept, number, key=lambda kept: kept.row.number)

    def _keep(self, moment: Moment, frame: Any) -> Kept:
        vote, size = self._keep_vote(moment.vote)
        names = tuple(moment.series)
        names = self._names.setdefault(names, names)
        numbers = np.fromiter(moment.series.values(), np.float64, len(names))
        decisions = sum(moment.counts.get(outcome, 0) for outcome in OUTCOMES)
        bare = Moment(
            moment.number,
            moment.now_s,
            moment.status,
            None,
            moment.waiting,
            counts=moment.counts,
            flips=moment.flips,
        )
        accepted = moment.counts.get("accepted", 0)
        row = curve_row(moment.number, moment.now_s, moment.vote, decisions, accepted)
        size += numbers.nbytes + (moment.flips.nbytes if moment.flips is not None else 0)
        return Kept(bare, vote, names, numbers, row, frame, size + _OVERHEAD_BYTES)

    def _keep_vote(self, vote: Vote | None) -> tuple[KeptVote | None, int]:
        """Return a vote as it is kept, and the bytes it takes beside those kept already."""
        if vote is None:
            return None, 0
        if self._last_vote and self._last_vote[0] is vote:
            return self._last_vote[1], 0
        kept = KeptVote.of(self._with_known_agents(vote))
        self._last_vote = (vote, kept)
        return kept, kept.size

    def _with_known_agents(self, vote: Vote) -> Vote:
        """Return a vote whose electorate is shared with others that have the same one."""
        key = vote.agents.tobytes()
        if len(key) <= COMPRESSED_BYTES:
            return vote
        if key not in self._electorates:
            self._electorates[key] = vote.agents
            self._bytes += 2 * len(key)
        known = self._electorates[key]
        return _with_columns(vote, vote.choices, vote.confidence, known)

    def _let_go(self) -> None:
        if not self._thins:
            gone = max(1, len(self._kept) // 16)
            self._bytes -= sum(kept.size for kept in self._kept[:gone])
            del self._kept[:gone]
            return
        self._stride *= 2
        self._kept = [kept for kept in self._kept if kept.row.number % self._stride == 0]
        votes = {id(kept.vote): kept.vote.size for kept in self._kept if kept.vote}
        own = sum(kept.numbers.nbytes + _OVERHEAD_BYTES for kept in self._kept)
        self._bytes = own + sum(votes.values()) + 2 * sum(map(len, self._electorates))


_NO_CHOICES: NDArray[np.uint8] = np.empty(0, np.uint8)
_NO_CONFIDENCE: NDArray[np.float32] = np.empty(0, np.float32)


def _with_columns(
    vote: Vote,
    choices: NDArray[np.uint8],
    confidence: NDArray[np.float32],
    agents: NDArray[np.uint32] | None = None,
) -> Vote:
    return Vote(
        vote.proposal,
        vote.options,
        vote.rule,
        vote.threshold_percent,
        vote.agents if agents is None else agents,
        choices,
        confidence,
        vote.weights,
        vote.abstained,
        vote.eligible,
        vote.cast,
        vote.is_sealed,
        vote.outcome,
        vote.option,
        vote.gate,
        vote.by,
    )


def _pack(data: bytes) -> bytes:
    return data if len(data) < COMPRESSED_BYTES else zlib.compress(data, 1)


def _unpack(packed: bytes, size: int) -> bytes:
    return packed if size < COMPRESSED_BYTES else zlib.decompress(packed)
