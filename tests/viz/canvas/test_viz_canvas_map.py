"""Maps of some of the agents, and fields whose unit lists codes."""

from dataclasses import replace

import numpy as np
import pytest

from viz.canvas import FieldView
from viz.canvas.colouring import codes_of
from viz.canvas.packing import unpack
from viz.canvas.samples import facts_of, moment_of, vote_of
from viz.moment import Moment, RunFacts, SceneFacts

WORK = "0 waits, 1 drafts, 2 reviews"


def facts_with(fields: dict[str, str], agents: int = 20, placed: int = 12) -> RunFacts:
    places = np.stack([np.arange(placed), np.arange(placed) % 3], axis=1).astype(np.float32)
    edges = np.array([[0, 1], [1, 2]])
    scene = SceneFacts("a map", places, edges, fields, {})
    roles = (
        ("node", 0, placed),
        ("planner", placed, 2),
        ("critic", placed + 2, agents - placed - 2),
    )
    return replace(facts_of(agents), scene=scene, roles=roles)


def moment_with(facts: RunFacts, **frame: list[float]) -> Moment:
    arrays = {name: np.array(values, np.float32) for name, values in frame.items()}
    return replace(moment_of(replace(facts, scene=None), vote_of(20, (0.6, 0.3))), frame=arrays)


def codes(view: FieldView) -> list[int]:
    return unpack(view.votes, view.legend["bits"][0], view.ground["cells"]).tolist()


def test_a_map_draws_those_who_have_a_place_and_names_the_others() -> None:
    facts, view = facts_with({}), FieldView()

    view.show(facts, moment_with(facts))

    assert view.ground["agents"] == view.ground["cells"] == len(codes(view)) == 12
    assert sum(view.tally) == 12
    assert len(view.places) == 12 * 2 * 2
    beside = "8 more have no place on the map: 2 planner, 6 critic"
    assert view.ground["beside"] == beside
    assert f"20 agents by vote, of whom {beside}." in view.label
    assert len(view.table().rows) == 20


def test_a_map_with_more_places_than_agents_is_not_used() -> None:
    facts, view = facts_with({}, agents=20, placed=18), FieldView()

    view.show(replace(facts, agents=15, roles=(("node", 0, 15),)), moment_with(facts))

    assert view.ground["cells"] == 15
    assert view.places == b""


def test_a_large_map_of_some_agents_is_binned() -> None:
    facts, view = facts_with({"price": "EUR"}, agents=7_000, placed=6_000), FieldView()
    frame = {"price": np.ones(6_000, np.float32)}
    moment = replace(moment_of(replace(facts, scene=None), vote_of(7_000, (0.6, 0.3))), frame=frame)

    view.show(facts, moment, mode="price")

    assert view.ground["agents"] == 6_000
    assert sum(view.tally) == 6_000


@pytest.mark.parametrize(
    ("unit", "found"),
    [
        (WORK, {0: "waits", 1: "drafts", 2: "reviews"}),
        ("1 approve, 0 reject, -1 no ballot", {1: "approve", 0: "reject", -1: "no ballot"}),
        ("$/MWh, negotiated", {}),
        ("1 where an objection stands", {}),
        ("", {}),
    ],
)
def test_a_unit_may_list_codes(unit: str, found: dict[int, str]) -> None:
    assert codes_of(unit) == found


def test_a_field_of_codes_has_a_colour_a_shape_and_a_name_for_each() -> None:
    facts, view = facts_with({"work": WORK}, placed=12), FieldView()

    view.show(facts, moment_with(facts, work=[0, 1, 2] * 4 + [0] * 8), mode="work")

    assert codes(view) == [0, 1, 2] * 4
    assert [name for name, _, _ in view.legend["items"]] == ["waits", "drafts", "reviews"]
    assert len({(colour, shape) for _, colour, shape in view.legend["items"]}) == 3
    assert view.legend["scale"] is None
    assert view.tally == [4, 4, 4]
    assert view.notice == ""
    assert view.table().columns == ("agent", "role", "vote", "work")
    assert view.table().rows[1][3] == "drafts"


def test_who_has_published_nothing_is_told_apart() -> None:
    facts, view = facts_with({"work": WORK}), FieldView()

    view.show(facts, moment_with(facts, work=[1.0] * 10), mode="work")

    assert view.tally == [0, 10, 0, 2]
    assert view.legend["items"][3][0] == "nothing published"


def test_values_between_the_codes_are_a_scale() -> None:
    facts, view = facts_with({"leaning": "0 for, 1 against"}), FieldView()

    view.show(facts, moment_with(facts, leaning=[0.25] * 20), mode="leaning")

    assert view.legend["scale"]["name"] == "leaning"


def test_codes_of_a_vote_look_like_a_vote() -> None:
    facts, view = facts_with({"said": "1 approve, 0 reject, -1 no ballot"}), FieldView()

    view.show(facts, moment_with(facts, said=[1, 0, -1] * 4), mode="said")

    looks = [["approve", "approve", "disc"], ["reject", "reject", "cross"]]
    assert view.legend["items"] == [*looks, ["no ballot", "none", "dot"]]


def test_without_votes_every_agent_has_the_same_shape() -> None:
    facts, view = facts_with({"price": "EUR"}), FieldView()

    view.show(facts, moment_with(facts, price=[1.0, 2.0] * 10), mode="price", with_votes=False)

    assert view.legend["items"] == [["agent", "none", "disc"]]
    assert view.legend["scale"]["unit"] == "EUR"


def test_edges_are_drawn_by_the_field_that_is_asked_for() -> None:
    fields = {"edge:loading": "% of rating", "edge:objection": "1 where one stands"}
    facts, view = facts_with(fields), FieldView()
    frame = {"edge:loading": [99.0, 10.0], "edge:objection": [0.0, 1.0]}

    view.show(facts, moment_with(facts, **frame), edges="objection")

    assert view.edge_modes(facts) == ("loading", "objection")
    assert view.legend["edge"]["name"] == "objection"
    assert unpack(view.strains, 2, 2).tolist() == [0, 3]
