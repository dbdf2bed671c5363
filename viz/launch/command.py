"""The ordinary command line as a process: it tells of scenarios, and begins and ends runs."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from blackboard import BadInput

from .form import Form, read_form

COMMAND = (sys.executable, "-m", "swarmboard")
STOPPED = 3
"""How a run ends that a person or a budget stopped."""
BOARD_VARIABLE = "SWARMBOARD_URL"
"""What tells a run its board without the password being seen in the list of processes."""
PATIENCE_S = 30.0
"""How long a command may take that says something and ends."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said in the end."""

    is_done: bool
    text: str
    """One line: what will happen, or what is wrong and what to do."""


@dataclass(slots=True)
class Launch:
    """A run that was begun from a page."""

    path: Path
    words: tuple[str, ...]
    process: subprocess.Popen[bytes]
    _said: IO[bytes] = field(repr=False)
    _text: str | None = None

    @property
    def has_begun(self) -> bool:
        """Whether the run directory is there, and its pages can be looked at."""
        return (self.path / "config.json").is_file()

    @property
    def failure(self) -> str | None:
        """What the command said when it failed; None while it goes on, or where it did not.

        Stopping a run from outside is no failure.
        """
        if self.process.poll() is None:
            return None
        if self._text is None:
            with self._said as said:
                said.seek(0)
                self._text = _last_line(said.read().decode(errors="replace"))
        if self.process.returncode in (0, STOPPED):
            return None
        return self._text or f"the run ended with code {self.process.returncode} and no word"


class Commands:
    """Runs `swarmboard` commands for the pages of this process.

    The board of new runs stands in their environment: arguments can be read by every user of a
    machine, and the address may have a password in it.

    Args:
        runs: The folder into which runs go.
        board: The board of new runs; None leaves the choice to the command.
        command: How the command is called.
    """

    def __init__(
        self, runs: Path, board: str | None = None, *, command: Sequence[str] = COMMAND
    ) -> None:
        self.runs, self.board, self._command = runs, board, tuple(command)
        self._lock = threading.Lock()
        self._forms: tuple[Form, ...] | None = None
        self._launches: list[Launch] = []

    def forms(self) -> tuple[Form, ...]:
        """Return a form for each scenario; asked for once, which takes about a second."""
        with self._lock:
            if self._forms is None:
                done = subprocess.run(
                    [*self._command, "scenarios", "--json"],
                    capture_output=True,
                    text=True,
                    timeout=PATIENCE_S,
                    check=True,
                )
                schemas: list[dict[str, Any]] = json.loads(done.stdout)
                self._forms = tuple(map(read_form, schemas))
            return self._forms

    def start(self, words: Sequence[str]) -> Launch:
        """Begin a run that goes on when the dashboard ends.

        Its words go to a file without a name, because a pipe would break under it.

        Raises:
            BadInput: its process cannot be started with these words.
        """
        path = self.runs / f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{secrets.token_hex(2)}"
        board = {BOARD_VARIABLE: self.board} if self.board else {}
        given = (*words, "--out", str(path), "--no-progress")
        said = tempfile.TemporaryFile()  # noqa: SIM115 - it is read as long as the launch is kept
        try:
            process = subprocess.Popen(
                [*self._command, *given],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                env={**os.environ, **board},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            said.close()
            raise BadInput(_not_started(error)) from error
        launch = Launch(path, tuple(given), process, said)
        with self._lock:
            # What has ended says its last word, so that its process and its file are let go of.
            self._launches = [
                one for one in self._launches if not one.failure and one.process.poll() is None
            ]
            self._launches.append(launch)
        return launch

    def say(self, *words: str) -> Said:
        """Run a command that says one line and ends: stop, pause, approve and the like."""
        try:
            done = subprocess.run(
                [*self._command, *words],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Said(False, f"no answer within {PATIENCE_S:.0f} s: try it again")
        except (OSError, ValueError) as error:
            return Said(False, _not_started(error))
        text = done.stdout if done.returncode == 0 else done.stderr
        return Said(done.returncode == 0, _last_line(text) or f"it ended with {done.returncode}")


def _not_started(error: Exception) -> str:
    why = getattr(error, "strerror", None) or error
    return f"no process could be started with this ({why}): fill in less, or plain characters"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("swarmboard: ") if lines else ""
