"""What a log says of rounds that are gone through again: their inputs, and what must come out."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .assemble import SECOND_BALLOTS
from .errors import Diverged
from .log import read_rounds
from .records import (
    INPUT,
    OPERATIONAL,
    Abstained,
    Closed,
    Ended,
    Instant,
    Joined,
    Note,
    Record,
    encode,
)


class Script:
    """The log of a run that is executed again, one round at a time.

    Args:
        log: The event log.
        start: The end of the segment after which to begin, in bytes.
    """

    def __init__(self, log: Path, *, start: int = 0) -> None:
        self.log = log
        self._rounds: Iterator[tuple[int, list[Any]]] = read_rounds(log, start=start)
        self._coming = next(self._rounds, None)
        self._records: list[Any] = []
        joined = self._coming[1] if self._coming and self._coming[0] == 0 else []
        self._seats = iter([r.first for r in joined if isinstance(r, Joined)])
        self._closed: dict[int, Closed] = {}

    def turn_to(self, round: int) -> None:
        """Go to a round; one that the log does not hold has no records."""
        self._records = []
        if self._coming and self._coming[0] == round:
            self._records = self._coming[1]
            self._coming = next(self._rounds, None)
        self._closed = {r.stage: r for r in self._records if isinstance(r, Closed)}

    def closed(self, stage: int) -> Closed | None:
        """Return how a stage of this round was closed, or None where the log does not say."""
        return self._closed.get(stage)

    @property
    def ended(self) -> Ended | None:
        """How this round ended, or None where the log does not say."""
        last = self._records[-1] if self._records else None
        return last if isinstance(last, Ended) else None

    def inputs(self, stage: int) -> list[Record]:
        """Return what came from outside in a stage, as it took effect."""
        return [r for r in self._records if r.event_class == INPUT and r.stage == stage]

    def second_ballots(self, stage: int) -> dict[str, list[int]]:
        """Return the agents whose ballots were refused in a stage, by proposal."""
        found: dict[str, list[int]] = {}
        for record in self._records:
            if isinstance(record, Note) and record.name == SECOND_BALLOTS and record.stage == stage:
                for proposal, agent in record.detail["ballots"]:
                    found.setdefault(proposal, []).append(agent)
        return found

    @property
    def is_over(self) -> bool:
        """Whether the log holds no further round."""
        return self._coming is None

    def seat(self) -> int | None:
        """Return the first index of the next group that joined before the first round."""
        return next(self._seats, None)

    def late(self, stage: int) -> NDArray[np.uint32]:
        """Return the agents whose worker did not answer in time in a stage, ascending."""
        late = [
            record.members
            for record in self.inputs(stage)
            if isinstance(record, Abstained) and record.proposal is None and record.cause == "late"
        ]
        return np.unique(np.concatenate([*late, np.empty(0, np.uint32)]))

    def check(self, written: Sequence[Record]) -> None:
        """Hold a round that was executed again against the log, record by record.

        Raises:
            Diverged: they differ, with the first difference.
        """
        logged = [r for r in self._records if r.event_class != OPERATIONAL]
        again = [r for r in written if r.event_class != OPERATIONAL]
        turn = "instant" if any(type(r) is Instant for r in (*logged, *again)) else "round"
        for ours, theirs in zip(again, logged, strict=False):
            if encode(ours) != encode(theirs):
                raise Diverged(self.log, theirs, ours, turn=turn)
        if len(again) < len(logged):
            raise Diverged(self.log, logged[len(again)], None, turn=turn)
        if self.ended and len(again) > len(logged):
            raise Diverged(self.log, None, again[len(logged)], turn=turn)
