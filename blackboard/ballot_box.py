"""The ballots of one voting round, one seat of the electorate after the other."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .records import Ballots, EventClass
from .rules import NO_BALLOT

FEW = 16
"""The choices of so few seats are united faster one by one than as columns."""


class BallotBox:
    """Collects ballots until the voting round closes; the first ballot of a seat stands."""

    __slots__ = ("choices", "confidence", "numbers", "texts")

    def __init__(self, seats: int) -> None:
        self.choices: NDArray[np.uint8] = _empty(seats).copy()
        """Option index, `ABSTAINED` or `NO_BALLOT` per seat."""
        self.confidence: NDArray[np.float64] = np.empty(0)
        """0-1 per seat; empty means 1 each."""
        self.numbers: NDArray[np.float64] = np.empty(0)
        """Numeric reasons per seat, NaN for none; empty means no seat gave one."""
        self.texts: tuple[str, ...] = ()
        """Reasons in words per seat; empty means no seat gave one."""

    @property
    def _has_more(self) -> bool:
        """Whether a seat gave more than its choice."""
        return bool(self.confidence.size or self.numbers.size or self.texts)

    @property
    def is_used(self) -> bool:
        """Whether any seat has cast a ballot."""
        choices = self.choices.tobytes()
        return choices.count(NO_BALLOT) < len(choices)

    def take(self, ballots: Ballots) -> None:
        """Fold ballots in."""
        cast = np.frombuffer(ballots.choices, np.uint8)
        if not self.is_used:
            self.choices, self.texts = cast, ballots.texts
            self.confidence = np.frombuffer(ballots.confidence, "<f8")
            self.numbers = np.frombuffer(ballots.numbers, "<f8")
            return
        has_more = ballots.confidence or ballots.numbers or ballots.texts
        if len(cast) <= FEW and not (self._has_more or has_more):
            self.choices = _united(self.choices, cast)
            return
        new = (cast != NO_BALLOT) & (self.choices == NO_BALLOT)
        self.choices = np.where(new, cast, self.choices)
        self.confidence = _overlay(self.confidence, ballots.confidence, new, 1.0)
        self.numbers = _overlay(self.numbers, ballots.numbers, new, np.nan)
        if ballots.texts:
            old = self.texts or ("",) * len(new)
            triples = zip(new.tolist(), ballots.texts, old, strict=True)
            self.texts = tuple(text if is_new else before for is_new, text, before in triples)

    def record(self, event_class: EventClass, round: int, stage: int, proposal: str) -> Ballots:
        """Return the ballots as the log stores them."""
        return Ballots(
            event_class,
            round,
            stage,
            proposal,
            self.choices.tobytes(),
            self.confidence.tobytes()
            if self.confidence.size and (self.confidence != 1.0).any()
            else b"",
            self.numbers.tobytes()
            if self.numbers.size and not np.isnan(self.numbers).all()
            else b"",
            self.texts if any(self.texts) else (),
        )


@lru_cache(maxsize=256)
def _empty(seats: int) -> NDArray[np.uint8]:
    return np.full(seats, NO_BALLOT, np.uint8)


def _united(old: NDArray[np.uint8], new: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the old choices, and the new ones of seats that had none."""
    pairs = zip(old.tolist(), new.tolist(), strict=True)
    return np.frombuffer(bytes(b if a == NO_BALLOT else a for a, b in pairs), np.uint8)


def _overlay(
    old: NDArray[np.float64], packed: bytes, new: NDArray[np.bool_], default: float
) -> NDArray[np.float64]:
    """Put the new seats' values over the old ones; empty stands for all default."""
    if not packed:
        return old
    before = old if old.size else np.full(len(new), default)
    return np.where(new, np.frombuffer(packed, "<f8"), before)
