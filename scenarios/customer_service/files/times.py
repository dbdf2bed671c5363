"""Times of arrival as people write them: seconds, or timestamps with or without an offset."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from .csv_rows import LARGEST, CsvRows, number_in, shown, with_point
from .dates import date_hint

COLUMN = "arrival"
EXPECTED = "seconds since the start (>= 0) or a timestamp such as 2026-03-01T09:30:00"
SECONDS = "a number of seconds"
LOCAL = "a timestamp without an offset"
WITH_OFFSET = "a timestamp with an offset"
MICROSECOND = timedelta(microseconds=1)
DATE_CHARS = len("2026-03-01")
SINCE_1970 = (
    (1e11, "seconds since 1970: write timestamps, or subtract the first"),
    (1e14, "milliseconds since 1970: write timestamps, or subtract the first and divide by 1,000"),
)
"""What a number below is most likely meant as that is too large for seconds since the start."""


class Clock(NamedTuple):
    """How the seconds of a file relate to the clock on the wall."""

    began: datetime | None
    """When second 0 was; None for a file of seconds."""
    second_of_day: float
    """What the clock of the first arrival showed at second 0; 0 for a file of seconds."""


class ArrivalColumn:
    """Reads a column of times, all of the first one's kind."""

    def __init__(self, rows: CsvRows) -> None:
        self._rows = rows
        self._kind: str | None = None
        self._first_row = 0

    def read(self, row: int, cell: str) -> float | datetime | None:
        """Return a time; else keep what is wrong with it and return None."""
        if (number := number_in(cell)) is None:
            return self._timestamp(row, cell)
        if number > LARGEST and (meant := next((m for n, m in SINCE_1970 if number < n), None)):
            self._rows.note(row, COLUMN, f"{shown(cell)} looks like {meant}", EXPECTED)
            return None
        seconds = self._rows.number(row, COLUMN, cell, EXPECTED)
        return seconds if seconds is not None and self._fits(row, cell, SECONDS) else None

    def _timestamp(self, row: int, cell: str) -> datetime | None:
        try:
            moment = datetime.fromisoformat(cell)
        except ValueError:
            expected = EXPECTED + (with_point(cell) or date_hint(cell))
            self._rows.note(row, COLUMN, f"{shown(cell)} is no time", expected)
            return None
        if len(cell) <= DATE_CHARS:
            self._rows.note(row, COLUMN, f"{shown(cell)} has no time of day", EXPECTED)
            return None
        kind = LOCAL if moment.tzinfo is None else WITH_OFFSET
        return moment if self._fits(row, cell, kind) else None

    def _fits(self, row: int, cell: str, kind: str) -> bool:
        """Say whether a time is of the kind of all others; else keep that it is not."""
        if self._kind is None:
            self._kind, self._first_row = kind, row
        if kind != self._kind:
            expected = f"{self._kind} as in row {self._first_row}, one kind in all rows"
            self._rows.note(row, COLUMN, f"{shown(cell)} is {kind}", expected)
        return kind == self._kind


def in_seconds(times: Sequence[float | datetime]) -> tuple[list[float], Clock]:
    """Return times of one kind in seconds, exact to the microsecond.

    Seconds stay as they are; timestamps count from the earliest.
    """
    moments = [time for time in times if isinstance(time, datetime)]
    if not moments:
        return [time for time in times if not isinstance(time, datetime)], Clock(None, 0.0)
    began = min(moments)
    second = 3600 * began.hour + 60 * began.minute + began.second + began.microsecond / 1e6
    return [(moment - began) // MICROSECOND / 1e6 for moment in moments], Clock(began, second)


def is_too_long(seconds: float) -> bool:
    """Say whether a file covers more time than is plausible, as after a mistyped year."""
    return seconds > LARGEST
