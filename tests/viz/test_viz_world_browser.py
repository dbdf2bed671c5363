"""The charts of the World page and the marks of short votes, replayed and in a report."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from swarmboard import run
from viz import Told, write_report

TOLD = Told([("status", "done")], "swarmboard run", "{}", "python 3")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day of a grid, staff in simulated time, and a jury."""
    folder = tmp_path_factory.mktemp("worlds") / "runs"
    run("grid-dispatch", case="ieee14", intervals=4, board="memory://", out=folder / "day")
    run("customer-service", agents=8, tickets=60, board="memory://", out=folder / "service")
    run("jury", agents=9, trials=9, trials_per_round=3, board="memory://", out=folder / "jury")
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


def test_the_merit_order_is_read_with_keys_and_as_a_table(page: Any, url: str) -> None:
    page.goto(f"{url}/run/day/world")
    stack = page.get_by_role("region", name="Merit order of the opening offers")
    stack.get_by_role("img", name="5 blocks by offer").focus()

    page.keyboard.press("Home")

    stack.locator(".sb-tip").get_by_text("offer").wait_for()
    assert "bus" in stack.locator(".sb-tip").inner_text()
    stack.get_by_role("button", name="Show as a table").click()
    stack.get_by_text("dispatched (MW above its lower limit)").wait_for()
    stack.get_by_text("5 rows").wait_for()


def test_the_day_follows_the_slider(page: Any, url: str) -> None:
    page.goto(f"{url}/run/day/world")
    day = page.get_by_role("region", name="The day, interval by interval")
    day.locator('[role="img"][aria-label*="numbers"]').wait_for()
    last = day.get_by_role("img").get_attribute("aria-label")

    page.get_by_role("button", name="First moment").click()

    day.get_by_role("img").and_(page.locator(f'[aria-label="{last}"]')).wait_for(state="detached")
    day.get_by_role("button", name="Show as a table").click()
    day.get_by_text("4 rows").wait_for()


def test_staff_has_queues_latencies_and_outcomes(page: Any, url: str) -> None:
    page.goto(f"{url}/run/service/world")

    for title, words in (
        ("Queues: what waits for somebody", "review"),
        ("How long customers have waited so far", "95 of 100 within"),
        ("Closed tickets by the skills they touch", "after-sales"),
    ):
        region = page.get_by_role("region", name=title)
        region.locator(f'[role="img"][aria-label*="{words}"]').wait_for()


def test_the_legend_of_agents_stands_above_them(page: Any, url: str) -> None:
    page.goto(f"{url}/run/service/world")
    page.locator(".sb-field .sb-legend").get_by_text("drafts").wait_for()

    legend, stage = (
        page.locator(f".sb-field {name}").bounding_box() for name in (".sb-legend", ".sb-stage")
    )

    assert legend["y"] + legend["height"] <= stage["y"]


def test_short_votes_are_marks_with_the_share_that_passes(page: Any, url: str) -> None:
    page.goto(f"{url}/run/service/consensus")
    curve = page.get_by_role("region", name="Approval", exact=True)

    curve.locator(".sb-legend").get_by_text("accepted of the last 50 decisions").wait_for()

    curve.get_by_text("approval at the close of each decision shown").wait_for()


def test_trials_of_a_jury_are_not_compared(page: Any, url: str) -> None:
    page.goto(f"{url}/run/jury/consensus")

    page.get_by_text("Nothing to compare: flips show").wait_for()


def test_a_report_has_the_charts_of_each_round(runs: Path, fresh_page: Callable[..., Any]) -> None:
    file = write_report(runs / "day", runs.parent / "day.html", TOLD, digest="abc").path
    page = fresh_page(file.as_uri())
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-ready]")
    last = page.get_attribute("#chart0 .sb-canvas", "aria-label")

    page.get_by_role("button", name="First moment").click()
    page.locator(f'#chart0 .sb-canvas:not([aria-label="{last}"])').wait_for()
    page.locator('[data-table="chart0"]').click()
    page.locator('[data-table="chart1"]').click()

    assert "5 rows" in page.inner_text("#chart0-table")
    assert "4 rows" in page.inner_text("#chart1-table")
    page.get_by_role("button", name="Last moment").click()
    page.locator('[data-table="chart0"]').click()
    page.locator(f'#chart0 .sb-canvas[aria-label="{last}"]').wait_for()
