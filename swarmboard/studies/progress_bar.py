"""A line on stderr that follows a sweep, and a line for each run that fails."""

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

SHOWN_FAILURES = 10
"""So many failed runs are named; the table has all of them."""


class ProgressBar:
    """Shows how many runs are done and have failed, and when the rest will be."""

    def __init__(self, *, is_shown: bool) -> None:
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._named = set[str]()
        if is_shown:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[text]}"),
                TimeElapsedColumn(),
                console=Console(file=sys.stderr),
                transient=True,
            )
            self._task = self._bar.add_task("sweep", total=None, text="")

    def __call__(self, progress: Mapping[str, Any]) -> None:
        """Show how far the sweep is, and name runs that have just failed."""
        if self._bar is None:
            return
        ended = progress["done"] + progress["failed"]
        text = f"{ended:,}/{progress['planned']:,}{_rest(progress)}"
        self._bar.update(self._task, total=progress["planned"], completed=ended, text=text)
        for failure in progress["failures"]:
            if failure["key"] not in self._named and len(self._named) < SHOWN_FAILURES:
                self._named.add(failure["key"])
                self._bar.console.print(Text(_failure(failure), style="red"), soft_wrap=True)

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()


def _rest(progress: Mapping[str, Any]) -> str:
    parts = [f"{progress['failed']:,} failed"] if progress["failed"] else []
    if progress["retried"]:
        parts.append(f"{progress['retried']:,} tried again")
    if (eta_s := progress["eta_s"]) is not None and progress["status"] == "running":
        parts.append(f"{duration_text(eta_s)} to go")
    return "".join(f", {part}" for part in parts)


def _failure(failure: Mapping[str, Any]) -> str:
    varied = " ".join(f"{name}={value}" for name, value in failure["varied"].items())
    return f"failed: {varied} ({failure['key']}): {failure['error']}"


def duration_text(seconds: float) -> str:
    """Return `45 s`, `12 min` or `3 h 20 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
