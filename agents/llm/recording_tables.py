"""The tables of `llm.sqlite`: how the file is made, opened, checked, and copied for a fork."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from blackboard import BadInput

FILE = "llm.sqlite"
"""The recording's name in a run directory."""
SCHEMA = 1
_WAIT_OWN_S, _WAIT_SOURCE_S = 30.0, 1.0
"""How long to wait for another process's write; a source is only ever read."""

TABLES = """
CREATE TABLE parts (digest TEXT PRIMARY KEY, text TEXT NOT NULL, round INTEGER NOT NULL);
CREATE TABLE replies (
  key TEXT PRIMARY KEY, request TEXT NOT NULL, text TEXT NOT NULL, model TEXT NOT NULL,
  input INTEGER NOT NULL, output INTEGER NOT NULL, cached INTEGER NOT NULL,
  cost_usd REAL NOT NULL, finish TEXT NOT NULL, latency_s REAL NOT NULL,
  round INTEGER NOT NULL, at REAL NOT NULL);
CREATE TABLE outcomes (
  round INTEGER, stage INTEGER, agent INTEGER, turn INTEGER, key TEXT NOT NULL,
  text TEXT NOT NULL, cause TEXT, detail TEXT NOT NULL,
  PRIMARY KEY (round, stage, agent, turn)) WITHOUT ROWID;
CREATE TABLE calls (
  round INTEGER, stage INTEGER, agent INTEGER, turn INTEGER, attempt INTEGER,
  role TEXT NOT NULL, tier TEXT NOT NULL, model TEXT NOT NULL, purpose TEXT NOT NULL,
  input INTEGER NOT NULL, output INTEGER NOT NULL, cached INTEGER NOT NULL,
  work INTEGER NOT NULL, coordination INTEGER NOT NULL, reconstruction INTEGER NOT NULL,
  verification INTEGER NOT NULL, waste INTEGER NOT NULL,
  cost_usd REAL NOT NULL, cost_cached_usd REAL NOT NULL, cost_reconstruction_usd REAL NOT NULL,
  is_waste INTEGER NOT NULL, is_inherited INTEGER NOT NULL,
  PRIMARY KEY (round, stage, agent, turn, attempt)) WITHOUT ROWID;
"""
COLUMNS = {"parts": 3, "replies": 12, "outcomes": 8, "calls": 22}
"""How many columns each table has."""


def file_of(path: Path) -> Path:
    """Return the recording that a path means: a run directory's, or the file itself."""
    return path / FILE if path.is_dir() else path


def open_to_write(path: Path) -> sqlite3.Connection:
    """Open a recording, or begin one where there is none.

    Raises:
        BadInput: what stands there is no recording, or a newer one, or cannot be written.
    """
    try:
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=_WAIT_OWN_S
        )
        try:
            _begin(connection)
            _check(connection, path)
        except (sqlite3.Error, BadInput):
            connection.close()
            raise
    except sqlite3.Error as error:
        raise BadInput(
            f"{path} cannot be written as a recording ({error}); move it away to begin a new one"
        ) from None
    return connection


def _begin(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        for statement in TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version={SCHEMA}")
    connection.execute("COMMIT")


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open another run's recording; nothing is written beside it.

    Raises:
        BadInput: there is none, or it is damaged, locked, or of a newer version.
    """
    file = file_of(path)
    if not file.is_file():
        raise BadInput(
            f"there is no recording at {file}; give the directory, or the {FILE}, of a run that "
            "was made with recording=record"
        )
    address = f"file:{quote(str(file.resolve()))}?mode=ro"
    try:
        return _opened(address, file)
    except sqlite3.Error as error:
        if "unable to open" in str(error) and not Path(f"{file}-wal").exists():
            # The file's folder forbids the side files that a reader makes, and none are needed.
            return _opened(f"{address}&immutable=1", file)
        raise unreadable(file, error) from None


def _opened(address: str, file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        address, uri=True, isolation_level=None, check_same_thread=False, timeout=_WAIT_SOURCE_S
    )
    try:
        _check(connection, file)
    except (sqlite3.Error, BadInput):
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, file: Path) -> None:
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if not names >= COLUMNS.keys():
        raise BadInput(f"{file} is no recording of model calls; give a run directory or its {FILE}")
    if version > SCHEMA:
        raise BadInput(
            f"{file} was written by a newer Swarmboard (form {version}, this one reads up to "
            f"{SCHEMA}); upgrade to read it"
        )


def unreadable(file: Path, error: sqlite3.Error) -> BadInput:
    """Return what is said of a recording that cannot be read."""
    if "locked" in str(error):
        return BadInput(f"{file} is locked by another program; try again when it is closed")
    return BadInput(f"{file} cannot be read ({error}); give another recording, or recording=live")


def select_from(path: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a recording that nobody has open here."""
    with closing(open_to_read(path)) as connection:
        try:
            return connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise unreadable(file_of(path), error) from None


def insert(table: str) -> str:
    """Return the statement that writes a row, in place of one with the same primary key."""
    return f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * COLUMNS[table])})"


def copy_rounds(source_path: Path, target_path: Path, until_round: int) -> None:
    """Begin a fork's recording with what its parent recorded up to a round, inclusive.

    Calls are copied as inherited: the parent paid for them.

    Raises:
        BadInput: the parent's recording cannot be read, or the fork's not written.
    """
    with (
        closing(open_to_read(source_path)) as source,
        closing(open_to_write(file_of(target_path))) as target,
    ):
        target.execute("BEGIN IMMEDIATE")
        for table in COLUMNS:
            try:
                rows = source.execute(f"SELECT * FROM {table} WHERE round <= ?", (until_round,))
                target.executemany(insert(table), rows)
            except sqlite3.Error as error:
                raise unreadable(file_of(source_path), error) from None
        target.execute("UPDATE calls SET is_inherited = 1")
        target.execute("COMMIT")
        target.execute("PRAGMA journal_mode=DELETE")
