"""The run directory: what a run leaves on disk, and how it is found and read again."""

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import ArrayLike

from .errors import BadInput

DEFAULT_ROOT = Path("runs")


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """The files of one run."""

    path: Path

    @classmethod
    def create(cls, out: Path | None, *, root: Path = DEFAULT_ROOT) -> Self:
        """Make a directory for a new run.

        Args:
            out: Where; None means `<root>/<run id>`.
            root: Where runs without a place of their own go.

        Raises:
            BadInput: the directory is in use, or cannot be written.
        """
        path = root / new_run_id() if out is None else out
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
        return cls(path)

    @classmethod
    def find(cls, run: str, *, root: Path = DEFAULT_ROOT) -> Self:
        """Find a run by its path, its id, or the beginning of its id.

        Raises:
            BadInput: no run, or several, answer to that name.
        """
        if (Path(run) / "config.json").is_file():
            return cls(Path(run))
        found = [d for d in cls.all(root) if d.path.name.startswith(run)]
        if len(found) == 1:
            return cls(found[0].path)
        what = "no run" if not found else f"{len(found)} runs"
        raise BadInput(f"{what} named {run!r} in {root}/: `swarmboard list` shows them")

    @classmethod
    def all(cls, root: Path = DEFAULT_ROOT) -> Iterator[Self]:
        """Yield the runs below a directory, oldest first."""
        if root.is_dir():
            for path in sorted(root.iterdir()):
                if (path / "config.json").is_file():
                    yield cls(path)

    @property
    def log(self) -> Path:
        """The event log."""
        return self.path / "events.log"

    @property
    def messages(self) -> Path:
        """What went wrong inside, with tracebacks."""
        return self.path / "run.log"

    def discard(self) -> None:
        """Remove a run that never began, so that nothing is left of it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a JSON file so that a reader sees the old one or the whole new one."""
        target = self.path / name
        partial = target.with_suffix(".partial")
        try:
            partial.write_text(
                json.dumps(content, indent=1, allow_nan=False, default=_plain) + "\n", "utf-8"
            )
            os.replace(partial, target)
        except OSError as error:
            raise BadInput(f"{target} cannot be written ({error.strerror})") from error

    def read_json(self, name: str) -> dict[str, Any] | None:
        """Return the content of a JSON file, or None where there is none."""
        target = self.path / name
        if not target.is_file():
            return None
        content: dict[str, Any] = json.loads(target.read_text("utf-8"))
        return content

    def write_result(self, name: str, columns: Mapping[str, ArrayLike]) -> None:
        """Write one of the scenario's tables as Parquet and as CSV."""
        table = pa.table({key: _column(values) for key, values in columns.items()})
        pq.write_table(table, self.path / "results" / f"{name}.parquet")
        pa.csv.write_csv(table, self.path / "results" / f"{name}.csv")

    def results(self) -> dict[str, Path]:
        """Return the scenario's tables by name."""
        return {path.stem: path for path in sorted((self.path / "results").glob("*.parquet"))}


def new_run_id() -> str:
    """Name a run by its start and four random digits; the name is never in the digest."""
    return time.strftime("%Y%m%dT%H%M%S", time.gmtime()) + "-" + secrets.token_hex(2)


def _column(values: ArrayLike) -> Any:
    return pa.array(values if isinstance(values, np.ndarray) else list(values))  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    """Let numpy's numbers into JSON as the plain numbers they are."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in JSON")
