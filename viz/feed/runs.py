"""The runs in a folder: what each was asked, how far it is, and what came of it."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from blackboard import Board, RunDirectory, SwarmboardError

from .directory import is_led, read_or_nothing
from .facts import scenario_name
from .last_digest import LastDigest
from .pulse import Pulse

SETTLED_S = 2.0
"""How long ago a folder has to have changed for its time to be told from that of a change that
came right after it was looked at."""
LOOK_AGAIN_S = 10.0
"""How often a folder is looked into whose time has not changed."""
BROKEN_OFF = "broken off"
"""The status of a run whose runner died."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run as a list shows it; None where a number is not known."""

    run_id: str
    path: Path
    scenario: str
    structure: str
    agents: int | None
    seed: int | None
    status: str
    """live, paused, done, stopped, failed, or broken off."""
    progress: int = 0
    """How far it is: rounds, or instants of an event-driven run."""
    of_how_many: int | None = None
    """The most rounds it may take; None where it counts no rounds."""
    is_event_driven: bool | None = None
    """Whether its rounds are instants; None of a run that goes on, until it is looked at."""
    simulated_s: float | None = None
    threshold_percent: int | None = None
    approval_percent: float | None = None
    accepted: int | None = None
    rejected: int | None = None
    expired: int | None = None
    vetoed: int | None = None
    escalated: int | None = None
    gap_percent: float | None = None
    """To the yardstick."""
    digest: str | None = None
    began: str = ""
    """When, in UTC, as ISO 8601 writes it; empty where it is not known."""
    wall_s: float | None = None
    error: str | None = None
    """Why it failed, or what of its directory cannot be read."""

    @property
    def is_live(self) -> bool:
        """Whether it goes on now."""
        return self.status in ("live", "paused")

    @property
    def decisions(self) -> int | None:
        """How many proposals were decided."""
        counts = (self.accepted, self.rejected, self.expired, self.vetoed, self.escalated)
        return None if None in counts else sum(count or 0 for count in counts)


def list_runs(folder: Path) -> list[RunRow]:
    """Return the runs in and directly below a folder, newest first."""
    runs = RunList(folder)
    try:
        return runs.rows()
    finally:
        runs.close()


class RunList:
    """Lists a folder's runs again and again; what has not changed on disk is not read again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[Path, tuple[object, RunRow | None]] = {}
        self._boards: dict[Path, _Standing] = {}
        self._ends: dict[Path, LastDigest] = {}
        """The ends of the logs of runs that go on."""
        self._quiet: dict[Path, tuple[object, float]] = {}

    def rows(self) -> list[RunRow]:
        """Return the runs as they are now, newest first."""
        rows, folders = {}, self._folders()
        for path in folders:
            with suppress(OSError):
                if row := self._row(path):
                    rows[path] = row
        for path in self._known.keys() - set(folders):
            del self._known[path]
            self._quiet.pop(path, None)
        for path in self._boards.keys() - {path for path, row in rows.items() if row.is_live}:
            self._boards.pop(path).close()
            self._ends.pop(path, None)
        return sorted(rows.values(), key=lambda row: (row.run_id, str(row.path)), reverse=True)

    def close(self) -> None:
        """Let go of the boards of runs that go on."""
        while self._boards:
            self._boards.popitem()[1].close()

    def _folders(self) -> list[Path]:
        with suppress(OSError):
            return [self.folder, *self.folder.iterdir()]
        return []

    def _row(self, path: Path) -> RunRow | None:
        """Return a run's row; None where the folder holds no run.

        Whatever begins or ends a run makes, renames or removes a file of its folder, whose own
        time tells of that: a folder where nobody leads is looked into only then, or now and then.
        """
        changed_at = _changed_at_s(path)
        stamp, until_s = self._quiet.get(path, (None, 0.0))
        if stamp == changed_at and time.monotonic() < until_s:
            return self._known[path][1]
        row = self._row_now(path)
        if (row is None or not row.is_live) and time.time() - changed_at > SETTLED_S:
            self._quiet[path] = (changed_at, time.monotonic() + LOOK_AGAIN_S)
        else:
            self._quiet.pop(path, None)
        return row

    def _row_now(self, path: Path) -> RunRow | None:
        """Return a run's row, from its files."""
        stamps = tuple(_stamp(path / name) for name in ("config.json", "summary.json"))
        if path not in self._known or self._known[path][0] != stamps:
            directory = RunDirectory.open(path)
            self._known[path] = (stamps, _row_of(directory) if directory else None)
        row = self._known[path][1]
        if row is None:
            return None
        directory = RunDirectory(path, row.run_id)
        return self._live_row(directory, row) if is_led(directory) else row

    def _live_row(self, directory: RunDirectory, row: RunRow) -> RunRow:
        """Return the row of a run that goes on, with what its board says."""
        end = self._ends.setdefault(directory.path, LastDigest(directory.log))
        end.read()
        live = replace(
            row,
            status="live",
            progress=0,
            approval_percent=end.approval_percent,
            accepted=None,
            digest=None,
            wall_s=_since(row.began),
        )
        url = str(read_or_nothing(directory, "board.json").get("url") or "")
        board = self._boards.get(directory.path)
        if board is None or board.url != url:
            if board:
                board.close()
            board = self._boards[directory.path] = _Standing(url, directory.run_id)
        meta = board.meta()
        if meta is None:
            return live
        status = "paused" if meta.status == "paused" else "live"
        return replace(live, status=status, progress=meta.round)


