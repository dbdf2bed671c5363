"""What of the board a prompt holds: each layer by itself, stage by stage."""

from pathlib import Path
from typing import Any

import pytest

from agents import PlantedModel
from agents.llm.wording import read_entries
from tests.swarmboard.model_runs import QUESTION, Asked, recorded, team_run

OPEN = {"task": "What is to be done about the noise of the plant?", "attempts": 1}


def boards(asked: Asked, stage: str) -> set[str]:
    """Return what the prompts of a stage show of the board."""
    return {r.prompt.board for r in asked.requests if f"stage {stage}" in r.prompt.own}


def test_a_final_answer_reads_reasoning_committed_earlier_in_the_same_round(
    tmp_path: Path,
) -> None:
    model = Asked(PlantedModel())

    result = team_run(tmp_path / "run", model, agents=6, **QUESTION)

    [board] = boards(model, "vote")
    shown = read_entries(board)
    assert {int(entry.id.split(".")[0]) for entry in shown} == {1}
    assert len({entry.agent for entry in shown}) >= 2  # who says the same is shown once
    votes = [r for r in model.requests if r.options and r.round == 1]
    assert all(entry.id.split(".")[1] < str(r.stage) for r in votes for entry in shown)
    sql = "SELECT text FROM parts WHERE text LIKE '%REASONING%1.1.0.0%'"
    assert board in {text for (text,) in recorded(result.path, sql)}


def test_members_of_a_stage_do_not_see_each_other_before_its_close(tmp_path: Path) -> None:
    model = Asked(PlantedModel())

    team_run(tmp_path / "run", model, agents=6, **OPEN)

    for board in boards(model, "contribute"):
        assert "CONTRIBUTIONS" not in board
    for board in boards(model, "reason"):
        assert read_entries(board) == []


def test_without_the_reasoning_layer_nobody_reads_how_others_think(tmp_path: Path) -> None:
    model = Asked(PlantedModel())

    team_run(tmp_path / "run", model, agents=6, layers="task", **OPEN)

    assert not boards(model, "reason")
    read = boards(model, "edit") | boards(model, "vote")
    shown = [entry for board in read for entry in read_entries(board)]
    assert {entry.id.split(".")[1] for entry in shown} <= {"1", "2"}
    assert not any("REASONING" in r.prompt.board for r in model.requests)


def test_without_layers_a_prompt_holds_no_entry_at_all(tmp_path: Path) -> None:
    model = Asked(PlantedModel())

    team_run(tmp_path / "run", model, agents=6, layers="none", **QUESTION)

    assert model.calls
    assert not any(read_entries(request.prompt.board) for request in model.requests)
    assert not any(request.visible for request in model.requests)


@pytest.mark.parametrize("layers", ["task,reasoning", "task", "none"])
def test_without_the_coordination_layer_nothing_is_pointed_out(tmp_path: Path, layers: str) -> None:
    model = Asked(PlantedModel(contradictions=0.5))

    team_run(tmp_path / "run", model, agents=8, layers=layers, **QUESTION)

    texts = [request.prompt.board + request.prompt.own for request in model.requests]
    for word in ("COORDINATION\n", "OBJECTIONS\n", "CORRECTION [", "ANCHOR "):
        assert not any(word in text.replace("and\nCOORDINATION (", "") for text in texts)


@pytest.mark.parametrize("structure", ["swarm", "separate"])
def test_every_entry_that_a_reply_may_cite_is_in_its_prompt(tmp_path: Path, structure: str) -> None:
    model = Asked(PlantedModel(contradictions=0.4, volunteers=0.5))

    team_run(tmp_path / "run", model, agents=8, structure=structure, **{**OPEN, "attempts": 2})

    for request in model.requests:
        prompt = request.prompt.board + request.prompt.own
        assert all(name in prompt for name in request.visible)


def test_prompts_stay_bounded_however_many_members_there_are(tmp_path: Path) -> None:
    longest: dict[int, Any] = {}
    for agents in (10, 300):
        model = Asked(PlantedModel(contradictions=0.2))
        team_run(tmp_path / f"run{agents}", model, agents=agents, **OPEN)
        longest[agents] = max(request.prompt.size for request in model.requests)

    assert longest[300] <= 2 * longest[10]
