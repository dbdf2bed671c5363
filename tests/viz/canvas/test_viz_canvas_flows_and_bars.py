"""Ribbons between choices, and named bars."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from viz.canvas import Bar, BarsView, CanvasView, FlowsView
from viz.canvas.samples import course, facts_of, moment_of, vote_of
from viz.moment import Moment, RunFacts

type Listen = Callable[[CanvasView], Any]
FLIPS = np.array([[5, 1, 0, 0], [3, 2, 0, 0], [0, 0, 0, 0], [0, 0, 1, 8]])


def flipped(facts: RunFacts, number: int, flips: Any = FLIPS, **of_vote: Any) -> Moment:
    vote = vote_of(facts.agents, (0.5, 0.3), **of_vote)
    return moment_of(facts, vote, number=number, flips=flips)


def test_each_way_that_somebody_went_is_a_row() -> None:
    facts, view = facts_of(20), FlowsView()

    view.show(facts, flipped(facts, 2))

    assert view.table().rows == (
        (2, "approve", "approve", 5),
        (2, "approve", "reject", 1),
        (2, "reject", "approve", 3),
        (2, "reject", "reject", 2),
        (2, "no ballot", "abstain", 1),
        (2, "no ballot", "no ballot", 8),
    )
    assert view.text == (
        "round 2: 5 of 20 seats changed: 3 from reject to approve, 1 from approve to reject,"
        " 1 from no ballot to abstain"
    )
    assert view.label.endswith(view.text)


def test_the_last_twelve_voting_rounds_are_kept() -> None:
    facts, view = facts_of(20), FlowsView()

    for number in range(2, 30):
        view.show(facts, flipped(facts, number))

    assert view.numbers == list(range(18, 30))


def test_a_replay_that_goes_back_forgets_what_came_after() -> None:
    facts, view = facts_of(20), FlowsView()
    for number in range(2, 9):
        view.show(facts, flipped(facts, number))

    view.show(facts, flipped(facts, 5))

    assert view.numbers == [2, 3, 4, 5]


def test_rounds_that_passed_between_two_looks_are_all_drawn() -> None:
    facts, straight, seldom = facts_of(60), FlowsView(), FlowsView()
    moments = course(facts, 8)
    for moment in moments:
        straight.show(facts, moment)

    seldom.show_all(facts, moments[:3])
    seldom.show_all(facts, moments[3:])

    assert seldom.table() == straight.table()


def test_loading_is_showing_one_after_another() -> None:
    facts, shown, loaded = facts_of(100), FlowsView(), FlowsView()
    moments = course(facts, 9)

    loaded.load(facts, moments)
    for moment in moments:
        shown.show(facts, moment)

    assert (shown.flows, shown.text) == (loaded.flows, loaded.text)


def test_other_options_start_anew() -> None:
    facts, view = facts_of(20), FlowsView()
    view.show(facts, flipped(facts, 2))

    view.show(facts, flipped(facts, 3, options=("north", "south")))

    assert view.numbers == [3]
    assert [name for name, _, _ in view.items] == ["north", "south", "abstain", "no ballot"]


def test_rare_options_share_a_band() -> None:
    facts, view = facts_of(100), FlowsView()
    options = tuple(f"option {i}" for i in range(9))
    flips = np.diag([9, 1, 8, 2, 7, 3, 6, 4, 5, 1, 1])

    view.show(facts, flipped(facts, 2, flips, options=options))

    names = [name for name, _, _ in view.items]
    assert names[:5] == ["option 0", "option 2", "option 4", "option 6", "other options"]
    assert np.frombuffer(view.flows, "<u2").sum() == flips.sum()


@pytest.mark.parametrize("options", [2, 20])
@pytest.mark.parametrize("agents", [1024, 100_000])
def test_an_update_of_twelve_rounds_is_small(listen: Listen, options: int, agents: int) -> None:
    facts, view = facts_of(agents), FlowsView()
    names = tuple(f"option {i}" for i in range(options))
    rng = np.random.default_rng(0)
    for number in range(2, 20):
        sent = listen(view)
        flips = rng.integers(0, agents, (options + 2, options + 2))
        view.show(facts, flipped(facts, number, flips, options=names))

    assert len(sent.bytes) == 1
    assert sent.bytes[0] <= 1_900


def test_before_a_second_voting_round_there_is_nothing_to_compare() -> None:
    facts, view = facts_of(20), FlowsView()

    view.show(facts, flipped(facts, 1, None))

    assert view.notice.startswith("Nothing to compare: flips show from the second voting round")
    assert view.table().rows == ()


def test_a_tally_has_a_bar_for_each_choice_and_a_mark_at_what_is_needed() -> None:
    facts, view = facts_of(100), BarsView()

    view.show(facts, moment_of(facts, vote_of(100, (0.5, 0.3))))

    assert view.table().rows == (
        ("approve", 50.0, 80.0),
        ("reject", 30.0, None),
        ("abstain", 4.0, None),
        ("no ballot", 16.0, None),
    )
    assert view.label.startswith("Tally: 50 of 100 approve, 50.0 % of 80 % needed")


def test_a_sealed_tally_says_how_many_have_voted() -> None:
    facts, view = facts_of(100), BarsView()

    view.show(facts, moment_of(facts, vote_of(100, (0.5, 0.3), is_sealed=True)))

    assert view.table().rows == (("voted, sealed", 84.0, None), ("not yet", 16.0, None))


def test_an_empty_tally_says_why() -> None:
    facts, view = facts_of(100), BarsView()

    view.show(facts, Moment(4, None, "stopped", None))

    assert view.notice == "This run ended before anything was put to a vote."


def test_many_bars_share_one_on_the_canvas_and_none_in_the_table(listen: Listen) -> None:
    view = BarsView()
    sent = listen(view)

    view.draw([Bar(f"reason {i}", float(i)) for i in range(400)], unit="ballots", label="reasons")

    values = np.frombuffer(view.values, "<f4")
    assert (len(values), values.sum()) == (24, sum(range(400)))
    assert view.names[-1][0] == "377 others"
    assert len(view.table().rows) == 400
    assert sent.bytes[0] <= 1_900