class _Standing:
    """Where a run stands, by its board."""

    def __init__(self, url: str, run_id: str) -> None:
        self.url, self._run_id = url, run_id
        self._pulse = Pulse(url)
        self._board: Board | None = None

    def meta(self) -> Any:
        """Return what the board says of itself; None where it cannot be reached."""
        if not self.url or self.url.startswith("memory:") or not self._pulse.beats():
            return None
        try:
            self._board = self._board or Board.open(self.url, run=self._run_id, name="watcher")
            return self._board.store.meta()
        except (SwarmboardError, OSError):
            self.close()
            return None

    def close(self) -> None:
        self._pulse.close()
        board, self._board = self._board, None
        if board:
            with suppress(SwarmboardError, OSError):
                board.close()


def _row_of(directory: RunDirectory) -> RunRow | None:
    """Return what a directory's files say of a run that nobody leads; None of no run of ours."""
    error = None
    try:
        config = directory.read_json("config.json") or {}
        summary = directory.read_json("summary.json") or {}
    except (SwarmboardError, OSError) as problem:
        config = read_or_nothing(directory, "config.json")
        summary, error = read_or_nothing(directory, "summary.json"), str(problem)
    if error is None and not isinstance(config.get("scenario"), str):
        return None
    said = _part(summary, "consensus")
    instants = _whole(summary.get("instants"))
    status = summary.get("status")
    return RunRow(
        run_id=directory.run_id,
        path=directory.path,
        scenario=scenario_name(summary.get("scenario") or config.get("scenario")),
        structure=_text(summary.get("structure") or config.get("structure")),
        agents=_whole(summary.get("agents") or config.get("agents")),
        seed=_whole(summary.get("seed", config.get("seed"))),
        status=status if status in ("done", "stopped", "failed") else BROKEN_OFF,
        progress=(_whole(summary.get("rounds")) or 0) if instants is None else instants,
        of_how_many=None if instants is not None else _whole(config.get("rounds")),
        is_event_driven=(instants is not None) if summary else None,
        simulated_s=_number(summary.get("simulated_s")),
        threshold_percent=_whole(said.get("threshold_percent", config.get("threshold"))),
        approval_percent=_number(said.get("approval_percent")),
        **{
            name: _whole(said.get(name))
            for name in ("accepted", "rejected", "expired", "vetoed", "escalated")
        },
        gap_percent=_number(_part(summary, "yardstick").get("gap_percent")),
        digest=_text(summary.get("digest")) or None,
        began=_beginning(directory),
        wall_s=_number(_part(summary, "timing").get("wall_s")),
        error=error or _text(summary.get("error")) or None,
    )


def _beginning(directory: RunDirectory) -> str:
    """Return when a run began: its id says so."""
    with suppress(ValueError):
        stamp = directory.run_id.partition("-")[0]
        return datetime.strptime(stamp, "%Y%m%dT%H%M%S").replace(tzinfo=UTC).isoformat()
    return ""


def _since(began: str) -> float | None:
    """Return the whole seconds that have gone by; None where the beginning is not known."""
    if not began:
        return None
    return float((datetime.now(UTC) - datetime.fromisoformat(began)) // timedelta(seconds=1))


def _stamp(path: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        found = path.stat()
        return found.st_mtime_ns, found.st_size
    return None


def _changed_at_s(path: Path) -> float:
    """Return when a folder got, lost or renamed a file."""
    return path.stat().st_mtime


def _part(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = values.get(name)
    return part if isinstance(part, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
