"""The approval curve: what is sent of it, what it says, and its table."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from viz.canvas import CanvasView, CurveView
from viz.canvas.samples import course, facts_of, moment_of, vote_of
from viz.feed import entropy_bits

type Listen = Callable[[CanvasView], Any]


def test_each_moment_adds_a_point() -> None:
    facts, view = facts_of(50), CurveView()

    for moment in course(facts, 8):
        view.show(facts, moment)

    rows = view.table().rows
    assert [row[0] for row in rows] == list(range(1, 9))
    assert [row[5] for row in rows] == [*[""] * 7, "accepted"]
    assert len(view.points) == 8 * 6 * 4


def test_a_new_point_travels_alone(listen: Listen) -> None:
    facts, view = facts_of(1024), CurveView()
    moments = course(facts, 300)
    for moment in moments[:-1]:
        view.show(facts, moment)
    sent = listen(view)

    view.show(facts, moments[-1])

    assert len(sent.updates) == 1
    assert "points" not in sent.updates[0]["state"]
    assert sent.bytes[0] <= 1_000


def test_a_page_that_opens_late_gets_all_points() -> None:
    facts, view = facts_of(50), CurveView()

    for moment in course(facts, 8):
        view.show(facts, moment)

    state = view.get_state()
    assert len(state["points"]) == 8 * 6 * 4
    assert state["start"] * 24 + len(state["added"]) == len(state["points"])


def test_a_browser_that_lacks_points_gets_them_again(listen: Listen) -> None:
    facts, view = facts_of(50), CurveView()
    for moment in course(facts, 8):
        view.show(facts, moment)
    sent = listen(view)

    view._handle_custom_msg({"kind": "again"}, [])

    assert [update["buffer_paths"] for update in sent.updates] == [[["points"]], [["added"]]]
    assert "sequence" in sent.updates[1]["state"]


def test_a_moment_that_is_there_changes_the_words_only() -> None:
    facts, view = facts_of(50), CurveView()
    moments = course(facts, 8)
    for moment in moments:
        view.show(facts, moment)

    view.show(facts, moments[2])

    assert len(view.table().rows) == 8
    assert "Round 3:" in view.label


def test_a_sealed_moment_has_a_cast_share_and_no_approval() -> None:
    facts, view = facts_of(100), CurveView()

    view.show(facts, moment_of(facts, vote_of(100, (0.5, 0.3), is_sealed=True)))

    assert view.table().rows == ((1, 1.0, None, 84.0, None, ""),)
    assert view.needed == "sealed, 84 of 100 voted"


@pytest.mark.parametrize(
    ("shares", "outcome", "needed"),
    [
        ((0.5, 0.3), None, "30 more needed"),
        ((0.9, 0.05), None, "threshold reached"),
        ((0.9, 0.05), "accepted", "accepted"),
    ],
)
def test_what_is_missing_stands_at_the_threshold(
    shares: tuple[float, float], outcome: str | None, needed: str
) -> None:
    facts, view = facts_of(100), CurveView()

    view.show(facts, moment_of(facts, vote_of(100, shares, outcome=outcome)))

    assert view.needed == needed
    assert view.axes["threshold"] == 80


def test_a_decision_is_marked_once() -> None:
    facts, view = facts_of(20), CurveView()
    vote = vote_of(20, (0.9, 0.1), outcome="accepted")

    view.show(facts, moment_of(facts, vote, number=1))
    view.show(facts, moment_of(facts, vote, number=2))

    assert [row[5] for row in view.table().rows] == ["accepted", ""]


def test_an_event_driven_run_is_drawn_over_simulated_time() -> None:
    facts, view = facts_of(20, is_event_driven=True), CurveView()

    view.show(facts, moment_of(facts, vote_of(20, (0.9, 0.1)), number=3))

    assert view.table().columns[1] == "s"
    assert view.table().rows[0][:2] == (3, 180.0)
    assert "Instant 3, 180 s:" in view.label


def test_a_whole_course_is_loaded_at_once() -> None:
    facts, view = facts_of(20), CurveView()
    numbers = np.arange(100_000)

    view.load(facts, moment_of(facts, None), numbers=numbers, approval_percent=numbers / 1000)

    assert len(view.points) == 100_000 * 24
    assert view.table().rows[-1] == (99_999, 99_999.0, 99.999, None, None, "")


def test_a_moment_after_a_loaded_course_is_added_to_it() -> None:
    facts, view = facts_of(20), CurveView()
    moments = course(facts, 4)
    view.load(facts, moments[1], numbers=[1, 2], approval_percent=[10, 20])

    view.show(facts, moments[2])

    assert [row[0] for row in view.table().rows] == [1, 2, 3]


def test_before_the_first_moment_the_view_is_empty() -> None:
    facts, view = facts_of(20), CurveView()

    view.load(facts, moment_of(facts, None), numbers=[], approval_percent=[])

    assert view.notice == "No round has closed yet; each one adds a point."
    assert view.table().rows == ()


def test_the_facts_of_the_same_run_again_go_on_with_it() -> None:
    view = CurveView()

    for moment in course(facts_of(50), 3):
        view.show(facts_of(50), moment)

    assert len(view.table().rows) == 3


def test_the_entropy_of_a_new_point_is_that_of_a_loaded_one() -> None:
    facts, view = facts_of(100), CurveView()
    vote = vote_of(100, (0.5, 0.3))

    view.show(facts, moment_of(facts, vote))

    assert view.table().rows[0][4] == pytest.approx(entropy_bits(vote), abs=1e-4)


def decided(number: int, outcome: str | None, *, made: int, accepted: int) -> Any:
    facts = facts_of(50, is_event_driven=True)
    vote = vote_of(50, (0.7, 0.2), outcome=outcome, seed=number)
    counts = {"accepted": accepted, "rejected": made - accepted}
    return replace(moment_of(facts, vote, number=number), counts=counts)


def test_of_many_short_votes_each_decision_is_a_mark_and_a_line_says_how_many_pass() -> None:
    facts, view = facts_of(50, is_event_driven=True), CurveView()
    moments = [
        decided(1, None, made=0, accepted=0),
        decided(2, "accepted", made=4, accepted=3),
        decided(3, None, made=4, accepted=3),
        decided(4, "rejected", made=60, accepted=30),
        decided(5, "rejected", made=104, accepted=40),
    ]

    for moment in moments:
        view.show(facts, moment)

    rows = view.table().rows
    assert [row[2] is not None for row in rows] == [False, True, False, True, True]
    assert [row[3] for row in rows] == [None, 75.0, 75.0, round(100 * 27 / 56, 4), 37.0]
    assert {row[4] for row in rows} == {None}
    assert view.axes["is_dotted"]
    assert "last" in view.table().columns[3]


def test_moments_that_passed_between_two_looks_travel_together(listen: Listen) -> None:
    facts, one, other = facts_of(50, is_event_driven=True), CurveView(), CurveView()
    moments = [decided(n, "accepted", made=n, accepted=n) for n in range(1, 31)]
    for moment in moments:
        one.show(facts, moment)
    other.show(facts, moments[0])
    sent = listen(other)

    other.show_all(facts, moments[1:])

    assert len(sent.updates) == 1
    assert (other.table().rows, other.last_number) == (one.table().rows, 30)
    assert other.start == 1


def test_the_point_of_a_round_that_goes_on_makes_room_for_that_of_its_close() -> None:
    facts, view = facts_of(50), CurveView()
    moments = course(facts, 8)
    open_vote = vote_of(50, (0.5, 0.2), is_sealed=True)
    view.show_all(facts, moments[:6], now=moment_of(facts, open_vote, number=7))

    view.show_all(facts, moments[6:])

    straight = CurveView()
    straight.show_all(facts, moments)
    assert view.table().rows == straight.table().rows
    assert view.last_number == 8
    assert view.start == 6
    assert view.start * 24 + len(view.added) == len(view.points)


def test_a_point_that_goes_on_and_is_gone_leaves_no_trace() -> None:
    facts, view = facts_of(50), CurveView()
    moments = course(facts, 8)

    view.show_all(facts, moments[:6], now=moments[7])
    view.show_all(facts, [], about=moments[5])

    assert [row[0] for row in view.table().rows] == [1, 2, 3, 4, 5, 6]
    assert (view.start, view.added) == (6, b"")


def test_where_a_round_decides_more_than_is_marked_the_legend_says_of_how_many() -> None:
    facts, view = facts_of(50), CurveView()
    moments = [replace(one, counts={"accepted": 900, "expired": 100}) for one in course(facts, 8)]

    view.show_all(facts, moments)
    of_all = view.axes["of_all"]
    view.show(facts, replace(moments[-1], number=9, counts={"accepted": 1}))

    assert (of_all, view.axes["of_all"]) == (1_000, 0)


def test_what_was_decided_in_a_loaded_course_is_not_marked_again() -> None:
    facts, view = facts_of(50), CurveView()
    moments = course(facts, 8)
    end = moments[-1]
    assert end.vote is not None
    decided = end.vote.proposal

    view.load(facts, end, numbers=[8], approval_percent=[80], outcomes=[1], decided=decided)
    view.show(facts, replace(end, number=9))

    assert [row[5] for row in view.table().rows] == ["accepted", ""]


def test_the_whole_course_of_short_votes_is_that_of_its_moments() -> None:
    facts, live, past = facts_of(50, is_event_driven=True), CurveView(), CurveView()
    moments = [
        decided(n, "accepted" if n % 3 else None, made=2 * n, accepted=n + n // 2)
        for n in range(1, 90)
    ]
    for moment in moments:
        live.show(facts, moment)

    past.load(
        facts,
        moments[-1],
        numbers=[m.number for m in moments],
        approval_percent=[m.vote.approval_percent for m in moments],
        outcomes=[1 if m.vote.outcome else 0 for m in moments],
        now_s=[m.now_s for m in moments],
        made=([m.counts["accepted"] + m.counts["rejected"] for m in moments],
              [m.counts["accepted"] for m in moments]),
    )  # fmt: skip

    assert past.table().rows == live.table().rows
