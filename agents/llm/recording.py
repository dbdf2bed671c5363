"""The recording of a run's model calls: raw replies, final outcomes and what was billed.

A run that goes on after a kill, a replay and a fork take from here what was answered before, so
that nobody is asked the same again.
"""

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from blackboard import SwarmboardError

from .calls import Model, Outcome, Reply, Request, Usage
from .recording_tables import file_of, insert, open_to_read, open_to_write, unreadable
from .request_keys import canonical_request, parts_of, request_key
from .settings import Mode

FLUSH_REPLIES, FLUSH_AFTER_S = 64, 1.0
"""A kill loses at most this many replies, and none older than this."""
_PART = "INSERT OR IGNORE INTO parts VALUES (?, ?, ?)"
_OUTCOMES = "SELECT agent, turn, key, text, cause, detail FROM outcomes WHERE round=? AND stage=?"
_REPLY = (
    "SELECT text, model, input, output, cached, cost_usd, finish, latency_s "
    "FROM replies WHERE key=?"
)


class NotRecorded(SwarmboardError):
    """Raised in a replay for a question that nobody has asked before."""

    def __init__(self, request: Request, file: Path) -> None:
        self.request, self.file = request, file
        super().__init__(
            f"{file} has no reply to {request.role} {request.agent} in round {request.round}, "
            f"stage {request.stage}: the prompt, the model, its endpoint or an option is not the "
            "recorded one; "
            "recording=auto asks the model where nothing is recorded"
        )


class RecordingFailed(SwarmboardError):
    """Raised when what models answered could not be written; it is kept in memory meanwhile."""

    def __init__(self, file: Path, error: sqlite3.Error) -> None:
        self.file = file
        super().__init__(f"{file} cannot be written ({error}); make room, then resume the run")


MOST_KEYS = 200_000
"""Keys that are remembered, some 30 MB; beyond that the file is asked."""


class _Stage:
    """The outcomes of one stage, read at once when the first of them is asked for."""

    def __init__(self) -> None:
        self.place: tuple[int, int] | None = None
        self.rows: dict[tuple[int, int], tuple[Any, ...]] = {}

    def load(self, connection: sqlite3.Connection, place: tuple[int, int]) -> None:
        if self.place != place:
            self.rows = {row[:2]: row[2:] for row in connection.execute(_OUTCOMES, place)}
            self.place = place


