"""Which entries models were shown, as the run's own recording of their questions tells it."""

import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .sight import Stage

FILE = "llm.sqlite"
WAIT_S, SEARCH_S = 0.5, 0.6
"""How long to wait for the run's own write, and how long to search."""
STEPS = 20_000
"""Of the database, between two looks at the clock."""
MOST_PLACES, MOST_QUESTIONS = 2_000, 200
NO_MODELS, NOT_KEPT, KEPT, UNREADABLE = "no models", "not kept", "kept", "unreadable"
_SHOWN = re.compile(r"^(?:- |You said )\[(\d+\.\d+\.\d+\.\d+)\]", re.MULTILINE)
"""How a prompt begins the line of an entry."""
_PARTS = "SELECT digest FROM parts WHERE round BETWEEN ? AND ? AND instr(text, ?) LIMIT ?"
_REPLIES = "SELECT key, request FROM replies WHERE round BETWEEN ? AND ?"
_OUTCOMES = "SELECT round, stage, agent, key FROM outcomes WHERE round BETWEEN ? AND ?"
_OWN = (
    "SELECT o.round, o.stage, r.request FROM outcomes o JOIN replies r ON r.key = o.key "
    "WHERE o.agent = ? AND o.round BETWEEN ? AND ? ORDER BY o.round DESC, o.stage DESC LIMIT ?"
)
_TEXT = "SELECT text FROM parts WHERE digest = ?"
_DIGESTS = re.compile(r"[0-9a-f]{64}")


class Prompts:
    """Reads a run's recording beside it, and writes nothing there.

    Args:
        folder: The run directory.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._kept: dict[tuple[object, ...], Any] = {}
        self._texts: dict[str, tuple[str, ...]] = {}

    def state(self) -> str:
        """Return whether questions are on record: kept, not kept, no models, or unreadable."""
        if not self._file.is_file():
            return NO_MODELS
        sql = "SELECT EXISTS (SELECT 1 FROM replies), EXISTS (SELECT 1 FROM outcomes)"
        found = self._select(sql)
        if found is None:
            return UNREADABLE
        has_questions, has_answers = found[0]
        if has_questions:
            return KEPT
        return NOT_KEPT if has_answers else NO_MODELS

    def readers(
        self, entry: str, *, rounds: tuple[int, int], up_to: int
    ) -> list[tuple[Stage, int]] | None:
        """Return the stages and agents whose questions showed an entry; None where not known.

        Args:
            entry: Its id.
            rounds: The first and the last round in which it can have been shown.
            up_to: The last round that counts.
        """
        first, last = rounds[0], min(rounds[1], up_to)

        def ask() -> list[tuple[Stage, int]] | None:
            parts: set[object] = set()
            for mark in (f"- [{entry}]", f"You said [{entry}]"):
                found = self._select(_PARTS, first, last, mark, MOST_PLACES)
                if found is None:
                    return None
                parts |= {row[0] for row in found}
            asked = self._select(_REPLIES, first, last)
            came = self._select(_OUTCOMES, first, last)
            if asked is None or came is None:
                return None
            keys = {key for key, text in asked if parts.intersection(_DIGESTS.findall(str(text)))}
            return sorted(((row[0], row[1]), row[2]) for row in came if row[3] in keys)

        return self._once(("readers", entry, last), ask)

    def shown_to(self, agent: int, *, rounds: tuple[int, int]) -> dict[str, Stage] | None:
        """Return the entries that an agent's questions showed, and when first; None if unknown."""

        def ask() -> dict[str, Stage] | None:
            rows = self._select(_OWN, agent, *rounds, MOST_QUESTIONS)
            if rows is None:
                return None
            shown: dict[str, Stage] = {}
            for round, stage, asked in rows:
                for digest in _DIGESTS.findall(str(asked)):
                    shown |= dict.fromkeys(self._entries_in(digest), (round, stage))
            return shown

        return self._once(("shown", agent, *rounds), ask)

    def _entries_in(self, digest: str) -> tuple[str, ...]:
        """Return the entries that a part of a question showed."""
        known = self._texts.get(digest)
        if known is None:
            found = self._select(_TEXT, digest)
            known = tuple(_SHOWN.findall(str(found[0][0]))) if found else ()
            if len(self._texts) > MOST_PLACES:
                self._texts.clear()
            self._texts[digest] = known
        return known

    def _once[T](self, key: tuple[object, ...], ask: Callable[[], T]) -> T:
        """Answer the same question again without asking, unless the recording has grown."""
        try:
            stamp = self._file.stat().st_mtime_ns
        except OSError:
            stamp = 0
        whole = (*key, stamp)
        if whole not in self._kept:
            if len(self._kept) > 64:
                self._kept.clear()
            self._kept[whole] = ask()
        known: T = self._kept[whole]
        return known

    def _select(self, sql: str, *values: object) -> list[tuple[Any, ...]] | None:
        """Return rows; None where the file cannot be read, or not in time."""
        enough_at = time.monotonic() + SEARCH_S
        address = f"file:{quote(str(self._file.resolve()))}?mode=ro"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=WAIT_S)) as connection:
                connection.set_progress_handler(lambda: time.monotonic() > enough_at, STEPS)
                return connection.execute(sql, values).fetchall()
        except sqlite3.Error:
            return None
