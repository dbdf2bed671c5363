"""Leading an event-driven run: every round is an instant, and many of them are written together."""

import time
from collections.abc import Collection, Iterable
from typing import Any

from .assemble import Draft
from .counting import Gate, field_revisions
from .leader import Leader
from .reckoning import reckon_instant
from .records import OUTCOME, Decided, Display, Granted, Instant, Opened, Record, frame
from .writes import Proposal

WINDOW_S = 0.05
"""An instant that ends so long after the last write is written, with all that wait. None waits for
the next while a model or a person is waited for, or behind an instant that took something in from
outside."""
MOST_RECORDS = 4096
"""At the latest so many records are written together."""

_TOLD = frozenset((Opened, Decided, Granted))


class InstantLeader(Leader):
    """Leads from instant to instant of simulated time, in place of rounds.

    Proposals have one voting round each, which lasts until its ballots decide it. What agents do
    is folded here at once and reaches the server and the log some milliseconds later, together
    with other instants: nobody else acts in the run, and what people command counts from the
    instant in which it is read.
    """

    _reckon = staticmethod(reckon_instant)

    def __init__(self, *args: Any, **terms: Any) -> None:
        super().__init__(*args, **terms, is_gathering=True)
        self._outbox: list[bytes] = []
        """Records that the server does not have yet."""
        self._opened: dict[str, None] = {}
        self._closed: dict[str, None] = {}
        self._fields: dict[str, int] = {}
        self._collected = 0
        """How many records of this instant stand in the outbox."""
        self._has_received = False
        """Whether this instant took something in from outside."""
        self._written_at = time.monotonic()

    def begin_instant(self, at_s: float) -> None:
        """Go to the next instant, which is at `at_s` simulated seconds.

        People are heard here, so that a step is a whole instant, with stages or without.

        Raises:
            Stopped: the run was asked to stop before this instant.
        """
        self._enter_round()
        self._put_down([Instant(OUTCOME, self.round, 0, at_s)])
        if (script := self._script) and not (script.ended or self.knows_next_stage):
            self._go_live()
        is_quiet = self._channel and self._channel.is_quiet
        if not self._script and (is_quiet or self.oversight.has_orders):
            self._hear()

    def begin(self, proposals: Iterable[Proposal] = ()) -> Draft:
        """Go to the instant's next stage, open proposals, and return an empty draft."""
        if self._script or self._arrivals.has_waiting or self.oversight.is_stopped():
            return super().begin(proposals)
        return self._begin_stage(proposals)

    def commit(self, draft: Draft) -> None:
        """Take all of a draft; it is written with the instants around it."""
        self._arrivals.commits.append(draft.records())

    def end_round(self) -> str:
        """End the instant, and write those that wait if it is time."""
        self._collect()
        digest = super().end_round()
        self._collected = 0
        is_due = self._has_received or time.monotonic() - self._written_at > WINDOW_S
        self._has_received = False
        if self._live and (is_due or len(self._outbox) > MOST_RECORDS):
            self.write_out()
        return digest

    def write_out(self) -> None:
        """Write what waits: to the server first, then to the log the instants that have ended."""
        self._flush([], is_guarded=False)

    def _collect(self) -> None:
        """Put what is new of this instant into the outbox; who joined the server knows."""
        start, written = self._collected, self.history.written
        if self._live and self.round:
            fresh = zip(written[start:], self.history.bodies()[start:], strict=True)
            for record, body in fresh:
                if record.rank < Display.rank:
                    self._outbox.append(body)
                    if type(record) in _TOLD:
                        self._tell(record)
        self._collected = len(written)

    def _tell(self, record: Any) -> None:
        """Note what a record means to the server besides being kept."""
        match record:
            case Opened(proposal=proposal):
                self._opened[proposal] = None
            case Decided(proposal=proposal) if proposal in self._opened:
                del self._opened[proposal]  # the server never hears that it was open
            case Decided(proposal=proposal):
                self._closed[proposal] = None
            case Granted(act="set"):
                self._fields.update(field_revisions([record]))

    def _put_down(self, records: list[Record]) -> None:
        self._fold(records)

    def _fold(self, records: Collection[Record]) -> None:
        fold, written = self.replica.fold, self.history.written
        for record in records:
            fold(record)
            written.append(record)
            if type(record) is Decided:
                self._openings.forget(record.proposal)

    def _count(
        self,
        records: list[Record],
        at: tuple[int, int],
        place: int,
        *,
        gate: Gate | None,
        counts: bool,
    ) -> tuple[list[Record], list[Record]]:
        """Count at once where nothing came from outside and nobody has to be asked."""
        is_open = self._script or self._arrivals.inputs or self._arrivals.has_received
        if is_open or self.approval.above is not None or self.replica.answers:
            inputs, results = super()._count(records, at, place, gate=gate, counts=counts)
            self._has_received |= bool(inputs)
            return inputs, results
        board = (self.replica, self._openings, self.approval)
        return [], reckon_instant(records, board=board, at=at, gate=gate, counts=counts)[0]

    def _settle(self, records: list[Record]) -> bool:
        return True

    def _flush(
        self, records: Collection[Record], *, is_guarded: bool = True, agents: int = 0
    ) -> bool:
        if channel := self._live:
            self._collect()
            pending = channel.pending
            pending.body += frame(self._outbox)
            pending.opened += tuple(self._opened)
            pending.closed += tuple(self._closed)
            pending.fields += tuple(self._fields.items())
            self._outbox, self._opened, self._closed, self._fields = [], {}, {}, {}
        is_told = super()._flush(list(records), is_guarded=is_guarded, agents=agents)
        if is_told:
            self.history.flush()
            self._written_at = time.monotonic()
        return is_told

    def _go_live(self) -> None:
        self._collected = len(self.history.written)  # the board's state tells of them
        super()._go_live()
