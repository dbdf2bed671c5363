"""The run directory: what a run leaves on disk, and how it is found and read again."""

import json
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import ArrayLike

from .errors import BadInput, SwarmboardError

DEFAULT_ROOT = Path("runs")


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """The files of one run."""

    path: Path
    run_id: str
    """Time and four random digits, wherever the directory is; kept in `config.json`."""
    made: tuple[Path, ...] = ()
    """The directories that were made for it, innermost first."""

    @classmethod
    def create(cls, out: Path | None, *, root: Path = DEFAULT_ROOT) -> Self:
        """Make a directory for a new run.

        Args:
            out: Where; None means `<root>/<run id>`.
            root: Where runs without a place of their own go.

        Raises:
            BadInput: the directory is in use, or cannot be written.
        """
        run_id = new_run_id()
        while out is None and (root / run_id).exists():  # of several that begin in one second
            run_id = new_run_id()
        path = root / run_id if out is None else out
        made = tuple(folder for folder in (path, *path.parents) if not folder.exists())
        try:
            if path.is_dir() and any(path.iterdir()):
                raise BadInput(
                    f"the output directory {path} is not empty: name another one with --out, "
                    "or leave --out away; nothing in it was touched"
                )
            path.mkdir(parents=True, exist_ok=True)
            (path / "results").mkdir(exist_ok=True)
        except OSError as error:
            raise BadInput(
                f"the output directory {path} cannot be made ({error.strerror}): "
                "name another one with --out"
            ) from error
        return cls(path, run_id, made)

    @classmethod
    def open(cls, path: Path) -> Self | None:
        """Return the run that a directory holds, or None where it holds none."""
        if not (path / "config.json").is_file():
            return None
        try:
            config = _read_json(path / "config.json")
        except BadInput:
            config = {}  # whoever needs it reads it, and says what is wrong
        return cls(path, str(config.get("run_id", path.name)))

    @classmethod
    def find(cls, run: str, *, roots: Sequence[Path] = (DEFAULT_ROOT,)) -> Self:
        """Find a run by its path, its id, or the beginning of its id or directory's name.

        Raises:
            BadInput: no run, or several, answer to that name.
        """
        if run and (named := cls.open(Path(run))):
            return named
        found = [d for d in cls.all(*roots) if d.run_id == run]
        found = found or [
            d for d in cls.all(*roots) if run and run in (d.run_id[: len(run)], d.path.name)
        ]
        if len(found) == 1:
            return found[0]
        what = "no run" if not found else f"{len(found)} runs"
        where = " or ".join(f"{root}/" for root in roots)
        raise BadInput(f"{what} named {run!r} in {where}: `swarmboard list` shows them")

    @classmethod
    def all(cls, *roots: Path) -> list[Self]:
        """Return the runs in and directly below some directories, oldest first."""
        paths = [path for root in roots if root.is_dir() for path in (root, *root.iterdir())]
        found = [run for path in dict.fromkeys(paths) if (run := cls.open(path))]
        return sorted(found, key=lambda run: (run.run_id, run.path))

    @property
    def log(self) -> Path:
        """The event log."""
        return self.path / "events.log"

    @property
    def lock(self) -> Path:
        """Held by the process that writes the log."""
        return self.path / "run.lock"

    @property
    def messages(self) -> Path:
        """What went wrong inside, with tracebacks."""
        return self.path / "run.log"

    def discard(self) -> None:
        """Remove a run that never began, so that nothing is left of it."""
        for child in self.path.iterdir():
            if child.is_dir():
                shutil.rmtree(child, ignore_errors=True)
            else:
                child.unlink()
        with suppress(OSError):  # another run has moved in
            for folder in self.made:
                folder.rmdir()

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a JSON file so that a reader sees the old one or the whole new one."""
        target = self.path / name
        partial = target.with_suffix(".partial")
        try:
            partial.write_text(
                json.dumps(content, indent=1, allow_nan=False, default=_plain) + "\n", "utf-8"
            )
            partial.replace(target)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise BadInput(f"{target} cannot be written ({error.strerror})") from error

    def forget_summary(self) -> None:
        """Remove the summary of an earlier life: the run goes on."""
        (self.path / "summary.json").unlink(missing_ok=True)

    def read_json(self, name: str) -> dict[str, Any] | None:
        """Return the content of a JSON file, or None where there is none."""
        target = self.path / name
        return _read_json(target) if target.is_file() else None

    def write_result(self, name: str, columns: Mapping[str, ArrayLike]) -> None:
        """Write one of the scenario's tables as Parquet and as CSV.

        Raises:
            SwarmboardError: its columns are not equally long.
        """
        built = {key: _column(values) for key, values in columns.items()}
        if len({len(column) for column in built.values()}) > 1:
            lengths = ", ".join(f"{key} {len(column)}" for key, column in built.items())
            raise SwarmboardError(f"the columns of table {name!r} differ in length ({lengths})")
        table = pa.table(built)
        (self.path / "results").mkdir(exist_ok=True)
        pq.write_table(table, self.path / "results" / f"{name}.parquet")
        pa.csv.write_csv(table, self.path / "results" / f"{name}.csv")

    def results(self) -> dict[str, Path]:
        """Return the scenario's tables by name."""
        return {path.stem: path for path in sorted((self.path / "results").glob("*.parquet"))}


def new_run_id() -> str:
    """Name a run by its start and four random digits; the name is never in the digest."""
    return time.strftime("%Y%m%dT%H%M%S", time.gmtime()) + "-" + secrets.token_hex(2)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise BadInput(f"{path} is damaged: it holds a {type(content).__name__}, not an object")
    return content


def _column(values: ArrayLike) -> Any:
    return pa.array(values if isinstance(values, np.ndarray) else list(values))  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    """Let numpy's numbers into JSON as the plain numbers they are."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in JSON")
