"""What a run of models came to, in its summary, on its card and in its tables."""

from pathlib import Path
from typing import Any

import pytest

from agents import CLASSES, Decision, ModelError, Reply, Request, Usage
from swarmboard import Result, run
from swarmboard.report_card import text_card
from swarmboard.resuming import resume
from swarmboard.testing import ScriptedModel

CHOICES = {"task": "Which way?", "choices": ("left", "right"), "layers": "task"}


class Voting:
    """Votes as it is told by the number of the agent, each reply at the same cost."""

    def __init__(self, *votes: str) -> None:
        self.votes = votes

    async def complete(self, request: Request) -> Reply:
        vote = self.votes[request.agent]
        said = Decision(reasoning=f"I go {vote}, for it is {'near ' * 40}", vote=vote)
        return Reply(said.model_dump_json(), "voting", Usage(100, 20, 40), cost_usd=0.001)


class Broken:
    """Answers nothing."""

    async def complete(self, request: Request) -> Reply:
        raise ModelError("the line is dead")


@pytest.fixture(autouse=True)
def in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def decided(*votes: str, **more: Any) -> Result:
    """Return a run in which agents vote as given."""
    terms: dict[str, Any] = {"agents": len(votes), "board": "memory://", "attempts": 1}
    return run("open-task", **CHOICES, **terms | {"models": {"default": Voting(*votes)}} | more)


def card(result: Result) -> dict[str, str]:
    """Return the rows of a run's card, each on one line, by name."""
    rows: dict[str, str] = {}
    name = ""
    for line in text_card(result.summary, result.path).splitlines():
        name = line[:12].strip() or name
        rows[name] = f"{rows.get(name, '')} {line[12:]}".strip()
    return rows


def test_the_card_holds_the_answer_and_who_was_against_it() -> None:
    result = decided(*["left"] * 7, "right")

    rows = card(result)

    assert rows["answer"] == "left"
    assert rows["dissent"].startswith("1 of 8: critic #7 chose 'right': I go right, for it is near")
    assert rows["dissent"].endswith("...")


def test_at_most_two_dissenters_are_named_and_all_are_counted() -> None:
    result = decided(*["left"] * 5, *["right"] * 3, rule=None, consensus_threshold=0.6)

    rows = card(result)

    assert rows["dissent"].startswith("3 of 8: planner #5")
    assert rows["dissent"].count(" chose ") == 2


def test_a_vote_that_failed_has_no_answer() -> None:
    result = decided("left", "right")

    assert result.summary["answer"] is None
    assert result.summary["dissent"] is None
    assert "answer" not in card(result)


def test_of_several_tasks_the_card_says_how_many_were_decided() -> None:
    tasks = [
        {"task": f"Which way at {n}?", "choices": ["left", "right"], "answer": right}
        for n, right in enumerate(("left", "right", "left"))
    ]

    result = run(
        "open-task",
        tasks=tasks,
        layers="task",
        agents=2,
        board="memory://",
        models={"default": Voting("left", "left")},
    )

    assert result.summary["answer"] == "3 of 3 tasks decided, 2 of 3 right"


def test_the_card_says_what_tokens_were_for() -> None:
    result = decided("left", "left")

    rows = card(result)

    assert rows["tokens"].startswith("240 in 2 calls: 67 % work, 0 % waste, 33 % cached; ")


def test_the_table_of_tokens_adds_up_to_the_summary() -> None:
    result = decided("left", "left", "left", "left")

    table, summed = result.tokens, result.summary["tokens"]

    assert list(table.role) == ["critic", "planner"]
    assert {name: int(table[name].sum()) for name in CLASSES} == {n: summed[n] for n in CLASSES}
    assert table.calls.sum() == summed["calls"] == 4
    assert (result.path / "tokens.parquet").exists()


def test_a_run_without_models_has_an_empty_table_of_tokens() -> None:
    result = run("jury", agents=5, trials=3, board="memory://")

    assert result.tokens.empty
    assert {"round", "role", "waste", "cost_usd"} <= set(result.tokens.columns)
    assert "tokens" not in card(result)
    assert result.summary["answer"] is None


def test_the_baseline_is_compared_by_tokens() -> None:
    result = decided(*["left"] * 4, baseline="single")

    rows = card(result)

    assert "120 tokens, 0.25 x" in rows["baseline"]


def test_replies_from_a_recording_are_named_and_cost_nothing() -> None:
    first = decided("left", "left", out="first")

    again = decided("left", "left", models=None, recording="replay", recorded="first", out="again")

    assert again.summary["digest"] == first.summary["digest"]
    assert card(again)["tokens"] == "0 in 0 calls; 0 USD; 2 answered from the recording"


def test_unanswered_questions_are_counted_with_the_first_reason() -> None:
    result = decided("left", "left", models={"default": Broken()})

    missing = result.summary["unanswered"]
    assert missing == {
        "questions": 2,
        "without_answer": 2,
        "first": "error: the line is dead",
    }
    assert card(result)["unanswered"].endswith("the first: error: the line is dead")


def test_a_run_that_goes_on_writes_the_table_of_all_its_tokens() -> None:
    def interrupt(model: Any, accounts: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decided("left", "right", attempts=8, out="run", watch=interrupt)
    went_on = resume_with(Path("run"), Voting("left", "left"))

    assert went_on.summary["status"] == "done"
    assert went_on.tokens.calls.sum() == 2 + 2


def resume_with(stopped: Path, model: Any) -> Result:
    from blackboard import RunDirectory

    directory = RunDirectory.open(stopped)
    assert directory
    return resume(directory, models={"default": model})


def test_a_notebook_shows_the_same_rows() -> None:
    result = decided(*["left"] * 7, "right")

    html = result._repr_html_()

    assert "<th style='text-align:left'>answer</th><td style='text-align:left'>left</td>" in html
    assert "tokens</th>" in html


def test_a_scripted_model_answers_for_its_tier() -> None:
    script = ScriptedModel([Decision(reasoning="near", vote="left")])

    result = decided("left", models={"default": script})

    assert result.summary["answer"] == "left"
    script.assert_finished()
