"""Following a board: folding the server's stream of writes as the leader folded them."""

from .canonical import merge
from .records import AnyRecord, Closed, unframe
from .replica import Replica
from .store import Event


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

    def _turn(self, event: Event) -> None:
        for record in unframe(event.body):
            if isinstance(record, Closed):
                in_time = [body for writer, body in self._commits if writer not in record.late]
                for committed in merge(in_time):
                    self._replica.fold(committed)
                self._commits, self._closed = [], (record.round, record.stage)
            self._replica.fold(record)
        self._replica.enter(event.round, event.stage)
