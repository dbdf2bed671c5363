"""A question's outcome: read, repaired once, asked once more of a stronger model, or a cause."""

import asyncio
import json
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agents.llm.answering import Answering
from agents.llm.calls import ModelError, Outcome, Prompt, Reply, Request, Usage
from agents.llm.ledger import Ledger
from agents.llm.recording import Recording
from agents.llm.replies import BadReply, clean, read_reply
from agents.llm.settings import TeamConfig, TierConfig

GOOD = '{"reasoning":"because","vote":"yes","confidence":0.9}'
UNSURE = '{"reasoning":"maybe","vote":"no","confidence":0.2}'
REQUEST = Request(
    agent=3,
    role="planner",
    round=2,
    stage=1,
    prompt=Prompt("rules", "board", "YOU\nagent 3, role planner, round 2, stage vote"),
    tier="fast",
    model="x/fast",
    options=("yes", "no"),
    visible=frozenset({"1.1.0.0"}),
)


class Says:
    """Says one thing after the other; each reply costs 100 and 10 tokens."""

    def __init__(self, *lines: str | Exception) -> None:
        self.lines, self.asked = list(lines), []  # type: ignore[var-annotated]

    async def complete(self, request: Request) -> Reply:
        self.asked.append(request)
        line = self.lines.pop(0)
        if isinstance(line, Exception):
            raise line
        return Reply(line, request.model, Usage(100, 10))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Recording.open(tmp_path, mode="record") as recording:
        yield Ledger(recording)


def answer(ledger: Ledger, fast: Says, strong: Says | None = None, **changes: Any) -> Outcome:
    """Have one question answered, by two tiers where there is a strong one."""
    models = {"fast": fast} | ({"strong": strong} if strong else {})
    team = TeamConfig(tiers={name: TierConfig(model=f"x/{name}") for name in models})
    answering = Answering(models, team, ledger)
    return asyncio.run(answering.answer(replace(REQUEST, **changes)))


def booked(ledger: Ledger) -> list[tuple[str, int, bool]]:
    """Return tier, turn and whether it was waste, of each call."""
    return [(call.tier, call.turn, call.is_waste) for call in ledger.calls()]


def test_an_answer_is_kept_in_one_form_without_what_is_left_at_its_default(ledger: Ledger) -> None:
    fenced = '```json\n{"vote": "yes", "reasoning": "because", "confidence": 0.50}\n```'

    outcome = answer(ledger, Says(fenced))

    assert outcome == Outcome('{"reasoning":"because","vote":"yes"}')
    assert booked(ledger) == [("fast", 0, False)]


def test_a_refused_reply_is_repaired_once_without_its_own_words(ledger: Ledger) -> None:
    model = Says('{"reasoning": "SECRET", "vote": "SECRET"}', GOOD)

    outcome = answer(ledger, model)

    assert outcome.text == GOOD
    repair = model.asked[1]
    assert "vote: must be one of yes, no, abstain" in repair.prompt.own
    assert "SECRET" not in repair.prompt.own
    assert (repair.turn, repair.seen) == (1, 1.0)
    assert booked(ledger) == [("fast", 0, True), ("fast", 1, False)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("yes", "Invalid JSON"),
        ("", "Invalid JSON"),
        ("[]", "should be an object"),
        ('{"vote": "yes"}', "reasoning"),
        ('{"reasoning": "x", "vote": "perhaps"}', "vote: must be one of"),
        ('{"reasoning": "x"}', "vote: must be one of"),
        ('{"reasoning": "x", "vote": "yes", "mood": 1}', "mood"),
        ('{"reasoning": "x", "vote": "yes", "confidence": 2}', "confidence"),
        ('{"reasoning": "x", "vote": "yes", "evidence": ["9.9.9.9"]}', "evidence: cites"),
        ('{"reasoning": "' + "x" * 601 + '", "vote": "yes"}', "reasoning"),
    ],
)
def test_a_reply_refused_twice_is_invalid_and_names_the_field(
    ledger: Ledger, text: str, says: str
) -> None:
    outcome = answer(ledger, Says(text, text))

    assert (outcome.text, outcome.cause) == ("", "invalid")
    assert says in outcome.detail
    assert booked(ledger) == [("fast", 0, True), ("fast", 1, True)]


@pytest.mark.parametrize("cause", ["error", "late", "budget", "invalid"])
def test_a_model_without_an_answer_is_an_abstention_with_its_cause(
    ledger: Ledger, cause: Any
) -> None:
    assert answer(ledger, Says(ModelError("no", cause=cause))) == Outcome("", cause, "no")


