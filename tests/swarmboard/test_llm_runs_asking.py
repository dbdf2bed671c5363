"""Agents that ask, in a scenario of one's own: their failures, faults, and every board."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents import Agent, Ask, ModelError, Outcome, Population, Prompt, Request
from blackboard import Abstained, Entries, Post, Proposal, Replied, SwarmboardError, Vote
from scenarios import ModelOptions, Scenario, ScenarioOptions
from swarmboard import Stage
from swarmboard.result import Result
from swarmboard.testing import ScriptedModel, ScriptEnded
from tests.swarmboard.model_runs import Asked, causes, records, team_run


class Asker(Agent):
    """Asks a model in the first stage, and code of its own in the second."""

    asks = True

    def act(self, view: Any) -> Any:
        if view.stage_name == "vote":
            return Vote("approve")
        if view.stage_name == "call":
            return Ask(call=self.called, timeout_s=0.2)
        own = f"YOU\nagent {self.index}, role asker, round {view.round}, stage ask"
        prompt = Prompt("rules", "TASK\nWhat?\n\n", own)
        at = {"round": view.round, "stage": view.stage}
        return Ask(Request(agent=self.index, role="asker", prompt=prompt, **at))

    def answer(self, view: Any, outcome: Outcome) -> Any:
        if "break" in outcome.text and self.index == 1:
            raise ValueError("the answer breaks me")
        return Post("said", {"text": outcome.text, "by": self.index})

    async def called(self) -> Any:
        match self.index:
            case 1:
                raise RuntimeError("the code of agent 1 is broken")
            case 2:
                await asyncio.Event().wait()
            case 3:
                return object()
            case 4:
                raise ModelError("no money", cause="budget")
        return {"agent": self.index}


class Asking(Scenario):
    """Asks twice, then votes."""

    name = "asking"
    summary = "asks twice, then votes"
    default_agents = 6
    default_rounds = 4
    Options = ModelOptions

    def populate(self, model: Any) -> list[Population]:
        return [Population("asker", [Asker(model) for _ in range(self.agents)])]

    def stages(self, board: Any) -> Any:
        yield Stage("ask", ("asker",))
        yield Stage("call", ("asker",))
        yield Stage("vote", ("asker",), (Proposal(),), votes=True)


class Unserved(Asking):
    """Has nobody to ask."""

    name = "unserved"
    Options = ScenarioOptions


def ask(out: Path, model: Any = None, **terms: Any) -> Result:
    return team_run(out, model or Asked(), **{"kind": Asking, "scenario": "asking", **terms})


def abstained(result: Result, stage: int, *, round: int = 1) -> dict[str, list[int]]:
    """Return who abstained in a stage, by cause."""
    found = [r for r in records(result, Abstained) if (r.round, r.stage) == (round, stage)]
    return {record.cause: record.members.tolist() for record in found}


def test_whatever_answering_raises_is_that_agents_abstention(tmp_path: Path) -> None:
    broken = Asked(change=lambda request, text: '{"reasoning": "break"}')

    result = ask(tmp_path / "run", broken, rounds=1)

    assert abstained(result, 1) == {"error": [1]}
    said = [entry for r in records(result, Entries) for entry in r.entries]
    assert {e.agent for e in said if "break" in e.payload["text"]} == {0, 2, 3, 4, 5}


def test_code_of_ones_own_fails_by_cause_and_holds_nobody_up(tmp_path: Path) -> None:
    result = ask(tmp_path / "run", rounds=1)

    assert abstained(result, 2) == {"error": [1], "late": [2], "invalid": [3], "budget": [4]}
    said = [e for r in records(result, Entries) if r.stage == 2 for e in r.entries]
    assert [entry.payload["text"] for entry in said] == ['{"agent":0}', '{"agent":5}']


def test_one_record_holds_what_several_were_answered_alike(tmp_path: Path) -> None:
    same = Asked(change=lambda request, text: '{"reasoning": "the same"}')

    result = ask(tmp_path / "run", same, rounds=1)

    [replied] = [record for record in records(result, Replied) if record.stage == 1]
    assert replied.members.tolist() == list(range(6))
    assert result.summary["determinism"] == "recorded"


def test_a_script_that_ends_is_a_defect_of_the_test_and_fails_the_run(tmp_path: Path) -> None:
    model = ScriptedModel(['{"reasoning": "one"}'] * 3)

    with pytest.raises(ScriptEnded, match="one too many"):
        ask(tmp_path / "run", model, rounds=1)


def test_who_asks_in_a_scenario_without_models_is_told_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SwarmboardError, match="derive from ModelOptions"):
        team_run(tmp_path / "run", kind=Unserved, scenario="unserved")


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"kind": "crash", "agents": [0, 5]}, "error"),
        ({"kind": "hang", "agents": [0, 5]}, "late"),
        ({"kind": "silent", "agents": [0, 5], "for_rounds": 2}, "silent"),
        ({"kind": "random", "agents": [0, 5]}, None),
        ({"kind": "stale", "agents": [0, 5], "stages_ago": 2}, None),
        ({"kind": "loss", "agents": [0, 5], "loss": 0.5}, None),
        ({"kind": "storm", "agents": [0, 5], "copies": 2}, None),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_agents_that_ask_have_the_same_faults_as_all_others(
    tmp_path: Path, fault: dict[str, Any], cause: str | None
) -> None:
    model = Asked()

    result = ask(tmp_path / "run", model, faults=[fault])

    assert result.summary["status"] == "done"
    assert cause is None or causes(result).get(cause, 0) >= 2
    if cause in ("error", "late"):
        assert {request.agent for request in model.requests} == {1, 2, 3, 4}


def test_an_asking_agent_that_crashed_is_restarted_and_asks_again(tmp_path: Path) -> None:
    model = Asked()
    fault = {"kind": "crash", "agents": [0], "for_rounds": 1}
    supervision = {"on": ["error"], "max_restarts": 1}

    ask(tmp_path / "run", model, faults=[fault], supervision=supervision)

    assert 0 in {request.agent for request in model.requests if request.round > 1}
    assert 0 not in {request.agent for request in model.requests if request.round == 1}


def test_members_of_a_team_have_faults_and_are_restarted(tmp_path: Path) -> None:
    model = Asked()
    faults = [
        {"kind": "crash", "share": 0.25, "at_round": 1},
        {"kind": "random", "role": "planner", "rate": 0.2},
        {"kind": "silent", "role": "critic", "rate": 0.5},
    ]

    result = team_run(
        tmp_path / "run",
        model,
        agents=12,
        task="What is to be done?",
        attempts=4,
        threshold=100,
        faults=faults,
        supervision={},
    )

    assert result.summary["status"] == "done"
    assert {"error", "silent"} <= causes(result).keys()


@pytest.mark.parametrize("store", ["valkey", "redis-7"])
def test_every_board_gives_one_digest(
    tmp_path: Path, server_url: Callable[[str], str], store: str
) -> None:
    url = server_url(store)
    terms: dict[str, Any] = {"agents": 9, "task": "What is to be done?", "attempts": 2}

    here = team_run(tmp_path / "memory", Asked(), **terms)
    there = team_run(tmp_path / store, Asked(), board=url, **terms)

    assert there.summary["digest"] == here.summary["digest"]
