"""One runner a run: a lock on the run directory that ends with its process."""

import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

try:
    import fcntl
except ImportError:  # Windows: the server's lease alone keeps runners apart there
    fcntl = None  # type: ignore[assignment]

POLL_S = 0.1


class RunLock:
    """Held by the process that writes a run's log; `run.lock` names it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

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

    def replace(self) -> None:
        """Take the lock although somebody holds it, who keeps a lock on nothing."""
        self.path.unlink(missing_ok=True)
        self.take()

    @property
    def is_held(self) -> bool:
        """Whether this process holds the lock, and nobody has taken the run over since."""
        if fcntl is None:
            return True
        return self._file is not None and self._is_current(self._file)

    def release(self) -> None:
        """Let go of the lock."""
        if self._file is not None:
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
        return True

    def _is_current(self, file: int) -> bool:
        """Say whether a file is still the lock: who takes a run over may replace it."""
        try:
            return self.path.stat().st_ino == os.fstat(file).st_ino
        except FileNotFoundError:
            return False
