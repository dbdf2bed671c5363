"""Leading a run: rounds, stages, the count at each stage's close, the log and the digest."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .approval import Approval, Patience
from .arrivals import Arrivals
from .assemble import Draft
from .canonical import merge
from .channel import Channel
from .chronicle import Chronicle
from .closing import ClosedStage
from .counting import Gate
from .errors import BallotRefused
from .inputs import stamp
from .log import EventLog
from .open_proposal import OpenProposal
from .openings import Openings
from .oversight import WAIT_S, Oversight
from .reckoning import reckon
from .records import OPERATIONAL, OUTCOME, Closed, Decided, Joined, Record, Replied, frame
from .rules import Rule
from .script import Script
from .snapshots import pack
from .store import Event
from .taking_up import take_up
from .writes import Proposal


class Leader(Chronicle):
    """The runner that holds the run's lease; made by `Board.lead`.

    A round is `begin_round`, then for each stage `begin`, `commit`, `close`, then `end_round`.
    Where other processes act too, `announce` after `begin` lets them in and `gather` before
    `close` waits for them. Decisions are counted here, from this process's replica, with rules in
    plain Python; the server takes each close once, and only at the revision that was counted.

    With a script it first goes through what a log already holds: inputs come from there, what
    comes out is held against it, and nothing is written until the log ends.
    """

    _reckon = staticmethod(reckon)

    def __init__(
        self,
        kinds: Mapping[str, tuple[str, ...]],
        *,
        rule: Rule,
        sealed: bool,
        log: EventLog | None = None,
        approval: Approval | None = None,
        script: Script | None = None,
        oversight: Oversight | None = None,
        is_gathering: bool = False,
    ) -> None:
        super().__init__(log, is_gathering=is_gathering)
        self.rule, self.approval = rule, approval or Approval()
        self.has_inputs = False
        """Whether anything from outside took effect."""
        self.late: NDArray[np.uint32] = np.empty(0, np.uint32)
        """Agents that did not answer in time in this stage, where that is known beforehand."""
        self.oversight = oversight or Oversight()
        self.look_after: Callable[[], None] = lambda: None
        """Called again and again while the leader waits for others."""
        self._kinds, self._script = kinds, script
        self._openings = Openings(self.replica, rule=rule, sealed=sealed)
        self._chair: int | None = None
        self._draft: Draft | None = None
        self._arrivals = Arrivals(self.oversight)
        self._is_shared = self._is_awaited = False
        self._recorded = 0
        """The last write of the board that the log has seen."""

    @property
    def revision(self) -> int:
        """The last write of the board this leader has read."""
        return self._channel.revision if self._channel else self._recorded

    @property
    def is_rehearsing(self) -> bool:
        """Whether what happens is in the log already."""
        return self._script is not None

    @property
    def knows_next_stage(self) -> bool:
        """Whether the log holds the close of the round's next stage."""
        return self._script is not None and self._script.closed(self.stage + 1) is not None

    def attach(self, channel: Channel) -> None:
        """Lead on a board whose lease the channel holds."""
        self._channel = channel
        self._arrivals.led_since = channel.led_since

    def welcome(
        self, role: str, count: int, *, names: Sequence[str] = (), votes: bool = True
    ) -> int:
        """Let agents of one role join and return the index of the first.

        Outsiders get their indices from the server, so that this writes to it at once.
        """
        where = (OUTCOME, self.round, self.stage)
        while True:
            seat = self._script.seat() if self._script else None
            first = self._arrivals.first_free(self.replica.agents) if seat is None else seat
            joined = Joined(*where, role, first, count, tuple(names), votes)
            if self._flush([joined], agents=first + count):
                self._fold([joined])
                return first

    def begin_round(self) -> None:
        """Go to the next round; stages count from 1 in each."""
        self._enter_round()
        if self._live:
            before = self.round - 1
            self._live.pending.forget += tuple((name, before) for name in self.replica.open)

    def _enter_round(self) -> None:
        if self._script:
            self._script.turn_to(self.round + (self._chair is not None))
        if self._chair is None:
            self._chair = self.welcome("chair", 1, votes=False)
            self.end_round()  # round 0: who joined
            if self._script:
                self._script.turn_to(1)
        self.round, self.stage, self._is_between = self.round + 1, 0, False
        self.replica.enter(self.round, 0)

    def begin(self, proposals: Iterable[Proposal] = ()) -> Draft:
        """Go to the round's next stage, open proposals, and return an empty draft.

        Raises:
            InvalidAction: a proposal could not be voted on.
            Stopped: the run was asked to stop before this stage.
        """
        if self._script and not self.knows_next_stage:
            self._go_live()
        if not self._script:
            self._hear()
            self._arrivals.begin()
        draft = self._begin_stage(proposals)
        if (waiting := self._arrivals.waiting_ballots()) and self._live:
            self._live.pending.unite(self.replica, waiting)
        return draft

    def _hear(self) -> None:
        """Do what people commanded, reading first what they wrote if that may be something new."""
        if self._channel and self._channel.is_quiet:
            self._read_others()
        self.oversight.obey(self)

    def _begin_stage(self, proposals: Iterable[Proposal]) -> Draft:
        self.stage += 1
        self.replica.enter(self.round, self.stage)
        if self._script:
            self.late = self._script.late(self.stage)
        elif self.late.size:
            self.late = self.late[:0]
        for number, proposal in enumerate(proposals):
            name = proposal.id or f"{self.round}.{self.stage}.{self._chair}.{number}"
            self._put_down(self._openings.records(name, proposal, (self.round, self.stage)))
        self._draft = Draft(self.replica, self._kinds, round=self.round, stage=self.stage)
        return self._draft

    def announce(self) -> None:
        """Write now that the stage has begun, so that workers and outsiders can act in it.

        What outsiders write from here until `close` takes effect in this stage.
        """
        self._flush([], is_guarded=False)
        self._is_awaited = True

    def commit(self, draft: Draft) -> None:
        """Write all of a draft in one act, the leader's own pending turn before it.

        Ballots that an outsider cast meanwhile in an agent's name stand; they leave the draft.
        """
        if self._script:
            for proposal, agents in self._script.second_ballots(self.stage).items():
                draft.drop_ballots(proposal, agents)
        while True:
            records = draft.records()
            if not (channel := self._live):
                break
            channel.enter((self.round, self.stage), agents=self.replica.agents)
            is_due = channel.pending or not channel.is_announced
            acts = [channel.turn()] if is_due else []
            body = frame(map(self.history.encode, records))
            try:
                is_next = channel.submit(*acts, channel.commit(body, draft.ballots()))
                break
            except BallotRefused as refused:
                draft.drop_ballots(refused.proposal, refused.agents)
                channel.sent()  # the turn itself was taken
        self._arrivals.commits.append(records)
        if channel and not is_next:
            self._read_others()

    def gather(
        self, workers: Mapping[str, range], *, timeout_s: float | Callable[[], float]
    ) -> set[str]:
        """Wait until other workers have committed to the stage; return those that have not.

        Their agents abstain late. What they commit after the close counts for nothing.

        Args:
            workers: The agents that each acts for.
            timeout_s: How long to wait, asked again and again where it is a function.
        """
        self._is_shared = True
        if not self._live:
            return set()
        began = time.monotonic()
        self._read_others()
        while missing := set(workers) - self._arrivals.heard:
            allowed_s = timeout_s() if callable(timeout_s) else timeout_s
            left = began + allowed_s - time.monotonic()
            if left <= 0:
                break
            self.listen(min(left, WAIT_S))
        late = {worker: workers[worker] for worker in missing}
        self._arrivals.miss(late, (self.round, self.stage), self.replica.left)
        return missing

    def close(self, *, counts: bool = False, gate: Gate | None = None) -> ClosedStage:
        """Close the stage: fold what was written, grant requests, count where ballots are due.

        Waits where a proposal's impact is too large to be executed without a person's answer.

        Args:
            counts: Whether this stage ends a voting round.
            gate: Names what stands in the way of executing an accepted proposal.

        Raises:
            Stopped: the run was asked to stop while it waited for a person.
        """
        at = (self.round, self.stage)
        if self._is_awaited:
            self._read_others()
        records = merge(self._arrivals.commits)
        draft, self._draft = self._draft, None
        self._fold([*records, Closed(OPERATIONAL, *at, counts)])
        place = len(self.history.written) - 1
        inputs, results = self._count(records, at, place, gate=gate, counts=counts)
        self.has_inputs |= bool(inputs)
        self._fold(results)
        own = draft.proposed() if draft else {}
        opened = [*map(self._put_down, self._openings.proposed(records, own, at))]
        if opened and self._is_shared:
            self._flush([], is_guarded=False)  # followers wait for it
        self._arrivals.close()
        self._is_awaited = False
        self.history.close_stage(is_kept=bool(inputs) and not self._script)
        return ClosedStage.of([*records, *inputs, *results])

    def receive(self, replied: Sequence[Replied]) -> None:
        """Take in what finally came of the questions that agents of this stage had asked."""
        if not self._script:
            self._arrivals.inputs += replied

    def replies(self) -> list[Replied]:
        """Return what the log says that came of this stage's questions."""
        inputs = self._script.inputs(self.stage) if self._script else []
        return [record for record in inputs if isinstance(record, Replied)]

    def listen(self, timeout_s: float) -> None:
        """Read what others write, waiting for the first, and keep the lease."""
        if channel := self._live:
            self._take(channel.wait(timeout_s=timeout_s))
            self.look_after()
            self.renew_if_due()

    def show_now(self, name: str, detail: Mapping[str, Any]) -> None:
        """Publish something that is true only now: neither the log nor the digest hold it."""
        if channel := self._live:
            channel.show_now(name, detail, (self.round, self.stage))

    def say(self, status: str) -> bool:
        """Have the board say how the run stands, and return whether that is new."""
        if not (channel := self._live) or channel.status == status:
            return False
        channel.status = status
        self._flush([], is_guarded=False)
        return True

    def end_round(self) -> str:
        """Close the round: chain the digest, append to the log, and return the digest so far."""
        is_logged = self._script is not None and self._script.ended is not None
        if self._script and is_logged:
            self._script.check(self.history.written)
        elif self._script:
            self._go_live()
        self._is_between = True
        return self.history.end_round((self.round, self.stage), is_logged=is_logged)

    def state(self) -> dict[str, Any]:
        """Return everything that the next round depends on, as plain values.

        Raises:
            NotPlain: an open proposal has a rule that cannot be read back from its name.
        """
        recorded = self._arrivals.recorded(self.revision, at_close=False)
        return super().state() | {
            "chair": self._chair,
            "has_inputs": self.has_inputs,
            "recorded": recorded if self._live else self._recorded,
            "openings": self._openings.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go to the end of the round in which `state` was taken."""
        super().restore(state)
        self._chair, self.has_inputs = state["chair"], state["has_inputs"]
        self._recorded = state["recorded"]
        self._openings.restore(state["openings"])

    def write_out(self) -> None:
        """Write what the log does not have yet of the rounds that have ended; here nothing."""

    def checkpoint(self) -> None:
        """Put the board's state up for new readers, and let the server forget what led to it.

        What was written since the checkpoint before stays, for followers a little behind.
        """
        if channel := self._live:
            self._flush([], is_guarded=False)
            state = pack(self.replica.state())
            channel.store.checkpoint(channel.revision, state, forget=channel.checkpoint)
            channel.checkpoint = channel.revision

    def finish(self, status: str) -> None:
        """Write what is pending, say how the run ended, and give the lease back."""
        if self._script and self._channel:
            if not self._script.is_over:  # stopped in the middle of what the log holds
                self._channel.store.release(self._channel.runner)
                return
            self._go_live()  # the log held the whole run; the board has to hear of its end
        if not self._script:
            self.history.break_off()
        if channel := self._live:
            channel.status = status
            self._flush([], is_guarded=False)
            channel.store.release(channel.runner)
            channel.store.retire()

    @property
    def _live(self) -> Channel | None:
        """The way to the board, once all that happens is new."""
        return None if self._script else self._channel

    def _count(
        self,
        records: list[Record],
        at: tuple[int, int],
        place: int,
        *,
        gate: Gate | None,
        counts: bool,
    ) -> tuple[list[Record], list[Record]]:
        """Take in what came from outside and count, until nobody wrote in between."""
        inputs: list[Record] = []
        approval = Approval() if self._script else self.approval  # what the log holds was answered
        board = (self.replica, self._openings, approval)
        count = partial(self._reckon, board=board, at=at, gate=gate, counts=counts)
        if self._script:
            inputs = self._script.inputs(self.stage)
            self._fold(inputs)
            closed = self._script.closed(self.stage)
            self._recorded = max(self._recorded, closed.revision if closed else 0)
            return inputs, count(records + inputs)[0]
        patience = Patience(self.approval)
        while True:
            self._arrivals.release(at)
            fresh = stamp(self._arrivals.take_inputs(), records + inputs, self.replica, at)
            self._fold(fresh)
            inputs += fresh
            results, held = count(records + inputs)
            if held:
                self._ask(held, at, patience)
                continue
            # Where nothing came from outside the log stays the same on every store.
            received = self._arrivals.has_received
            revision = self._arrivals.recorded(self.revision, at_close=True) if received else 0
            closed = Closed(OPERATIONAL, *at, counts, self._arrivals.late, revision)
            self.history.replace(place, closed)
            if self._settle([closed, *inputs, *results]):
                return inputs, results

    def _ask(self, held: list[OpenProposal], at: tuple[int, int], patience: Patience) -> None:
        """Ask people about proposals that may not pass without one, and wait a moment."""
        self.oversight.hear_stop(self)
        fresh = patience.fresh(held)
        if fresh and (channel := self._live):
            self._flush([], is_guarded=False)  # who is asked has to see it on the board
            channel.show_held([proposal.id for proposal in held], at)
        for proposal in fresh:
            self.oversight.tell(patience.announcement(proposal))
        self._arrivals.inputs += patience.answers(held, at)
        if not self._arrivals.inputs:
            self.listen(min(WAIT_S, patience.left_s))

    def _settle(self, records: list[Record]) -> bool:
        """Write what the close came to; False when others wrote meanwhile and it must be redone.

        Where nothing hangs on what others write, it waits for the next turn.
        """
        if not (channel := self._live):
            return True
        after = channel.pending.with_records(records)
        if after.closed or after.fields or self._is_shared:
            return self._flush(records)
        channel.pending = after
        return True

    def _put_down(self, records: list[Record]) -> None:
        """Fold records of the leader's own, and keep them for the log and the board."""
        self._fold(records)
        if self._live:
            self._live.pending.add(records)

    def _fold(self, records: Collection[Record]) -> None:
        super()._fold(records)
        for record in records:
            if isinstance(record, Decided):
                self._openings.forget(record.proposal)

    def _flush(self, records: list[Record], *, is_guarded: bool = True, agents: int = 0) -> bool:
        """Write what is pending and these records; if guarded, only if nobody wrote meanwhile.

        Otherwise what others wrote is read, and False returned.
        """
        if not (channel := self._live):
            return True
        channel.enter((self.round, self.stage), agents=max(agents, self.replica.agents))
        is_next = channel.flush(records, is_guarded=is_guarded)
        if not is_next:
            self._read_others()
        return is_next is not None

    def _go_live(self) -> None:
        """Leave the log behind: from here on everything is new, and written.

        What outsiders wrote and the log does not hold yet takes effect in the next stage, as far
        as the server still has it.
        """
        assert self._script
        if not self._is_between:
            self._script.check(self.history.written)
        self._script = None
        self.history.stages_are_logged()
        if not (channel := self._channel):
            return
        at = (self.round, self.stage)
        note = take_up(channel, self._arrivals, self.replica, at=at, recorded=self._recorded)
        self._fold([note])
        self.checkpoint()

    def _read_others(self) -> None:
        if self._live:
            self._take(self._live.read())

    def _take(self, events: Iterable[Event]) -> None:
        assert self._channel
        self._arrivals.take(
            events,
            at=(self.round, self.stage),
            own=self._channel.writer,
            is_open=self._draft is not None,
        )
