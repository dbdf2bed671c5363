"""Random sequences of acts on every store do what a few plain dictionaries say they should."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from blackboard import (
    BallotRefused,
    FieldConflict,
    LeaseLost,
    Moved,
    NotOpen,
    OutOfOrder,
    Refused,
    WrongStage,
)
from blackboard.bitmaps import bitmap, members
from blackboard.store import INLINE_BYTES, Commit, Store, Turn

PROPOSALS = ("p", "q", "r")
WRITERS = ("one", "two", "three")
RUNNERS = ("red", "green")
NAMES = st.sampled_from(PROPOSALS)
AGENTS = st.frozensets(st.integers(0, 20), max_size=5)
OFFSET = st.sampled_from([0, 0, 0, 0, 1, -1])
SEQ = st.sampled_from([1, 1, 1, 1, 0, -1])
SIZE = st.sampled_from([0, 1, 9, INLINE_BYTES + 1])


class Model:
    """What a store should hold."""

    def __init__(self) -> None:
        self.rev = self.epoch = self.round = self.stage = self.agents = 0
        self.status, self.holder = "new", ""
        self.bodies: list[bytes] = []
        self.open: set[str] = set()
        self.voted: dict[tuple[str, int], frozenset[int]] = {}
        self.fields: dict[str, int] = {}
        self.seqs: dict[str, int] = {}
        self.answers: dict[str, int] = {}

    def repeated(self, writer: str, seq: int) -> type[Refused] | int | None:
        last = self.seqs.get(writer, 0)
        if writer not in self.answers or seq > last:
            return None
        return OutOfOrder if seq < last else self.answers[writer]

    def take(self, writer: str, seq: int, body: bytes, answer: int | None = None) -> int:
        self.rev += 1
        self.bodies.append(body)
        self.seqs[writer] = seq
        self.answers[writer] = self.rev if answer is None else answer
        return self.answers[writer]

    def commit(self, act: Commit, votes: dict[str, frozenset[int]]) -> type[Refused] | int:
        if (known := self.repeated(act.writer, act.seq)) is not None:
            return known
        if act.epoch is not None and not 0 < act.epoch == self.epoch:
            return LeaseLost
        if act.round != self.round or (act.epoch is not None and act.stage != self.stage):
            return WrongStage
        for name, agents in votes.items():
            if name not in self.open:
                return NotOpen
            if agents & self.voted.get((name, act.round), frozenset()):
                return BallotRefused
        for name, agents in votes.items():
            key = (name, act.round)
            self.voted[key] = self.voted.get(key, frozenset()) | agents
        return self.take(act.writer, act.seq, act.body)

    def turn(self, act: Turn) -> type[Refused] | int:
        if (known := self.repeated(f"turn {act.writer}", act.seq)) is not None:
            return known
        if not 0 < act.epoch == self.epoch:
            return LeaseLost
        if act.seen is not None and act.seen != self.rev:
            return Moved
        if not set(act.closed) <= self.open:
            return NotOpen
        self.open = (self.open - set(act.closed)) | set(act.opened)
        self.fields.update(act.fields)
        for key in act.forget:
            self.voted.pop(key, None)
        self.round, self.stage, self.status = act.round, act.stage, act.status
        self.agents = max(self.agents, act.agents)
        return self.take(f"turn {act.writer}", act.seq, act.body)

    def set_field(self, writer: str, seq: int, key: str, expected: int | None) -> Any:
        if (known := self.repeated(writer, seq)) is not None:
            return known
        current = self.fields.get(key, 0)
        if expected is not None and expected != current:
            return FieldConflict
        self.fields[key] = current + 1
        return self.take(writer, seq, key.encode(), current + 1)


class BoardMachine(RuleBasedStateMachine):
    """Does the same to a store and to the model, and compares what both say."""

    new_store: Callable[[], Store]

    def __init__(self) -> None:
        super().__init__()
        self.store = type(self).new_store()
        self.model = Model()

    def teardown(self) -> None:
        self.store.close()

    def agree(self, expected: type[Refused] | int, act: Callable[[], Any]) -> None:
        try:
            answer = act()
        except Refused as refused:
            answer = type(refused)
        assert answer == expected

    def next_seq(self, writer: str, offset: int) -> int:
        return max(0, self.model.seqs.get(writer, 0) + offset)

    @rule(
        writer=st.sampled_from(WRITERS),
        seq=SEQ,
        epoch=st.none() | OFFSET,
        round=OFFSET,
        stage=OFFSET,
        size=SIZE,
        votes=st.dictionaries(NAMES, AGENTS, max_size=2),
    )
    def commit(
        self,
        writer: str,
        seq: int,
        epoch: int | None,
        round: int,
        stage: int,
        size: int,
        votes: dict[str, frozenset[int]],
    ) -> None:
        act = Commit(
            writer,
            self.next_seq(writer, seq),
            None if epoch is None else self.model.epoch + epoch,
            max(0, self.model.round + round),
            max(0, self.model.stage + stage),
            bytes(size),
            tuple((n, bitmap(np.array(sorted(a), np.uint32))) for n, a in votes.items()),
        )
        self.agree(self.model.commit(act, votes), lambda: self.store.submit(act)[0])

    @rule(
        seq=SEQ,
        epoch=OFFSET,
        seen=st.none() | OFFSET,
        round=st.sampled_from([0, 0, 1]),
        stage=st.integers(0, 2),
        agents=st.integers(0, 9),
        size=SIZE,
        opened=st.frozensets(NAMES, max_size=2),
        closed=st.frozensets(NAMES, max_size=1),
        field=st.none() | st.integers(1, 9),
        forget=st.frozensets(st.tuples(NAMES, st.integers(0, 2)), max_size=1),
    )
    def turn(
        self,
        seq: int,
        epoch: int,
        seen: int | None,
        round: int,
        stage: int,
        agents: int,
        size: int,
        opened: frozenset[str],
        closed: frozenset[str],
        field: int | None,
        forget: frozenset[tuple[str, int]],
    ) -> None:
        act = Turn(
            "leader",
            self.next_seq("turn leader", seq),
            self.model.epoch + epoch,
            None if seen is None else self.model.rev + seen,
            self.model.round + round,
            stage,
            "running",
            agents,
            bytes(size),
            tuple(opened),
            tuple(closed),
            () if field is None else (("k", field),),
            tuple(forget),
        )
        self.agree(self.model.turn(act), lambda: self.store.submit(act)[0])

    @rule(writer=st.sampled_from(WRITERS), seq=SEQ)
    def join(self, writer: str, seq: int) -> None:
        number = self.next_seq(writer, seq)
        expected = self.model.repeated(writer, number)
        if expected is None:
            expected = self.model.take(writer, number, b"joined", self.model.agents)
            self.model.agents += 1
        self.agree(expected, lambda: self.store.join(writer, number, role="r", name="n"))

    @rule(writer=st.sampled_from(WRITERS), seq=SEQ, expected=st.none() | OFFSET)
    def set_field(self, writer: str, seq: int, expected: int | None) -> None:
        number = self.next_seq(writer, seq)
        wanted = None if expected is None else max(0, self.model.fields.get("k", 0) + expected)
        self.agree(
            self.model.set_field(writer, number, "k", wanted),
            lambda: self.store.set_field(writer, number, key="k", expected=wanted, body=b"k"),
        )

    @rule(runner=st.sampled_from(RUNNERS))
    def lease(self, runner: str) -> None:
        if not self.model.holder:
            self.model.holder, self.model.epoch = runner, self.model.epoch + 1

        assert self.store.lease(runner, ttl_ms=60_000) == (self.model.holder, self.model.epoch)

    @rule(runner=st.sampled_from(RUNNERS))
    def release(self, runner: str) -> None:
        if self.model.holder == runner:
            self.model.holder = ""
        self.store.release(runner)

    @invariant()
    def the_run_stands_where_the_model_does(self) -> None:
        meta, model = self.store.meta(), self.model

        assert (meta.rev, meta.epoch, meta.round, meta.stage, meta.status, meta.agents) == (
            model.rev,
            model.epoch,
            model.round,
            model.stage,
            model.status,
            model.agents,
        )

    @invariant()
    def ballots_are_those_of_the_model(self) -> None:
        for name in PROPOSALS:
            expected = self.model.voted.get((name, self.model.round), frozenset())
            assert members(self.store.voted(name, self.model.round)) == tuple(sorted(expected))

    @invariant()
    def events_are_what_was_taken(self) -> None:
        bodies = [event.body for event in self.store.read(0)]

        assert [event.rev for event in self.store.read(0)] == list(range(1, self.model.rev + 1))
        for body, expected in zip(bodies, self.model.bodies, strict=True):
            assert expected == b"joined" or body == expected


def test_random_acts_do_what_the_model_says(new_store: Callable[[], Store]) -> None:
    class Machine(BoardMachine):
        pass

    Machine.new_store = staticmethod(new_store)
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=60, stateful_step_count=30, deadline=None)
    )
