"""People's hands on a run: pause, step, unpause and stop, obeyed between stages."""

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from .errors import Stopped
from .records import Command

WAIT_S = 0.2
"""How long a leader that waits lets pass before it looks after its lease and its workers."""


class Oversight:
    """What people have commanded, and whether the run is paused."""

    def __init__(self) -> None:
        self.is_stopped: Callable[[], bool] = lambda: False
        """Asked between stages whether to stop."""
        self.tell: Callable[[str], None] = lambda line: None
        """Told what people have to know while the run waits for one of them."""
        self.is_paused = False
        self._commands: deque[Command] = deque()
        self._must_stop = False

    @property
    def has_orders(self) -> bool:
        """Whether there is something to obey, or a pause to keep."""
        return bool(self._commands) or self.is_paused or self._must_stop or self.is_stopped()

    def receive(self, command: Command) -> None:
        """Take a command; it is obeyed before the next stage."""
        self._must_stop |= command.act == "stop"
        self._commands.append(command)

    def obey(self, run: "Led") -> None:
        """Do what people commanded since the last stage; paused, wait for the next command.

        Raises:
            Stopped: the run was asked to stop.
        """
        while True:
            self.hear_stop(run)
            is_step = False
            while self._commands and not is_step:
                command = self._commands.popleft()
                _put_on_record(run, command)
                self.is_paused = command.act in ("pause", "step")
                is_step = command.act == "step"
            if is_step or not self.is_paused:
                break
            if run.say("paused"):
                self.tell("paused: `swarmboard unpause` or `step` goes on, `stop` ends it")
            run.listen(WAIT_S)
        run.say("running")

    def hear_stop(self, run: "Led") -> None:
        """Break off where the run was asked to stop.

        Raises:
            Stopped: it was.
        """
        if not self._must_stop and not self.is_stopped():
            return
        while self._commands:
            _put_on_record(run, self._commands.popleft())
        raise Stopped("the run was asked to stop")


class Led(Protocol):
    """What oversight needs of the run."""

    def note_at_once(self, name: str, detail: dict[str, Any]) -> None:
        """Write something operational into the log without waiting for the round's end."""

    def say(self, status: str) -> bool:
        """Have the board say how the run stands; say whether that is new."""

    def listen(self, timeout_s: float) -> None:
        """Read what others write, waiting for the first."""


def _put_on_record(run: Led, command: Command) -> None:
    run.note_at_once(command.act, {"by": command.by, "reason": command.reason})
