"""The pages in a browser, served by the real command in a process of its own.

Requests to anything but this machine, errors in the console and in the server fail the test.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from swarmboard import run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished runs."""
    folder = tmp_path_factory.mktemp("shown") / "runs"
    run("jury", agents=60, trials=400, trials_per_round=40, board="memory://", out=folder / "jury")
    run("grid-dispatch", case="ieee14", board="memory://", out=folder / "grid")
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


def test_runs_are_listed_filtered_and_compared(page: Any, url: str) -> None:
    page.goto(url)
    page.get_by_label("Compare grid").check()
    page.get_by_label("Compare jury").check()
    page.get_by_text("Two runs side by side").wait_for()
    page.get_by_label("Filter runs by name").fill("jury")

    page.get_by_text("1 of 2 runs").wait_for()

    assert page.locator("tbody tr").first.inner_text().split()[0] == "jury"


def test_a_filter_stays_while_the_form_for_a_run_comes_and_goes(page: Any, url: str) -> None:
    page.goto(url)
    page.get_by_label("Filter runs by name").fill("jury")
    start = page.get_by_role("button", name="Start a run")

    start.click()
    page.get_by_label("Scenario", exact=True).wait_for()
    start.click()
    page.get_by_label("Scenario", exact=True).wait_for(state="detached")

    assert page.get_by_label("Filter runs by name").input_value() == "jury"


def test_a_wrong_value_is_said_beside_its_field(page: Any, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Start a run").click()
    page.get_by_label("Threshold, %").fill("0.8")

    page.get_by_text("did you mean 80?").wait_for()

    assert page.get_by_label("Threshold, %").get_attribute("aria-invalid") == "true"


def test_a_run_is_started_watched_and_found_in_the_list(page: Any, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Start a run").click()
    page.get_by_label("Scenario", exact=True).select_option("jury")
    page.get_by_label("Agents").fill("12")
    page.get_by_role("button", name="Start and watch").click()

    page.wait_for_url("**/run/*/consensus")
    page.get_by_text("jury, swarm of 12").wait_for()
    page.get_by_role("link", name="Swarmboard").click()

    page.get_by_text("3 runs").wait_for()


def test_what_the_command_refuses_is_shown_in_its_own_line(page: Any, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Start a run").click()
    page.locator("summary").click()
    page.get_by_label("Case").fill("nowhere")
    page.get_by_role("button", name="Start and watch").click()

    page.get_by_role("alert").get_by_text("nowhere").wait_for()


@pytest.mark.parametrize("name", ["consensus", "board", "world", "models", "oversight"])
def test_each_page_of_a_run_opens_by_its_address_and_by_keyboard(
    page: Any, url: str, name: str
) -> None:
    page.goto(f"{url}/run/grid/{name}")
    link = page.get_by_role("link", name=name.capitalize(), exact=True)
    page.get_by_role("group", name="Replay").wait_for()

    link.focus()
    page.keyboard.press("Enter")

    assert link.get_attribute("aria-current") == "page"
    assert page.get_by_text("accepted, 80 % needed").count()


def test_a_run_is_replayed_from_its_first_round(page: Any, url: str) -> None:
    page.goto(f"{url}/run/jury/consensus")
    page.get_by_text("Round 10", exact=True).wait_for()

    page.get_by_role("button", name="First moment").click()
    page.get_by_text("Round 1", exact=True).wait_for()
    page.get_by_role("button", name="One on").click()

    page.get_by_text("Round 2", exact=True).wait_for()


def test_behind_each_canvas_is_a_table(page: Any, url: str) -> None:
    page.goto(f"{url}/run/jury/consensus")

    page.get_by_role("button", name="Show as a table").first.click()

    page.get_by_text("Agents: 60 rows").wait_for()


def test_runs_whose_names_have_odd_characters_have_pages(
    fresh_page: Callable[..., Any], serve_runs: Callable[[Path], Any], tmp_path: Path
) -> None:
    names = ("two words #1", "50%41 größer?")
    for name in names:
        run(
            "jury",
            agents=5,
            trials=4,
            trials_per_round=2,
            board="memory://",
            out=tmp_path / "runs" / name,
        )

    with serve_runs(tmp_path / "runs") as url:
        page = fresh_page(url)
        for name in names:
            page.goto(url)
            page.get_by_role("link", name=name, exact=True).click()
            page.get_by_role("group", name="Replay").wait_for()
            page.get_by_role("link", name="World", exact=True).click()
            page.wait_for_url("**/world")
            page.reload()
            page.get_by_role("heading", name=name, exact=True).wait_for()
        page.goto(url)
        for name in names:
            page.get_by_label(f"Compare {name}").check()
        page.get_by_role("button", name="Watch both on one slider").click()
        page.wait_for_url("**/compare/*/*")
        page.reload()

        for name in names:
            page.get_by_role("region", name=f"Agents, {name}").wait_for()
        page.close()


@pytest.mark.parametrize("path", ["/run/none/board", "/run/jury/nothing"])
def test_what_is_not_there_says_so_and_leads_back(page: Any, url: str, path: str) -> None:
    page.goto(url + path)

    page.get_by_role("button", name="See all runs").click()

    page.get_by_role("heading", name="Runs", exact=True).wait_for()


def test_the_theme_is_chosen_and_remembered(page: Any, url: str) -> None:
    page.goto(url)
    page.get_by_label("Theme").select_option("dark")
    page.locator("#app .theme--dark, #app.theme--dark").first.wait_for()

    page.reload()

    page.locator("#app .theme--dark, #app.theme--dark").first.wait_for()
    assert page.get_by_label("Theme").input_value() == "dark"
