"""A hand on the brake: the first Ctrl-C ends a run after its stage, the second at once."""

import signal
import threading
import time
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from blackboard import Stopped

GRACE_S = 1.0
"""How long a round may take to end after the wish."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StoppedRehearsing(Stopped):
    """Raised when a run that goes on was stopped before anything new happened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            "stopped while going through the log again; nothing was lost: "
            f"`swarmboard resume {path}` goes on"
        )


class Stop:
    """Turns SIGINT and SIGTERM, or a call of `ask`, into a wish while it is entered.

    Outside the main thread, where Python allows no handlers, signals stay what they were.
    """

    def __init__(self) -> None:
        self.is_asked = False
        self._asked_at = 0.0
        self._before: dict[int, Any] = {}

    def ask(self) -> None:
        """Wish that the run ends; from any thread, as Ctrl-C does from the keyboard."""
        if not self.is_asked:
            self._asked_at = time.monotonic()
            self.is_asked = True

    def is_overdue(self) -> bool:
        """Say whether the round has had its time to end, so that it is broken off in between.

        A round of a few milliseconds ends, so that the run's figures are those of whole rounds.
        """
        return self.is_asked and time.monotonic() - self._asked_at > GRACE_S

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.is_asked:
            raise KeyboardInterrupt
        self.ask()
