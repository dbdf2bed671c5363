"""Following a run: a process that goes through its rounds beside the leader, and acts for some."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .assemble import Draft
from .canonical import merge
from .closing import ClosedStage
from .counting import Gate
from .errors import BallotRefused, RunEnded, TooLate, WrongStage
from .leader import Leader
from .records import (
    INPUT,
    OUTCOME,
    Abstained,
    Closed,
    Entries,
    World,
    encode,
    frame,
    unframe,
)
from .replica import Replica
from .rule_text import parse_rule
from .rules import describe
from .store import Commit, Event, Store
from .view import View
from .writes import Proposal

RUNNING = ("new", "running", "paused")
"""What a board says of a run that goes on."""
WAIT_S = 1.0
"""How long to wait for news before asking whether the leader still lives."""


class Follower:
    """Takes a model through the rounds of a run that another process leads.

    It offers what a `Leader` does. What the log holds it rehearses by itself; from then on it
    commits what its own agents did, and takes each stage's outcome from the leader's turns.

    Args:
        store: The board.
        kinds: The columns of each entry kind that is stored as columns.
        name: The name under which the leader waits for it.
        span: The agents that this process acts for.
        rehearsal: A leader without a board whose script is the log.
        epoch: The epoch of the leader that is followed.
        is_alone: Asked while nothing happens whether the leader has died.
        remark: Told what is noted in this process, such as the tracebacks of agents that failed.
    """

    def __init__(
        self,
        store: Store,
        kinds: Mapping[str, tuple[str, ...]],
        *,
        name: str,
        span: range,
        rehearsal: Leader,
        epoch: int,
        is_alone: Callable[[], bool] = lambda: False,
        remark: Callable[[str, dict[str, Any]], None] = lambda name, detail: None,
    ) -> None:
        self.name, self.span = name, span
        self.late: NDArray[np.uint32] = np.empty(0, np.uint32)
        """Agents that did not answer in time in this stage, where that is known beforehand."""
        self._store, self._kinds, self._leader = store, kinds, rehearsal
        self._epoch, self._is_alone, self._remark = epoch, is_alone, remark
        self._life = "/" + name.rpartition("/")[2]
        """With this end the writers of one leader and its workers."""
        self._unread: deque[Event] = deque()
        self._revision = self._begun = 0
        self._rehearsed = (rehearsal.round, rehearsal.stage)
        """The last round and stage that the log took us through."""
        self._is_past = False
        """Whether the current stage had closed before its agents acted."""
        self._commits: list[tuple[str, list[Any]]] = []
        self._outcome: ClosedStage | None = None

    @property
    def replica(self) -> Replica:
        """The board as of the last stage that was followed."""
        return self._leader.replica

    @property
    def round(self) -> int:
        """The current round."""
        return self._leader.round

    @property
    def stage(self) -> int:
        """The current stage, from 1."""
        return self._leader.stage

    @property
    def knows_next_stage(self) -> bool:
        """Whether the log holds the close of the round's next stage."""
        return self._leader.knows_next_stage

    def welcome(
        self, role: str, count: int, *, names: Sequence[str] = (), votes: bool = True
    ) -> int:
        """Let agents join; the leader has told the board."""
        return self._leader.welcome(role, count, names=names, votes=votes)

    def view(
        self,
        stage_name: str = "",
        brief: Mapping[str, Any] | None = None,
        due: Sequence[int] = (),
    ) -> View:
        """Return a reader's window on the board as of now."""
        return self._leader.view(stage_name, brief, due)

    def begin_round(self) -> None:
        """Go to the next round."""
        self._leader.begin_round()

    def begin(self, proposals: Iterable[Proposal] = ()) -> Draft:
        """Go to the round's next stage as soon as the leader does.

        Raises:
            RunEnded: the leader ended the run.
            TooLate: the board has forgotten this stage.
        """
        leader = self._leader
        if leader.knows_next_stage:
            draft = leader.begin(proposals)
            self.late, self._rehearsed = leader.late, (leader.round, leader.stage)
            return draft
        leader.stage += 1
        self.replica.enter(*self._here)
        self._take_until(lambda e: e.is_turn and self._is_ours(e) and _at(e) == self._here)
        self._read_on()
        closing = [event for event in self._unread if self._closes(event)]
        self._is_past = bool(closing)
        is_late = bool(closing) and self._was_late(unframe(closing[0].body))
        self.late = np.array(self.span if is_late else (), np.uint32)
        return Draft(self.replica, self._kinds, round=self.round, stage=self.stage)

    def commit(self, draft: Draft) -> None:
        """Write what the own agents did, unless the stage has closed by now.

        Raises:
            TooLate: the leader went on while these agents acted.
            InvalidAction: an agent's proposal has a rule that the leader cannot know.
        """
        if self.is_rehearsing:
            self._leader.commit(draft)
            return
        for proposal in draft.proposed().values():
            if proposal.rule is not None:
                parse_rule(describe(proposal.rule))
        while not self._is_past:
            body = frame(map(encode, draft.records()))
            act = Commit(self.name, self._begun, self._epoch, *self._here, body, draft.ballots())
            try:
                self._store.submit(act)
                return
            except BallotRefused as refused:
                draft.drop_ballots(refused.proposal, refused.agents)
            except WrongStage as error:
                raise TooLate(f"worker {self.name}: {error}") from error

    def close(self, *, counts: bool = False, gate: Gate | None = None) -> ClosedStage:
        """Wait until the leader has closed the stage, and return what it came to.

        Raises:
            TooLate: it closed without what the own agents did.
        """
        if self.is_rehearsing:
            return self._leader.close(counts=counts, gate=gate)
        self._outcome = None
        self._take_until(lambda _: self._outcome is not None)
        closed = self._outcome
        assert closed is not None
        entries = (e for r in closed.records if isinstance(r, Entries) for e in r.entries)
        if any(entry.kind == "proposal" for entry in entries):
            self._take_until(lambda event: event.is_turn)  # what the leader opened of them
        if not self.late.size and self._was_late(closed.abstained):
            raise TooLate(f"worker {self.name}: too late in round {self.round}")
        return closed

    def remove(self, agents: NDArray[np.uint32], cause: str) -> None:
        """Take agents out of the run; the leader has told the board."""
        if self.is_rehearsing:
            self._leader.remove(agents, cause)

    def record(self, name: str, row: dict[str, Any]) -> None:
        """Write a row of the world's own account, as the leader does."""
        if self.is_rehearsing:
            self._leader.record(name, row)
        else:
            self.replica.fold(World(OUTCOME, *self._here, name, row))

    def note(self, name: str, detail: dict[str, Any]) -> None:
        """Remark what is operational, unless it is of the past; the log is the leader's."""
        if not self.is_rehearsing:
            self._remark(name, detail)

    def show(self, name: str, payload: dict[str, Any], *, on_board: bool) -> None:
        """Leave it to the leader to publish what is drawn."""

    def end_round(self) -> str:
        """End the round; its digest is the leader's to know, unless the log has it."""
        if self.is_rehearsing:
            return self._leader.end_round()
        self._leader.history.forget()
        return ""

    def renew_if_due(self) -> None:
        """Do nothing: the lease is the leader's."""

    @property
    def _here(self) -> tuple[int, int]:
        return self.round, self.stage

    @property
    def is_rehearsing(self) -> bool:
        """Whether the log took us through the current stage."""
        return self._rehearsed == self._here

    def _take_until(self, is_enough: Callable[[Event], bool]) -> None:
        """Fold the leader's turns in, and collect the workers' commits, up to one write."""
        while True:
            while self._unread:
                event = self._unread.popleft()
                self._take(event)
                if is_enough(event):
                    return
            self._wait()

    def _take(self, event: Event) -> None:
        at = _at(event)
        if not self._is_ours(event) or at <= self._rehearsed:
            return
        if at > self._here:
            raise TooLate(f"worker {self.name}: the board is at {at}, not {self._here} any more")
        if not event.is_turn:
            self._commits.append((event.writer, unframe(event.body)))
            return
        self._begun = event.rev
        records = [r for r in unframe(event.body) if (r.round, r.stage) > self._rehearsed]
        for place, record in enumerate(records):
            if isinstance(record, Closed):
                self._close(record, records[place + 1 :])
                return
            self.replica.fold(record)
        self.replica.enter(*self._here)

    def _is_ours(self, event: Event) -> bool:
        """Say whether a write is of this leader or its workers, not of a runner before."""
        return not event.is_outside and event.writer.endswith(self._life)

    def _close(self, closed: Closed, results: list[Any]) -> None:
        in_time = [body for writer, body in self._commits if writer not in closed.late]
        records = merge(in_time)
        for record in (*records, closed, *results):
            self.replica.fold(record)
        self._commits = []
        self._outcome = ClosedStage.of([*records, *results])

    def _closes(self, event: Event) -> bool:
        """Say whether a write closes the current stage."""
        if not event.is_turn or _at(event) != self._here or not self._is_ours(event):
            return False
        return any(isinstance(record, Closed) for record in unframe(event.body))

    def _was_late(self, records: Iterable[Any]) -> bool:
        """Say whether the leader went on without the own agents."""
        late = [
            record.members
            for record in records
            if isinstance(record, Abstained)
            and (record.event_class, record.proposal, record.cause) == (INPUT, None, "late")
        ]
        return any(int(members[0]) in self.span for members in late if members.size)

    def _read_on(self) -> None:
        """Read what is there, without waiting."""
        while events := self._store.read(self._revision):
            self._unread += events
            self._revision = events[-1].rev

    def _wait(self) -> None:
        """Wait for news.

        Raises:
            RunEnded: there will be none.
        """
        events = self._store.wait(self._revision, timeout_s=WAIT_S)
        self._unread += events
        if events:
            self._revision = events[-1].rev
        elif self._is_alone() or self._store.meta().status not in RUNNING:
            raise RunEnded(f"worker {self.name}: the run has ended")


def _at(event: Event) -> tuple[int, int]:
    return event.round, event.stage
