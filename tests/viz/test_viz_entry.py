"""What a person fills in on the oversight page becomes a command, or says what is wrong with it."""

import json
from pathlib import Path

import pytest

from viz.launch import entry_of, person_of
from viz.pages.oversight_page import words_of_act

RUN = Path("runs/one")
ANNA = {"by": "anna", "reason": "it is due"}


def test_plain_words_are_an_entry() -> None:
    entry, wrong = entry_of({"kind": "note", "payload": " line 7 is out "})

    assert entry == {"kind": "note", "layer": "task", "payload": {"text": "line 7 is out"}}
    assert wrong == {}


def test_everything_that_can_be_filled_in_reaches_the_entry() -> None:
    given = {
        "kind": "objection",
        "layer": "coordination",
        "payload": '{"line": 7}',
        "confidence": "80 %",
        "to": "17",
        "links": "contradicts 3.1.5.0\n\nderived-from 1.1.2.0",
    }

    entry, wrong = entry_of(given)

    assert wrong == {}
    assert entry == {
        "kind": "objection",
        "layer": "coordination",
        "payload": {"line": 7},
        "confidence": 0.8,
        "to": 17,
        "links": [["contradicts", "3.1.5.0"], ["derived-from", "1.1.2.0"]],
    }


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("kind", " "),
        ("layer", "gossip"),
        ("payload", ""),
        ("payload", '{"line": '),
        ("confidence", "120"),
        ("confidence", "nan"),
        ("to", "everybody"),
        ("links", "likes 3.1.5.0"),
        ("links", "supports that"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(field: str, text: str) -> None:
    _, wrong = entry_of({"kind": "note", "payload": "x", field: text})

    assert list(wrong) == [field]


def test_an_answer_is_a_command_with_name_and_reason() -> None:
    words, wrong = words_of_act(RUN, {"act": "veto", "proposal": "3.1.24.0", **ANNA})

    assert wrong == {}
    assert words == ["veto", "runs/one", "3.1.24.0", "--by=anna", "--reason=it is due"]


def test_an_entry_is_a_command() -> None:
    words, wrong = words_of_act(RUN, {"act": "inject", "kind": "note", "payload": "x", **ANNA})

    assert wrong == {}
    assert json.loads(words[2].removeprefix("--entry="))["payload"] == {"text": "x"}


@pytest.mark.parametrize("missing", ["by", "reason"])
def test_nothing_is_done_without_a_name_and_a_reason(missing: str) -> None:
    _, wrong = words_of_act(RUN, {"act": "pause", **ANNA, missing: "  "})

    assert list(wrong) == [missing]


@pytest.mark.parametrize(
    "asked",
    [{"act": "run"}, {"act": ""}, {"act": "veto"}, {"act": "approve", "proposal": "--help"}],
)
def test_a_browser_can_ask_for_nothing_that_the_page_does_not_offer(asked: dict[str, str]) -> None:
    _, wrong = words_of_act(RUN, {**asked, **ANNA})

    assert "act" in wrong


@pytest.mark.parametrize("text", ["x" * 200_000, "nu\0l"])
def test_what_no_command_can_carry_is_said_beside_its_field(text: str) -> None:
    _, wrong = entry_of({"kind": "note", "payload": text})

    assert set(wrong) == {"payload"}
    assert set(person_of({"by": "anna", "reason": text})) == {"reason"}
