"""What contradicts what on a task, who is asked to correct it, and what a vote settles."""

import pytest

from agents import TextVectors
from blackboard import BoardEntry
from scenarios.open_task.checks import may_be_voted_on
from scenarios.open_task.contradictions import Contradictions
from scenarios.open_task.options import Task


def said(agent: int, colour: str) -> BoardEntry:
    payload = {"text": f"it is {colour}", "findings": {"colour of the line": colour}}
    return BoardEntry(f"1.1.{agent}.0", agent, "reasoning", payload, "reasoning")


def contradictions(*colours: str) -> Contradictions:
    found = Contradictions(1, TextVectors(), [("planner", None)] * len(colours))
    found.begin_task(Task(task="Which line?"))
    found.read([said(agent, colour) for agent, colour in enumerate(colours)])
    found.update()
    return found


def test_the_value_with_less_support_is_to_be_corrected() -> None:
    found = contradictions("red", "blue", "red")

    assert list(found.requests()) == [1]
    assert "'blue', others: 'red'" in found.requests()[1][0][0]


def test_what_a_vote_settled_is_a_fact_that_all_others_contradict() -> None:
    found = contradictions("red", "blue", "red")

    found.settle("colour of the line", "blue")

    [conflict] = found.conflicts
    assert next(iter(conflict.holders)) == "blue"
    assert set(conflict.minority) == {"1.1.0.0", "1.1.2.0"}


def test_only_what_a_panel_decided_counts_as_voted() -> None:
    found = contradictions("red", "blue", "red")
    found.update()
    before = [correction.state for correction in found.corrections]

    found.settle("colour of the line", "red")

    assert before == ["unsolved"]
    assert [correction.state for correction in found.corrections] == ["voted"]
    assert found.disputed() == []


def test_what_a_panel_did_not_decide_stays_unsolved_and_is_not_put_to_it_again() -> None:
    found = contradictions("red", "blue", "red")
    found.update()
    [disputed] = found.disputed()

    found.settle(disputed.about, None)

    assert [correction.state for correction in found.corrections] == ["unsolved"]
    assert found.disputed() == []


def test_what_hidden_entries_say_contradicts_nothing() -> None:
    found = contradictions("red", "blue", "red")
    lines = found.lines()

    without = found.without(["1.1.1.0"])
    kept = found.lines()
    found.leave_out(["1.1.1.0"])

    assert without == found.conflicts == []
    assert kept == lines != found.lines()


def test_a_restored_state_tells_the_same_as_the_one_that_was_taken() -> None:
    found = contradictions("red", "blue", "red")
    found.settle("colour of the line", "blue")

    again = contradictions("red", "blue", "red")
    again.restore(found.state())

    assert again.lines() == found.lines()
    assert again.state() == found.state()


@pytest.mark.parametrize("value", ["", "abstain", "Approve", "a|b", "two\nlines"])
def test_a_value_that_no_option_can_be_called_is_not_put_to_the_vote(value: str) -> None:
    assert not may_be_voted_on(value)
