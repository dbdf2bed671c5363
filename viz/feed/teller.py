"""Telling a run's moments from its records: the same from a log as from a live board."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blackboard import (
    Abstained,
    Ballots,
    Closed,
    Decided,
    Display,
    Ended,
    Entries,
    Note,
    Opened,
    OpenProposal,
    Posts,
    Record,
    Replica,
)

from ..moment import Moment, RunFacts, Vote
from .facts import facts_of
from .totals import Totals
from .votes import flips_between, hidden_vote, shown_vote

MOST_INSTANTS = 2000
"""Of an event-driven run at most so many moments are told, evenly spaced."""
_COUNTED = frozenset((Abstained, Ballots, Decided, Entries, Posts))


class Teller:
    """Folds records in and tells each moment as its round closes.

    Ballots of a sealed proposal are told once its voting round has been counted, in event-driven
    runs once it is decided. Of an event-driven run only the instants are told whose number is a
    multiple of `stride_of`, so that all that a log tells afterwards was told live as well.

    Args:
        run_id: The run's id.
        config: What its `config.json` holds, if there is one.
        most_instants: How many moments an event-driven run has at the most.
    """

    def __init__(
        self,
        run_id: str,
        config: Mapping[str, Any] | None = None,
        *,
        most_instants: int = MOST_INSTANTS,
    ) -> None:
        self.replica = Replica()
        self.totals = Totals()
        self._run_id, self._config, self._most = run_id, dict(config or {}), most_instants
        self._rule = ""
        self._round = 0
        self._told = self._last = 0
        """The last round that was told or passed over, and the last that was told."""
        self._at = (0, 0)
        self._counted_at = (-1, -1)
        self._counting: tuple[OpenProposal, Decided | None] | None = None
        """What was counted in this stage; further ballots of the stage may still come."""
        self._vote: Vote | None = None
        """The latest that was counted."""
        self._told_vote: Vote | None = None
        """The one of the moment before."""
        self._coming: list[Display] = []
        """Frames that were shown, oldest first; perhaps of rounds that have not been told."""
        self._shown_at = (0, 0)
        self._facts: tuple[object, RunFacts] | None = None
        self._frame: tuple[object, dict[str, NDArray[np.float32]], dict[str, float]] | None = None

    @property
    def round(self) -> int:
        """The round or instant that the run is in."""
        return self._round

    @property
    def facts(self) -> RunFacts:
        """What is known of the run by now; complete once its first round has begun."""
        replica = self.replica
        scene = replica.display.get("scene")
        known = (len(replica.joined), id(scene), replica.now_s is None, bool(self._rule))
        if self._facts is None or self._facts[0] != known:
            facts = facts_of(self._run_id, self._config, replica, self._rule)
            self._facts = (known, facts)
        return self._facts[1]

    def take(self, record: Record) -> Moment | None:
        """Fold one record in; return the moment before it, if the record shows that it closed."""
        kind = type(record)
        if kind is Note:
            return None
        told = self.enter(record.round)
        if (record.round, record.stage) != self._at:
            if self.replica.now_s is None:
                self._settle()
            self._at = (record.round, record.stage)
        if kind in _COUNTED:
            self.totals.take(record)
            if kind is Decided:
                self._decide(record)  # type: ignore[arg-type]
        self.replica.fold(record)
        if kind is Closed:
            self._close_stage(record)  # type: ignore[arg-type]
        elif kind is Opened:
            self._rule = self._rule or record.rule  # type: ignore[attr-defined]
        elif kind is Ended:
            return self._tell()
        return told

    def enter(self, round: int) -> Moment | None:
        """Know that the run has come to a round, and return the moment before it if that is new."""
        if round <= self._round:
            return None
        told = self._tell() if self._round > self._told else None
        self._round = round
        return told

    def finish(self, status: str) -> Moment | None:
        """Return the last moment of a run that has ended, unless it has been told."""
        last = self._tell() if self._round > self._told else None
        if last is None and self._round > self._last:
            last = self.now()
        return replace(last, status=status) if last else None

    def now(
        self,
        *,
        status: str = "running",
        waiting: tuple[str, ...] = (),
        looks_at: OpenProposal | None = None,
        cast: int = 0,
    ) -> Moment:
        """Return the moment as it is in the middle of a round.

        Args:
            status: How the run stands.
            waiting: Proposals that wait for a person.
            looks_at: The open proposal that people look at; None means the latest counted.
            cast: How many seats the server knows to have voted on it.
        """
        self._settle()
        vote = self._vote if looks_at is None else hidden_vote(looks_at, cast=cast)
        return self._moment(vote, status, waiting)

    def show(self, record: Display) -> None:
        """Take in what a live board shows to be drawn: a frame counts from its round on."""
        if record.name != "frame":
            if record.name not in self.replica.display:
                self.replica.display[record.name] = record.payload
        elif (record.round, record.stage) != self._shown_at:
            self._shown_at = (record.round, record.stage)
            self._coming.append(record)

    def voting(self) -> OpenProposal | None:
        """Return the latest open proposal whose voting round goes on, or has not begun."""
        for proposal in reversed(self.replica.open.values()):
            if proposal.accumulates or proposal.counted_at[0] != self._round:
                return proposal
        return None

    def restore(self, state: Mapping[str, Any]) -> None:
        """Begin at a checkpoint of the board; what came before it is in no count."""
        self.replica.restore(state)
        self._at = (self.replica.round, self.replica.stage)
        self._round = self._told = self._last = self.replica.round

    def _decide(self, decided: Decided) -> None:
        """Know a decision, of which the replica has not heard yet."""
        counting = self._counting
        if counting and counting[0].id == decided.proposal:
            self._counting = (counting[0], decided)
            return
        is_beside_a_count = self._counted_at == self._at and self.replica.now_s is None
        if (proposal := self.replica.open.get(decided.proposal)) and not is_beside_a_count:
            self._counting = (proposal, decided)

    def _close_stage(self, closed: Closed) -> None:
        """Know that a stage closed, and which proposal's ballots were counted at last."""
        replica = self.replica
        if closed.counts and replica.now_s is None and replica.open:
            self._counting = (next(reversed(replica.open.values())), None)
            self._counted_at = self._at

    def _settle(self) -> None:
        """Keep the counted ballots as they are now: a later stage may begin a new voting round."""
        if self._counting:
            self._vote, self._counting = shown_vote(*self._counting), None

    def _tell(self) -> Moment | None:
        """Return the moment that has just closed, unless it is passed over."""
        self._told = self._round
        if not self._round:
            return None
        if self.replica.now_s is not None and self._round % stride_of(self._round, self._most):
            return None
        self._last = self._round
        self._settle()
        vote = self._vote or self._latest_opened()
        flips = self._flips()
        self._told_vote = self._vote
        return self._moment(vote, "running", (), flips)

    def _latest_opened(self) -> Vote | None:
        latest = next(reversed(self.replica.open.values()), None)
        return hidden_vote(latest) if latest else None

    def _flips(self) -> NDArray[np.int64] | None:
        """Return who changed their choice, where a voting round closed since the last moment."""
        before, after = self._told_vote, self._vote
        if before is None or after is None or after is before or self.replica.now_s is not None:
            return None
        scene = self.facts.scene
        is_one_question = scene is not None and scene.is_one_question
        return flips_between(before, after, is_one_question=is_one_question)

    def _moment(
        self,
        vote: Vote | None,
        status: str,
        waiting: tuple[str, ...],
        flips: NDArray[np.int64] | None = None,
    ) -> Moment:
        fields, numbers = self._shown()
        row = self.replica.world.get("round", {})
        return Moment(
            self._round,
            self.replica.now_s,
            status,
            vote,
            waiting,
            fields,
            numbers | _numbers(row),
            self.totals.copy(),
            flips,
        )

    def _shown(self) -> tuple[dict[str, NDArray[np.float32]], dict[str, float]]:
        """Return the fields and the numbers of the latest frame that is not of a later round."""
        while self._coming and self._coming[0].round <= self._round:
            self.replica.display["frame"] = self._coming.pop(0).payload
        payload = self.replica.display.get("frame")
        if payload is None:
            return {}, {}
        if self._frame is None or self._frame[0] is not payload:
            self._frame = (payload, fields_of(payload), _numbers(payload))
        return self._frame[1], self._frame[2]


def fields_of(payload: Mapping[str, Any]) -> dict[str, NDArray[np.float32]]:
    """Return the columns of a published frame."""
    found = {}
    for name, values in payload.items():
        if isinstance(values, np.ndarray | list | tuple):
            try:
                column = np.asarray(values, np.float32)
            except (TypeError, ValueError):
                continue
            if column.ndim == 1:
                found[name] = column
    return found


def stride_of(number: int, most: int) -> int:
    """Return how far apart the moments are that are told of so many instants: a power of two."""
    return 1 << max(0, -(-number // most) - 1).bit_length()


def _numbers(row: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers among some values."""
    return {
        str(name): float(value) for name, value in row.items() if isinstance(value, int | float)
    }
