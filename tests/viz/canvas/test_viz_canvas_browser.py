"""The views in a browser: drawn, read with the mouse and the keyboard, updated, fast enough."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from viz.canvas import (
    BarsView,
    BlocksView,
    CanvasView,
    CourseView,
    CurveView,
    FieldView,
    FlowsView,
    PartsView,
    SeriesView,
)
from viz.canvas.gallery import gallery
from viz.canvas.samples import charted, course, facts_of, moment_of, vote_of
from viz.canvas.static_page import plain_state

type Open = Callable[..., Any]

COLOURS_ON = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""
TAKE = "([number, update]) => views[number].model.take(update)"
DRAWN = """([number, sequence]) =>
  views[number].panel.querySelector(".sb-canvas").dataset.drawn == sequence"""
TIMED = """async ([update, times]) => {
  const { model, panel } = views[0];
  const canvas = panel.querySelector(".sb-canvas");
  const spent = [];
  for (let i = 0; i < times; i++) {
    const sequence = model.get("sequence") + 1;
    model.take({ ...update, sequence });
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    spent.push(Number(canvas.dataset.ms));
  }
  return spent.sort((a, b) => a - b)[Math.floor(times / 2)];
}"""


def field(agents: int = 100, *, mode: str = "vote", has_map: bool = False) -> FieldView:
    facts, view = facts_of(agents, has_map=has_map), FieldView(title="Agents")
    view.show(facts, moment_of(facts, vote_of(agents, (0.6, 0.3))), mode=mode)
    return view


def curve(rounds: int = 20) -> CurveView:
    facts, view = facts_of(100), CurveView(title="Approval")
    for moment in course(facts, rounds):
        view.show(facts, moment)
    return view


def flows() -> FlowsView:
    facts, view = facts_of(100), FlowsView(title="Flips")
    view.load(facts, course(facts, 9))
    return view


def bars() -> BarsView:
    facts, view = facts_of(100), BarsView(title="Tally")
    view.show(facts, moment_of(facts, vote_of(100, (0.6, 0.3))))
    return view


def series() -> SeriesView:
    facts, view = facts_of(100), SeriesView(title="Numbers")
    places = np.arange(1.0, 31.0)
    numbers = {"price": 30 + np.sin(places), "load_mw": places**2, "waiting": 0 * places}
    now = {name: float(values[-1]) for name, values in numbers.items()}
    view.show(
        facts, replace(moment_of(facts, None, number=30), series=now), places=places, series=numbers
    )
    return view


def shown(view: BlocksView | PartsView) -> CanvasView:
    view.title = "A chart"
    view.show(*charted())
    return view


def day() -> CanvasView:
    view = CourseView("day", title="A day")
    interval = np.repeat(np.arange(1.0, 25.0), 2)
    told = {"interval": interval, "price": np.sin(interval), "rounds": interval % 3}
    view.show_course(*charted(), told)
    return view


MAKERS: dict[str, Callable[[], CanvasView]] = {
    "field": field,
    "map": lambda: field(1024, mode="price", has_map=True),
    "cells": lambda: field(100_000),
    "curve": curve,
    "flows": flows,
    "bars": bars,
    "series": series,
    "blocks": lambda: shown(BlocksView("merit")),
    "bars of a table": lambda: shown(PartsView("queues")),
    "parts of a table": lambda: shown(PartsView("ends")),
    "a day": day,
}


@pytest.mark.slow
def test_the_gallery_opens_without_an_error(browser: Any, tmp_path: Any) -> None:
    errors: list[str] = []
    target = tmp_path / "gallery.html"
    target.write_text(gallery(), "utf-8")
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.on("pageerror", lambda error: errors.append(str(error)))

    tab.goto(target.as_uri())
    tab.wait_for_selector("body[data-ready]")

    canvases = tab.query_selector_all(".sb-canvas")
    drawn = [canvas.evaluate(COLOURS_ON) > 2 for canvas in canvases]
    tab.close()
    assert errors == []
    assert len(drawn) == 52
    assert all(drawn)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", MAKERS)
def test_a_view_is_drawn_and_said(opened: Open, kind: str, theme: str) -> None:
    view = MAKERS[kind]()
    view.theme = theme

    canvas = opened(view).query_selector(".sb-canvas")

    assert canvas.evaluate(COLOURS_ON) > 4
    assert canvas.get_attribute("role") == "img"
    assert canvas.get_attribute("aria-label") == view.label
    assert canvas.get_attribute("tabindex") == "0"


@pytest.mark.parametrize("kind", MAKERS)
def test_the_mouse_reads_numbers(opened: Open, kind: str) -> None:
    tab = opened(MAKERS[kind]())
    box = tab.query_selector(".sb-canvas").bounding_box()

    for share in (0.42, 0.46, 0.5, 0.54):
        tab.mouse.move(box["x"] + share * box["width"], box["y"] + 0.3 * box["height"])
        if tab.is_visible(".sb-tip"):
            break

    assert any(letter.isdigit() for letter in tab.inner_text(".sb-tip"))


@pytest.mark.parametrize(("kind", "key"), [(kind, "ArrowDown") for kind in MAKERS])
def test_the_keyboard_reads_numbers(opened: Open, kind: str, key: str) -> None:
    tab = opened(MAKERS[kind]())
    tab.focus(".sb-canvas")

    tab.keyboard.press("ArrowLeft" if kind in ("curve", "blocks") else key)

    assert tab.is_visible(".sb-tip")
    assert tab.text_content("[aria-live]") != ""


def test_a_click_and_the_keyboard_select_an_agent(opened: Open) -> None:
    tab = opened(field(21))
    box = tab.query_selector(".sb-canvas").bounding_box()

    tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    clicked = tab.evaluate("views[0].model.get('picked')")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Enter")
    chosen = tab.evaluate("views[0].model.get('picked')")
    tab.keyboard.press("Escape")

    assert (clicked, chosen) == (10, 11)
    assert tab.evaluate("views[0].model.get('picked')") == -1


def test_a_field_zooms_with_wheel_keys_and_buttons_and_shows_all_again(opened: Open) -> None:
    tab = opened(field())
    canvas = tab.query_selector(".sb-canvas")
    picture = "canvas => canvas.toDataURL()"
    whole = canvas.evaluate(picture)
    box = canvas.bounding_box()

    tab.mouse.move(box["x"] + 5, box["y"] + 5)
    tab.mouse.wheel(0, -300)
    unmoved = canvas.evaluate(picture)
    canvas.focus()
    tab.mouse.wheel(0, -300)
    tab.wait_for_function(
        "before => views[0].panel.querySelector('.sb-canvas').toDataURL() != before", arg=whole
    )
    tab.keyboard.press("+")
    tab.keyboard.press("Shift+ArrowRight")
    tab.click("[aria-label='Zoom out']")
    tab.click("[aria-label='Show all']")
    tab.mouse.move(box["x"] + 5, box["y"] - 20)

    tab.wait_for_function(
        "before => views[0].panel.querySelector('.sb-canvas').toDataURL() == before", arg=whole
    )
    assert unmoved == whole


def test_dragging_along_the_curve_moves_the_cursor(opened: Open) -> None:
    tab = opened(curve())
    box = tab.query_selector(".sb-canvas").bounding_box()
    cursor = "views[0].model.get('cursor')"

    tab.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 60)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 60, steps=4)
    tab.mouse.up()
    dragged = tab.evaluate(cursor)
    tab.keyboard.press("ArrowRight")
    stepped = tab.evaluate(cursor)
    tab.keyboard.press("Escape")

    assert 8 <= dragged <= 13
    assert stepped == dragged + 1
    assert tab.evaluate(cursor) == -1


def test_an_update_is_drawn_once_it_has_a_new_sequence_number(opened: Open) -> None:
    view = field()
    tab = opened(view)
    facts = view._facts
    assert facts is not None
    before = set(view.keys)

    view.show(facts, moment_of(facts, vote_of(100, (0.9, 0.05)), number=2))
    update = plain_state(view, [n for n in before if n not in ("places", "sizes", "edges")])
    tab.evaluate(TAKE, [0, update])

    tab.wait_for_function(DRAWN, arg=[0, view.sequence])
    assert tab.get_attribute(".sb-canvas", "aria-label") == view.label
    assert "approve90" in tab.text_content(".sb-legend")


def test_a_curve_takes_new_points_and_asks_for_those_it_lacks(opened: Open) -> None:
    facts, view = facts_of(100), CurveView()
    moments = course(facts, 12)
    for moment in moments[:5]:
        view.show(facts, moment)
    tab = opened(view)
    names = ["added", "start", "needed", "label", "sequence"]

    view.show(facts, moments[5])
    tab.evaluate(TAKE, [0, plain_state(view, names)])
    tab.wait_for_function(DRAWN, arg=[0, view.sequence])
    followed = tab.evaluate("views[0].model.sent.length")
    view.show(facts, moments[6])
    view.show(facts, moments[7])
    tab.evaluate(TAKE, [0, plain_state(view, names)])

    assert followed == 0
    assert tab.evaluate("views[0].model.sent") == [{"kind": "again"}]


def test_another_size_and_theme_are_drawn_anew(opened: Open) -> None:
    tab = opened(field())
    paper = "getComputedStyle(views[0].panel.querySelector('.sb-view')).backgroundColor"

    tab.set_viewport_size({"width": 640, "height": 900})
    tab.wait_for_function("views[0].panel.querySelector('.sb-canvas').width < 640")
    tab.evaluate("views[0].model.set('theme', 'dark')")

    assert tab.evaluate(paper) == "rgb(13, 17, 23)"


def test_a_view_of_its_own_height_is_drawn_in_another_theme(opened: Open) -> None:
    tab = opened(series())
    picture = "views[0].panel.querySelector('.sb-canvas').toDataURL()"
    tab.wait_for_function(f"views[0].panel.querySelector('.sb-canvas').dataset.drawn && {picture}")
    light = tab.evaluate(picture)

    tab.evaluate("views[0].model.set('theme', 'dark')")

    tab.wait_for_function(f"before => {picture} !== before", arg=light)


def test_a_view_that_is_closed_leaves_nothing_behind(opened: Open) -> None:
    tab = opened(field(), curve())

    tab.evaluate("views.forEach((view) => view.end())")
    tab.evaluate("views.forEach((view) => view.model.set('sequence', 99))")

    assert tab.query_selector(".sb-view") is None
    assert tab.evaluate("[...views[0].model.listeners.values()].every((s) => s.size === 0)")


def test_names_are_words_and_never_markup(opened: Open) -> None:
    facts, view = facts_of(20), FieldView(title="<img src=x onerror=boom()>")
    vote = vote_of(20, (0.5, 0.3), options=("<b>one</b>", "</script><script>boom()</script>"))

    view.show(facts, moment_of(facts, vote), mode="faction")
    tab = opened(view)

    assert tab.inner_text(".sb-title") == "<img src=x onerror=boom()>"
    assert "<b>one</b>" in tab.inner_text(".sb-legend")


@pytest.mark.parametrize(("agents", "most_ms"), [(1024, 4), (100_000, 30)])
def test_a_frame_takes_little_of_the_main_thread(opened: Open, agents: int, most_ms: float) -> None:
    view = field(agents, has_map=agents == 1024)
    tab = opened(view)

    median_ms = tab.evaluate(TIMED, [plain_state(view, ["votes", "values", "tally"]), 40])

    assert median_ms <= most_ms * 4, "four times what an idle machine needs"


def test_a_curve_of_a_hundred_thousand_points_is_drawn_in_time(opened: Open) -> None:
    facts, view = facts_of(20), CurveView()
    numbers = np.arange(100_000)
    approval = 50 + 40 * np.sin(numbers / 9000)
    view.load(facts, moment_of(facts, None), numbers=numbers, approval_percent=approval)
    tab = opened(view)

    median_ms = tab.evaluate(TIMED, [plain_state(view, ["added"]), 20])

    assert median_ms <= 120, "four times what an idle machine needs"