def test_what_a_refused_reply_cost_is_booked_before_its_repair_is_there(ledger: Ledger) -> None:
    with pytest.raises(KeyError, match="a defect"):
        answer(ledger, Says("nonsense", KeyError("a defect")))

    assert booked(ledger) == [("fast", 0, True)]


@pytest.mark.parametrize(
    ("first", "second", "text", "waste"),
    [
        ([UNSURE], [GOOD], GOOD, [True, False]),
        ([UNSURE], [UNSURE], UNSURE, [True, False]),
        (["bad", "bad"], [GOOD], GOOD, [True, True, False]),
        ([UNSURE], ["bad", GOOD], GOOD, [True, True, False]),
        ([ModelError("down")], [GOOD], GOOD, [False]),
    ],
)
def test_an_unsure_or_failed_answer_is_asked_for_once_from_the_strong_tier(
    ledger: Ledger, first: Sequence[Any], second: Sequence[Any], text: str, waste: list[bool]
) -> None:
    strong = Says(*second)

    outcome = answer(ledger, Says(*first), strong)

    assert outcome.text == text
    assert [is_waste for *_, is_waste in booked(ledger)] == waste
    assert {(request.tier, request.model) for request in strong.asked} == {("strong", "x/strong")}
    assert strong.asked[0].turn == 2


def test_an_unsure_answer_stands_where_the_strong_tier_has_none(ledger: Ledger) -> None:
    outcome = answer(ledger, Says(UNSURE), Says(ModelError("down", cause="budget")))

    assert outcome.text == UNSURE
    assert booked(ledger) == [("fast", 0, False)]
    assert ledger.summary()["work"] == 110


def test_a_repaired_answer_that_stands_is_the_only_call_of_use(ledger: Ledger) -> None:
    answer(ledger, Says("bad", UNSURE), Says("bad", "bad"))

    assert [is_waste for *_, is_waste in booked(ledger)] == [True, False, True, True]


@pytest.mark.parametrize(
    "first", [GOOD, ModelError("the cap is met", cause="budget")], ids=["sure", "budget"]
)
def test_a_sure_answer_and_an_empty_budget_go_no_further(ledger: Ledger, first: Any) -> None:
    strong = Says()

    answer(ledger, Says(first), strong)

    assert strong.asked == []


def test_a_chorus_needs_one_decision_a_seat_each_as_good_as_any(ledger: Ledger) -> None:
    two = f'{{"decisions": [{GOOD}, {UNSURE}]}}'
    one = f'{{"decisions": [{GOOD}]}}'

    good = answer(ledger, Says(two), seats=2)
    bad = answer(ledger, Says(one, one), seats=2)

    assert good.cause is None
    assert bad.cause == "invalid"
    assert "2 are needed" in bad.detail


@pytest.mark.parametrize("field", ["evidence", "volunteers", "retracts"])
def test_ids_in_a_reply_are_short(field: str) -> None:
    long = "9" * 161
    request = replace(REQUEST, visible=frozenset({long}))

    with pytest.raises(BadReply, match="at most 160"):
        read_reply(json.dumps({"reasoning": "r", "vote": "yes", field: [long]}), request)


def test_nobody_takes_on_a_request_that_was_not_shown() -> None:
    with pytest.raises(BadReply, match=r"^volunteers: names a request that was not shown"):
        read_reply('{"reasoning": "r", "volunteers": ["9.9.9.9"]}', REQUEST)


@given(st.text(max_size=300))
def test_whatever_is_no_decision_is_refused_in_one_short_line(text: str) -> None:
    with pytest.raises(BadReply) as refused:
        read_reply(text, REQUEST)

    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


def test_no_format_character_and_no_filler_is_left_in_a_text() -> None:
    fillers = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u206a\u3164\ufe00\ufe0f\uffa0"
    everything = map(chr, range(sys.maxunicode + 1))
    formats = [char for char in everything if unicodedata.category(char) == "Cf"]

    assert clean("".join([*formats, *fillers])) == ""


@given(st.text(max_size=200))
def test_cleaned_texts_hide_nothing_and_have_no_other_line_ends(text: str) -> None:
    cleaned = clean(text)

    assert clean(cleaned) == cleaned
    assert len(cleaned.splitlines()) <= cleaned.count("\n") + 1
    assert not any(char in cleaned for char in "\u200b\u202e\u2028\u061c\ufeff\U000e0041")
