"""What past runs have learned, in one SQLite file that runs read and, when asked, add to.

Read-only by default: reading leaves no trace, not even a journal beside the file. Any number of
runs may read and write at once.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from blackboard import BadInput

from ..anchoring import TextVectors, Vectors, cosine, folded
from .replies import clean

FLOOR = 0.25
"""Tasks less alike than this (cosine) have nothing to teach each other."""
LONGEST_TASK, LONGEST_LESSON = 2000, 400
MOST_READ = 5000
"""The latest lessons that are searched; older ones rest in the file."""
WAIT_S = 30.0
"""How long a writer waits for another one."""
_APPLICATION, _SCHEMA = 0x53424D31, 1
_TABLES = f"""
CREATE TABLE lessons(
    id INTEGER PRIMARY KEY, scenario TEXT NOT NULL, task TEXT NOT NULL, text TEXT NOT NULL,
    outcome TEXT NOT NULL, same TEXT NOT NULL UNIQUE);
CREATE TABLE learned(
    lesson INTEGER NOT NULL REFERENCES lessons(id), run TEXT NOT NULL, score REAL,
    PRIMARY KEY (lesson, run)) WITHOUT ROWID;
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_SCHEMA};
"""
_READ = """
SELECT task, text, outcome, avg(score), max(run), scenario, count(*)
FROM (SELECT * FROM lessons ORDER BY id DESC LIMIT ?) AS latest
JOIN learned ON learned.lesson = latest.id GROUP BY latest.id ORDER BY latest.id
"""


class Lesson(NamedTuple):
    """What a run learned of a task."""

    task: str
    text: str
    outcome: str
    """How that run ended: accepted, expired ..."""
    score: float | None
    """How good the result was, in the scenario's own measure; the mean over runs."""
    run: str
    """The latest run that learned it."""
    scenario: str
    runs: int = 1
    """How many runs learned the same."""


class Memory:
    """Lessons of past runs, found by the likeness of their tasks."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, *, is_writable: bool, vectors: Vectors
    ) -> None:
        self.path, self.is_writable = path, is_writable
        self._connection, self._vectors = connection, vectors

    @classmethod
    def open(
        cls, path: str | Path, *, is_writable: bool = False, vectors: Vectors | None = None
    ) -> Self:
        """Open a memory; a writable one is begun where there is none.

        Raises:
            BadInput: there is no such file to read, or it is no memory of this version.
        """
        path = Path(path)
        if not path.is_file() and (not is_writable or path.exists()):
            raise BadInput(
                f"there is no memory {str(path)!r} to read; begin one with learn=true, or "
                "give the path of one that is there"
            )
        if not path.parent.is_dir():
            raise BadInput(f"no folder {str(path.parent)!r} for a memory; make it first")
        mode = "rwc" if is_writable else "ro"
        try:
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}",
                uri=True,
                timeout=WAIT_S,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.OperationalError as error:
            raise BadInput(f"the memory {str(path)!r} cannot be opened: {error}") from error
        memory = cls(path, connection, is_writable=is_writable, vectors=vectors or TextVectors())
        try:
            memory._begin()
        except BaseException:
            connection.close()
            raise
        return memory

    def _begin(self) -> None:
        with self._readable():
            if self.is_writable and not self._number("user_version"):
                with self._transaction():
                    self._make_tables()
            marks = (self._number("application_id"), self._number("user_version"))
        if marks != (_APPLICATION, _SCHEMA):
            kind = "a newer memory" if marks[0] == _APPLICATION else "no memory"
            raise BadInput(
                f"{str(self.path)!r} is {kind} (version {marks[1]}, this one reads {_SCHEMA}); "
                "give another path"
            )

    def _make_tables(self) -> None:
        """Begin an empty file; leave another program's, and one just begun, as it is."""
        [(count,)] = self._connection.execute("SELECT count(*) FROM sqlite_master")
        for statement in _TABLES.split(";") if not count else ():
            self._connection.execute(statement)

    def recall(self, task: str, k: int = 5, *, floor: float = FLOOR) -> list[Lesson]:
        """Return at most k lessons of the tasks most like this one, the likest first.

        Equally like ones come by their score, then the latest first.
        """
        with self._readable():
            rows = self._connection.execute(_READ, (MOST_READ,)).fetchall()
        if not rows:
            return []
        lessons = [Lesson(*row) for row in rows]
        likeness = cosine(
            self._vectors.of([lesson.task for lesson in lessons]), self._vectors.of([task])[0]
        ).tolist()
        order = sorted(
            (place for place, like in enumerate(likeness) if like >= floor),
            key=lambda place: (-likeness[place], -(lessons[place].score or 0.0), -place),
        )
        return [lessons[place] for place in order[:k]]

    def learn(self, lessons: Iterable[Lesson]) -> int:
        """Keep lessons; return how many were new.

        The same lesson of the same task is kept once, and a run counts once for it, however
        often it says so.

        Raises:
            BadInput: the memory was opened to be read only.
        """
        if not self.is_writable:
            raise BadInput(
                f"the memory {str(self.path)!r} was opened to be read only; learn=true opens it "
                "to learn"
            )
        with self._readable(), self._transaction():
            return sum(self._learn_one(lesson) for lesson in lessons if lesson.text.strip())

    def _learn_one(self, lesson: Lesson) -> bool:
        task, text = clean(lesson.task)[:LONGEST_TASK], clean(lesson.text)[:LONGEST_LESSON]
        parts = (lesson.scenario, task, text, lesson.outcome)
        same = "\n".join(" ".join(folded(part).split()) for part in parts)
        added = self._connection.execute(
            "INSERT OR IGNORE INTO lessons(scenario, task, text, outcome, same) "
            "VALUES (?, ?, ?, ?, ?)",
            (*parts, same),
        )
        self._connection.execute(
            "INSERT OR REPLACE INTO learned SELECT id, ?, ? FROM lessons WHERE same = ?",
            (lesson.run, lesson.score, same),
        )
        return added.rowcount == 1

    def __len__(self) -> int:
        with self._readable():
            [(count,)] = self._connection.execute("SELECT count(*) FROM lessons")
        return int(count)

    def _number(self, pragma: str) -> int:
        [(number,)] = self._connection.execute(f"PRAGMA {pragma}")
        return int(number)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Say in one line what is wrong with a file that SQLite refuses."""
        try:
            yield
        except sqlite3.Error as error:
            is_cut = not self.is_writable and Path(f"{self.path}-journal").exists()
            next_step = (
                "a run was killed while it wrote; the next run with learn=true repairs it"
                if is_cut
                else "give the path of another"
            )
            raise BadInput(
                f"the memory {str(self.path)!r} cannot be used: {error}; {next_step}"
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
