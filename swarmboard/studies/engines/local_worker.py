"""A worker process of the local engine: jobs in, what came of them out, until nobody asks."""

import faulthandler
import os
import pickle
import select
import threading
from multiprocessing.connection import Connection

from .time_limits import process_ends_after


def main() -> None:
    """Carry out jobs from standard input, which is a socket to the sweep."""
    faulthandler.enable()
    pipe = _take_pipe()
    threading.Thread(target=_end_with_parent, args=(pipe.fileno(),), daemon=True).start()
    carry_out, timeout_s = pickle.loads(pipe.recv())
    pipe.send("ready")
    while (job := pipe.recv()) is not None:
        with process_ends_after(timeout_s):
            finished = carry_out(job)
        pipe.send(finished)


def _take_pipe() -> Connection:
    """Take the socket from standard input, so that nothing a run starts inherits or reads it."""
    pipe = Connection(os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return pipe


def _end_with_parent(pipe: int) -> None:
    """End at once when nobody holds the other end any more: what is begun is begun anew."""
    poll = select.poll()
    poll.register(pipe, 0)  # a hang-up is always told
    poll.poll()
    os._exit(1)
