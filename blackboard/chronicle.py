"""What a leader puts down in its own name: folded at once, and kept for the log and the board."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .channel import Channel
from .digest import Digest
from .errors import InvalidAction
from .history import History
from .log import EventLog
from .records import OPERATIONAL, OUTCOME, Display, Left, Note, Record, World, encode, u4
from .replica import Replica
from .view import View
from .writes import CAUSES


class Chronicle:
    """A run as its leader knows it: the board, where it stands, and the round's records."""

    def __init__(self, log: EventLog | None, *, is_gathering: bool = False) -> None:
        self.replica = Replica()
        self.history = History(log, is_gathering=is_gathering)
        self.round = self.stage = 0
        self._is_between = False
        """Whether a round has ended and the next not begun."""
        self._channel: Channel | None = None

    @property
    def runner(self) -> str:
        """The name under which the lease is held; empty where there is no board."""
        return self._channel.runner if self._channel else ""

    @property
    def url(self) -> str:
        """Where other processes find the board."""
        return getattr(self._channel.store, "url", "memory://") if self._channel else ""

    @property
    def server(self) -> tuple[str, str]:
        """The kind and version of the server that keeps the board."""
        store = self._channel.store if self._channel else None
        return (store.kind, store.version) if store else ("", "")

    @property
    def epoch(self) -> int:
        """How many runners have led so far, this one included."""
        return self._channel.epoch if self._channel else 0

    @property
    def _live(self) -> Channel | None:
        """The way to the board, where what happens is written to it."""
        return self._channel

    def renew_if_due(self) -> None:
        """Renew the lease when half of it has passed.

        Raises:
            LeaseLost: another runner leads, or has led meanwhile.
        """
        if self._channel:
            self._channel.renew_if_due()

    @property
    def rounds_ended(self) -> int:
        """How many rounds have ended."""
        return self.round if self._is_between else max(0, self.round - 1)

    @property
    def digest(self) -> Digest:
        """The digest of all rounds that have ended."""
        return self.history.digest

    def view(
        self,
        stage_name: str = "",
        brief: Mapping[str, Any] | None = None,
        due: Sequence[int] = (),
    ) -> View:
        """Return a reader's window on the board as of now."""
        return View(self.replica, stage_name=stage_name, brief=brief, due=due)

    def state(self) -> dict[str, Any]:
        """Return where the run stands at the end of a round, as plain values."""
        at = {"round": self.round, "stage": self.stage}
        return {**at, "digest": self.digest.value, "replica": self.replica.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go to the end of the round in which `state` was taken."""
        self.round, self.stage, self._is_between = state["round"], state["stage"], True
        self.history.digest = Digest(state["digest"])
        self.replica.restore(state["replica"])

    def record(self, name: str, row: dict[str, Any]) -> None:
        """Write a row of the world's own account into the current stage."""
        self._put_down([World(OUTCOME, self.round, self.stage, name, row)])

    def remove(self, agents: NDArray[np.uint32], cause: str) -> None:
        """Take agents out of the run: they stay eligible where they are, and abstain by cause."""
        if cause not in CAUSES:
            raise InvalidAction(f"agents leave for one of {', '.join(CAUSES)}, got {cause!r}")
        self._put_down([Left(OUTCOME, self.round, self.stage, u4(agents), cause)])

    def note(self, name: str, detail: dict[str, Any]) -> None:
        """Write something operational into the log; the digest does not see it."""
        at = (self.round + 1, 0) if self._is_between else (self.round, self.stage)
        self._fold([Note(OPERATIONAL, *at, name, detail)])

    def note_at_once(self, name: str, detail: dict[str, Any]) -> None:
        """Write something operational into the log without waiting for the round's end."""
        self.history.put_aside(Note(OPERATIONAL, self.round, self.stage, name, detail))

    def show(self, name: str, payload: dict[str, Any], *, on_board: bool) -> None:
        """Publish something to be drawn: into the log, and if `on_board` on the board too."""
        record = Display(OPERATIONAL, self.round, self.stage, name, payload)
        self._fold([record])
        if on_board and (channel := self._live):
            channel.store.publish(name, encode(record))

    def _put_down(self, records: list[Record]) -> None:
        """Fold records of the leader's own, and keep them for the log and the board."""
        self._fold(records)

    def _fold(self, records: Collection[Record]) -> None:
        for record in records:
            self.replica.fold(record)
            self.history.add(record)
