"""One worker process of the local engine, as the sweep sees it."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from multiprocessing import Pipe

from ..job import Finished, Job
from .giving_up import ending, given_up
from .time_limits import no_end_within

START_S = 120.0
"""How long a process may take until it can begin a job: it imports what a run needs."""
GRACE_S = 2.0
"""How long after a job's time its process may take to end itself before it is killed."""
END_S = 10.0
"""How long a process may take to end its server when there is nothing more to do."""
BEGIN = """
import sys
sys.path[:] = sys.argv[1:]
from swarmboard.studies.engines.local_worker import main
main()
"""
"""Its whole program: it looks for modules where the sweep does, and not first in the folder it is
started in, where a folder `agents` of the user's may lie."""
LAST_WORDS_BYTES = 8_000
"""How much of what a dead process had written is kept."""


class LocalProcess:
    """A new interpreter that carries out one job at a time.

    It is told over one end of a socket and answers there; whatever else it writes is kept for the
    case that it dies. `local_worker.py` is its side.
    """

    def __init__(self, task: bytes, timeout_s: float | None) -> None:
        self.pipe, theirs = Pipe()
        self._words = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - lives as long as the process
        single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", BEGIN, *sys.path],
                stdin=theirs.fileno(),
                stdout=self._words,
                stderr=self._words,
                env=single | os.environ,
                start_new_session=True,  # a Ctrl-C is for the sweep to hear
            )
        self._timeout_s = timeout_s
        self._is_ready = False
        self._began = 0.0
        self._job: Job | None = None
        self.deadline: float | None = None
        self.is_alive = True
        self._said = ""
        self._send(task)

    @property
    def job(self) -> Job:
        """What it carries out."""
        assert self._job
        return self._job

    @property
    def is_overdue(self) -> bool:
        """Whether it should have answered, or have ended itself, by now."""
        return self.deadline is not None and self.deadline <= time.monotonic()

    @property
    def last_line(self) -> str:
        """The last line that it wrote before it died."""
        lines = [line for line in self._said.splitlines() if line.strip()]
        return lines[-1].strip() if lines else "they said nothing"

    def begin(self, job: Job) -> None:
        """Give it a job."""
        self._job = job
        self._words.seek(0)  # both write at the same place
        self._words.truncate()
        self._start_clock()
        self._send(job)

    def hear(self) -> Finished | None:
        """Take what it says, or that it died; None where its job is still to be carried out."""
        try:
            said = self.pipe.recv() if self.pipe.poll() else None
        except (EOFError, OSError):
            said = None
        if isinstance(said, Finished):
            self._job = self.deadline = None
            return said
        if said:
            self._is_ready = True
            self._start_clock()
            return None
        return self._died()

    def dismiss(self) -> None:
        """Tell it that there is nothing more to do."""
        self._send(None)

    def see_off(self) -> None:
        """Wait for its end."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)

    def kill(self) -> None:
        """End it, whatever it does, and let go of it."""
        self.is_alive = False
        self._process.kill()
        self._process.wait()
        self.pipe.close()
        self._words.close()

    def _start_clock(self) -> None:
        self._began = time.monotonic()
        limit_s = None if self._timeout_s is None else self._timeout_s + GRACE_S
        limit_s = limit_s if self._is_ready else START_S
        self.deadline = None if limit_s is None else self._began + limit_s

    def _died(self) -> Finished | None:
        """Say what its death means for its job; None for one that it had not begun."""
        took_s = time.monotonic() - self._began
        code = None
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(0 if self.is_overdue else END_S)
        self._said = self._last_words()
        job = self.job
        self.kill()
        if not self._is_ready:
            return None
        limit_s = self._timeout_s
        if limit_s is not None and took_s >= limit_s and code in (None, 1):
            why = no_end_within(limit_s)
        else:
            why = ending(0 if code is None else code)
        return given_up(job, why, last_words=self._said)

    def _last_words(self) -> str:
        size = self._words.seek(0, os.SEEK_END)
        self._words.seek(max(0, size - LAST_WORDS_BYTES))
        return self._words.read().decode(errors="replace")

    def _send(self, what: object) -> None:
        with suppress(OSError):  # a dead one is noticed where it is heard
            self.pipe.send(what)
