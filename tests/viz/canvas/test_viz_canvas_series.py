"""Small charts of the world's numbers: what is sent of them, and what the table says."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from viz.canvas import CanvasView, SeriesView, series_names
from viz.canvas.samples import facts_of, moment_of
from viz.canvas.series import MISSING, MOST_BUCKETS, title_of, unit_of
from viz.canvas.static_page import page, plain_state
from viz.moment import Moment, RunFacts, SceneFacts


def world(**series: float) -> tuple[RunFacts, Moment]:
    facts = facts_of(10)
    nowhere, nothing = np.empty((0, 2), np.float32), np.empty((0, 2), np.int64)
    scene = SceneFacts("numbers", nowhere, nothing, {}, {"price": "EUR/MWh", "absent": "m"})
    return replace(facts, scene=scene), replace(moment_of(facts, None, number=3), series=series)


def uint16(packed: bytes) -> list[int]:
    return np.frombuffer(packed, "<u2").tolist()


def test_the_scenes_numbers_come_first_and_only_those_there_are() -> None:
    facts, moment = world(load_mw=5.0, price=2.0)

    assert series_names(facts, moment) == ["price", "load_mw"]


@pytest.mark.parametrize(
    ("name", "unit"),
    [("price", "EUR/MWh"), ("load_mw", "MW"), ("gap_percent", "%"), ("regret_per_h", "per h"),
     ("cuts", ""), ("s", "")],
)  # fmt: skip
def test_a_number_has_the_published_unit_or_that_of_its_name(name: str, unit: str) -> None:
    assert unit_of(name, {"price": "EUR/MWh"}) == unit


def test_each_moment_of_a_short_run_is_a_point() -> None:
    facts, moment = world(price=2.0, load_mw=7.0)
    view, nan = SeriesView(), float("nan")
    series = {"price": np.array([1.0, nan, 2.0]), "load_mw": np.array([7.0, 7.0, 7.0])}

    view.show(facts, moment, places=np.array([1.0, 2.0, 3.0]), series=series)

    assert uint16(view.lows) == [0, MISSING, MISSING - 1, 0, 0, 0]
    assert view.highs == b""
    assert view.at == 3.0
    assert view.names[0] == ["price", "EUR/MWh", 1.0, 2.0, 2.0]
    assert view.table().rows == (
        ("price", "EUR/MWh", 2.0, 1.0, 2.0),
        ("load", "MW", 7.0, 7.0, 7.0),
    )
    assert view.label == "2 numbers of the world. price 2 EUR/MWh, load 7 MW."


def test_of_a_long_run_each_place_has_its_lowest_and_highest() -> None:
    facts, moment = world(price=0.0)
    view, values = SeriesView(), np.zeros(20_000)
    values[7_777], values[7_778] = 9.0, -9.0

    view.show(facts, moment, places=np.arange(20_000.0), series={"price": values})

    assert len(uint16(view.lows)) == len(uint16(view.highs)) == MOST_BUCKETS
    assert min(uint16(view.lows)) == 0
    assert max(uint16(view.highs)) == MISSING - 1


def test_an_update_of_ten_numbers_is_small(listen: Callable[[CanvasView], Any]) -> None:
    facts, moment = world(**{f"number_{k}": float(k) for k in range(10)})
    view, rng = SeriesView(), np.random.default_rng(0)
    heard = listen(view)
    series = {name: rng.random(2_000) for name in moment.series}

    view.show(facts, moment, places=np.arange(2_000.0), series=series)

    assert max(heard.bytes) <= 9_000


def test_without_numbers_it_says_so() -> None:
    facts, moment = world()
    view = SeriesView()

    view.show(facts, moment, places=np.empty(0), series={})

    assert view.notice == "The scenario has published no numbers yet."
    assert view.table().rows == ()


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_number_that_is_not_finite_is_not_known(value: float) -> None:
    facts, moment = world(price=value, load_mw=7.0)
    view = SeriesView()
    series = {"price": np.array([1.0, value]), "load_mw": np.array([7.0, 7.0])}

    view.show(facts, moment, places=np.array([1.0, 2.0]), series=series)

    sent = json.loads(json.dumps(plain_state(view), allow_nan=False))
    assert sent["names"][0] == ["price", "EUR/MWh", 1.0, 1.0, None]
    assert "price" not in view.label
    assert json.loads(json.dumps(view.told(), allow_nan=False))["rows"][0][2] is None


def test_a_page_of_views_refuses_what_is_no_json() -> None:
    view = SeriesView()
    view.at = float("inf")

    with pytest.raises(ValueError, match="not JSON compliant"):
        page([view], title="numbers")


@pytest.mark.parametrize(
    ("name", "title"),
    [("regret_per_h", "regret"), ("gap_percent", "gap"), ("load_mw", "price of load"),
     ("cost_per_h", "cost per h"), ("effective_voters", "effective voters"), ("price", "price")],
)  # fmt: skip
def test_a_number_is_called_by_its_title_else_by_its_name_without_the_unit(
    name: str, title: str
) -> None:
    assert title_of(name, {"load_mw": "price of load"}, {"cost_per_h": "$/h"}) == title


def test_what_has_an_empty_title_is_not_drawn_by_itself() -> None:
    facts = facts_of(10, has_map=True)
    assert facts.scene is not None
    scene = replace(facts.scene, titles={"interval": "", "cuts": "lines objected to"})
    moment = replace(moment_of(facts, None), series={"interval": 1.0, "cuts": 2.0})

    assert list(series_names(replace(facts, scene=scene), moment)) == ["cuts"]
