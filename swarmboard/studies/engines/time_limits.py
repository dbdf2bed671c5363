"""Giving up on a run that does not end: its process ends, or an error is raised in it."""

import faulthandler
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AGAIN_S = 1.0
"""How long after it was raised `Overdue` is raised again, where something has kept it."""


class Overdue(BaseException):
    """Raised in a run that has not ended in its time: no error that an agent could recover from."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(no_end_within(timeout_s))


def no_end_within(timeout_s: float) -> str:
    """Say why a run was given up."""
    return f"no end within {timeout_s:g} s"


@contextmanager
def process_ends_after(timeout_s: float | None) -> Iterator[None]:
    """End this process if the block takes longer, whatever it does, even inside a library.

    What every thread was doing goes to standard error. The timer is a thread without Python's
    lock, so that it also ends a process whose parent is gone and whose run hangs.
    """
    if timeout_s is None:
        yield
        return
    faulthandler.dump_traceback_later(timeout_s, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


@contextmanager
def raises_after(timeout_s: float | None) -> Iterator[None]:
    """Raise `Overdue` in the block if it takes longer, and again until the block has ended.

    Only the main thread of a POSIX system can be interrupted so, and only between two steps of
    Python; elsewhere nothing is raised.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if timeout_s is None or not is_main or not hasattr(signal, "setitimer"):
        yield
        return

    def give_up(number: int, frame: FrameType | None) -> None:
        if not is_over:
            raise Overdue(timeout_s)

    is_over = False
    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, timeout_s, AGAIN_S)
    try:
        try:
            yield
        finally:
            is_over = True
    finally:  # reached too where the alarm goes off in the line above
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
