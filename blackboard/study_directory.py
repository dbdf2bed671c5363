"""The study directory: what a study of many runs leaves on disk, and how it is read again.

`parts/` is the truth. A part of one run is written the moment that run ends, and renamed into
place; hundreds of them are merged into a pack now and then, so that ten thousand runs are read in
a second. Of several rows with one key the newest counts: a part of one run before any pack, a pack
of a higher number before a lower one. So a process that is killed at any moment, a merge included,
loses no row and doubles none.
"""

import json
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from .errors import BadInput, SwarmboardError
from .run_lock import RunLock
from .rundir import new_run_id
from .study_table import Row, as_table

STUDIES = Path("studies")
"""Where studies without a place of their own go."""
PARTS_A_PACK = 256
"""So many parts of one run each are merged into a pack."""

_PART = pa.schema([("key", pa.string()), ("status", pa.string()), ("row", pa.string())])
_PACK = "pack-"
_READS = 100
"""A reader begins again so often when parts are merged under its hands."""


class StudyDirectory:
    """The files of one study."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._singles = -1

    @classmethod
    def create(cls, out: Path | None, *, root: Path = STUDIES) -> Self:
        """Make a directory for a study, or take the one that a study began in.

        Args:
            out: Where; None means a new one below `root`.
            root: Where studies without a place of their own go.

        Raises:
            BadInput: there is something else in it, or it cannot be written.
        """
        path = out or root / new_run_id()
        while out is None and path.exists():
            path = root / new_run_id()
        directory = cls(path)
        try:
            if path.is_dir() and any(path.iterdir()) and not _is_ours(path):
                raise BadInput(
                    f"the output directory {path} is not empty, and holds no study: name another "
                    "one with --out; nothing in it was touched"
                )
            for folder in (directory.parts, directory.runs, directory.failure_folder):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(
                f"the output directory {path} cannot be made ({error.strerror}): "
                "name another one with --out"
            ) from error
        return directory

    @classmethod
    def open(cls, path: Path) -> Self | None:
        """Return the study that a directory holds, or None where it holds none."""
        return cls(path) if (path / "study.json").is_file() else None

    @property
    def parts(self) -> Path:
        """The rows of finished runs."""
        return self.path / "parts"

    @property
    def runs(self) -> Path:
        """The run directories, each under its run's key."""
        return self.path / "runs"

    @property
    def failure_folder(self) -> Path:
        """The tracebacks of failed runs, each under its run's key."""
        return self.path / "failures"

    @property
    def lock(self) -> RunLock:
        """Held by the process that carries the study out; a new handle each time."""
        return RunLock(self.path / "study.lock")

    def run_path(self, key: str) -> Path:
        """Return where a run's directory is, if it was kept."""
        return self.runs / key

    def describe(self) -> dict[str, Any] | None:
        """Return `study.json`: the study as it was given, its code and versions; None without."""
        return _read_json(self.path / "study.json")

    def write_description(self, content: Mapping[str, Any], *, text: str | None = None) -> None:
        """Write `study.json`, and `study.toml` where the study was read from a file.

        The first one makes the directory a study's: a process that is killed between the two
        leaves one that the same study goes on in.
        """
        _replace(self.path / "study.json", _json(content))
        if text is not None:
            _replace(self.path / "study.toml", text.encode())

    def progress(self) -> dict[str, Any] | None:
        """Return `progress.json`: how far the study is; None before it has begun."""
        return _read_json(self.path / "progress.json")

    def write_progress(self, content: Mapping[str, Any]) -> None:
        """Replace `progress.json`."""
        _replace(self.path / "progress.json", _json(content))

    def write_part(self, row: Row) -> None:
        """Keep what came of a run; it is there as soon as this returns.

        Raises:
            SwarmboardError: the disk does not take it.
        """
        if self._singles < 0:
            self._singles = sum(1 for _ in self._part_files())
        self._write(self.parts / f"{row['key']}.parquet", [row])
        self._singles += 1
        if self._singles >= PARTS_A_PACK:
            self.merge_parts()

    def write_failure(self, key: str, text: str) -> None:
        """Keep the traceback of a run that failed."""
        _replace(self.failure_folder / f"{key}.txt", text.encode())

    def failures(self) -> dict[str, str]:
        """Return the traceback of each failed run by its key."""
        stored = self.finished()
        paths = sorted(self.failure_folder.glob("*.txt"))
        return {p.stem: p.read_text("utf-8") for p in paths if stored.get(p.stem) == "failed"}

    def forget_failure(self, key: str) -> None:
        """Forget why a run failed: it was done again, and its new row is kept."""
        (self.failure_folder / f"{key}.txt").unlink(missing_ok=True)

    def finished(self) -> dict[str, str]:
        """Return the status of every run that has a row, by its key."""
        return self._read(lambda paths: _newest(_columns(paths, ["key", "status"])))

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of all runs, those included that are not of the study any more."""
        found = self._read(lambda paths: _newest(_columns(paths, ["key", "row"])))
        return [msgspec.json.decode(row) for row in found.values()]

    def news(self, seen: Mapping[str, int]) -> tuple[list[dict[str, Any]], dict[str, int]]:
        """Return the rows of parts that were not seen yet, for somebody who follows a study.

        Args:
            seen: The second value that this returned before; empty at first.

        Returns:
            Rows, of which the last of a key counts, among them some that were seen already where
            parts were merged; and which parts there are.
        """

        def read(paths: list[Path]) -> tuple[list[dict[str, Any]], dict[str, int]]:
            stamps = {path.name: path.stat().st_mtime_ns for path in paths}
            fresh = [path for path in paths if seen.get(path.name) != stamps[path.name]]
            found = _newest(_columns(fresh, ["key", "row"]))
            return [msgspec.json.decode(row) for row in found.values()], stamps

        return self._read(read)

    def table(self) -> pa.Table:
        """Return one row a run, in the order of points and replicates."""
        rows = [row for row in self.rows() if row["point"] is not None]
        rows.sort(key=lambda row: (row["point"], row["replicate"], row["key"]))
        return as_table(rows)

    def write_table(self) -> pa.Table:
        """Write `table.parquet` and `table.csv`, and return the table."""
        table = self.table()
        partial = self.path / ".table.partial"
        pq.write_table(table, partial)
        partial.replace(self.path / "table.parquet")
        pa.csv.write_csv(table, partial)
        partial.replace(self.path / "table.csv")
        return table

    def merge_parts(self, *, is_whole: bool = False) -> None:
        """Merge the parts of one run each into a pack, or all there is where `is_whole`."""
        paths = self._part_files(with_packs=is_whole)
        if len(paths) > 1:
            found = _newest(_columns(paths, ["key", "row"]))
            self._write_pack([msgspec.json.decode(row) for row in found.values()], paths)
        self._singles = 0 if len(paths) > 1 else len(paths)

    def remove_run(self, key: str) -> None:
        """Remove the directory of a run; its row stays."""
        shutil.rmtree(self.run_path(key), ignore_errors=True)

    def renumber(self, places: Mapping[str, Row], *, leaves_others: bool = False) -> int:
        """Give stored rows their place in a study that has changed; return how many have none.

        Args:
            places: What to change of each row by its key, `point` included. Rows without stay on
                disk, outside of the table, and come back once the study has them again.
            leaves_others: Whether rows without keep the place that they have.
        """
        rows, outside = self.rows(), {} if leaves_others else {"point": None}
        changed = [{**row, **places.get(row["key"], outside)} for row in rows]
        if changed != rows:
            self.merge_parts(is_whole=True)  # beside a part of one run no pack would count
            self._write_pack(changed, self._part_files(with_packs=True))
        return sum(row["point"] is None for row in changed)

    def remove_unfinished(self, begun: Collection[str] = ()) -> int:
        """Remove the directories of runs that were broken off: they have no row.

        Args:
            begun: Keys of runs that were broken off; a failed row of such a one is that of an
                earlier try, whose directory is gone already.
        """
        stored = self.finished()
        again = {key for key in begun if stored.get(key) == "failed"}
        names = stored.keys() - again
        broken = [path for path in self.runs.iterdir() if path.name not in names]
        for path in broken:
            shutil.rmtree(path, ignore_errors=True)
        for path in self.parts.glob(".*.partial"):
            path.unlink(missing_ok=True)
        return len(broken)

    def _part_files(self, *, with_packs: bool = False) -> list[Path]:
        """Return the parts, oldest first: packs by number, then the parts of one run."""
        with suppress(FileNotFoundError):
            names = sorted(os.listdir(self.parts))  # noqa: PTH208 - a tenth of iterdir's time
            names = [name for name in names if name.endswith(".parquet")]
            packs = [name for name in names if name.startswith(_PACK)] if with_packs else []
            singles = [name for name in names if not name.startswith(_PACK)]
            return [self.parts / name for name in (*packs, *singles)]
        return []

    def _read[T](self, read: Callable[[list[Path]], T]) -> T:
        """Read all parts, again when the sweep merges them meanwhile."""
        for _ in range(_READS):
            try:
                return read(self._part_files(with_packs=True))
            except FileNotFoundError:
                continue
        raise SwarmboardError(f"{self.parts} changes faster than it can be read: try again")

    def _write_pack(self, rows: Collection[Row], merged: Iterable[Path]) -> None:
        packs = [path for path in self._part_files(with_packs=True) if _is_pack(path)]
        number = 1 + (int(packs[-1].stem.removeprefix(_PACK)) if packs else 0)
        self._write(self.parts / f"{_PACK}{number:08}.parquet", rows)
        for path in merged:
            path.unlink(missing_ok=True)

    def _write(self, path: Path, rows: Collection[Row]) -> None:
        """Write a part so that a reader sees all of it or nothing."""
        columns = (
            [row["key"] for row in rows],
            [row["status"] for row in rows],
            [msgspec.json.encode(row).decode() for row in rows],
        )
        table = pa.Table.from_arrays([pa.array(c, pa.string()) for c in columns], schema=_PART)
        is_pack = len(rows) > 1
        partial = path.with_name(f".{path.stem}.partial")
        try:
            pq.write_table(
                table,
                partial,
                compression="zstd" if is_pack else "none",
                use_dictionary=False,
                write_statistics=False,
                store_schema=False,
                write_page_checksum=True,
            )
            partial.replace(path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise SwarmboardError(f"{path} cannot be written ({error})") from error


def _is_ours(path: Path) -> bool:
    """Say whether a directory holds a study, or nothing but what is there before `study.json`."""
    names = {child.name for child in path.iterdir()}
    before = {"parts", "runs", "failures", "study.lock", ".study.json.partial"}
    return "study.json" in names or names <= before


def _is_pack(path: Path) -> bool:
    return path.name.startswith(_PACK)


def _columns(paths: Iterable[Path], names: list[str]) -> Iterator[tuple[str, str]]:
    """Yield two columns of the parts, oldest first; one that a power cut spoilt has no rows."""
    for path in paths:
        try:
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                table = file.read(names, use_threads=False)
        except (pa.ArrowInvalid, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk's answer, which says nothing of what is in the file
            if _is_pack(path):
                raise SwarmboardError(
                    f"{path} is damaged ({str(error).splitlines()[0]}): put back a copy, or remove "
                    "it to have its runs done again"
                ) from error
            continue
        first, second = (table.column(name).to_pylist() for name in names)
        yield from zip(first, second, strict=True)


def _newest(rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the last of each key."""
    return dict(rows)


def _json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, allow_nan=False) + "\n").encode()


def _replace(target: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the whole new one."""
    partial = target.with_name(f".{target.name}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(target)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise SwarmboardError(f"{target} cannot be written ({error.strerror})") from error


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise BadInput(f"{path} is damaged: it holds a {type(content).__name__}, not an object")
    return content
