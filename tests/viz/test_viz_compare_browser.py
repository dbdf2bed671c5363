"""Two runs beside each other, what a person saves of a page, and a shared board, in a browser."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from swarmboard import run
from tests.viz.debate import Debate
from tests.viz.gated import gated_run
from viz.canvas import BarsView
from viz.feed import PastRun


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short run and a longer one of the same kind, one in which agents write, and one more."""
    folder = tmp_path_factory.mktemp("beside") / "runs"
    jury = {"agents": 24, "trials_per_round": 10, "board": "memory://"}
    run("jury", trials=40, out=folder / "short", **jury)
    run("jury", trials=100, seed=5, out=folder / "long", **jury)
    run("open-task", agents=8, board="memory://", out=folder / "task")
    run(Debate, board="memory://", out=folder / "debate")
    return folder


@pytest.fixture(scope="module")
def board(server_url: Callable[[str], str]) -> str:
    """A server that runs share."""
    return server_url("valkey")


@pytest.fixture(scope="module")
def url(browser: Any, runs: Path, board: str, serve_runs: Callable[..., Any]) -> Iterator[str]:
    """The address of the served folder."""
    with serve_runs(runs, "--board", board) as address:
        yield address


@pytest.fixture
def page(fresh_page: Callable[..., Any], url: str) -> Any:
    """A fresh page that reports whatever goes wrong on it."""
    return fresh_page(url)


def figures(page: Any, name: str) -> str:
    return str(page.get_by_role("region", name=f"Key figures of {name}").inner_text())


def wait_for_rounds(page: Any, short: int, long: int) -> None:
    """Wait until both runs show these rounds."""
    for name, number in (("short", short), ("long", long)):
        panel = page.get_by_role("region", name=f"Agents, {name}")
        panel.get_by_role("img", name=f"Round {number}:").wait_for()


def test_two_ticked_runs_are_watched_on_one_slider(page: Any, url: str) -> None:
    page.goto(url)
    page.get_by_label("Compare short").check()
    page.get_by_label("Compare long").check()
    page.get_by_role("button", name="Watch both on one slider").click()

    page.wait_for_url("**/compare/*/*")
    wait_for_rounds(page, 4, 10)
    page.get_by_role("button", name="First moment").click()
    wait_for_rounds(page, 1, 1)
    page.get_by_role("slider", name="Moment").fill("6")

    wait_for_rounds(page, 4, 7)
    assert "its last" in figures(page, "short")
    assert "its last" not in figures(page, "long")
    numbers = page.get_by_role("region", name="Numbers at this place")
    numbers.get_by_text("+3", exact=True).wait_for()


def test_lined_up_by_share_both_end_together(page: Any, url: str) -> None:
    page.goto(f"{url}/compare/short/long")
    wait_for_rounds(page, 4, 10)
    page.get_by_label("Lined up by").select_option("share of the run")
    page.get_by_text("At 100 %").wait_for()

    page.get_by_role("slider", name="Moment").fill("3")

    page.get_by_text("At 33 %").wait_for()
    wait_for_rounds(page, 2, 4)


def test_both_play_to_their_ends(page: Any, url: str) -> None:
    page.goto(f"{url}/compare/short/long")
    wait_for_rounds(page, 4, 10)

    page.get_by_label("Speed").select_option("20")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.get_by_role("button", name="Play").wait_for()

    wait_for_rounds(page, 4, 10)


@pytest.mark.parametrize("path", ["/compare/short", "/compare/short/nobody"])
def test_a_pair_that_is_none_leads_back(page: Any, url: str, path: str) -> None:
    page.goto(url + path)

    page.get_by_role("button", name="See all runs").click()

    page.get_by_role("heading", name="Runs", exact=True).wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_kept_from_two_runs(
    page: Any, url: str, violations: Callable[[Any], list[Any]], theme: str
) -> None:
    page.goto(f"{url}/compare/short/long")
    page.get_by_label("Theme").select_option(theme)
    wait_for_rounds(page, 4, 10)
    page.get_by_role("button", name="Export", exact=True).first.click()

    assert violations(page) == []


