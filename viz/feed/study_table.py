"""The rows of a study as columns of numbers, kept as they come in."""

from array import array
from collections.abc import Mapping
from typing import Any

type Value = str | int | float | bool | None

_PLACES = frozenset(("key", "run_id", "point", "replicate", "seed", "status", "error", "digest"))
_NAN = float("nan")


class StudyTable:
    """What is drawn of a study's runs: parameters as they are, results as numbers."""

    def __init__(self, varied: tuple[str, ...]) -> None:
        self.varied = varied
        self.settings: list[tuple[Value, ...]] = []
        """Of each run the values of what varies; the place of one that left is taken again."""
        self.numbers: dict[str, array[float]] = {}
        """Of each result the values of all runs; NaN where there is none."""
        self.shares: set[str] = set()
        """Results that are true or false."""
        self.failures: dict[str, tuple[tuple[Value, ...], str]] = {}
        """Of runs that failed, by key: what varies, and the line that says why."""
        self._rows: dict[str, int] = {}
        self._free: list[int] = []

    @property
    def count(self) -> int:
        """How many runs there are that came to their end."""
        return len(self._rows)

    def take(self, row: Mapping[str, Any]) -> None:
        """Take the row of a run, or a newer one of the same run."""
        key, setting = str(row["key"]), tuple(row.get(name) for name in self.varied)
        if row["point"] is None:
            self._leave(key)
            return
        if row["status"] == "failed":
            self._leave(key)
            self.failures[key] = (setting, str(row["error"] or "failed"))
            return
        self.failures.pop(key, None)
        place = self._place(key)
        self.settings[place] = setting
        for name, value in _with_deadlock(row).items():
            if isinstance(value, int | float) and name not in _PLACES and name not in self.varied:
                self._put(name, place, value)

    def responses(self) -> list[str]:
        """Return the results that differ between runs, or all where none does."""
        told = [name for name, column in self.numbers.items() if _differ(column)]
        return told or list(self.numbers)

    def _place(self, key: str) -> int:
        """Return where a run stands: a new one where another has left, or behind all."""
        if (place := self._rows.get(key)) is not None:
            return place
        if self._free:
            place = self._free.pop()
        else:
            place = len(self.settings)
            self.settings.append(())
            for column in self.numbers.values():
                column.append(_NAN)
        self._rows[key] = place
        return place

    def _put(self, name: str, place: int, value: float) -> None:
        column = self.numbers.get(name)
        if column is None:
            column = self.numbers[name] = array("d", [_NAN]) * len(self.settings)
        column[place] = value
        if isinstance(value, bool):
            self.shares.add(name)

    def _leave(self, key: str) -> None:
        """Let go of a run that is not of the study any more, or was done again and failed."""
        self.failures.pop(key, None)
        place = self._rows.pop(key, None)
        if place is not None:
            self._free.append(place)
            for column in self.numbers.values():
                column[place] = _NAN


def _with_deadlock(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row with what searches call deadlock: whether no decision was accepted."""
    accepted = row.get("consensus.accepted")
    return row if accepted is None else {**row, "deadlock": accepted == 0}


def _differ(column: array[float]) -> bool:
    known = [value for value in column if value == value]
    return bool(known) and min(known) != max(known)
