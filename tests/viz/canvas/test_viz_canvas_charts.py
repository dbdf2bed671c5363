"""What a scenario publishes beside its map: blocks, tables as bars, and the course of a day."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from viz.canvas import BlocksView, CanvasView, CourseView, PartsView
from viz.canvas.blocks import FULL_SCALE, UNKNOWN
from viz.canvas.samples import charted
from viz.canvas.static_page import plain_state

type Listen = Callable[[CanvasView], Any]


def float32(packed: bytes) -> list[float]:
    return np.frombuffer(packed, "<f4").tolist()


def test_blocks_stand_by_rising_height_and_the_demand_is_what_they_are_filled_with() -> None:
    facts, moment = charted(40)
    view = BlocksView("merit")

    view.show(facts, moment)

    heights, widths = float32(view.heights), np.array(float32(view.widths))
    filled = np.frombuffer(view.filled, np.uint8)
    assert heights == sorted(heights)
    assert sorted(view.names) == sorted(f"unit {k}" for k in range(1, 41))
    assert filled.tolist() == sorted(filled.tolist(), reverse=True)
    assert {0, FULL_SCALE} < set(filled.tolist())
    demand = moment.series["demand"]
    assert (filled / FULL_SCALE * widths).sum() == pytest.approx(demand, rel=1e-2)
    assert view.marks == [["demand", "MW", demand], ["price", "$/MWh", 31.5]]
    assert "40 blocks by offer" in view.label


def test_the_table_of_blocks_has_what_was_published() -> None:
    facts, moment = charted(3)
    view = BlocksView("merit")
    view.show(facts, moment)

    table = view.table()

    assert table.columns == ("block", "range (MW)", "offer ($/MWh)", "dispatched (MW)")
    assert len(table.rows) == 3
    assert sum(row[3] for row in table.rows) == pytest.approx(moment.series["demand"], rel=1e-4)


def test_a_block_of_which_nothing_is_known_is_neither_filled_nor_empty() -> None:
    facts, moment = charted(4)
    view = BlocksView("merit")

    view.show(facts, replace(moment, frame={}))

    assert set(np.frombuffer(view.filled, np.uint8).tolist()) == {UNKNOWN}
    assert [row[3] for row in view.table().rows] == [None] * 4


def test_a_new_moment_of_a_thousand_blocks_sends_a_byte_for_each(listen: Listen) -> None:
    facts, moment = charted(1024)
    view = BlocksView("merit")
    view.show(facts, moment)
    sent = listen(view)
    less = {name: 0.9 * values for name, values in moment.frame.items()}

    view.show(facts, replace(moment, frame=less))

    assert set(sent.updates[0]["state"]) <= {"filled", "label", "sequence"}
    assert sent.bytes[0] <= 1_600


@pytest.mark.parametrize("name", ["merit", "queues", "ends", "unheard of"])
def test_before_anything_is_published_a_chart_says_so(name: str) -> None:
    facts, moment = charted()
    assert facts.scene is not None
    bare = {n: replace(chart, fixed={}) for n, chart in facts.scene.charts.items()}
    facts = replace(facts, scene=replace(facts.scene, charts=bare))
    view = BlocksView(name) if name == "merit" else PartsView(name)

    view.show(facts, replace(moment, frame={}))

    assert "published" in view.notice or "publishes" in view.notice
    assert view.table().rows == ()


def test_a_table_is_drawn_by_rows_and_columns() -> None:
    facts, moment = charted()
    each, whole = PartsView("queues"), PartsView("ends")

    each.show(facts, moment)
    whole.show(facts, moment)

    assert (each.is_whole, whole.is_whole) == (False, True)
    assert each.rows == ["billing", "delivery", "returns and complaints"]
    assert float32(each.values) == pytest.approx([0.4, 2.5, 1.25, 4.0, 0.0, 0.75])
    assert [item[0] for item in whole.items] == ["resolved", "failed", "escalated"]
    assert len({(colour, shape) for _, colour, shape, _ in whole.items}) == 3
    assert whole.table().rows[1] == ("delivery", 80.0, 9.0, 0.0)
    assert whole.table().columns == (
        "",
        "resolved (tickets)",
        "failed (tickets)",
        "escalated (tickets)",
    )
    assert "delivery: 1.25, 4" in each.label


def test_a_course_has_the_last_moment_of_each_place() -> None:
    facts, moment = charted()
    view, nan = CourseView("day"), float("nan")
    told = {
        "interval": np.array([nan, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0]),
        "price": np.array([9.0, 8.0, 30.0, 7.0, 6.0, 31.0, nan]),
        "rounds": np.array([0.0, 1.0, 2.0, 1.0, 2.0, 3.0, 1.0]),
    }

    view.show_course(facts, moment, told)

    assert view.names_of(facts) == ("interval", "price", "rounds")
    assert view.table().columns == ("interval", "price ($/MWh)", "rounds")
    assert view.table().rows == ((1.0, 30.0, 2.0), (2.0, 31.0, 3.0), (3.0, None, 1.0))
    assert (view.axis["unit"], view.at) == ("interval", 2.0)
    assert view.names[0] == ["price", "$/MWh", 30.0, 31.0, 31.0]


def test_a_course_before_the_first_moment_is_empty() -> None:
    facts, moment = charted()
    view = CourseView("day")

    view.show_course(facts, moment, {})

    assert view.table().rows == ()
    assert view.notice != ""


@pytest.mark.parametrize("name", ["queues", "ends"])
def test_a_table_with_one_row_is_drawn(name: str) -> None:
    facts, moment = charted()
    assert facts.scene is not None
    told = facts.scene.charts[name]
    fixed = {column: values[:1] for column, values in told.fixed.items()}
    chart = replace(told, rows=told.rows[:1], fixed=fixed)
    facts = replace(facts, scene=replace(facts.scene, charts={name: chart}))
    frame = {one: values[:1] for one, values in moment.frame.items()}
    view = PartsView(name)

    view.show(facts, replace(moment, frame=frame))

    assert view.rows == ["billing"]
    assert view.notice == ""
    assert view.height_px >= 80


def test_a_course_whose_numbers_are_not_finite_is_still_json() -> None:
    facts, moment = charted()
    view, inf = CourseView("day"), float("inf")
    told = {"interval": np.array([1.0, 2.0, inf]), "price": np.array([inf, 8.0, 1.0])}
    moment = replace(moment, series={"interval": inf})

    view.show_course(facts, moment, told)

    assert json.loads(json.dumps(plain_state(view), allow_nan=False))["at"] == 2.0
    assert view.table().rows == ((1.0, None), (2.0, 8.0))
