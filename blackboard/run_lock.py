"""One runner a run: a lock on the run directory that ends with its process."""

import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from .processes import beginning_of

try:
    import fcntl
except ImportError:  # Windows: the server's lease alone keeps runners apart there
    fcntl = None  # type: ignore[assignment]

POLL_S = 0.1


class RunLock:
    """Held by the process that writes a run's log; `run.lock` names it, and when it began."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    @property
    def keeps_apart(self) -> bool:
        """Whether this system has such locks; else the server's lease alone keeps runners apart."""
        return fcntl is not None

    @property
    def holder(self) -> int | None:
        """The process that holds the lock; None where nobody does, or has not said so yet."""
        if fcntl is None or self.is_free():
            return None
        try:
            pid, began = self.path.read_text("utf-8").split(" ")
            is_alive = began == beginning_of(int(pid))  # a killed one left its name behind
        except (OSError, ValueError):
            return None
        return int(pid) if is_alive else None

    def take(self, *, within_s: float = 0.0) -> bool:
        """Take the lock, waiting up to `within_s`; say whether it was taken."""
        deadline = time.monotonic() + within_s
        while not self._try():
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_S)
        return True

    def is_free(self) -> bool:
        """Say whether nobody holds the lock; False where this system has no such locks."""
        if fcntl is None or not self.path.exists():
            return fcntl is not None
        file = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            os.close(file)
        return True

    def replace(self, holder: int) -> bool:
        """Take the lock from a process that holds it, which keeps a lock on nothing.

        Returns whether it was taken: of several who try, one gets it.
        """
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            with suppress(OSError):  # some network file systems lock files only
                fcntl.flock(folder, fcntl.LOCK_EX)
            if self.holder != holder:
                return False
            self.path.unlink(missing_ok=True)
            return self.take()
        finally:
            os.close(folder)

    @property
    def is_held(self) -> bool:
        """Whether this process holds the lock, and nobody has taken the run over since."""
        if fcntl is None:
            return True
        return self._file is not None and self._is_current(self._file)

    def release(self) -> None:
        """Let go of the lock."""
        if self._file is not None:
            with suppress(OSError):
                os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _try(self) -> bool:
        if fcntl is None or self._file is not None:
            return True
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_taken = self._is_current(file)
        except OSError:
            is_taken = False
        if not is_taken:
            os.close(file)
            return False
        self._file = file
        with suppress(OSError):  # on a full disk the lock holds all the same
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()} {beginning_of(os.getpid())}".encode(), 0)
        return True

    def _is_current(self, file: int) -> bool:
        """Say whether a file is still the lock: who takes a run over may replace it."""
        try:
            return self.path.stat().st_ino == os.fstat(file).st_ino
        except FileNotFoundError:
            return False
