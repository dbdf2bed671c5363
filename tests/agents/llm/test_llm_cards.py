"""Requests go to who can do them, has time, and did not ask."""

import pytest

from agents.llm.cards import Card, Needed, cards_text, delegate

PLANNER = Card("planner", ("project planning", "cost estimation"), "strong", "breaks tasks down")
CRITIC = Card("critic", ("fact checking", "risk review"))
WRITER = Card("writer")
TEAM = {0: PLANNER, 1: PLANNER, 2: CRITIC, 3: CRITIC, 4: WRITER}


def needs(what: str, author: int = 9, id: str = "1.1.4.1") -> Needed:
    return Needed(id, what, author)


def test_cards_are_one_line_a_role() -> None:
    assert cards_text(list(TEAM.values()), {"planner": 2, "critic": 2}) == (
        "- planner: project planning, cost estimation (breaks tasks down), 2 of them\n"
        "- critic: fact checking, risk review, 2 of them\n"
        "- writer"
    )


@pytest.mark.parametrize(
    ("what", "agent"),
    [("cost estimation", 0), ("Check the RISK", 2), ("checking of facts", 2), ("a writer", 4)],
)
def test_a_request_goes_to_who_has_the_skill(what: str, agent: int) -> None:
    assert delegate([needs(what)], TEAM) == {"1.1.4.1": agent}


def test_a_skill_in_another_form_is_found_by_its_likeness() -> None:
    assert delegate([needs("planners")], TEAM) == {"1.1.4.1": 0}


def test_more_shared_words_are_a_better_match() -> None:
    assert delegate([needs("planning of a risk review")], TEAM) == {"1.1.4.1": 2}


@pytest.mark.parametrize("what", ["", "quantum chemistry", "the of and"])
def test_what_fits_nobody_is_given_to_nobody(what: str) -> None:
    assert delegate([needs(what)], TEAM) == {}


def test_a_request_never_goes_to_its_author() -> None:
    assert delegate([needs("cost estimation", author=0)], TEAM) == {"1.1.4.1": 1}
    assert delegate([needs("cost estimation", author=0)], {0: PLANNER, 2: CRITIC}) == {}


def test_the_least_loaded_is_chosen_and_what_is_given_is_load() -> None:
    requests = [needs("fact checking", id=f"1.1.4.{i}") for i in range(4)]

    given = delegate(requests, TEAM, load={2: 2})

    assert list(given.values()) == [3, 3, 2, 3]


def test_who_volunteered_keeps_it() -> None:
    given = delegate([needs("fact checking")], TEAM, holders={"1.1.4.1": 4})

    assert given == {"1.1.4.1": 4}


def test_an_author_that_holds_its_own_request_does_not_keep_it() -> None:
    given = delegate([needs("fact checking", author=2)], TEAM, holders={"1.1.4.1": 2})

    assert given == {"1.1.4.1": 3}


def test_a_holder_that_is_gone_does_not_keep_it() -> None:
    given = delegate([needs("fact checking")], TEAM, holders={"1.1.4.1": 77})

    assert given == {"1.1.4.1": 2}
