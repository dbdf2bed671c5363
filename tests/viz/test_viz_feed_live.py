"""A run that goes on is followed from outside: what is seen equals what its log tells later."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from blackboard import NO_BALLOT, Board, Proposal, VoteBlock
from tests.viz.gated import assert_equal, gated_run, until
from viz.feed import LiveRun, PastRun


class Clock:
    """Time that goes on by a second a look."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 0.4
        return self.now_s


@pytest.fixture
def follow() -> Iterator[Callable[[Path], LiveRun]]:
    """Follow the runs of a test, and let go of their boards."""
    followed: list[LiveRun] = []

    def open_run(path: Path) -> LiveRun:
        url = json.loads((path / "board.json").read_text())["url"]
        run_id = json.loads((path / "config.json").read_text())["run_id"]
        followed.append(LiveRun(url, run_id, path=path, clock=Clock()))
        return followed[-1]

    yield open_run
    for live in followed:
        live.close()


def number(live: LiveRun) -> int:
    return live.latest.number if live.latest else 0


def test_what_was_seen_live_equals_what_the_log_tells(
    tmp_path: Path, follow: Callable[[Path], LiveRun]
) -> None:
    out, seen = tmp_path / "run", {}

    with gated_run(out, agents=40, rounds=8, confident=True) as gate:
        live = follow(out)
        for round in range(1, 7):
            gate.let(round)
            until(lambda r=round: live.moments >= r - 1, live.poll)  # type: ignore[misc]
            seen |= {moment.number: moment for moment in live.moments_since(round - 2)}

    past = PastRun(out)
    assert past.wait(20)
    assert set(seen) >= {1, 2, 3, 4, 5}
    for moment in seen.values():
        assert_equal(moment, past.moment(moment.number))


def test_who_comes_late_knows_all_that_was_before(
    tmp_path: Path, follow: Callable[[Path], LiveRun]
) -> None:
    out = tmp_path / "run"

    with gated_run(out, agents=10, rounds=40, snapshot_every=5) as gate:
        gate.let(32)
        live = follow(out)
        until(lambda: live.moments >= 31, live.poll)
        first = live.moment(1)
        counts = live.moments_since(30)[0].counts

    past = PastRun(out)
    assert past.wait(20)
    assert first.vote is not None
    assert past.moment(1).vote is not None
    assert counts == past.moment(31).counts


def test_of_a_sealed_vote_only_the_number_of_ballots_is_seen(tmp_path: Path) -> None:
    with Board.open() as board:
        leader = board.lead("r1")
        agents = leader.welcome("citizen", 9)
        leader.begin_round()
        draft = leader.begin([Proposal()])
        leader.announce()
        crowd = np.arange(agents, agents + 9, dtype=np.uint32)
        live = LiveRun(board.url, "run", clock=Clock())
        until(lambda: live.latest and live.latest.vote, live.poll)
        none_yet = live.latest

        draft.add(crowd[:6], VoteBlock(np.zeros(6, np.uint8)))
        leader.commit(draft)
        until(lambda: live.latest and live.latest.vote and live.latest.vote.cast, live.poll)
        hidden = live.latest
        leader.close(counts=True)
        leader.end_round()
        leader.begin_round()
        leader.announce()
        until(lambda: live.moments, live.poll)
        shown = live.moment(1)
        live.close()

    for moment, cast in ((none_yet, 0), (hidden, 6)):
        assert moment is not None
        assert moment.vote is not None
        assert (moment.vote.is_sealed, moment.vote.cast) == (True, cast)
        assert set(moment.vote.choices.tolist()) == {NO_BALLOT}
        assert moment.vote.weights == {"approve": 0, "reject": 0}
    assert shown.vote is not None
    assert shown.vote.weights == {"approve": 6, "reject": 0}


def test_a_run_that_is_paused_says_so(tmp_path: Path, follow: Callable[[Path], LiveRun]) -> None:
    out = tmp_path / "run"

    with gated_run(out, agents=5, rounds=200) as gate:
        gate.let(2)
        live = follow(out)
        until(lambda: number(live) >= 1, live.poll)
        with Board.open(live.url, run=live.run_id) as person:
            person.command("pause", by="Ada")
            gate.open()
            until(lambda: live.status == "paused", live.poll)
            paused = live.latest
            person.command("unpause", by="Ada")
            until(lambda: live.status != "paused", live.poll)

    assert paused is not None
    assert paused.status == "paused"


def test_a_run_that_ended_is_known_to_its_last_moment(
    tmp_path: Path, follow: Callable[[Path], LiveRun]
) -> None:
    out = tmp_path / "run"

    with gated_run(out, agents=5, rounds=6) as gate:
        live = follow(out)
        gate.let(2)
        until(lambda: number(live) >= 1, live.poll)
    until(lambda: live.has_ended, live.poll)

    past = PastRun(out)
    assert past.wait(20)
    assert live.latest is not None
    assert past.latest is not None
    assert (live.latest.status, live.latest.number) == ("done", 6)
    assert live.latest.counts == past.latest.counts
    assert live.numbers.tolist() == past.numbers.tolist()


def test_a_board_whose_server_was_killed_is_found_again(
    tmp_path: Path, follow: Callable[[Path], LiveRun]
) -> None:
    out, states = tmp_path / "run", []

    with gated_run(out, agents=5, rounds=30) as gate:
        gate.let(3)
        live = follow(out)
        until(lambda: number(live) >= 2, live.poll)
        before = live.url
        os.kill(json.loads((out / "board.json").read_text())["pid"], signal.SIGKILL)
        until(lambda: live.status == "lost", live.poll)
        states.append((live.error, live.latest and live.latest.status))
        gate.let(9)
        until(lambda: number(live) >= 8, live.poll)
        states.append((live.error, live.latest and live.latest.status))
        numbers = live.numbers.tolist()

    [(why, lost), (none, running)] = states
    assert why is not None
    assert "does not answer" in why
    assert (lost, none, running) == ("lost", None, "running")
    assert live.url != before
    assert numbers[:8] == list(range(1, 9))


def test_a_run_whose_runner_died_is_lost(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"run_id": "r", "scenario": "opinions"}')

    live = LiveRun(f"unix://{tmp_path}/none", "r", path=tmp_path, clock=Clock())
    until(lambda: live.status == "lost", live.poll)

    assert live.error is not None
    assert "swarmboard resume" in live.error
    assert live.latest is None


@pytest.mark.parametrize(("work_s", "pause_s"), [(0.001, 0.5), (0.08, 1.0), (9.0, 2.0)])
def test_looking_again_waits_with_the_work_it_takes(
    tmp_path: Path, work_s: float, pause_s: float
) -> None:
    effort = iter([0.0, work_s, 2 * work_s, 3 * work_s])
    url = f"unix://{tmp_path}/none"
    live = LiveRun(url, "r", clock=lambda: 7.0, effort=lambda: next(effort))

    live.poll()

    assert live.status == "lost"
    assert live.due_at == pytest.approx(7.0 + pause_s)


def test_a_board_that_is_gone_is_named_without_its_password() -> None:
    run = LiveRun("redis://:s3cret@127.0.0.1:1/2", "run")

    run.poll()
    run.close()

    assert run.status == "lost"
    assert str(run.error).startswith("the board at redis://127.0.0.1:1/2 is gone")
