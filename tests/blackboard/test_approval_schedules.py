"""Whatever happens when: nothing above the limit is executed without a person's recorded yes."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackboard import (
    ABSTAINED,
    Answered,
    Approval,
    Board,
    Decided,
    EventLog,
    Leader,
    Opened,
    OpenProposal,
    Proposal,
    Record,
    Script,
    VoteBlock,
    read_log,
    read_rounds,
    segment_ends,
)
from blackboard.memory_store import MemoryStore
from blackboard.records import INPUT, encode, frame
from blackboard.store import Commit, Floor, Turn

VOTERS = 3
IMPACTS = (None, 0.0, 5.0, 20.0, -20.0)
MOMENTS = ("opened", "voted", "asked", "settled", "closed", "ended")
"""When people act and runners die in a round: before its votes, before its count, while it waits,
when the server knows the outcome and the log does not, when both do, and after the round."""


class Killed(BaseException):
    """What SIGKILL is to a process: nothing after it is executed."""


@dataclass(frozen=True)
class Act:
    """What happens at a moment of a round: an answer from outside, or the runner's death."""

    round: int
    moment: str
    what: str
    """approve, veto, early (to what is not open), late (to what was decided), or kill."""


@dataclass(frozen=True)
class Life:
    """How a runner begins that follows on one that died, or that was forked."""

    is_fork: bool
    fork_round: int
    limit: float
    """That of a fork."""
    has_server: bool
    """Whether the server outlived the runner."""
    from_snapshot: bool


@dataclass(frozen=True)
class Schedule:
    """One history of a run."""

    impacts: Sequence[float | None]
    deadlines: Sequence[int]
    says: Sequence[bool | None]
    """What the approver says of each round's proposals."""
    limit: float
    acts: Sequence[Act]
    lives: Sequence[Life]


ACTS = st.builds(
    Act,
    st.integers(1, 5),
    st.sampled_from(MOMENTS),
    st.sampled_from(["approve", "approve", "veto", "early", "late", "kill", "kill"]),
)
LIVES = st.builds(
    Life,
    st.booleans(),
    st.integers(0, 5),
    st.sampled_from([0.0, 10.0, 100.0]),
    st.booleans(),
    st.booleans(),
)
SCHEDULES = st.integers(1, 5).flatmap(
    lambda rounds: st.builds(
        Schedule,
        st.lists(st.sampled_from(IMPACTS), min_size=rounds, max_size=rounds),
        st.lists(st.integers(1, 2), min_size=rounds, max_size=rounds),
        st.lists(st.sampled_from([True, False, None, None]), min_size=rounds, max_size=rounds),
        st.sampled_from([0.0, 10.0, 100.0]),
        st.lists(ACTS, max_size=8),
        st.lists(LIVES, max_size=4),
    )
)


class Server(MemoryStore):
    """Something may happen when it has taken a decision of which the log does not know yet."""

    def __init__(self, happen: Callable[[int, str], None]) -> None:
        super().__init__()
        self._happen = happen

    def submit(self, *acts: Commit | Turn) -> tuple[int, ...]:
        revisions = super().submit(*acts)
        for act in acts:
            if isinstance(act, Turn) and act.closed:
                self._happen(act.round, "settled")
        return revisions


