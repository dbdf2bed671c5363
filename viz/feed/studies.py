"""The studies beside the runs of a folder: how far each is, and its rows as they come in."""

import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from blackboard import STUDIES, BadInput, StudyDirectory, SwarmboardError

from .study_table import StudyTable

LIST_S = 0.5
"""A list of studies is read again at the earliest after so long."""
IDLE_S = 60.0
"""The rows of a study at which nobody has looked for so long are let go of."""
REPORT = Path("report", "index.html")


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One study as a list shows it."""

    key: str
    path: Path
    scenario: str
    varied: tuple[str, ...]
    """The columns of what it varies."""
    status: str
    """running, done, stopped, failed, broken off, or not begun."""
    planned: int = 0
    done: int = 0
    failed: int = 0
    running: int = 0
    retried: int = 0
    eta_s: float | None = None
    """Seconds to its end at its pace so far; None where it is not known."""
    began: str = ""
    """When its last sweep began, in UTC, as ISO 8601 writes it."""
    has_report: bool = False
    is_adaptive: bool = False
    """Whether it decides on its runs during its course, so that more may be planned."""
    stops: tuple[Mapping[str, Any], ...] = ()
    """Why points stopped: all of a study that has ended, the last ones of one that goes on."""
    found: tuple[str, ...] = ()
    """What it found, in words."""
    responses: tuple[str, ...] = ()
    """Results that the study itself names."""
    error: str | None = None
    """What of its directory cannot be read."""


def study_folders(runs: Path) -> list[Path]:
    """Return the studies below a folder of runs, and in the folder `studies` beside it."""
    found: dict[str, Path] = {}
    for folder in (runs, runs.parent / STUDIES):
        with suppress(OSError):
            for path in sorted(folder.iterdir()):
                if (path / "study.json").is_file():
                    found.setdefault(path.name, path)
    return list(found.values())


def find_study(runs: Path, key: str) -> Path | None:
    """Return the directory of a study by its name; None where there is none."""
    return next((path for path in study_folders(runs) if path.name == key), None)


class Studies:
    """Reads studies for all pages of a process; what has not changed is not read again."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._lists: dict[Path, tuple[float, list[StudyRow]]] = {}
        self._followed: dict[Path, _Followed] = {}

    def rows(self, runs: Path) -> list[StudyRow]:
        """Return the studies of a folder, newest first."""
        with self._lock:
            known = self._lists.get(runs)
            if known is None or self._clock() - known[0] >= LIST_S:
                rows = [study_row(path) for path in study_folders(runs)]
                rows.sort(key=lambda row: (row.began, row.key), reverse=True)
                known = self._lists[runs] = (self._clock(), rows)
            return known[1]

    def look[T](self, row: StudyRow, read: Callable[[StudyTable], T]) -> T:
        """Read in the rows of a study as they are now, one reader at a time."""
        with self._lock:
            now = self._clock()
            for path in [p for p, one in self._followed.items() if now - one.looked > IDLE_S]:
                del self._followed[path]
            one = self._followed.get(row.path)
            if one is None or one.table.varied != row.varied:
                one = self._followed[row.path] = _Followed(row.path, StudyTable(row.varied))
            one.looked = now
            one.refresh()
            return read(one.table)


@dataclass
class _Followed:
    """A study whose rows are kept."""

    path: Path
    table: StudyTable
    looked: float = 0.0
    _seen: Mapping[str, int] | None = None
    _stamp: int = -1

    def refresh(self) -> None:
        """Read the parts that are new; none where none has come or gone."""
        directory = StudyDirectory(self.path)
        with suppress(OSError, SwarmboardError):
            stamp = directory.parts.stat().st_mtime_ns
            if stamp != self._stamp:
                rows, self._seen = directory.news(self._seen or {})
                for row in rows:
                    self.table.take(row)
                self._stamp = stamp


def study_row(path: Path) -> StudyRow:
    """Return what a study directory says of its study."""
    directory = StudyDirectory(path)
    try:
        content, progress = directory.describe() or {}, directory.progress()
    except BadInput as error:
        return StudyRow(path.name, path, "", (), "failed", error=str(error))
    study = content.get("study", {})
    adaptive = content.get("adaptive") or {}
    told = progress or {}
    stops = adaptive.get("stops") or told.get("adaptive", {}).get("stops", [])
    return StudyRow(
        path.name,
        path,
        str(study.get("scenario") or ", ".join(study.get("vary", {}).get("scenario", []))),
        tuple(content.get("varied", ())),
        _status(directory, progress),
        planned=int(told.get("planned", content.get("runs", 0))),
        done=int(told.get("done", 0)),
        failed=int(told.get("failed", 0)),
        running=int(told.get("running", 0)),
        retried=int(told.get("retried", 0)),
        eta_s=told.get("eta_s"),
        began=_time(told.get("started")),
        has_report=(path / REPORT).is_file(),
        is_adaptive="adaptive" in told or bool(adaptive),
        stops=tuple(stops),
        found=tuple(_found(row, content.get("varied", ())) for row in adaptive.get("found", ())),
        responses=_responses(study),
    )


def _status(directory: StudyDirectory, progress: Mapping[str, Any] | None) -> str:
    """Return how a study stands; one whose process has gone is broken off."""
    if progress is None:
        return "not begun"
    status = str(progress.get("status", "failed"))
    with suppress(OSError):
        if status == "running" and directory.lock.is_free():
            return "broken off"
    return status


def _time(seconds: object) -> str:
    if not isinstance(seconds, int | float):
        return ""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _responses(study: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the results that a study file names, those of its report first."""
    tables = [study.get(name) or {} for name in ("halving", "search")]
    where = str((study.get("find") or {}).get("where", "")).split()
    named = [
        *(study.get("report") or {}).get("responses", ()),
        *(table.get("by") for table in tables),
        *where[:1],
        *re.findall(r" of (\S+) <", str(study.get("until") or "")),
    ]
    return tuple(str(name) for name in named if name)


def _found(row: Mapping[str, Any], varied: Iterable[str]) -> str:
    """Return what was found in words, and where."""
    named = [f"{name}={row[name]}" for name in varied if row.get(name) is not None]
    return f"{', '.join(named)}: {row.get('said', '')}".removeprefix(": ")


@cache
def the_studies() -> Studies:
    """Return the one reader of studies of this process."""
    return Studies()
