"""Digest and log do not depend on the store, on how agents are cut into workers, or on timing."""

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from blackboard import (
    ABSTAINED,
    NO_BALLOT,
    Board,
    Claim,
    Decided,
    EventLog,
    Leader,
    Leave,
    Post,
    PostBlock,
    Proposal,
    SetField,
    VoteBlock,
    plurality,
    read_log,
    threshold,
)
from blackboard.digest import Digest
from blackboard.memory_store import MemoryStore
from blackboard.records import Ballots, Closed
from blackboard.store import Store

type Beside = Callable[[Store], Store]

REPOSITORY = Path(__file__).resolve().parents[2]
STATE = Path(__file__).with_name("board_state.py")
state: Callable[..., dict[str, Any]] = runpy.run_path(str(STATE))["state"]
KINDS = {"bid": ("price", "amount")}
AGENTS = 37
ROUNDS = 4
CUTS = {
    "one": [AGENTS],
    "two": [5, AGENTS],
    "three": [11, 12, AGENTS],
    "five": [3, 9, 10, 31, AGENTS],
}


def act(agents: range, view: Any, draft: Any) -> None:
    """Let agents do a bit of everything, depending on all they see."""
    everyone = np.arange(AGENTS)
    dice = np.random.default_rng([view.round, view.stage]).random((AGENTS, 4))
    mine = slice(agents.start, agents.stop)
    members = everyone[mine].astype(np.uint32)
    seen = view.entries()
    trend = float(view.column("bid", "price").sum()) if view.rows("bid") else 0.0
    columns = {"price": trend / 100 + dice[mine, 0], "amount": dice[mine, 1]}
    draft.add(members, PostBlock("bid", columns))
    for trial in view.proposals:
        options = len(trial.options)
        choices = (dice[mine, 2] * (options + 1)).astype(np.uint8)
        choices[choices == options] = ABSTAINED
        choices[(members * 7 + view.round) % 5 == 0] = NO_BALLOT
        choices[~np.isin(members, trial.seats.agents)] = NO_BALLOT
        draft.add(members, VoteBlock(choices, trial.id, None, dice[mine, 3], dice[mine, 1]))
    for agent in agents:
        if agent in view._replica.left:
            continue
        luck = float(dice[agent, 3])
        if luck < 0.3:
            last = seen[-1].id if seen else ""
            payload = {"saw": len(seen), "last": last, "tags": {"b", "a"}, "x": np.ones(2)}
            draft.act(agent, Post("note", payload, confidence=1, reasons=("r",)))
        if luck < 0.1:
            draft.act(agent, Post("note", {"psst": luck}, to=(agent + 1) % AGENTS))
        if 0.3 < luck < 0.6:
            draft.act(agent, Claim(f"item-{int(luck * 100) % 4}"))
        if luck > 0.8:
            draft.act(agent, SetField("best", luck, expected=view.revision("best")))
        if 0.7 < luck < 0.75:
            draft.abstain(np.array([agent], np.uint32), "error")
        if luck > 0.95 and view.round == 2:
            draft.act(agent, Leave())
        if 0.6 < luck < 0.65:
            colours = ("red", "green", "blue")
            rule = plurality() if agent % 2 else None
            draft.act(agent, Proposal(options=colours, rule=rule, deadline_rounds=2))


def play(store: Store, beside: Beside, log: Path, ends: list[int], *, order: int = 0) -> Leader:
    """Run some rounds, with agents cut into ranges that end at `ends`, one process each."""
    starts = [0, *ends[:-1]]
    mine, *others = [range(a, b) for a, b in zip(starts, ends, strict=True)]
    board = Board(store, kinds=KINDS)
    leader = board.lead("runner", rule=threshold(60), sealed=False, log=EventLog(log))
    names = [f"w{at}" for at in range(len(others))]
    workers = [Board(beside(store), kinds=KINDS).work(name) for name in names]
    turns = np.random.default_rng(order).permuted(np.tile(range(len(workers)), (100, 1)), axis=1)
    leader.welcome("node", AGENTS)
    for round in range(1, ROUNDS + 1):
        leader.begin_round()
        for stage in (1, 2, 3):
            proposals = [Proposal(deadline_rounds=2, sealed=True)] if stage == 2 else []
            draft = leader.begin(proposals)
            leader.announce()
            act(mine, leader.view(), draft)
            for late, at in enumerate(turns[round * 3 + stage].tolist()):
                if late == 1:
                    leader.commit(draft)
                view = workers[at].next_stage(timeout_s=10)
                assert view is not None
                assert state(workers[at].replica) == state(leader.replica)
                work = workers[at].draft()
                act(others[at], view, work)
                workers[at].commit(work)
            if len(others) < 2:
                leader.commit(draft)
            assert leader.gather(dict.fromkeys(names, range(0)), timeout_s=10) == set()
            leader.close(counts=stage == 3)
        leader.record("round", {"cost": round / 3})
        leader.end_round()
    leader.finish("done")
    assert leader.history.log is not None
    leader.history.log.close()
    assert {worker.next_stage(timeout_s=10) for worker in workers} <= {None}
    return leader


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes]:
    """The digest and log of the run in memory with one worker."""
    log = tmp_path_factory.mktemp("single") / "events.log"
    leader = play(MemoryStore(), lambda store: store, log, CUTS["one"])
    return leader.digest.hex, log.read_bytes()


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("cut", CUTS)
def test_digest_and_log_do_not_depend_on_store_cut_or_order(
    store: Store, beside: Beside, tmp_path: Path, single: tuple[str, bytes], cut: str, order: int
) -> None:
    leader = play(store, beside, tmp_path / "events.log", CUTS[cut], order=order)

    assert leader.digest.hex == single[0]
    assert (tmp_path / "events.log").read_bytes() == single[1]


def test_the_run_that_is_compared_has_a_bit_of_everything(
    tmp_path: Path, single: tuple[str, bytes]
) -> None:
    (tmp_path / "log").write_bytes(single[1])
    records = list(read_log(tmp_path / "log"))

    names = {type(record).__name__ for record in records}
    assert names >= {"Posts", "Entries", "Ballots", "Abstained", "Requested", "Granted", "Left"}
    outcomes = {record.outcome for record in records if isinstance(record, Decided)}
    assert len(outcomes) >= 2
    assert sum(isinstance(record, Closed) for record in records) == 3 * ROUNDS


def test_a_follower_in_another_process_sees_the_same_board(
    store: Store, beside: Beside, tmp_path: Path
) -> None:
    if store.kind == "memory":
        pytest.skip("memory is of one process")
    leader = play(store, beside, tmp_path / "log", CUTS["three"])

    answer = subprocess.run(
        [sys.executable, str(STATE), store.url, store.run],  # type: ignore[attr-defined]
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        check=True,
        text=True,
    )

    assert json.loads(answer.stdout) == json.loads(json.dumps(state(leader.replica)))


def test_one_altered_ballot_gives_another_digest(tmp_path: Path, single: tuple[str, bytes]) -> None:
    (tmp_path / "log").write_bytes(single[1])
    records = list(read_log(tmp_path / "log"))
    at = next(i for i, r in enumerate(records) if isinstance(r, Ballots) and 0 in r.choices)
    ballot = records[at]
    assert isinstance(ballot, Ballots)
    altered = structs.replace(ballot, choices=ballot.choices.replace(b"\x00", b"\x01", 1))

    as_it_was, changed = Digest(), Digest()
    as_it_was.add(records)
    changed.add([*records[:at], altered, *records[at + 1 :]])

    assert as_it_was.close_round() != changed.close_round()
