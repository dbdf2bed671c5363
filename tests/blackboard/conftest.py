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
    ClosedStage,
    EventLog,
    Leader,
    Proposal,
    Script,
    VoteBlock,
    segment_ends,
)
from blackboard.records import indices
from blackboard.store import Store
from blackboard.worker import Worker

type Beside = Callable[[Store], Store]

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
