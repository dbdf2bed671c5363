"""Lost replies lose and double no ballot: many voters through a proxy that drops what it likes."""

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blackboard import Board, Decided, EventLog, Proposal, Vote, plurality, read_log
from blackboard.ballot_box import BallotBox
from blackboard.digest import Digest
from blackboard.log import read_segments
from blackboard.records import Ballots, unframe
from blackboard.redis_store import RedisStore
from blackboard.rules import NO_BALLOT
from blackboard.store import Commit
from swarmboard.proxy import Proxy

REPOSITORY = Path(__file__).resolve().parents[2]
VOTER = Path(__file__).with_name("lossy_voter.py")
AGENTS, PROCESSES, SHARE = (
    runpy.run_path(str(VOTER))[name] for name in ("AGENTS", "PROCESSES", "SHARE")
)


@pytest.fixture
def proxy(server_url: Callable[[str], str]) -> Iterator[Proxy]:
    """A proxy that drops the replies to 15 % of all writes to the bundled server."""
    with Proxy(server_url("valkey"), drop=0.15, only=b"FCALL", seed=7) as proxy:
        yield proxy


def vote_together(url: str, run: str) -> list[dict[str, Any]]:
    """Let all processes vote at the same time, and return what each was told."""
    processes = [
        subprocess.Popen(
            [sys.executable, str(VOTER), url, run, str(number)],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    answers = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES
    return [json.loads(answer) for answer in answers]


def test_through_lost_replies_there_is_one_decision_and_each_ballot_counts_once(
    proxy: Proxy, tmp_path: Path
) -> None:
    run = f"lossy-{os.getpid()}"
    log = EventLog(tmp_path / "events.log")
    with Board.open(proxy.url, run=run) as board:
        leader = board.lead(log=log)
        leader.welcome("node", AGENTS)
        leader.begin_round()
        leader.begin([Proposal(rule=plurality())])
        leader.announce()
        answers = vote_together(proxy.url, run)
        closed = leader.close(counts=True)
        leader.end_round()
        leader.finish("done")
    log.close()

    acknowledged = [
        (int(agent), choice) for answer in answers for agent, choice in answer["cast"].items()
    ]
    assert sorted(agent for agent, _ in acknowledged) == list(range(AGENTS))
    assert sum(answer["refused"] for answer in answers) == 2 * SHARE * PROCESSES - AGENTS
    [decided] = closed.decisions
    choices = [choice for _, choice in acknowledged]
    assert decided.weights == {name: choices.count(name) for name in ("approve", "reject")}
    assert closed.abstained == []
    assert proxy.dropped > PROCESSES

    records = list(read_log(tmp_path / "events.log"))
    assert [record for record in records if isinstance(record, Decided)] == [decided]
    box, seen = BallotBox(AGENTS), np.zeros(AGENTS, int)
    for record in records:
        if isinstance(record, Ballots):
            seen += np.frombuffer(record.choices, np.uint8) != NO_BALLOT
            box.take(record)
    assert seen.tolist() == [1] * AGENTS
    assert {agent: ("approve", "reject")[box.choices[agent]] for agent in range(AGENTS)} == dict(
        acknowledged
    )
    digest = Digest()
    for segment in read_segments(tmp_path / "events.log"):
        digest.add(unframe(segment))
        digest.close_round()
    assert digest.hex == leader.digest.hex


def test_a_leader_through_lost_replies_writes_everything_once(proxy: Proxy) -> None:
    run = f"lossy-leader-{os.getpid()}"
    with Board.open(proxy.url, run=run) as board:
        leader = board.lead()
        leader.welcome("node", 3)
        for _ in range(40):
            leader.begin_round()
            draft = leader.begin([Proposal()])
            for agent in range(3):
                draft.act(agent, Vote("approve"))
            leader.commit(draft)
            assert len(leader.close(counts=True).decisions) == 1
            leader.end_round()
        leader.finish("done")
        board.refresh()

        assert len(board.replica.decisions) == 40
        assert board.revision == board.store.meta().rev == leader.revision
    assert proxy.dropped > 10


def test_staged_bodies_through_lost_replies_stay_whole(proxy: Proxy) -> None:
    store = RedisStore(proxy.url, f"lossy-staged-{os.getpid()}")
    body = np.random.default_rng(1).bytes(50_000)

    revs = [
        store.submit(Commit("w", seq, None, 0, 0, body + bytes([seq])))[0] for seq in range(1, 61)
    ]

    assert revs == list(range(1, 61))
    bodies = [event.body for event in store.read(0)]
    assert bodies == [body + bytes([seq]) for seq in range(1, 61)]
    store.close()
    assert proxy.dropped > 3
