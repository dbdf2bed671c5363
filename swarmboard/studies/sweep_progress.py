"""How far a sweep is: counted by whoever carries it out, shown to whoever looks."""

import os
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from .job import Finished

FAILURES = 10
"""So many of the runs that failed last are told of; the table has all."""


@dataclass
class SweepProgress:
    """Counts the runs of a study as they begin and end."""

    planned: int
    done: int = 0
    """Runs that came to their end, those of earlier sweeps included."""
    failed: int = 0
    """Runs that did not, those of earlier sweeps included."""
    running: dict[str, None] = field(default_factory=dict)
    """The keys of runs that an engine has taken, oldest first."""
    retried: int = 0
    """Runs that were tried once more."""
    status: str = "running"
    """`running`, `done`, `stopped` by a person, or `failed` because no run can be carried out."""
    started: float = field(default_factory=time.time)
    """Seconds since 1970."""
    adaptive: dict[str, Any] | None = None
    """Of an adaptive study how many points have stopped, and why the last of them did."""
    _began: float = field(default_factory=time.monotonic)
    _ended: int = 0
    _failures: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=FAILURES))

    def take_before(self, status: str) -> None:
        """Count a run of an earlier sweep."""
        self._count(status)

    def begin(self, key: str) -> None:
        """Count a run that begins."""
        self.running[key] = None

    def end(self, finished: Finished) -> None:
        """Count a run that has ended, and remember one that has failed."""
        key, row = finished.job.key, finished.row
        self.running.pop(key, None)
        self._ended += 1
        self._count(str(row["status"]))
        if finished.has_failed:
            varied = dict(finished.job.varied)
            self._failures.append({"key": key, "varied": varied, "error": row["error"]})

    def try_again(self, key: str) -> None:
        """Count a run that is to be tried once more."""
        self.running.pop(key, None)
        self.retried += 1

    def break_off(self) -> list[str]:
        """Take it that nothing runs any more and not everything is done; return what did run."""
        begun = list(self.running)
        self.running.clear()
        if self.status == "running":
            self.status = "failed"
        return begun

    @property
    def ended(self) -> int:
        """Runs that have ended, well or not."""
        return self.done + self.failed

    @property
    def eta_s(self) -> float | None:
        """Seconds to the end at this sweep's pace so far; None before its first run has ended."""
        if not self._ended:
            return None
        took_s = time.monotonic() - self._began
        return took_s / self._ended * max(0, self.planned - self.ended)

    def as_json(self) -> dict[str, Any]:
        """Return what `progress.json` says."""
        eta_s = self.eta_s
        return {
            "status": self.status,
            "planned": self.planned,
            "done": self.done,
            "failed": self.failed,
            "running": len(self.running),
            "running_keys": list(self.running),
            "retried": self.retried,
            "started": round(self.started, 3),
            "updated": round(time.time(), 3),
            "eta_s": None if eta_s is None else round(eta_s, 1),
            "pid": os.getpid(),
            "failures": list(self._failures),
            **({} if self.adaptive is None else {"adaptive": self.adaptive}),
        }

    def _count(self, status: str) -> None:
        if status == "failed":
            self.failed += 1
        else:
            self.done += 1
