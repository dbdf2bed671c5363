"""While models are waited for, the board says how far they are; the log holds nothing of it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from agents import CallsNow
from blackboard import CALLS, Board, Note, Stopped, decode, read_log
from swarmboard import run
from swarmboard.questions import SHOWN_EVERY_S, Waiting
from tests.swarmboard.held_model import TERMS, held_run
from tests.viz.gated import until

NOW = CallsNow(in_flight=4, answered=1, left=7, tokens=900, reply_age_s=0.5)


class Leading:
    """Keeps what a leader is told to publish."""

    def __init__(self, *, is_to_stop: bool = False) -> None:
        self.oversight, self._is_to_stop = self, is_to_stop
        self.listened = 0
        self.shown: list[tuple[str, dict[str, Any]]] = []

    def listen(self, timeout_s: float) -> None:
        self.listened += 1

    def hear_stop(self, leader: object) -> None:
        if self._is_to_stop:
            raise Stopped("ada: enough")

    def show_now(self, name: str, detail: dict[str, Any]) -> None:
        self.shown.append((name, detail))


class Desk:
    """Always has the same to say."""

    def now(self) -> CallsNow:
        return NOW


def waiting(leader: Leading, *times_s: float) -> Waiting:
    """Return one who waits, begun at 0, and looks at its clock at these times."""
    clock = iter([0.0, *times_s])
    return Waiting(leader, Desk(), clock=lambda: next(clock))  # type: ignore[arg-type]


def test_where_questions_stand_is_published_a_few_times_a_second_at_most() -> None:
    leader, often = Leading(), SHOWN_EVERY_S / 4
    one = waiting(leader, *(often * look for look in range(1, 10)))

    for _ in range(9):
        one.keep_up()

    assert leader.listened == 9
    assert [name for name, _ in leader.shown] == [CALLS] * 3
    assert [detail["waited_s"] for _, detail in leader.shown] == [0.05, 0.25, 0.45]
    assert leader.shown[0][1] == asdict(NOW) | {"waited_s": 0.05}


def test_at_the_end_it_is_published_once_more_and_never_for_the_first_time() -> None:
    slow, quick = Leading(), Leading()
    waited = waiting(slow, 0.3, 0.31)

    waited.keep_up()
    waited.end()
    waiting(quick).end()

    assert len(slow.shown) == 2
    assert quick.shown == []


def test_who_is_told_to_stop_publishes_nothing_more() -> None:
    leader = Leading(is_to_stop=True)

    with pytest.raises(Stopped):
        waiting(leader).keep_up()

    assert leader.shown == []


@pytest.fixture
def published(server_url: Callable[[str], str]) -> Iterator[Callable[[Path], dict[str, Any]]]:
    """Read what a run says of its calls, on a board that outlives it."""
    boards: dict[Path, Board] = {}

    def read(path: Path) -> dict[str, Any]:
        if path not in boards:
            run_id = json.loads((path / "config.json").read_text())["run_id"]
            boards[path] = Board.open(server_url("valkey"), run=run_id, name="looking")
        packed = boards[path].store.published().get(CALLS)
        note = decode(packed) if packed else None
        return note.detail if isinstance(note, Note) else {}

    yield read
    for board in boards.values():
        board.close()


def test_a_board_tells_of_calls_in_flight_until_there_are_none(
    tmp_path: Path,
    server_url: Callable[[str], str],
    published: Callable[[Path], dict[str, Any]],
) -> None:
    out = tmp_path / "run"

    with held_run(out, board=server_url("valkey")) as model:
        until((out / "llm.sqlite").exists)
        until(lambda: published(out).get("in_flight") == 4)
        first = published(out)
        model.let(1)
        until(lambda: published(out).get("answered") == 1)
        second = published(out)

    last = published(out)
    assert (first["answered"], first["tokens"], first["reply_age_s"]) == (0, 0, None)
    assert second["left"] == first["left"] - 1
    assert second["tokens"] > 0
    assert second["reply_age_s"] >= 0
    assert (last["in_flight"], last["left"]) == (0, 0)
    notes = [one.name for one in read_log(out / "events.log") if isinstance(one, Note)]
    assert CALLS not in notes


def test_a_run_whose_models_answer_at_once_publishes_nothing_of_them(
    tmp_path: Path,
    server_url: Callable[[str], str],
    published: Callable[[Path], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agents.llm.gateway.POLL_S", 60.0)
    run("open-task", board=server_url("valkey"), out=tmp_path / "run", **TERMS)

    assert published(tmp_path / "run") == {}
