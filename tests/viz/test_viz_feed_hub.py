"""One thread follows all runs of a process: shared by who looks, let go of when nobody does."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import swarmboard
from blackboard import segment_ends
from tests.viz.gated import PATIENCE_S, gated_run, until
from tests.viz.opinions import Opinions
from viz.feed import Feed, Hub


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    yield hub
    hub.close()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    swarmboard.run(Opinions, agents=8, rounds=5, out=tmp_path / "run", board="memory://")
    return tmp_path / "run"


async def next_change(feed: Feed, seen: int) -> int:
    return await feed.wait(PATIENCE_S, seen=seen)


def test_all_who_look_at_a_run_share_one_feed(hub: Hub, run: Path) -> None:
    first, second = hub.follow(run), hub.follow(str(run))

    assert first is second
    assert first.lookers == 2
    first.close()
    assert second.lookers == 1


def test_a_page_that_was_away_for_long_leaves_nothing_behind_when_it_closes(run: Path) -> None:
    hub = Hub(idle_s=0.05)
    feed = hub.follow(run)
    until(lambda: feed.latest is not None)
    feed.book.read_on(PATIENCE_S)
    first = feed.book

    until(lambda: not hub.awake)
    feed.close()
    again = hub.follow(run)

    assert again is not feed
    assert feed.book is not first
    hub.close()


def test_a_log_that_was_cut_is_read_anew_while_the_page_keeps_what_it_shows(
    hub: Hub, run: Path
) -> None:
    log = run / "events.log"
    feed = hub.follow(run)
    until(lambda: feed.status == "done")
    ends = segment_ends(log)

    log.write_bytes(log.read_bytes()[: ends[-2]])
    until(lambda: feed.numbers.tolist() == [1, 2, 3, 4], lambda: feed.latest)

    assert feed.error is None
    assert feed.latest is not None
    assert feed.latest.number == 4


def test_another_run_in_the_same_place_is_another_feed(hub: Hub, run: Path) -> None:
    first = hub.follow(run)
    until(lambda: first.status == "done")

    shutil.rmtree(run)
    until(lambda: first.is_gone, lambda: first.latest)
    swarmboard.run(Opinions, agents=4, rounds=2, out=run, board="memory://")
    second = hub.follow(run)
    until(lambda: second.status == "done")

    assert "was removed" in str(first.error)
    assert second is not first
    assert second.facts is not None
    assert (second.facts.agents, second.numbers.tolist(), second.error) == (4, [1, 2], None)


def test_a_run_that_ended_is_fed_from_its_log(hub: Hub, run: Path) -> None:
    feed = hub.follow(run)

    until(lambda: feed.status == "done")

    assert feed.latest is not None
    assert (feed.latest.number, feed.latest.status) == (5, "done")
    assert feed.numbers.tolist() == [1, 2, 3, 4, 5]
    assert [moment.number for moment in feed.moments_since(3)] == [4, 5]
    assert feed.moment(2).frame["leaning"].shape == (8,)
    assert feed.facts is not None
    assert (feed.facts.agents, feed.is_live, feed.error) == (8, False, None)


def test_a_coroutine_waits_for_what_is_new(hub: Hub, tmp_path: Path) -> None:
    out = tmp_path / "run"

    with gated_run(out, agents=8, rounds=9) as gate:
        feed = hub.follow(out)

        async def watch() -> list[int]:
            numbers, version = [], -1
            while not numbers or numbers[-1] < 4:
                version = await next_change(feed, version)
                if feed.latest and feed.latest.number not in numbers:
                    numbers.append(feed.latest.number)
                    await asyncio.to_thread(gate.let, feed.latest.number + 1)
                elif not numbers:
                    await asyncio.to_thread(gate.let, 1)
            return numbers

        numbers = asyncio.run(watch())

    assert numbers == sorted(numbers)
    until(lambda: feed.status == "done")
    assert feed.numbers.tolist() == list(range(1, 10))


def is_quiet(feed: Feed) -> bool:
    """Say whether a feed has told all it has to tell: the end of a run is not its last news."""
    seen = feed.version
    return asyncio.run(feed.wait(0.2, seen=seen)) == seen


def test_waiting_ends_in_time_where_nothing_is_new(hub: Hub, run: Path) -> None:
    feed = hub.follow(run)
    until(lambda: feed.status == "done", lambda: is_quiet(feed))
    seen = feed.version

    version = asyncio.run(feed.wait(0.01, seen=seen))

    assert version == seen
    assert asyncio.run(feed.wait(60.0, seen=seen - 1)) == seen


def test_a_run_at_which_nobody_looks_is_let_go_of_and_found_again(run: Path) -> None:
    now = [0.0]
    hub = Hub(clock=lambda: now[0])
    feed = hub.follow(run)
    until(lambda: feed.status == "done")

    now[0] = 59.0
    other = hub.follow(run.parent)
    assert set(hub.awake) == {feed, other}
    now[0] = 61.0
    until(lambda: feed not in hub.awake, lambda: other.latest)

    assert feed.peek() is None
    until(lambda: feed.status == "done")
    assert feed in hub.awake
    assert hub.follow(run) is feed
    hub.close()


def test_a_hub_has_one_thread(run: Path, tmp_path: Path) -> None:
    hub, before = Hub(), threading.active_count()
    feeds = [hub.follow(run), hub.follow(tmp_path), hub.follow(tmp_path / "nothing")]

    until(lambda: all(feed.version for feed in feeds))
    until(lambda: threading.active_count() == before + 1)

    hub.close()
    assert threading.active_count() == before


def test_a_proposal_that_waits_for_a_person_is_named(hub: Hub, tmp_path: Path) -> None:
    out, answered = tmp_path / "run", threading.Event()
    terms = {"approval_above": 1.0, "impact": 5.0, "consensus_threshold": 0.5}

    def approver(opened: object) -> bool | None:
        return True if answered.is_set() else None

    with gated_run(out, agents=300, rounds=14, approver=approver, **terms) as gate:
        feed = hub.follow(out)
        gate.open()
        until(lambda: feed.latest and feed.latest.waiting)
        held = feed.latest
        answered.set()
    until(lambda: feed.status == "done")

    assert held is not None
    assert held.vote is not None
    assert held.waiting == (held.vote.proposal,)
    assert held.vote.outcome is None
    decided = feed.moment(held.number)
    assert decided.vote is not None
    assert (decided.vote.outcome, decided.waiting) == ("accepted", ())


def test_a_run_whose_board_nobody_can_reach_is_followed_by_its_log(
    hub: Hub, tmp_path: Path
) -> None:
    out = tmp_path / "run"

    with gated_run(out, agents=8, rounds=6, board="memory://") as gate:
        gate.let(2)
        feed = hub.follow(out)
        until(lambda: feed.latest)
        first, status = feed.latest, feed.status
        gate.let(5)
        until(lambda: feed.latest and feed.latest.number >= 4)
    until(lambda: feed.status == "done")

    assert first is not None
    assert (first.number, status) == (2, "running")
    assert feed.numbers.tolist() == [1, 2, 3, 4, 5, 6]


def test_the_list_of_runs_says_how_far_those_are_that_go_on(hub: Hub, tmp_path: Path) -> None:
    out = tmp_path / "runs" / "one"

    with gated_run(out, agents=8, rounds=9) as gate:
        gate.let(3)
        feed = hub.follow(out)
        until(lambda: feed.latest and feed.latest.number >= 3)
        [row] = hub.runs(tmp_path / "runs")

    assert (row.status, row.is_live, row.of_how_many) == ("live", True, 9)
    assert row.progress in (3, 4)
    assert row.approval_percent is not None
