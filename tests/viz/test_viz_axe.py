"""axe-core on the pages and on a report, in both themes: no serious violation."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from swarmboard import run
from viz import Told, write_report

type Check = Callable[[Any], list[Any]]
PAGES = (
    "",
    *(f"/run/grid/{name}" for name in ("consensus", "board", "world", "models")),
    "/run/team/models",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run and its report."""
    folder = tmp_path_factory.mktemp("checked")
    run("grid-dispatch", case="ieee14", board="memory://", out=folder / "grid")
    run("open-task", agents=8, rounds=1, board="memory://", out=folder / "team")
    told = Told([("status", "done")], "swarmboard run", "{}", "python 3")
    write_report(folder / "grid", folder / "grid.html", told, digest="abc")
    return folder


@pytest.fixture(scope="module")
def url(
    browser: Any, violations: Check, folder: Path, serve_runs: Callable[[Path], Any]
) -> Iterator[str]:
    """The address of the served folder."""
    with serve_runs(folder) as address:
        yield address


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_serious_violation(
    url: str, violations: Check, fresh_page: Callable[..., Any], path: str
) -> None:
    page = fresh_page(url)
    page.goto(url + path)
    page.locator(".db-figures dd.db-value, tbody a").first.wait_for()

    light = violations(page)
    page.emulate_media(color_scheme="dark")
    page.locator("#app .theme--dark, #app.theme--dark").first.wait_for()

    assert (light, violations(page)) == ([], [])


def test_a_report_has_no_serious_violation(
    folder: Path, violations: Check, fresh_page: Callable[..., Any]
) -> None:
    address = (folder / "grid.html").as_uri()
    page = fresh_page(address)
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    for button in page.get_by_role("button", name="Show as a table").all()[:2]:
        button.click()

    light = violations(page)
    page.locator("#theme").select_option("dark")

    assert (light, violations(page)) == ([], [])
