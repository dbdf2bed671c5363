"""A small run to act on: a leader, seven nodes, and an outsider's board on the same store."""

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blackboard import (
    ABSTAINED,
    NO_BALLOT,
    Board,
    Claim,
    ClosedStage,
    EventLog,
    Granted,
    InstantLeader,
    Leader,
    Proposal,
    Script,
    Vote,
    VoteBlock,
    segment_ends,
    threshold,
)
from blackboard.memory_store import MemoryStore
from blackboard.records import indices
from blackboard.store import Store
from blackboard.worker import Worker

type Beside = Callable[[Store], Store]
type Acts = dict[int, Any]

KINDS = {"bid": ("price", "amount")}
NODES = 7


class Table:
    """A run of a few nodes, and an outsider's board on the same store."""

    def __init__(self, store: Store, other: Store, **options: Any) -> None:
        self.board = Board(store, kinds=KINDS)
        self.leader: Leader = self.board.lead(**options)
        self.leader.welcome("node", NODES)
        self.outsider = Board(other, kinds=KINDS)
        self._other = other
        self.nodes = np.arange(NODES, dtype=np.uint32)

    def begin(self, *proposals: Proposal) -> Any:
        """Begin the next round's first stage, where others can see it."""
        self.leader.begin_round()
        draft = self.leader.begin(proposals)
        self.leader.announce()
        return draft

    def vote(
        self, choices: str, *proposals: Proposal, name: str | None = None, **close: Any
    ) -> ClosedStage:
        """Run a round of one stage in which nodes vote: `y`, `n`, `a`, or `.` for nothing."""
        draft = self.begin(*proposals)
        draft.add(self.nodes[: len(choices)], self.ballots(choices, name))
        self.leader.commit(draft)
        closed = self.leader.close(counts=True, **close)
        self.leader.end_round()
        return closed

    def worker(self, name: str) -> Worker:
        """Return a worker on the same run, as another process has it."""
        return Board(self._other, kinds=KINDS).work(name)

    @staticmethod
    def ballots(choices: str, name: str | None = None) -> VoteBlock:
        """Return ballots as columns: `y`, `n`, `a`, `.` for nothing, or an option's number."""
        codes = {"y": 0, "n": 1, "a": ABSTAINED, ".": NO_BALLOT}
        numbers = [int(c) if c.isdigit() else codes[c] for c in choices]
        return VoteBlock(np.array(numbers, np.uint8), name)

    @staticmethod
    def causes(closed: ClosedStage, proposal: str) -> dict[str, list[int]]:
        """Return who abstained in a vote, by cause."""
        found = (r for r in closed.abstained if r.proposal == proposal)
        return {record.cause: indices(record.agents).tolist() for record in found}


class Clock:
    """A run of seven nodes in simulated time, in which agents act instant by instant."""

    def __init__(self, leader: InstantLeader, outsider: Board) -> None:
        self.leader, self.outsider = leader, outsider

    def at(
        self, at_s: float, acts: Acts | None = None, *proposals: Proposal, **close: Any
    ) -> ClosedStage:
        """Run an instant of one stage."""
        self.leader.begin_instant(at_s)
        closed = self.stage(acts or {}, *proposals, **close)
        self.leader.end_round()
        return closed

    def stage(
        self, acts: Acts, *proposals: Proposal, votes: bool = True, **close: Any
    ) -> ClosedStage:
        """Run a stage in which agents act, each with one action or a list of them."""
        draft = self.leader.begin(proposals)
        for agent, action in acts.items():
            for one in action if isinstance(action, list) else [action]:
                draft.act(agent, one)
        self.leader.commit(draft)
        return self.leader.close(counts=votes, **close)

    def hear(self, at_s: float, acts: Acts | None = None, *, votes: bool = True) -> ClosedStage:
        """Run an instant of one stage that reads what outsiders have written."""
        self.leader.begin_instant(at_s)
        self.leader.listen(0.0)
        closed = self.stage(acts or {}, votes=votes)
        self.leader.end_round()
        return closed

    def seated(self, name: str) -> list[int]:
        """Return who sits on a panel, in the order of the claims."""
        found = self.leader.replica.open[name].panel
        assert found
        return found.members

    @staticmethod
    def claims(item: str, *agents: int) -> Acts:
        """Have agents claim an item, or a seat."""
        return dict.fromkeys(agents, Claim(item))

    @staticmethod
    def yes(item: str, *agents: int) -> Acts:
        """Have agents approve."""
        return dict.fromkeys(agents, Vote("approve", item))

    @staticmethod
    def no(item: str, *agents: int) -> Acts:
        """Have agents reject."""
        return dict.fromkeys(agents, Vote("reject", item))

    @staticmethod
    def granted(closed: ClosedStage) -> dict[int, bool]:
        """Return whose request was granted."""
        return {r.agent: r.granted for r in closed.records if isinstance(r, Granted)}

    @staticmethod
    def outcomes(closed: ClosedStage) -> list[tuple[str, str]]:
        """Return what was decided, and how."""
        return [(decided.proposal, decided.outcome) for decided in closed.decisions]


@pytest.fixture
def new_clock(store: Store, beside: Beside) -> Callable[..., Clock]:
    """Make a run in simulated time with options of its leader."""

    def new_clock(**options: Any) -> Clock:
        terms = {"rule": threshold(60), "kind": InstantLeader} | options
        leader = Board(store, kinds=KINDS).lead(**terms)
        assert isinstance(leader, InstantLeader)
        leader.welcome("node", NODES)
        return Clock(leader, Board(beside(store), kinds=KINDS))

    return new_clock


@pytest.fixture
def clock(new_clock: Callable[..., Clock]) -> Clock:
    """The run in simulated time as it is by default."""
    return new_clock()


@pytest.fixture
def clock_of() -> Callable[[InstantLeader], Clock]:
    """Drive a leader that a test has made."""
    return lambda leader: Clock(leader, Board(MemoryStore()))


@pytest.fixture
def new_table(store: Store, beside: Beside) -> Callable[..., Table]:
    """Make the run with options of its leader."""
    return lambda **options: Table(store, beside(store), **options)


@pytest.fixture
def table(new_table: Callable[..., Table]) -> Table:
    """The run as it is by default."""
    return new_table()


@pytest.fixture(scope="session")
def state() -> Callable[..., dict[str, Any]]:
    """Everything a replica says of a board, as plain values."""
    path = Path(__file__).with_name("board_state.py")
    found: Callable[..., dict[str, Any]] = runpy.run_path(str(path))["state"]
    return found


@pytest.fixture
def lead() -> Iterator[Callable[..., Leader]]:
    """Lead a run, or go on with it where a log is there already."""
    logs: list[EventLog] = []

    def lead(
        store: Store, log: Path, *, state: Any = None, start: int = 0, **options: Any
    ) -> Leader:
        for before in logs:
            before.close()  # as the death of their process does
        ends = segment_ends(log) if log.exists() else []
        logs.append(EventLog(log, at=ends[-1] if ends else None))
        script = Script(log, start=start) if ends else None
        leader = Board(store, kinds={"bid": ("price",)}).lead(
            log=logs[-1], script=script, **options
        )
        if state:
            leader.restore(state)
        return leader

    yield lead
    for log in logs:
        log.close()
