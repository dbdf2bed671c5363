"""A person's word reaches the board of a run straight away, or is left to the command line."""

from pathlib import Path

import pytest

import swarmboard
from blackboard import Answered, Decided, Note, read_log
from tests.viz.gated import gated_run, until
from tests.viz.opinions import Opinions
from viz.feed import Hub
from viz.launch import say_to_board

pytestmark = pytest.mark.unrepeatable
PERSON = {"by": "anna", "reason": "to look at it"}


def test_a_pause_holds_the_run_before_its_next_stage(tmp_path: Path) -> None:
    out = tmp_path / "run"

    with gated_run(out, agents=5, rounds=9) as gate:
        gate.let(2)
        said = say_to_board(out, "pause", proposal="", **PERSON)
        gate.open()
        hub = Hub()
        feed = hub.follow(out)
        until(lambda: feed.status == "paused")
        held_at = feed.latest
        on = say_to_board(out, "unpause", proposal="", **PERSON)
    hub.close()

    assert said is not None
    assert said.is_done
    assert on is not None
    assert on.text.startswith("unpause received from anna")
    assert held_at is not None
    notes = [r for r in read_log(out / "events.log") if isinstance(r, Note) and r.detail.get("by")]
    assert [(note.name, note.detail["by"]) for note in notes] == [
        ("pause", "anna"),
        ("unpause", "anna"),
    ]
    assert notes[0].round == notes[1].round <= 4  # it was in round 3, which has one stage
    assert held_at.number <= notes[0].round


def test_the_first_answer_to_a_proposal_stands_and_a_second_is_told_so(tmp_path: Path) -> None:
    out = tmp_path / "run"
    terms = {"approval_above": 1.0, "impact": 5.0, "consensus_threshold": 0.01, "rounds": 1}

    with gated_run(out, agents=300, **terms) as gate:
        gate.open()
        hub = Hub()
        feed = hub.follow(out)
        until(lambda: feed.latest and feed.latest.waiting)
        assert feed.latest is not None
        [waiting] = feed.latest.waiting
        first = say_to_board(out, "veto", proposal=waiting, **PERSON)
        second = say_to_board(out, "approve", proposal=waiting, **PERSON)
    hub.close()

    assert first is not None
    assert first.is_done
    assert second is None or not second.is_done
    found = [*read_log(out / "events.log")]
    assert [(r.answer, r.by) for r in found if isinstance(r, Answered)] == [("veto", "anna")]
    assert [(r.outcome, r.by) for r in found if isinstance(r, Decided)] == [("vetoed", "anna")]


@pytest.mark.parametrize("act", ["pause", "approve", "inject", "burn"])
def test_of_a_run_that_has_ended_nothing_is_said_here(tmp_path: Path, act: str) -> None:
    swarmboard.run(Opinions, agents=5, rounds=1, out=tmp_path / "run")

    assert say_to_board(tmp_path / "run", act, proposal="1.1.5.0", **PERSON) is None


@pytest.mark.parametrize(
    ("act", "proposal", "by"),
    [("pause", "", "approver"), ("inject", "", "anna"), ("approve", "7.7.7.7", "anna")],
)
def test_what_the_board_alone_cannot_judge_is_left_to_the_command_line(
    tmp_path: Path, act: str, proposal: str, by: str
) -> None:
    with gated_run(tmp_path / "run", agents=5, rounds=2) as gate:
        gate.let(1)

        said = say_to_board(tmp_path / "run", act, proposal=proposal, by=by, reason="why not")

    assert said is None


def test_a_board_in_another_processs_memory_is_left_to_the_command_line(tmp_path: Path) -> None:
    with gated_run(tmp_path / "run", agents=5, rounds=2, board="memory://") as gate:
        gate.let(1)

        assert say_to_board(tmp_path / "run", "pause", proposal="", **PERSON) is None
