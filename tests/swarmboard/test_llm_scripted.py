"""A scripted model says its script, and fails when it runs out."""

import asyncio

import pytest

from agents import Decision, ModelError, Prompt, Reply, Request
from swarmboard.testing import ScriptedModel, ScriptEnded


def request(agent: int = 0, stage: str = "vote") -> Request:
    own = f"YOU\nagent {agent}, role planner, round 1, stage {stage}"
    return Request(agent=agent, role="planner", round=1, stage=2, prompt=Prompt("", "", own))


def ask(model: ScriptedModel, *requests: Request) -> list[Reply]:
    async def all_of_them() -> list[Reply]:
        return list(await asyncio.gather(*map(model.complete, requests)))

    return asyncio.run(all_of_them())


def test_replies_come_in_order_in_whatever_form_they_are_given() -> None:
    model = ScriptedModel(["first", Reply("second"), Decision(reasoning="third", vote="a")])

    replies = ask(model, request(0), request(1), request(2))

    assert [reply.text for reply in replies] == [
        *("first", "second"),
        '{"reasoning":"third","vote":"a"}',
    ]
    assert [asked.agent for asked in model.requests] == [0, 1, 2]
    model.assert_finished()


def test_an_error_of_the_script_is_raised() -> None:
    model = ScriptedModel([ModelError("too many", status=429, is_transient=True)])

    with pytest.raises(ModelError, match="too many"):
        ask(model, request())


def test_a_script_by_agent_and_stage_does_not_depend_on_who_asks_first() -> None:
    model = ScriptedModel(by={(0, "reason"): ["a"], (1, "reason"): ["b"], (1, "vote"): ["c"]})

    replies = ask(model, request(1, "vote"), request(1, "reason"), request(0, "reason"))

    assert [reply.text for reply in replies] == ["c", "b", "a"]


def test_a_script_that_ran_out_fails_and_is_no_model_error() -> None:
    model = ScriptedModel(["only"])

    with pytest.raises(ScriptEnded, match=r"request 2 is one too many, of agent 1 \(planner\)"):
        ask(model, request(0), request(1))

    assert not issubclass(ScriptEnded, ModelError)


def test_a_key_that_ran_out_is_named() -> None:
    model = ScriptedModel(by={(0, "reason"): ["a"]})

    with pytest.raises(ScriptEnded, match=r"no further reply for \(0, 'vote'\)"):
        ask(model, request(0, "vote"))


def test_what_nobody_asked_for_is_named() -> None:
    model = ScriptedModel(by={(0, "reason"): ["a", "b"]})

    with pytest.raises(AssertionError, match=r"2 of \(0, 'reason'\)"):
        model.assert_finished()


def test_one_form_of_script_is_given() -> None:
    with pytest.raises(ValueError, match="not both"):
        ScriptedModel(["a"], by={})
