"""The runs on the board that a dashboard was told of."""

import os
from collections.abc import Callable

import pytest

from blackboard import Board, runs_on
from viz.feed.board_runs import BoardRuns, spoken
from viz.feed.pulse import Pulse
from viz.pages.board_runs_panel import has_list, rows_of


def name(word: str) -> str:
    return f"shown-{os.getpid()}-{word}"


def test_a_server_that_does_not_answer_is_said_to_be_so() -> None:
    listing = BoardRuns("redis://127.0.0.1:1").read()

    assert listing.runs == ()
    assert "does not answer" in listing.error


def test_a_server_is_not_asked_again_at_once(server_url: Callable[[str], str]) -> None:
    now = [0.0]
    asked = BoardRuns(server_url("valkey"), clock=lambda: now[0])

    first = asked.read()
    board = Board.open(server_url("valkey"), run=name("late"))
    board.store.join("writer", 1, role="node", name="n", votes=True)
    board.close()
    again = asked.read()
    now[0] = 60.0
    later = asked.read()

    assert again is first
    assert name("late") not in {run.run_id for run in first.runs}
    assert name("late") in {run.run_id for run in later.runs}


def test_rows_say_whose_directory_is_here(server_url: Callable[[str], str]) -> None:
    board = Board.open(server_url("valkey"), run=name("row"))
    board.store.join("writer", 1, role="node", name="n", votes=True)
    board.close()
    runs = [run for run in runs_on(server_url("valkey")) if run.run_id == name("row")]

    [here] = rows_of(runs, {name("row")})
    [elsewhere] = rows_of(runs, set())

    assert here == [
        name("row"),
        f"{runs[0].status}, its runner is gone",
        "0",
        "1",
        "in this folder",
    ]
    assert elsewhere[-1] == "elsewhere"


def test_an_address_is_spoken_without_its_password() -> None:
    assert spoken("redis://me:secret@host:6379/1?x=y") == "redis://host:6379/1"


@pytest.mark.parametrize(
    ("board", "is_listed"), [(None, False), ("bundled", False), ("redis://host:1", True)]
)
def test_only_a_board_that_runs_share_is_listed(board: str | None, is_listed: bool) -> None:
    assert has_list(board) is is_listed


@pytest.mark.parametrize("url", ["redis://localhost:abc", "redis://[::1", "redis://host:99999"])
def test_what_is_no_address_does_not_answer(url: str) -> None:
    assert not Pulse(url).beats()
    assert "does not answer" in BoardRuns(url).read().error
    assert spoken(url)
