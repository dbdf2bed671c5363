"""The Models page while models are waited for: what is in flight, and how far a stage is."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.swarmboard.held_model import HeldModel, held_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the run goes."""
    return tmp_path_factory.mktemp("asked")


@pytest.fixture(scope="module")
def url(browser: Any, folder: Path, serve_runs: Callable[[Path], Any]) -> Iterator[str]:
    """The address of the served folder."""
    with serve_runs(folder) as address:
        yield address


@pytest.fixture
def model(folder: Path) -> Iterator[HeldModel]:
    """What holds a run by its calls, four at a time, that goes on beside the test."""
    with held_run(folder / "team") as model:
        yield model


def row(page: Any, name: str, value: str) -> None:
    """Wait until the table of calls has a row."""
    table = page.get_by_role("region", name="What is in flight as the board says it")
    cells = table.locator("tr", has=page.get_by_role("rowheader", name=name, exact=True))
    cells.get_by_role("cell", name=value, exact=True).wait_for()


def test_calls_in_flight_are_shown_while_models_answer_and_gone_when_the_run_has_ended(
    url: str, model: HeldModel, folder: Path, fresh_page: Callable[..., Any]
) -> None:
    page = fresh_page(url)
    model.let(0)
    page.goto(f"{url}/run/team/models")
    page.get_by_text("4 calls in flight, 0 of ").wait_for()
    model.let(1)
    page.get_by_text("4 calls in flight, 1 of ").wait_for()
    asked = int(page.get_by_text("in flight, 1 of ").inner_text().split(" of ")[2].split()[0])

    model.let(asked - 1)
    row(page, "Calls in flight", "1")
    row(page, "Answered in round 1, stage 2", "0 of 1")
    page.get_by_text("s ago").wait_for()
    model.open()
    page.locator(".db-figures").get_by_text("done").wait_for()

    page.get_by_role("rowheader", name="Calls that were billed").wait_for()
    page.get_by_role("rowheader", name="Calls in flight").wait_for(state="detached")