def test_a_run_that_goes_on_can_be_one_of_the_two(
    page: Any, url: str, runs: Path, board: str
) -> None:
    with gated_run(runs / "live", agents=6, rounds=6, board=board) as gate:
        gate.let(3)
        page.goto(f"{url}/compare/live/short")
        live = page.get_by_role("region", name="Key figures of live")
        live.get_by_text("● running").wait_for()
        live.get_by_text("up to round").wait_for()
        gate.let(5)
        page.get_by_role("region", name="Agents, live").get_by_role(
            "img", name="Round 5:"
        ).wait_for()


def test_a_view_is_saved_under_the_name_of_run_view_and_round(
    page: Any, url: str, runs: Path, tmp_path: Path
) -> None:
    page.goto(f"{url}/run/long/consensus")
    page.get_by_role("slider", name="Moment").fill("6")
    tally = page.get_by_role("region", name="Tally", exact=True)
    tally.get_by_role("img", name="Tally").wait_for()
    page.get_by_text("Round 7", exact=True).wait_for()

    names = []
    for button in ("Save the numbers", "Save as a PNG", "Save as an SVG"):
        tally.get_by_role("button", name="Export", exact=True).click()
        with page.expect_download() as waited:
            tally.get_by_role("button", name=button).click()
        names.append(waited.value.suggested_filename)
        waited.value.save_as(tmp_path / names[-1])

    past = PastRun(runs / "long")
    assert past.wait(20)
    view = BarsView()
    view.show(past.facts, past.moment(7))
    past.close()
    rows = list(csv.reader((tmp_path / names[0]).read_text("utf-8").splitlines()))
    assert names == [f"long-Tally-round-7.{kind}" for kind in ("csv", "png", "svg")]
    assert rows[0] == list(view.table().columns)
    assert [(name, float(value)) for name, value, _ in rows[1:]] == [
        (name, value) for name, value, _ in view.table().rows
    ]
    assert (tmp_path / names[1]).read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / names[2]).read_text("utf-8").startswith("<svg")


def test_the_board_says_who_could_see_an_entry(page: Any, url: str) -> None:
    page.goto(f"{url}/run/task/board")
    table = page.get_by_label("Entries, newest first")
    table.get_by_role("button", name="1.1.1.0").click()

    said = page.get_by_role("region", name="Who could see the entry")
    said.get_by_role("heading", name="Who could see 1.1.1.0").wait_for()
    said.get_by_text("Visible to 7 agents besides its author, from 1.2 on").wait_for()
    said.get_by_text("Shown in the prompts of").wait_for()
    table.get_by_role("button", name="History of planner #3").click()

    page.get_by_role("heading", name="What planner #3 could see").wait_for()


def test_the_console_is_told_nothing_on_a_load(page: Any, url: str) -> None:
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type == "warning" else None)

    page.goto(f"{url}/run/debate/board")
    page.get_by_text("Who could see").first.wait_for()
    page.get_by_role("link", name="Consensus", exact=True).click()
    page.get_by_role("heading", name="Approval").wait_for()
    page.go_back()
    page.get_by_text("Who could see").first.wait_for()

    assert said == []


def test_an_address_that_leads_nowhere_leads_back(browser: Any, url: str) -> None:
    page = browser.new_page(color_scheme="dark")
    answer = page.goto(f"{url}/no/such/page")
    page.get_by_role("heading", name="There is no such page").wait_for()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.get_by_role("link", name="See all runs").click()

    page.get_by_role("heading", name="Runs", exact=True).wait_for()
    page.close()
    assert (answer.status, ground) == (404, "rgb(23, 29, 37)")


def test_runs_on_the_shared_board_are_listed_wherever_they_are(
    page: Any, url: str, runs: Path, board: str, tmp_path: Path
) -> None:
    with (
        gated_run(runs / "near", agents=4, rounds=3, board=board),
        gated_run(tmp_path / "far", agents=5, rounds=3, board=board),
    ):
        page.goto(url)
        panel = page.get_by_role("region", name="Runs on the board", exact=True)
        panel.get_by_text("elsewhere", exact=True).first.wait_for()
        panel.get_by_text("in this folder").first.wait_for()
        panel.get_by_text("live", exact=True).nth(1).wait_for()

        assert panel.get_by_role("rowheader").count() >= 2
