"""A run's records, each once: what the log holds of it first, then what its board says."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from blackboard import Ended, LogDamaged, Record, Replica

from ..moment import Moment
from .log_reader import LogReader
from .teller import Teller

_NO_ROUND = -1


class Hearing:
    """Feeds a teller from a log up to its last whole round, and from the board behind it.

    Give `ear` to the board as its replica once the log has been read.

    Args:
        run_id: The run's id.
        config: What its `config.json` holds.
        log: The log; None where it cannot be read from here.
    """

    def __init__(self, run_id: str, config: Mapping[str, Any], log: Path | None) -> None:
        self.teller = Teller(run_id, config)
        self.ear = Ear(self)
        self.is_void = False
        """Whether what was heard was taken back: hear it all again."""
        self._reader = LogReader(log) if log else None
        self._segments = self._read() if self._reader else None
        self._known = _NO_ROUND
        """The last round that the log told."""
        self._rest: list[Record] = []
        """What the log holds behind that round."""
        self._has_heard = False
        self._news = 0
        self._told: list[Moment] = []

    @property
    def is_reading(self) -> bool:
        """Whether the log has not been read to its end."""
        return self._segments is not None

    def read_log(self, *, is_enough: Callable[[], bool] = lambda: False) -> None:
        """Read on in the log to its end, or until it is enough for now."""
        try:
            for _ in self._segments or ():
                if is_enough():
                    return
        except (LogDamaged, OSError):
            pass  # what the board says counts
        self._segments = None
        if self._reader and self._reader.is_void:
            self.is_void = True

    def take_told(self) -> list[Moment]:
        """Return the moments that have closed since, oldest first."""
        told, self._told = self._told, []
        return told

    def take_news(self) -> bool:
        """Say whether the board has said anything since."""
        had, self._news = bool(self._news), 0
        return had

    def hear(self, record: Record) -> None:
        """Take in a record of the board, unless the log has told it."""
        if not self.is_void and record.round > self._known:
            self._has_heard = True
            self._news += 1
            self._take([record])

    def turn_to(self, round: int) -> None:
        """Know that the board is in a round."""
        if not self.is_void and round > self._known and (told := self.teller.enter(round)):
            self._news += 1
            self._told.append(told)

    def start_at(self, state: Mapping[str, Any]) -> None:
        """Begin at a checkpoint of the board, up to which the log is read first.

        Where the board has been heard already, that is void: a runner went on from the log.
        """
        if self._has_heard:
            self.is_void = True
        elif self._reader is None:
            self.teller.restore(state)
        else:
            self._segments = self._read()
            self.read_log()
            at = tuple(state["at"])
            if self._known < at[0]:  # taken in the middle of a round
                self._take(record for record in self._rest if (record.round, record.stage) <= at)

    def _read(self) -> Iterator[None]:
        """Take in the log's whole rounds, segment by segment."""
        assert self._reader
        for _, records in self._reader.read():
            self._rest += records
            ends = [at for at, record in enumerate(self._rest) if type(record) is Ended]
            if ends:
                whole, self._rest = self._rest[: ends[-1] + 1], self._rest[ends[-1] + 1 :]
                self._known = whole[-1].round
                self._take(whole)
            yield

    def _take(self, records: Iterable[Record]) -> None:
        for record in records:
            if told := self.teller.take(record):
                self._told.append(told)


class Ear(Replica):
    """Passes on what a board would fold, and keeps none of it."""

    def __init__(self, hearing: Hearing) -> None:
        super().__init__()
        self._hearing = hearing

    def fold(self, record: Record) -> None:
        """Pass on a record."""
        self._hearing.hear(record)

    def enter(self, round: int, stage: int) -> None:
        """Pass on that the board is in a stage."""
        self._hearing.turn_to(round)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Pass on that reading begins at a checkpoint."""
        self._hearing.start_at(state)
