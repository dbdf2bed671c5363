"""Pages are read without loss: tables end on the page, and messages stand where they belong."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from swarmboard import run
from viz.pages.rows import counted

NAMES = ("a-run-of-a-grid-with-a-long-name-one", "a-run-of-a-grid-with-a-long-name-two")
CUT = """() => [...document.querySelectorAll(".db-table")]
  .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.ariaLabel)"""


@pytest.fixture(scope="module")
def url(
    browser: Any, tmp_path_factory: pytest.TempPathFactory, serve_runs: Callable[[Path], Any]
) -> Iterator[str]:
    """The address of a folder with two grids."""
    folder = tmp_path_factory.mktemp("readable") / "runs"
    for name in NAMES:
        run("grid-dispatch", case="ieee118", board="memory://", out=folder / name)
    with serve_runs(folder) as address:
        yield address


@pytest.fixture
def page(fresh_page: Callable[..., Any], url: str) -> Any:
    """A fresh page that reports whatever goes wrong on it."""
    return fresh_page(url)


def test_no_table_of_two_runs_is_cut(page: Any, url: str) -> None:
    page.goto(f"{url}/compare/{NAMES[0]}/{NAMES[1]}")

    page.get_by_role("region", name="Numbers at this place").locator("tbody tr").first.wait_for()

    assert page.evaluate(CUT) == []


def test_the_table_behind_a_map_has_its_lines_and_scrolls_inside(page: Any, url: str) -> None:
    page.goto(f"{url}/run/{NAMES[0]}/world")
    panel = page.locator("section").filter(has_text="118 buses").first

    panel.get_by_role("button", name="Show as a table").click()

    panel.get_by_text("118 agents").wait_for()
    panel.get_by_role("columnheader", name="loading").wait_for()
    assert panel.bounding_box()["height"] < 1_500


@pytest.mark.parametrize(
    ("many", "said"), [(0, "0 ballots"), (1, "1 ballot"), (1_200, "1,200 ballots")]
)
def test_one_is_no_plural(many: int, said: str) -> None:
    assert counted(many, "ballot") == said


def test_a_folder_that_is_not_there_is_said_at_the_first_look(
    fresh_page: Callable[..., Any], serve_runs: Callable[[Path], Any], tmp_path: Path
) -> None:
    with serve_runs(tmp_path / "nowhere") as address:
        page = fresh_page(address)

        page.goto(address)

        page.get_by_text("is not there yet").wait_for()
        page.close()
