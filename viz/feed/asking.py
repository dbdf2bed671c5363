"""What a run that goes on asks its models now, as it publishes that itself."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from blackboard import Note


@dataclass(frozen=True, slots=True)
class Asking:
    """Where the questions of a stage stand; all zero where none have been waited for."""

    at: tuple[int, int] = (0, 0)
    """Round and stage."""
    in_flight: int = 0
    """Calls to models that were begun and have not ended."""
    answered: int = 0
    left: int = 0
    """Questions of the stage that have not come to their end."""
    tokens: int = 0
    """Spent by the run so far, in and out."""
    reply_age_s: float | None = None
    """Seconds since a model replied the last time; None where that is not known."""
    silent_s: float = 0.0
    """Seconds since the run published any of this; 0 where nothing is waited for."""

    @property
    def asked(self) -> int:
        """How many questions the stage has."""
        return self.answered + self.left


class AskingNow:
    """Keeps what was read last, and since when it stands."""

    def __init__(self) -> None:
        self._heard: tuple[Asking, float] | None = None
        self._note: Note | None = None

    def take(self, note: Note | None, now: float) -> None:
        """Take in what stands on the board; None where nothing does."""
        if self._heard is None or note != self._note:
            self._note = note
            self._heard = (_read(note), now)

    def forget(self) -> None:
        """Know that the board is gone, or the run over."""
        self._heard = self._note = None

    def as_of(self, now: float) -> Asking | None:
        """Return where questions stand; None where the board has not been seen."""
        if (heard := self._heard) is None:
            return None
        asking, since_s = heard[0], max(0.0, now - heard[1])
        age_s = asking.reply_age_s
        return replace(
            asking,
            reply_age_s=None if age_s is None else age_s + since_s,
            silent_s=since_s if asking.left else 0.0,
        )


def _read(note: Note | None) -> Asking:
    if note is None or not note.detail:
        return Asking()
    detail = note.detail
    age_s = detail.get("reply_age_s")
    return Asking(
        (note.round, note.stage),
        in_flight=_count(detail, "in_flight"),
        answered=_count(detail, "answered"),
        left=_count(detail, "left"),
        tokens=_count(detail, "tokens"),
        reply_age_s=float(age_s) if isinstance(age_s, int | float) else None,
    )


def _count(detail: Mapping[str, Any], name: str) -> int:
    value = detail.get(name)
    return value if isinstance(value, int) else 0
