"""Two runs on one axis: by round, by simulated time, or by share of the run."""

from pathlib import Path

import numpy as np
import pytest

from swarmboard import run
from tests.viz.gated import until
from viz.feed import Hub
from viz.pages.comparison import numbers_of
from viz.pages.pairing import BY_ROUND, BY_SHARE, BY_TIME, Pair, Track, axis_of, ways_of
from viz.pages.rows import differing_rows
from viz.pages.viewer import LATEST, Viewer


def track(*numbers: int, now_s: tuple[float, ...] = ()) -> Track:
    seconds = np.array(now_s) if now_s else np.full(len(numbers), np.nan)
    return Track(np.array(numbers, np.int64), seconds, is_event_driven=bool(now_s))


def test_by_round_the_shorter_run_stays_at_its_last() -> None:
    axis = axis_of(track(1, 2, 3), track(1, 2, 3, 4, 5), BY_ROUND)

    shown = [(axis.number_at(at, 0), axis.number_at(at, 1)) for at in range(axis.places.size)]

    assert shown == [(1, 1), (2, 2), (3, 3), (3, 4), (3, 5)]
    assert [axis.is_beyond(at, 0) for at in range(5)] == [False, False, False, True, True]
    assert not any(axis.is_beyond(at, 1) for at in range(5))


def test_by_share_both_begin_and_end_together() -> None:
    axis = axis_of(track(1, 2, 3), track(1, 2, 3, 4, 5), BY_SHARE)

    shown = [(axis.number_at(at, 0), axis.number_at(at, 1)) for at in range(axis.places.size)]

    assert shown == [(1, 1), (1, 2), (2, 3), (2, 4), (3, 5)]
    assert (axis.said(0), axis.said(2), axis.said(4)) == ("0 %", "50 %", "100 %")


def test_simulated_time_lines_up_by_its_seconds() -> None:
    one = track(10, 20, 30, now_s=(0.5, 2.0, 4.0))
    two = track(1, 2, now_s=(1.0, 4.0))

    axis = axis_of(one, two, BY_TIME)

    assert axis.places.tolist() == [0.5, 1.0, 2.0, 4.0]
    assert [axis.number_at(at, 0) for at in range(4)] == [10, 10, 20, 30]
    assert [axis.number_at(at, 1) for at in range(4)] == [1, 1, 1, 2]
    assert axis.position_of(0, 20) == 2
    assert axis.said(2) == "2.0 s"


def test_rounds_and_seconds_share_no_axis_but_that_of_shares() -> None:
    rounds, seconds = track(1, 2), track(1, 2, now_s=(0.1, 0.2))

    assert ways_of(rounds, rounds) == (BY_ROUND, BY_SHARE)
    assert ways_of(seconds, seconds) == (BY_TIME, BY_SHARE)
    assert ways_of(rounds, seconds) == (BY_SHARE,)


def test_a_run_without_a_moment_is_followed_until_it_has_one() -> None:
    axis = axis_of(track(), track(1, 2), BY_ROUND)

    assert (axis.number_at(0, 0), axis.number_at(0, 1)) == (LATEST, 1)
    assert axis.position_of(0, 5) == 0
    assert not axis.is_beyond(1, 0)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A run of four rounds and one of ten."""
    folder = tmp_path_factory.mktemp("pair")
    run("jury", agents=9, trials=8, trials_per_round=2, board="memory://", out=folder / "a")
    run("jury", agents=9, trials=20, trials_per_round=2, board="memory://", out=folder / "b")
    return [folder / "a", folder / "b"]


def test_two_visits_of_runs_go_through_them_together(runs: list[Path]) -> None:
    hub = Hub()
    pair = Pair(*(Viewer(hub.follow(path)) for path in runs))
    until(lambda: all(v.feed.is_ready and len(v.feed.numbers) for v in pair.viewers))
    until(lambda: pair.count == 10, pair.renew)

    pair.go(2)
    third = [viewer.moment() for viewer in pair.viewers]
    pair.go(6)
    seventh = [viewer.moment() for viewer in pair.viewers]
    pair.line_up(BY_SHARE)
    shared = [viewer.moment() for viewer in pair.viewers]
    pair.go(99)
    ends = [viewer.moment() for viewer in pair.viewers]
    hub.close()

    assert [moment and moment.number for moment in third] == [3, 3]
    assert [moment and moment.number for moment in seventh] == [4, 7]
    assert [moment and moment.number for moment in shared] == [3, 7]
    assert [moment and moment.number for moment in ends] == [4, 10]
    assert pair.position == LATEST


def test_a_click_on_one_run_moves_both(runs: list[Path]) -> None:
    hub = Hub()
    pair = Pair(*(Viewer(hub.follow(path)) for path in runs))
    until(lambda: all(v.feed.is_ready and len(v.feed.numbers) for v in pair.viewers))
    until(lambda: pair.count == 10, pair.renew)

    pair.go_to(1, 8)
    after_click = (pair.position, [viewer.at for viewer in pair.viewers])
    pair.go_to(0, 4)
    where_it_is_already = pair.position
    hub.close()

    assert after_click == (7, [4, 8])
    assert where_it_is_already == 7


def test_numbers_are_told_with_their_differences(runs: list[Path]) -> None:
    hub = Hub()
    feeds = [hub.follow(path) for path in runs]
    until(lambda: all(feed.is_ready and not feed.is_live for feed in feeds))
    found = [numbers_of(feed.facts, feed.latest) for feed in feeds if feed.facts and feed.latest]
    hub.close()

    rows, differing = differing_rows(*found)

    named = {row[0]: row[1:] for row in rows}
    assert named["Round"] == ["4", "10", "+6"]
    assert named["Seats"] == ["9", "9", ""]
    assert rows[differing[0]][0] == "Round"


def test_what_one_run_has_alone_differs_by_nothing() -> None:
    rows, differing = differing_rows({"price": 3.0, "both": None}, {"wait": 2, "both": None})

    assert rows == [["price", "3", "-", ""], ["wait", "-", "2", ""]]
    assert differing == [0, 1]