class Recording:
    """What models answered in this run, in its own `llm.sqlite`, and what another run recorded.

    Safe to use from several threads. What is kept reaches the file in batches.
    """

    def __init__(
        self,
        path: Path,
        *,
        mode: Mode,
        source: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.file, self.mode = file_of(path), mode
        self.source_file = file_of(source) if source and mode in ("replay", "auto") else None
        self._clock = clock
        self._lock = threading.RLock()
        self._theirs = open_to_read(self.source_file) if self.source_file else None
        try:
            self._own: sqlite3.Connection | None = open_to_write(self.file)
        except SwarmboardError:
            if self._theirs:
                self._theirs.close()
            raise
        self._own_stage, self._their_stage = _Stage(), _Stage()
        self._oldest: float | None = None
        self._parts: dict[str, tuple[Any, ...]] = {}
        self._replies: dict[str, tuple[Any, ...]] = {}
        self._outcomes: dict[tuple[int, ...], tuple[Any, ...]] = {}
        self._calls: dict[tuple[int, ...], tuple[Any, ...]] = {}
        is_new = not self.select("SELECT 1 FROM replies LIMIT 1")
        self._only: set[str] | None = set() if is_new else None
        """All keys in the own file, which spares a look-up each; None where they are not known."""

    @classmethod
    def open(cls, path: Path, *, mode: Mode, source: Path | None = None) -> Self:
        """Open a run's recording, or begin it; paths are run directories or files.

        Args:
            path: This run's own. What it holds already is never asked for again.
            mode: Where replies come from.
            source: Another run's, only read, and only in the modes replay and auto.

        Raises:
            BadInput: one of the files is missing, damaged, locked, newer, or something else.
        """
        return cls(path, mode=mode, source=source)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def outcome(
        self, round: int, stage: int, agent: int, turn: int, key: str, *, is_whole: bool = True
    ) -> Outcome | None:
        """Return what came of the same question at the same place, or None.

        This run's own outcomes count in every mode, another run's in replay; in auto only its
        answers do, since what failed there may succeed here.

        Args:
            round: Where it was asked, with the stage.
            stage: See above.
            agent: Who asked.
            turn: Which of its questions in that stage it was.
            key: What was asked.
            is_whole: Whether the key covers all that was asked; if not, auto asks again.
        """
        with self._lock:
            place = (round, stage)
            if self._own_stage.place != place:
                self.flush()
                self._read(lambda: self._own_stage.load(self._connection, place), self.file)
            row = self._own_stage.rows.get((agent, turn))
            if (row is None or row[0] != key) and self._theirs:
                source, file = self._theirs, self.source_file or self.file
                self._read(lambda: self._their_stage.load(source, place), file)
                row = self._their_stage.rows.get((agent, turn))
                if row and self.mode == "auto" and (row[2] or not is_whole):
                    row = None
        if row is None or row[0] != key:
            return None
        return Outcome(_text(row[1]), row[2], _text(row[3]))

    def reply(self, key: str) -> Reply | None:
        """Return the recorded reply to a question, or None; in the mode live always None."""
        if self.mode == "live":
            return None
        return self._own_reply(key) or self._their_reply(key)

    def recall(self, request: Request, key: str) -> Reply | None:
        """Return the recorded reply to a request; another run's becomes one of this run's."""
        if self.mode == "live":
            return None
        may_be_here = self._only is None or key in self._only
        found = self._own_reply(key) if may_be_here else None
        if found is None and (found := self._their_reply(key)):
            self.keep_reply(request, key, found)
        return found

    def _own_reply(self, key: str) -> Reply | None:
        with self._lock:
            kept = self._replies.get(key)
            return _reply(kept[2:10]) if kept else self._look_up(self._connection, self.file, key)

    def _their_reply(self, key: str) -> Reply | None:
        with self._lock:
            if self._theirs is None or self.source_file is None:
                return None
            return self._look_up(self._theirs, self.source_file, key)

    def _look_up(self, connection: sqlite3.Connection, file: Path, key: str) -> Reply | None:
        row = self._read(lambda: connection.execute(_REPLY, (key,)).fetchone(), file)
        return _reply(row) if row else None

    def keep_reply(self, request: Request, key: str, reply: Reply) -> None:
        """Keep a raw reply under its key; not in the mode live."""
        if self.mode == "live":
            return
        usage, asked = reply.usage, canonical_request(request).decode()
        row = (
            *(key, asked, _storable(reply.text), reply.model),
            *(usage.input, usage.output, usage.cached),
            *(reply.cost_usd, reply.finish, reply.latency_s, request.round, self._clock()),
        )
        with self._lock:
            self._flush_if_due()  # what came before: a reply goes to the file with what it cost
            self._replies[key] = row
            self._know(key)
            for digest, text in parts_of(request.prompt).items():
                self._parts.setdefault(digest, (digest, _storable(text), request.round))
            self._note_time()

    def keep_outcome(
        self, round: int, stage: int, agent: int, turn: int, key: str, outcome: Outcome
    ) -> None:
        """Keep what finally came of a question, after all retries and repairs."""
        place = (round, stage, agent, turn)
        content = (key, _storable(outcome.text), outcome.cause, _storable(outcome.detail))
        with self._lock:
            self._outcomes[place] = (*place, *content)
            if self._own_stage.place == place[:2]:
                self._own_stage.rows[place[2:]] = content
            self._note_time()

    def keep_call(self, row: Sequence[Any]) -> None:
        """Keep a row of the ledger, in place of the one for the same attempt."""
        with self._lock:
            self._calls[tuple(row[:5])] = tuple(row)
            self._flush_if_due()

    def select(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return rows of this run's own tables, what was kept last included."""
        with self._lock:
            self.flush()
            return self._read(lambda: self._connection.execute(sql, values).fetchall(), self.file)

    def written(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return rows of this run's own tables as the file has them, without what was kept last."""
        with self._lock:
            return self._read(lambda: self._connection.execute(sql, values).fetchall(), self.file)

    def flush(self) -> None:
        """Write what was kept; from then on it outlives a kill of the process.

        Raises:
            RecordingFailed: it could not be written, and is written with the next flush.
        """
        with self._lock:
            if self._oldest is None:
                return
            own = self._connection
            try:
                own.execute("BEGIN IMMEDIATE")
                own.executemany(
                    "INSERT OR IGNORE INTO parts VALUES (?, ?, ?)", self._parts.values()
                )
                own.executemany(insert("replies"), self._replies.values())
                own.executemany(insert("outcomes"), self._outcomes.values())
                own.executemany(insert("calls"), self._calls.values())
                own.execute("COMMIT")
            except BaseException as error:
                if own.in_transaction:
                    own.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise RecordingFailed(self.file, error) from None
                raise
            for kept in (self._parts, self._replies, self._outcomes, self._calls):
                kept.clear()
            self._oldest = None

    def close(self) -> None:
        """Write what was kept and leave one plain file behind."""
        with self._lock:
            if self._own is None:
                return
            try:
                self.flush()
                self._leave_no_side_files()
            finally:
                self._own.close()
                self._own = None
                if self._theirs:
                    self._theirs.close()
                    self._theirs = None

    def _leave_no_side_files(self) -> None:
        """Where nobody else reads the file just now; else it stays as it is, and readable."""
        with contextlib.suppress(sqlite3.OperationalError):
            self._connection.execute("PRAGMA journal_mode=DELETE")

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._own is None:
            raise ValueError(f"the recording {self.file} is closed")
        return self._own

    def _note_time(self) -> float:
        now = self._clock()
        if self._oldest is None:
            self._oldest = now
        return now

    def _know(self, key: str) -> None:
        if self._only is not None:
            self._only.add(key)
            if len(self._only) > MOST_KEYS:
                self._only = None

    def _flush_if_due(self) -> None:
        now = self._note_time()
        is_old = self._oldest is not None and now - self._oldest >= FLUSH_AFTER_S
        if is_old or len(self._replies) >= FLUSH_REPLIES:
            self.flush()

    def _read[T](self, read: Callable[[], T], file: Path) -> T:
        try:
            return read()
        except sqlite3.Error as error:
            raise unreadable(file, error) from None


def _reply(row: Sequence[Any]) -> Reply:
    text, model, input, output, cached, cost_usd, finish, latency_s = row
    usage = Usage(input, output, cached)
    return Reply(_text(text), model, usage, cost_usd, finish, latency_s, is_recorded=True)


def _storable(text: str) -> str | bytes:
    """Return a text as SQLite takes it: half a surrogate pair, which JSON may hold, in bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="surrogatepass")
    return text


def _text(stored: str | bytes) -> str:
    return stored if isinstance(stored, str) else stored.decode(errors="surrogatepass")


class Recorded:
    """A model that answers from a recording where it can, and keeps what the model within says."""

    def __init__(
        self, inner: Model, recording: Recording, *, flush_after_s: float = FLUSH_AFTER_S
    ) -> None:
        self.inner, self.recording = inner, recording
        self._flush_after_s = flush_after_s
        self._timer: asyncio.TimerHandle | None = None

    async def complete(self, request: Request) -> Reply:
        """Answer from the recording, or ask and keep the reply.

        Raises:
            NotRecorded: in the mode replay, where there is nothing.
            ModelError: the model within gave no answer; that is not kept.
        """
        recording = self.recording
        key = request_key(request)
        found = recording.recall(request, key)
        if found is not None:
            return found
        if recording.mode == "replay":
            raise NotRecorded(request, recording.source_file or recording.file)
        reply = await self.inner.complete(request)
        if not reply.is_shared:
            recording.keep_reply(request, key, reply)
            self._flush_soon()
        return reply

    def _flush_soon(self) -> None:
        """See to it that a reply is written even if no other comes."""
        if self._timer is None or self._timer.cancelled():
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._flush_after_s, self._flush)

    def _flush(self) -> None:
        self._timer = None
        self.recording.flush()
