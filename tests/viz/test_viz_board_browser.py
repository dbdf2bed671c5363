"""The Board and World pages in a browser, and what Consensus says of reasons."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from swarmboard import run
from tests.viz.debate import Debate


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three finished runs: one in which agents write, one with a map, one in simulated time."""
    folder = tmp_path_factory.mktemp("boards") / "runs"
    run(Debate, board="memory://", out=folder / "debate")
    run("grid-dispatch", case="ieee14", board="memory://", out=folder / "grid")
    run("customer-service", tickets=60, board="memory://", out=folder / "service")
    return folder


@pytest.fixture(scope="module")
def url(browser: Any, runs: Path, serve_runs: Callable[[Path], Any]) -> Iterator[str]:
    """The address of the served folder."""
    with serve_runs(runs) as address:
        yield address


@pytest.fixture
def page(fresh_page: Callable[..., Any], url: str) -> Any:
    """A fresh page that reports whatever goes wrong on it."""
    return fresh_page(url)


def test_entries_are_searched_and_filtered(page: Any, url: str) -> None:
    page.goto(f"{url}/run/debate/board")
    page.get_by_text("30 shown, newest first, of 30 entries").wait_for()

    page.get_by_label("Kind").select_option("argument")
    page.get_by_text("6 shown, newest first").wait_for()
    page.get_by_label("Entries of agent").fill("2")
    page.get_by_text("3 shown, newest first").wait_for()
    page.get_by_label("Search in entries").fill("nowhere")

    page.get_by_text("No entry of 30 is like that.").wait_for()


def test_an_entry_shows_where_it_comes_from_and_what_came_of_it(page: Any, url: str) -> None:
    page.goto(f"{url}/run/debate/board")
    page.get_by_role("heading", name="Where the proposal comes from").wait_for()
    page.get_by_text("entry, rejected").wait_for()

    page.get_by_label("Entries, newest first").get_by_role("button", name="3.2.1.0").click()

    tree = page.get_by_role("list", name="Where the entry comes from")
    tree.get_by_text("↑ supports").wait_for()
    tree.get_by_text("↓ basis of").wait_for()
    tree.get_by_role("button", name="3.1.0.0").press("Enter")
    tree.get_by_text("↓ contradicted by").wait_for()


def test_an_agent_has_a_history_of_entries_and_ballots_with_reasons(page: Any, url: str) -> None:
    page.goto(f"{url}/run/debate/board")
    page.get_by_text("ballots, with a reason first").wait_for()

    page.get_by_role("button", name="History of speaker #6").first.click()

    page.get_by_role("heading", name="History of speaker #6").wait_for()
    page.get_by_text("The latest: entries 3, ballots 3").wait_for()
    assert page.get_by_label("History of an agent").get_by_text("too vague").count() == 3


def test_going_back_shows_the_board_as_it_was(page: Any, url: str) -> None:
    page.goto(f"{url}/run/debate/board")
    page.get_by_text("30 shown").wait_for()

    page.get_by_role("button", name="First moment").click()

    page.get_by_text("10 shown, newest first, of 30 entries").wait_for()
    page.get_by_text("Proposal 1.3.0.0: 7 ballots").wait_for()


def test_reasons_of_those_against_are_counted_beside_the_vote(page: Any, url: str) -> None:
    page.goto(f"{url}/run/debate/consensus")

    page.get_by_text("5 of 5 rejections give a reason in words").wait_for()

    page.get_by_text("Fewest votes that have to change to carry it").wait_for()


def test_the_world_shows_map_lines_and_numbers_over_the_run(page: Any, url: str) -> None:
    page.goto(f"{url}/run/grid/world")
    page.get_by_text("14 agents, ").wait_for()
    page.get_by_text("have no place on the map").wait_for()

    page.get_by_role("combobox", name="Lines by").select_option("objection")
    page.get_by_role("combobox", name="Agents by").select_option("output")

    drawing = page.get_by_role("img", name="agents by output")
    drawing.wait_for()
    numbers = page.get_by_role("img", name="numbers of the world")
    assert "energy price" in numbers.get_attribute("aria-label")


def test_what_staff_does_has_a_legend_of_words(page: Any, url: str) -> None:
    page.goto(f"{url}/run/service/world")

    page.locator(".sb-field .sb-legend").get_by_text("reviews").wait_for()

    numbers = page.get_by_role("img", name="numbers of the world").get_attribute("aria-label")
    assert "utilisation" in numbers
    assert "completion" in numbers
