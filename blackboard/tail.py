"""Following a board: folding the server's stream of writes as the leader folded them."""

from .canonical import merge
from .records import AnyRecord, Closed, Note, unframe
from .replica import Replica
from .store import Event

RESUMED = "resumed"
"""The note with which a runner begins that goes on with a run."""


class Tail:
    """Feeds a replica so that it equals the leader's after each of the leader's turns.

    Workers' commits wait until their stage is closed and then count in canonical order, whichever
    came first. What outsiders wrote counts when a turn says in which stage it took effect.
    """

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._commits: list[tuple[str, list[AnyRecord]]] = []
        self._closed = (0, 0)

    def take(self, event: Event) -> None:
        """Fold one write in."""
        if event.is_outside:
            return
        if event.is_turn:
            self._turn(event)
        elif (event.round, event.stage) != self._closed:
            self._commits.append((event.writer, unframe(event.body)))

    @staticmethod
    def starts_anew(event: Event) -> bool:
        """Say whether a runner went on from the log here, so that what is known may be void."""
        if not event.is_turn or RESUMED.encode() not in event.body:
            return False
        notes = [record for record in unframe(event.body) if isinstance(record, Note)]
        return any(note.name == RESUMED for note in notes)

    def _turn(self, event: Event) -> None:
        for record in unframe(event.body):
            if isinstance(record, Closed):
                in_time = [body for writer, body in self._commits if writer not in record.late]
                for committed in merge(in_time):
                    self._replica.fold(committed)
                self._commits, self._closed = [], (record.round, record.stage)
            self._replica.fold(record)
        self._replica.enter(event.round, event.stage)
