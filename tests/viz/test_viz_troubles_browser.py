"""What goes wrong with a run is said on its page, which goes on; visitors may be rough."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from viz.launch import say_to_board
from viz.serve.settings import CLOSED_AFTER_VARIABLE

OPINIONS = Path(__file__).with_name("opinions.py")
CLICKS, PAUSE_MS = 20, 100
LOOPS = 4
"""Threads that keep one page of consensus up to date, at the least."""
WAIT_S = 30


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs go."""
    return tmp_path_factory.mktemp("troubled")


@pytest.fixture(scope="module")
def url(browser: Any, folder: Path, serve_runs: Callable[..., Any]) -> Iterator[str]:
    """The address of the served folder, whose pages are closed soon."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CLOSED_AFTER_VARIABLE, "1s")
        with serve_runs(folder) as address:
            yield address


@pytest.fixture
def going(folder: Path) -> Iterator["Going"]:
    """A run with ten rounds a second in a process of its own."""
    path = folder / f"run-{secrets.token_hex(2)}"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "swarmboard", "run", str(OPINIONS), "--no-progress"),
            *("--rounds", "100000", "--set", "pause_s=0.1", "--out", str(path)),
        ],
        env={k: v for k, v in os.environ.items() if k != "SWARMBOARD_URL"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not (path / "board.json").exists():
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)
    yield Going(path, process)
    process.kill()
    process.wait()


class Going:
    """A run that goes on."""

    def __init__(self, path: Path, process: "subprocess.Popen[bytes]") -> None:
        self.path, self.process = path, process

    @property
    def page(self) -> str:
        """The path of its first page."""
        return f"/run/{self.path.name}/consensus"

    def address(self) -> dict[str, Any]:
        """Return what it says of its board."""
        found: dict[str, Any] = json.loads((self.path / "board.json").read_text())
        return found


def status(page: Any, words: str) -> None:
    """Wait until the page says so of the run's status."""
    page.locator(".db-figures").get_by_text(words).wait_for()


def round_shown(page: Any) -> int:
    """Return the round that the page shows."""
    shown = page.locator(".db-figures div", has_text="Round").locator("dd").first
    return int(shown.inner_text().replace(",", ""))


def test_a_killed_board_is_said_and_the_page_goes_on_with_the_next(
    url: str, going: Going, fresh_page: Callable[..., Any]
) -> None:
    page = fresh_page(url)
    page.goto(url + going.page)
    status(page, "running")
    before, first = round_shown(page), going.address()

    going.process.send_signal(signal.SIGSTOP)  # so that the next board does not come too soon
    os.kill(first["pid"], signal.SIGKILL)
    page.get_by_text("is gone: its server does not answer").wait_for()
    going.process.send_signal(signal.SIGCONT)
    status(page, "running")
    page.wait_for_function(
        "(known) => Number([...document.querySelectorAll('.db-figures div')]"
        ".find((one) => one.innerText.startsWith('Round'))"
        ".querySelector('dd').innerText.replaceAll(',', '')) > known",
        arg=before,
    )

    assert going.address()["pid"] != first["pid"]
    assert page.get_by_text("is gone").count() == 0


def test_a_run_whose_process_was_killed_is_lost_and_one_that_was_removed_is_gone(
    url: str, going: Going, fresh_page: Callable[..., Any]
) -> None:
    page = fresh_page(url)
    page.goto(url + going.page)
    status(page, "running")

    going.process.kill()
    page.get_by_text("swarmboard resume").first.wait_for()
    status(page, "lost")
    with suppress(ProcessLookupError):  # it ends by itself with its runner, now or a little later
        os.kill(going.address()["pid"], signal.SIGKILL)
    shutil.rmtree(going.path, ignore_errors=True)
    page.get_by_text("was removed, or may not be read any more").wait_for()
    page.reload()

    page.get_by_role("button", name="See all runs").wait_for()


def test_what_a_person_typed_stays_when_a_warning_comes_above_it(
    url: str, going: Going, fresh_page: Callable[..., Any]
) -> None:
    page = fresh_page(url)
    page.goto(url + going.page.replace("consensus", "oversight"))
    page.get_by_label("Reason").fill("it looks stuck")

    going.process.kill()
    page.get_by_text("swarmboard resume").first.wait_for()
    page.get_by_text("nothing can be sent until it is back").wait_for()

    assert page.get_by_label("Reason").input_value() == "it looks stuck"
    assert page.get_by_role("button", name="Stop the run").is_disabled()


def test_a_run_that_is_paused_and_then_ends_says_so_and_can_be_replayed(
    url: str, going: Going, fresh_page: Callable[..., Any]
) -> None:
    page = fresh_page(url)
    page.goto(url + going.page)
    status(page, "running")

    say(going, "pause")
    status(page, "paused")
    say(going, "unpause")
    status(page, "running")
    say(going, "stop")
    status(page, "stopped")

    page.get_by_role("group", name="Replay").wait_for()


def test_ten_clicks_a_second_resizing_reloading_and_going_back_in_two_tabs_break_nothing(
    url: str, going: Going, fresh_page: Callable[..., Any]
) -> None:
    page = fresh_page(url)
    page.goto(url + going.page)
    status(page, "running")
    other = fresh_page(url)
    other.goto(url + going.page)
    status(other, "running")
    names = ("Board", "World", "Models", "Oversight", "Consensus")

    for click in range(CLICKS):
        name = names[click % len(names)]
        (page, other)[click % 2].get_by_role("link", name=name, exact=True).click(
            no_wait_after=True
        )
        page.set_viewport_size({"width": 900 + 40 * (click % 10), "height": 700 + 20 * click})
        page.wait_for_timeout(PAUSE_MS)
    page.reload()
    status(page, "running")
    page.go_back()
    other.goto(url)
    other.go_back()
    page.goto(url + going.page)

    status(page, "running")
    status(other, "running")


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_closed_pages_leave_no_thread_behind(
    url: str, going: Going, fresh_page: Callable[..., Any]
) -> None:
    pages = [fresh_page(url) for _ in range(3)]
    for page in pages:
        page.goto(url + going.page)
        status(page, "running")
    looking = threads()

    for page in pages[1:]:
        page.close()
    for _ in range(WAIT_S * 10):
        if threads() <= looking - 2 * LOOPS:
            break
        pages[0].wait_for_timeout(100)

    assert threads() <= looking - 2 * LOOPS
    status(pages[0], "running")


def say(going: Going, act: str) -> None:
    """Have a person command the run."""
    said = say_to_board(going.path, act, proposal="", by="anna", reason="to see it")
    assert said is not None
    assert said.is_done


def threads() -> int:
    """Return how many threads the server of this process's tests has."""
    [server] = [one for one in Path("/proc").glob("[0-9]*") if _is_our_server(one)]
    return len(list((server / "task").iterdir()))


def _is_our_server(process: Path) -> bool:
    try:
        parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return parent == os.getpid() and b"dashboard" in words
