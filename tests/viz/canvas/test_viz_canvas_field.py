"""The field of agents: what is sent, how much of it, and what the table says."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from viz.canvas import CanvasView, FieldView
from viz.canvas.packing import unpack
from viz.canvas.samples import facts_of, moment_of, vote_of
from viz.moment import NO_CHOICE, Moment, RunFacts, Vote

OPTIONS = ("north", "south", "east")

type Listen = Callable[[CanvasView], Any]


def shown(agents: int = 100, mode: str = "vote", **of_vote: Any) -> tuple[FieldView, Moment]:
    facts = facts_of(agents)
    moment = moment_of(facts, vote_of(agents, (0.6, 0.3), **of_vote))
    view = FieldView()
    view.show(facts, moment, mode=mode)
    return view, moment


def codes_of(view: FieldView) -> list[int]:
    return unpack(view.votes, view.legend["bits"][0], view.ground["cells"]).tolist()


def test_each_agent_has_the_code_of_its_choice() -> None:
    view, moment = shown()

    assert moment.vote is not None
    choices = np.where(moment.vote.choices >= 254, moment.vote.choices - 252, moment.vote.choices)
    assert codes_of(view) == choices.tolist()
    assert [name for name, _, _ in view.legend["items"]] == [
        "approve",
        "reject",
        "abstain",
        "no ballot yet",
    ]
    assert view.tally == np.bincount(choices).tolist()


def test_the_label_has_the_numbers_in_words() -> None:
    view, _ = shown()

    assert view.label == (
        "100 agents by vote. Round 1: 60 of 100 approve, 60.0 % of 80 % needed, 20 more to go,"
        " 30 reject, 4 abstain."
    )


def test_sealed_ballots_are_counted_and_not_shown() -> None:
    view, _ = shown(is_sealed=True)

    assert view.notice == "Ballots are sealed: 94 of 100 have voted."
    assert set(codes_of(view)) == {0}
    assert "reject" not in str(view.legend) + view.label + str(view.table())


def test_before_the_first_vote_the_view_says_what_will_come() -> None:
    facts, view = facts_of(10), FieldView()

    view.show(facts, moment_of(facts, None))

    assert view.notice.startswith("No proposal has been opened yet.")
    assert view.tally == [10]


def test_votes_between_options_are_coloured_by_who_leads() -> None:
    facts, view = facts_of(100), FieldView()
    vote = vote_of(100, (0.2, 0.5, 0.2), options=OPTIONS)

    view.show(facts, moment_of(facts, vote))

    names = [name for name, _, _ in view.legend["items"]]
    assert names == ["north", "south (leads)", "east", "abstain", "no ballot yet"]
    assert view.tally == [20, 50, 20, 4, 6]


def test_of_many_options_the_leading_one_keeps_its_own_look() -> None:
    facts, view = facts_of(100), FieldView()
    options = tuple(f"option {i}" for i in range(8))
    vote = vote_of(100, (0.1, 0.3, *(0.08,) * 6), options=options)

    view.show(facts, moment_of(facts, vote))

    leading, others = view.legend["items"][:2]
    assert leading == ["option 1 (leads)", "factions.1", "square"]
    assert others == ["another option", "faint", "plus"]


def test_factions_have_a_colour_and_a_shape_each() -> None:
    facts, view = facts_of(100), FieldView()
    options = tuple(f"option {i}" for i in range(30))
    vote = vote_of(100, (0.03,) * 30, options=options)

    view.show(facts, moment_of(facts, vote), mode="faction")

    looks = {(colour, shape) for _, colour, shape in view.legend["items"]}
    assert len(looks) == 32


def test_agents_without_a_seat_are_told_from_those_who_did_not_vote() -> None:
    facts, view = facts_of(6), FieldView()
    vote = panel_of(np.array([1, 4], np.uint32), np.array([0, NO_CHOICE], np.uint8))

    view.show(facts, moment_of(facts, vote))

    assert codes_of(view) == [4, 0, 4, 4, 3, 4]
    assert view.legend["items"][4][0] == "no seat in this vote"
    assert [row[2] for row in view.table().rows][:3] == ["no seat", "approve", "no seat"]


def test_a_seat_of_an_agent_that_joined_later_is_left_out() -> None:
    facts, view = facts_of(2), FieldView()
    vote = panel_of(np.array([1, 7], np.uint32), np.array([0, 1], np.uint8))

    view.show(facts, moment_of(facts, vote), mode="confidence")

    assert codes_of(view)[1] == 0


def test_an_unknown_mode_names_those_there_are() -> None:
    facts = facts_of(3, has_map=True)

    with pytest.raises(ValueError, match="vote, confidence, faction, price"):
        FieldView().show(facts, moment_of(facts, None), mode="prise")


def test_a_field_that_was_not_published_is_said_to_be_missing() -> None:
    facts, view = facts_of(3, has_map=True), FieldView()

    view.show(facts, Moment(1, None, "running", None), mode="price")

    assert view.notice == "No price has been published at this moment; colour by something else."


def test_values_have_a_scale_with_round_ends_and_a_unit() -> None:
    facts, view = facts_of(200, has_map=True), FieldView()

    view.show(facts, moment_of(facts, vote_of(200, (0.5, 0.5))), mode="price")

    assert view.legend["scale"] == {"name": "price", "unit": "$/MWh", "low": 33.0, "high": 37.0}
    assert view.table().columns == ("agent", "role", "vote", "price ($/MWh)")


@pytest.mark.parametrize(
    ("mode", "has_map"),
    [*itertools.product(["vote", "confidence", "faction"], [False, True]), ("price", True)],
)
@pytest.mark.parametrize(("agents", "most"), [(1024, 1_900), (100_000, 50_000)])
def test_an_update_is_small(
    listen: Listen, mode: str, has_map: bool, agents: int, most: int
) -> None:
    facts, view = facts_of(agents, has_map=has_map), FieldView()
    view.show(facts, moment_of(facts, vote_of(agents, (0.5, 0.3))), mode=mode)
    sent = listen(view)

    view.show(facts, moment_of(facts, vote_of(agents, (0.6, 0.3), seed=1), number=2), mode=mode)

    assert len(sent.bytes) == 1
    assert sent.bytes[0] <= most


def test_many_options_and_panels_stay_small(listen: Listen) -> None:
    facts, view = facts_of(1024), FieldView()
    options = tuple(f"{i}" for i in range(40))
    for seed in (0, 1):
        sent = listen(view)
        vote = vote_of(1024, (0.022,) * 40, options=options, seed=seed)
        view.show(facts, moment_of(facts, vote), mode="faction")

    assert sent.bytes[0] <= 1_900


def test_the_same_moment_again_sends_nothing(listen: Listen) -> None:
    view, moment = shown()
    facts = view._facts
    assert facts is not None
    sent = listen(view)

    view.show(facts, moment)

    assert sent.updates == []


def test_a_click_selects_the_agent_and_a_selection_marks_its_cell() -> None:
    view, _ = shown()

    view.picked = 7
    clicked = view.selected
    view.selected = 12

    assert (clicked, view.picked) == (7, 12)


def test_a_selection_among_many_agents_keeps_the_agent() -> None:
    view, _ = shown(100_000)

    view.selected = 20
    marked = view.picked
    view.picked = 3

    assert (marked, view.selected) == (2, 21)


def test_another_run_clears_the_selection() -> None:
    view, _ = shown()
    view.selected = 99

    view.show(facts_of(10), moment_of(facts_of(10), None))

    assert (view.selected, view.picked) == (-1, -1)


@pytest.mark.parametrize("has_map", [False, True])
def test_cells_hold_all_agents(has_map: bool) -> None:
    facts, view = facts_of(100_000, has_map=has_map), FieldView()

    view.show(facts, moment_of(facts, vote_of(100_000, (0.6, 0.3))))

    assert np.frombuffer(view.sizes, "<f4").sum() == 100_000
    assert 5_000 < view.ground["cells"] <= 16_000
    assert sum(view.tally) == 100_000


def test_the_table_of_many_agents_is_by_role() -> None:
    view, _ = shown(100_000)

    table = view.table()

    assert [row[0] for row in table.rows] == ["node", "planner"]
    assert sum(sum(row[1:5]) for row in table.rows) == 100_000


def test_a_run_without_agents_is_said_to_be_empty() -> None:
    facts = RunFacts("r", "s", "swarm", 0, 0, "threshold", 80, False, ())
    view = FieldView()

    view.show(facts, Moment(0, None, "running", None))

    assert view.notice == "No agents have joined yet."
    assert view.table().rows == ()


def test_there_is_no_row_before_the_first_moment() -> None:
    assert FieldView().table().rows == ()


def panel_of(agents: Any, choices: Any) -> Vote:
    return Vote(
        proposal="1.1.0.0",
        options=("approve", "reject"),
        rule="threshold",
        threshold_percent=60,
        agents=agents,
        choices=choices,
        confidence=np.zeros(0, np.float32),
        weights={"approve": 1, "reject": 0},
        abstained=0,
        eligible=len(agents),
        cast=1,
        is_sealed=False,
    )
