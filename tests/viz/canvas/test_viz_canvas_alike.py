"""One thing looks and is called alike on all views, and tables hold what a map shows."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from viz.canvas import BarsView, BlocksView, FieldView, FlowsView, PartsView
from viz.canvas.samples import charted, facts_of, moment_of, vote_of
from viz.moment import ChartFacts, Moment, RunFacts, SceneFacts

type Open = Callable[..., Any]
BLUE_RIGHT_OF = """([canvas, share]) => {
  const from = Math.round(share * canvas.width);
  const { data } = canvas.getContext("2d").getImageData(from, 0, 600, canvas.height);
  let full = 0;
  for (let i = 0; i < data.length; i += 4) full += data[i] === 31 && data[i + 1] === 111 ? 1 : 0;
  return full;
}"""
OPTIONS = ("guilty", "innocent")


def mapped() -> tuple[RunFacts, Moment]:
    """Four agents, three of them on a map with two lines."""
    places = np.array([[0, 0], [1, 0], [1, 1]], np.float32)
    fields = {"price": "EUR", "edge:loading": "%", "edge:objection": "1 where one stands"}
    scene = SceneFacts("a map", places, np.array([[0, 1], [1, 2]]), fields, {})
    facts = replace(facts_of(4), scene=scene, roles=(("node", 0, 3), ("critic", 3, 1)))
    frame = {
        "price": np.array([1, 2, 3], np.float32),
        "edge:loading": np.array([99, np.nan], np.float32),
        "edge:objection": np.array([1, 0], np.float32),
    }
    moment = moment_of(replace(facts, scene=None), vote_of(4, (0.6, 0.3)))
    return facts, replace(moment, frame=frame)


def looks(items: list[list[str]]) -> dict[str, tuple[str, str]]:
    return {name.removesuffix(" (leads)"): (colour, shape) for name, colour, shape in items}


def test_the_lines_of_a_map_have_a_table_of_their_own() -> None:
    view = FieldView()
    view.show(*mapped(), mode="price")

    (agents, _), (lines, table) = view.tables()

    assert (agents, lines) == ("agent", "line")
    assert table.columns == ("from", "to", "loading (%)", "objection (1 where one stands)")
    assert table.rows == (("node #0", "node #1", 99.0, 1.0), ("node #1", "node #2", None, 0.0))


def test_a_table_of_values_leaves_out_who_has_no_place() -> None:
    view = FieldView()

    view.show(*mapped(), mode="price")

    assert [row[0] for row in view.table().rows] == ["node #0", "node #1", "node #2"]


def test_an_option_looks_alike_among_agents_and_in_the_tally_whoever_leads() -> None:
    facts, field, tally = facts_of(100), FieldView(), BarsView()
    moment = moment_of(facts, vote_of(100, (0.2, 0.7), options=OPTIONS))

    field.show(facts, moment)
    tally.show(facts, moment)

    agents, bars = looks(field.legend["items"]), looks(tally.names)
    assert [agents[name] for name in OPTIONS] == [bars[name] for name in OPTIONS]
    assert field.legend["items"][1][0] == "innocent (leads)"


def test_what_a_field_of_the_map_says_looks_alike_in_a_chart() -> None:
    facts, moment = charted(3)
    assert facts.scene is not None
    units, one = dict.fromkeys(("drafts", "waits"), "agents"), np.ones(1, np.float32)
    scene = replace(
        facts.scene,
        fields={"work": "0 waits, 1 drafts"},
        charts={"staff": ChartFacts("parts", units, ("all",))},
    )
    frame = {"staff:drafts": one, "staff:waits": one}
    view = PartsView("staff")

    view.show(replace(facts, scene=scene), replace(moment, frame=frame))

    told = [item[:3] for item in view.items]
    assert told == [["drafts", "factions.0", "disc"], ["waits", "abstain", "ring"]]


def test_many_narrow_blocks_of_which_few_are_filled_are_no_wall(opened: Open) -> None:
    facts, moment = charted(4_000)
    assert facts.scene is not None
    filled = {"merit:dispatched": 0.09 * facts.scene.charts["merit"].fixed["range"]}
    view = BlocksView("merit", title="Blocks")
    view.show(facts, replace(moment, frame=filled, series={}))

    tab = opened(view)

    canvas = tab.query_selector(".sb-canvas")
    assert tab.evaluate(BLUE_RIGHT_OF, [canvas, 0.1]) == 0
    assert "its tint says how much" in tab.inner_text(".sb-legend")


def test_what_a_scenario_says_of_its_blocks_stands_below_them(opened: Open) -> None:
    facts, moment = charted(5)
    assert facts.scene is not None
    merit = replace(facts.scene.charts["merit"], note="two of them are loads")
    facts = replace(facts, scene=replace(facts.scene, charts={"merit": merit}))
    view = BlocksView("merit", title="Blocks")

    view.show(facts, moment)

    assert "two of them are loads" in opened(view).inner_text(".sb-legend")


def test_nothing_to_draw_is_nothing_to_save(opened: Open) -> None:
    facts, view = facts_of(9), FlowsView(title="Flips")

    view.show(facts, moment_of(facts, vote_of(9, (0.6, 0.3))))

    assert not opened(view).is_visible(".sb-save")
