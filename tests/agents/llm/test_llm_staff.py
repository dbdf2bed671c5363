"""Drafts as a form of reply, and planted voices that draft and review replies to customers."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from agents import DraftReply, PlantedModel, Prompt, Request, quoted, request_of
from agents.llm.replies import BadReply, Decision, read_reply
from agents.llm.request_keys import request_key
from agents.llm.wording import Header, Shown, entry_line, header_line, section

TICKET = "Where is order #W17?"
TOOLS = "Rules.\n\nTOOLS\n- get_order_details: Show an order.\n- cancel CHANGES: Cancel it."
REQUEST = Request(
    agent=3,
    role="inquiry",
    round=2,
    stage=1,
    prompt=Prompt("rules", "board", "own"),
    form="draft",
    tools=("get_order_details",),
)


def asked(
    stage: str,
    *,
    agent: int = 3,
    ticket: str = TICKET,
    reply: str = "",
    rules: str = "Rules.",
    rejected: Sequence[str] = (),
    more: Sequence[str] = (),
) -> Request:
    shown = [Shown(f"1.1.{n}.0", n, "inquiry", 0.5, text, {}) for n, text in enumerate(rejected)]
    board = section("TASK", [quoted(ticket)]) + section("REJECTED", map(entry_line, shown))
    if reply:
        board += section("REPLY", [entry_line(Shown("2.1.1.0", 1, "inquiry", 0.5, reply, {}))])
    header = header_line(Header("agent", agent, None, "inquiry", 7, stage))
    votes = ["Votes: approve | reject"] if stage == "review" else []
    own = "\n".join(["YOU", header, *more, *votes])
    tools = ("get_order_details", "cancel") if "TOOLS" in rules else ()
    return replace(
        REQUEST,
        agent=agent,
        prompt=Prompt(rules, board, own),
        form="draft" if stage == "draft" else "decision",
        tools=tools,
        options=("approve", "reject") if votes else (),
    )


def drafted(model: PlantedModel, request: Request) -> DraftReply:
    found = read_reply(model.answer(request), request)
    assert isinstance(found, DraftReply)
    return found


def approves(model: PlantedModel, request: Request) -> bool:
    found = read_reply(model.answer(request), request)
    assert isinstance(found, Decision)
    return found.vote == "approve"


def test_a_draft_is_longer_than_a_contribution_may_be() -> None:
    text = json.dumps({"reasoning": "r", "reply": "x" * 2000, "confidence": 0.5})

    found = read_reply(text, REQUEST)

    assert isinstance(found, DraftReply)
    assert len(found.reply) == 2000


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"reply": "x" * 2001}, "reply"),
        ({"reply": " \n"}, "reply"),
        ({"reply": "a", "vote": "approve"}, "vote"),
        ({"reply": "a", "calls": [{"name": "drop_tables"}]}, "calls"),
        ({"reply": "a", "calls": [{"name": "get_order_details", "arguments": [1]}]}, "calls.0"),
        ({"reply": "a", "findings": [{"about": "a"}]}, "findings.0"),
        ({"reply": "a", "confidence": 2}, "confidence"),
    ],
)
def test_what_is_wrong_with_a_draft_is_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(BadReply) as refused:
        read_reply(json.dumps({"reasoning": "r", **fields}), REQUEST)

    assert refused.value.field.startswith(field)


def test_a_draft_with_calls_needs_no_text_and_hides_no_characters() -> None:
    call = {"name": "get_order_details", "arguments": {"order_id": "#W17"}}
    text = json.dumps({"reasoning": "r\u200b", "calls": [call]})

    found = read_reply(text, REQUEST)

    assert isinstance(found, DraftReply)
    assert (found.reply, found.reasoning, found.calls[0].name) == ("", "r", "get_order_details")


def test_the_form_is_no_part_of_a_questions_key() -> None:
    plain = replace(REQUEST, form="decision", tools=())

    assert request_key(plain) == request_key(REQUEST)  # the rules say the form, and they are


def test_planted_drafts_are_as_good_as_planted_and_reviews_too() -> None:
    model = PlantedModel(accuracy=0.75, seed=4)
    tickets = [f"Ticket {number}" for number in range(1500)]

    drafts = [drafted(model, asked("draft", ticket=ticket)).reply for ticket in tickets]
    pairs = list(zip(tickets, drafts, strict=True))
    good = [model.is_good_reply(quoted(ticket), draft) for ticket, draft in pairs]
    judged = [approves(model, asked("review", ticket=t, reply=d, agent=9)) for t, d in pairs]

    assert np.mean([bool(each) for each in good]) == pytest.approx(0.75, abs=0.04)
    assert np.mean(np.array(judged) == np.array(good)) == pytest.approx(0.75, abs=0.04)


def test_planted_reviewers_of_one_reply_err_together_as_planted() -> None:
    model = PlantedModel(accuracy=0.7, correlation=0.4)
    reply = "To settle this we offer: refund."
    is_right = np.array(
        [
            [approves(model, asked("review", ticket=f"T{n}", reply=reply, agent=a)) for a in (1, 2)]
            == np.array(model.is_good_reply(quoted(f"T{n}"), reply))
            for n in range(1500)
        ]
    )

    assert np.corrcoef(is_right.T)[0, 1] == pytest.approx(0.4, abs=0.08)


def test_a_planted_voice_thinks_again_after_a_rejection() -> None:
    model = PlantedModel(accuracy=0.5)

    replies = {
        drafted(model, asked("draft", rejected=["no"] * number)).reply for number in range(12)
    }

    assert len(replies) > 1


def test_a_planted_voice_looks_an_order_up_once_where_it_can() -> None:
    model = PlantedModel()
    with_tools = asked("draft", rules=TOOLS)
    looked = replace(
        with_tools.prompt,
        board=with_tools.prompt.board
        + section("LOOKUPS", ['- [2.1.3.0] get_order_details {}: "x"']),
    )

    first, second = drafted(model, with_tools), drafted(model, replace(with_tools, prompt=looked))

    assert [call.arguments for call in first.calls] == [{"order_id": "#W17"}]
    assert (second.calls, bool(second.reply)) == ((), True)
    assert not drafted(model, asked("draft")).calls


def test_a_planted_voice_settles_a_conflict_it_is_told_of() -> None:
    model = PlantedModel(contradictions=1.0)

    off = drafted(model, asked("draft")).findings
    mended = drafted(model, asked("draft", more=["CONFLICT Your part ..."])).findings

    held = model.true_findings(quoted(TICKET), ())
    assert any(held[found.about] != found.says for found in off)
    assert all(held[found.about] == found.says for found in mended)


@pytest.mark.parametrize("stage", ["draft", "review"])
def test_planted_staff_says_the_same_behind_a_server(stage: str) -> None:
    model = PlantedModel(accuracy=0.6)
    request = asked(stage, reply="We offer: repair." if stage == "review" else "")

    served = request_of(request.prompt.rules, request.prompt.board + request.prompt.own)

    assert model.answer(served) == model.answer(request)


def test_misuse_of_the_form_is_refused() -> None:
    model = PlantedModel(misuse=1.0)
    request = asked("draft")

    with pytest.raises(BadReply):
        read_reply(model.answer(request), request)
