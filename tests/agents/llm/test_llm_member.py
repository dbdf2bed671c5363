"""Members ask what their stage says, and act on nothing but a checked answer."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mesa
import pytest

from agents import Briefing, CallableMember, Decision, Digest, Member, Outcome, Situation, Voice
from agents.llm.gateway import Gateway
from agents.llm.recording import Recording
from agents.llm.settings import TeamConfig, TierConfig
from agents.llm.wording import read_header, read_votes

DIGEST = Digest("TASK\nWhere?\n\n", frozenset({"1.1.0.0"}))
GOOD = Outcome('{"reasoning":"because","vote":"yes"}')


class Notes:
    """A scribe that says what was decided."""

    def actions(self, agent: int, role: str, decision: Decision, view: Any) -> Any:
        return agent, role, decision.vote


def view(briefing: Briefing | None, *, round: int = 1, stage: int = 2) -> Any:
    brief = {"briefing": briefing} if briefing else {}
    return SimpleNamespace(round=round, stage=stage, brief=brief, stage_name="vote")


def briefing(**terms: Any) -> Briefing:
    given = {"stage": "vote", "instruction": "Vote.", "digest": DIGEST, "votes": ("yes", "no")}
    return Briefing(**(given | terms))


def member(index: int = 4, **terms: Any) -> Member:
    made = Member(mesa.Model(), "planner", Notes(), **terms)
    made.index = index
    return made


def callable_member(callee: Any, index: int = 4) -> CallableMember:
    made = CallableMember(mesa.Model(), "planner", Notes(), callee, task=lambda: "Where?")
    made.index = index
    return made


def test_a_member_asks_what_its_stage_says_under_its_own_name() -> None:
    ask: Any = member().act(view(briefing()))

    request = ask.request
    header = read_header(request.prompt.own)
    assert (header.kind, header.number, header.role, header.stage) == (
        "agent",
        4,
        "planner",
        "vote",
    )
    assert read_votes(request.prompt.own) == request.options == ("yes", "no")
    assert request.visible == DIGEST.visible
    assert (request.round, request.stage, request.sample) == (1, 2, -1)


@pytest.mark.parametrize("given", [None, briefing(asked={3, 5})], ids=["none", "others"])
def test_who_is_not_asked_does_nothing(given: Briefing | None) -> None:
    assert member().act(view(given)) is None


def test_members_with_one_voice_ask_the_same(tmp_path: Path) -> None:
    asks: list[Any] = [member(index, voice=Voice(1, 3)).act(view(briefing())) for index in (4, 7)]

    assert asks[0].request.prompt == asks[1].request.prompt
    assert asks[0].request.sample == asks[1].request.sample == 0


def test_only_the_addressee_is_shown_its_own_lines_and_may_cite_them() -> None:
    given = briefing(own={4: ["CORRECTION [1.1.4.0]"]}, cites={4: ["1.1.4.0"]})

    mine, others = (member(index).act(view(given)).request for index in (4, 5))

    assert "CORRECTION" in mine.prompt.own
    assert "1.1.4.0" in mine.visible
    assert "CORRECTION" not in others.prompt.own
    assert "1.1.4.0" not in others.visible


def test_an_answer_becomes_what_the_scribe_makes_of_it() -> None:
    voter = member()

    assert voter.answer(view(briefing()), GOOD) == (4, "planner", "yes")
    assert voter.last == (1, 2)


def test_of_a_chorus_each_seat_takes_its_own_decision() -> None:
    both = Outcome('{"decisions":[{"reasoning":"a","vote":"yes"},{"reasoning":"b","vote":"no"}]}')
    given = briefing(seats=((4, "planner"), (7, "critic")))

    votes = [member(index).answer(view(given), both)[2] for index in (4, 7)]

    assert votes == ["yes", "no"]
    assert member(4).act(view(given)).request.seats == 2


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    team = TeamConfig(tiers={"default": TierConfig(model="planted")})
    recording = Recording.open(tmp_path, mode="record")
    opened = Gateway(team, recording)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("yes", '{"reasoning":"yes","vote":"yes"}'),
        (None, '{"reasoning":"","vote":"abstain"}'),
        ({"vote": "no", "confidence": 0.9}, '{"reasoning":"","vote":"no","confidence":0.9}'),
        (Decision(reasoning="r", vote="yes"), '{"reasoning":"r","vote":"yes"}'),
    ],
    ids=["text", "none", "dict", "decision"],
)
def test_a_coroutine_of_ones_own_may_answer_in_several_forms(
    gateway: Gateway, given: Any, text: str
) -> None:
    told: list[Situation] = []

    async def callee(situation: Situation) -> Any:
        told.append(situation)
        return given

    ask: Any = callable_member(callee).act(view(briefing()))
    [outcome] = gateway.answer([(4, ask)], (1, 2), meanwhile=lambda: None)

    assert outcome == Outcome(text)
    [situation] = told
    assert (situation.agent, situation.task, situation.votes) == (4, "Where?", ("yes", "no"))
    assert str(situation).startswith("You are one member of a team")
    assert ask.question == str(situation)


@pytest.mark.parametrize(
    ("given", "cause", "says"),
    [
        ({"vote": "perhaps"}, "invalid", "vote: must be one of yes, no, abstain"),
        ({"mood": "good", "vote": "yes"}, "invalid", "mood"),
        (7, "invalid", "returned a int"),
        ("a text that is no vote", "invalid", "vote"),
        ({"vote": "yes", "evidence": ["9.9.9.9"]}, "invalid", "evidence"),
        (RuntimeError("out of order"), "error", "RuntimeError: out of order"),
        (TimeoutError(), "late", "TimeoutError"),
    ],
)
def test_what_a_coroutine_does_wrong_is_its_members_abstention(
    gateway: Gateway, given: Any, cause: str, says: str
) -> None:
    async def callee(situation: Situation) -> Any:
        if isinstance(given, Exception):
            raise given
        return given

    ask: Any = callable_member(callee).act(view(briefing()))
    [outcome] = gateway.answer([(4, ask)], (1, 2), meanwhile=lambda: None)

    assert (outcome.text, outcome.cause) == ("", cause)
    assert says in outcome.detail