@dataclass
class World:
    """A run's directory and server through all its lives, and what was executed in them."""

    schedule: Schedule
    folder: Path
    limit: float
    store: Server = field(init=False)
    snapshots: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    left: list[Act] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = Server(self._happen)

    @property
    def log(self) -> Path:
        return self.folder / "events.log"

    def live(self, life: Life | None) -> None:
        """Run from wherever the directory says until the end, or until the runner is killed."""
        at = (segment_ends(self.log) or [0])[-1] if self.log.exists() else None
        snapshot = self.snapshots[-1] if life and life.from_snapshot and self.snapshots else None
        start = snapshot[0] if snapshot else 0
        script = Script(self.log, start=start) if snapshot or at else None
        with EventLog(self.log, at=at) as log:
            leader = Board(self.store).lead(
                log=log,
                approval=Approval(self.limit, within_s=0.0, approver=self._approver),
                script=script,
                floor=Floor(100 if life else 0),
                takes_over=True,
            )
            if snapshot:
                leader.restore(snapshot[1])
            else:
                leader.welcome("voter", VOTERS)
            while leader.round < len(self.schedule.impacts):
                self._round(leader)
                if not leader.is_rehearsing:
                    self.snapshots.append((log.position, leader.state()))
                self._happen(leader.round, "ended")

    def _round(self, leader: Leader) -> None:
        """Two stages: one opens a proposal, the other counts all that are open."""
        leader.begin_round()
        at = leader.round - 1
        terms = Proposal(
            impact=self.schedule.impacts[at], deadline_rounds=self.schedule.deadlines[at]
        )
        leader.commit(leader.begin([terms]))
        self._happen(leader.round, "opened")
        leader.close()
        draft = leader.begin()
        for number, name in enumerate(list(leader.replica.open)):
            # A proposal of two rounds is undecided in its first.
            is_last = leader.replica.open[name].opened.deadline_round == leader.round
            choice = 0 if is_last or number else ABSTAINED
            draft.add(np.arange(VOTERS, dtype=np.uint32), _ballots(name, choice))
        leader.commit(draft)
        self._happen(leader.round, "voted")
        closed = leader.close(counts=True)
        if not leader.is_rehearsing:
            self._execute(closed.decisions)
        self._happen(leader.round, "closed")
        leader.end_round()

    def _execute(self, decisions: Sequence[Decided]) -> None:
        """Do what was decided, having looked whether it may be done."""
        for decided in decisions:
            impact = self.schedule.impacts[_round_of(decided.proposal) - 1]
            if decided.outcome != "accepted" or impact is None or abs(impact) <= self.limit:
                continue
            answer = first_answers(read_log(self.log)).get(decided.proposal)
            assert answer, f"{decided.proposal} was executed without an answer on record"
            assert (answer.answer, answer.by) == ("approve", decided.by)

    def _approver(self, proposal: OpenProposal) -> bool | None:
        """Answer in the runner's own process; what was scheduled for the wait comes first."""
        self._happen(_round_of(proposal.id), "asked")
        return self.schedule.says[_round_of(proposal.id) - 1]

    def _happen(self, round: int, moment: str) -> None:
        for act in [a for a in self.left if (a.round, a.moment) == (round, moment)]:
            self.left.remove(act)
            if act.what == "kill":
                raise Killed
            meta = self.store.meta()
            name = {"early": f"{round + 1}.1.{VOTERS}.0", "late": f"{round - 1}.1.{VOTERS}.0"}
            target = name.get(act.what, f"{round}.1.{VOTERS}.0")
            said: Any = "veto" if act.what == "veto" else "approve"
            body = frame([encode(Answered(INPUT, 0, 0, target, said, act.what))])
            self.store.submit(Commit(f"person-{meta.rev}", 1, None, None, 0, body))

    def go_on(self, life: Life) -> None:
        """Prepare for the next runner: the server may be gone, or the run forked."""
        if life.is_fork:
            self._fork(life)
        elif not life.has_server:
            self.store = Server(self._happen)

    def _fork(self, life: Life) -> None:
        if not self.log.exists():
            return
        target = self.folder / f"fork-{len(list(self.folder.iterdir()))}"
        target.mkdir()
        end = 8
        for number, records in read_rounds(self.log):
            if number > life.fork_round or records[-1].__class__.__name__ != "Ended":
                break
            end = _end_of(self.log, number)
        shutil.copyfile(self.log, target / "events.log")
        with (target / "events.log").open("r+b") as file:
            file.truncate(end)
        self.snapshots = [(at, state) for at, state in self.snapshots if at <= end]
        self.folder, self.limit, self.store = target, life.limit, Server(self._happen)


def _round_of(proposal: str) -> int:
    return int(proposal.split(".")[0])


def _ballots(name: str, choice: int) -> VoteBlock:
    return VoteBlock(np.full(VOTERS, choice, np.uint8), name)


def _end_of(log: Path, round: int) -> int:
    """Return where the last segment of a round ends."""
    end = 8
    for after in segment_ends(log):
        last = [number for number, _ in read_rounds(log, start=end)][:1]
        if last and last[0] > round:
            break
        end = after
    return end


@pytest.mark.slow
@settings(max_examples=1000)
@given(SCHEDULES)
def test_nothing_above_the_limit_is_executed_without_a_recorded_yes(schedule: Schedule) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(schedule, Path(folder), schedule.limit, left=list(schedule.acts))
        lives: list[Life | None] = [None, *schedule.lives]

        for life in lives:
            if life:
                world.go_on(life)
            try:
                world.live(life)
            except Killed:
                continue

        records: list[Record] = [*read_log(world.log)] if world.log.exists() else []
        in_order(records)


def first_answers(records: Iterable[Record]) -> dict[str, Answered]:
    """Return the first answer to each proposal that was given while it was open."""
    is_open, first = set(), {}
    for record in records:
        if isinstance(record, Opened):
            is_open.add(record.proposal)
        elif isinstance(record, Answered) and record.proposal in is_open:
            first.setdefault(record.proposal, record)
        elif isinstance(record, Decided):
            is_open.discard(record.proposal)
    return first


def in_order(records: Sequence[Record]) -> None:
    """Every decision in a person's name stands behind that person's answer, the first one."""
    for at, record in enumerate(records):
        if isinstance(record, Decided) and record.by is not None:
            answer = first_answers(records[:at])[record.proposal]
            outcome = {"approve": "accepted", "veto": "vetoed"}[answer.answer]
            assert (record.outcome, record.by) == (outcome, answer.by or "nobody in time")
