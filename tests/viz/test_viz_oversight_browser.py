"""People's hands on a run in another process, from the page: each stands in the log by name."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blackboard import Answered, Decided, Entries, Joined, Note, Record, read_log

OPINIONS = Path(__file__).with_name("opinions.py")
type Begin = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs go."""
    return tmp_path_factory.mktemp("overseen")


@pytest.fixture(scope="module")
def url(browser: Any, folder: Path, serve_runs: Callable[[Path], Any]) -> Iterator[str]:
    """The address of the served folder."""
    with serve_runs(folder) as address:
        yield address


@pytest.fixture
def begin(folder: Path) -> Iterator[Begin]:
    """Begin a run in a process of its own."""
    begun: list[subprocess.Popen[str]] = []

    def begin(name: str, *words: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "swarmboard", "run", str(OPINIONS), "--no-progress"),
                *(*words, "--out", str(folder / name)),
            ],
            env={k: v for k, v in os.environ.items() if k != "SWARMBOARD_URL"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


@pytest.fixture
def visit(url: str, fresh_page: Callable[..., Any]) -> Callable[[str], Any]:
    """Open the oversight page of a run that has begun, as somebody who says who she is."""

    def visit(name: str) -> Any:
        page = fresh_page(url)
        page.goto(f"{url}/run/{name}/oversight")
        page.get_by_label("Your name").fill("anna")
        page.get_by_label("Reason").fill("to look at it")
        return page

    return visit


def until_begun(folder: Path, name: str, process: "subprocess.Popen[str]") -> None:
    """Wait until the run's board can be reached."""
    while not (folder / name / "board.json").exists():
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)


def records(run: Path) -> list[Record]:
    return [*read_log(run / "events.log")]


@pytest.mark.slow
def test_waiting_proposals_are_decided_from_the_page_in_a_persons_name(
    folder: Path, begin: Begin, visit: Callable[[str], Any]
) -> None:
    terms = ("impact=50", "approval_above=10", "approval_s=120", "pause_s=0.01")
    settings = [word for term in terms for word in ("--set", term)]
    process = begin("waiting", *settings, "--threshold", "1", "--rounds", "2")
    until_begun(folder, "waiting", process)
    page = visit("waiting")

    page.get_by_role("button", name="Approve 1.").click()
    page.get_by_role("button", name="Veto 2.").click()
    _, said = process.communicate(timeout=60)

    assert process.returncode == 0, said
    found = records(folder / "waiting")
    answers = [(r.answer, r.by, r.reason) for r in found if isinstance(r, Answered)]
    decided = [(r.outcome, r.by) for r in found if isinstance(r, Decided)]
    assert answers == [(said, "anna", "to look at it") for said in ("approve", "veto")]
    assert decided == [("accepted", "anna"), ("vetoed", "anna")]


@pytest.mark.slow
def test_a_run_is_paused_given_an_entry_and_stopped_from_the_page(
    folder: Path, begin: Begin, visit: Callable[[str], Any], violations: Callable[[Any], list[Any]]
) -> None:
    process = begin("held", "--set", "pause_s=0.1", "--rounds", "100000")
    until_begun(folder, "held", process)
    page = visit("held")

    page.get_by_label("Reason").fill("")
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("say why").wait_for()
    page.get_by_label("Reason").fill("to look at it")
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("pause received").wait_for()
    page.get_by_text("‖ paused").wait_for()
    page.get_by_label("Content").fill("{")
    page.get_by_role("button", name="Put it on the board").click()
    page.get_by_text("begins as JSON but is none").wait_for()
    grave = violations(page)
    page.get_by_label("Content").fill("line 7 is out")
    page.get_by_role("button", name="Put it on the board").click()
    page.get_by_text("received from anna").wait_for()
    page.get_by_role("button", name="One stage").click()
    page.get_by_text("step received").wait_for()
    page.get_by_role("button", name="Stop the run").click()
    page.get_by_text("The run has ended (stopped)").wait_for()
    process.communicate(timeout=30)

    found = records(folder / "held")
    notes = [r for r in found if isinstance(r, Note) and r.detail.get("by") == "anna"]
    assert (process.returncode, grave) == (3, [])
    assert [note.name for note in notes] == ["pause", "step", "stop"]
    assert all(note.detail["reason"] == "to look at it" for note in notes)
    assert [r.names for r in found if isinstance(r, Joined) and r.role == "person"] == [("anna",)]
    [entry] = [r for r in found if isinstance(r, Entries) and r.round >= notes[0].round]
    assert "line 7 is out" in str(entry)


@pytest.mark.slow
def test_what_is_wrong_with_an_entry_is_said_beside_its_button(
    folder: Path, begin: Begin, visit: Callable[[str], Any]
) -> None:
    process = begin("wrong", "--set", "pause_s=0.2", "--rounds", "200")
    until_begun(folder, "wrong", process)
    page = visit("wrong")
    page.get_by_label("Links").fill("bogus 1.1")

    page.get_by_role("button", name="Put it on the board").click()

    panel = page.locator("section").filter(has_text="Put an entry on the board")
    panel.get_by_text("Nothing was sent: see what is marked above.").wait_for()
    panel.get_by_text("is no link").wait_for()
