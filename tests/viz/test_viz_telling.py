"""The written board as rows: where an entry comes from, and why seats were against."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import swarmboard
from tests.viz.debate import Debate
from viz.feed import Book, Cast, Line, PastRun
from viz.moment import RunFacts, SceneFacts, Vote
from viz.pages.judging import swarm_words
from viz.pages.telling import (
    ballot_rows,
    entry_row,
    histogram,
    own_rows,
    reason_bars,
    reason_of,
    tree_rows,
    who,
)

FACTS = RunFacts("r", "debate", "swarm", 7, 0, "threshold(80)", 80, False, (("speaker", 0, 7),))


def vote(*options: str, sealed: bool = False) -> Vote:
    agents = np.arange(7, dtype=np.uint32)
    weights = dict.fromkeys(options, 0) | {options[0]: 4}
    hidden, nothing = np.full(7, 255, np.uint8), np.empty(0, np.float32)
    terms = ("1.1.0.0", options, "threshold(80)", 80, agents, hidden, nothing, weights, 0, 7, 7)
    return Vote(*terms, sealed)


def cast(agent: int, choice: str, text: str = "", number: float | None = None) -> Cast:
    return Cast(1, "1.1.0.0", agent, choice, 1.0, number, text)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    path = tmp_path_factory.mktemp("told") / "debate"
    swarmboard.run(Debate, board="memory://", out=path)
    found = Book(path / "events.log")
    found.read_on(60.0)
    return found


def test_the_tree_goes_both_ways_from_an_entry(book: Book) -> None:
    rows = tree_rows(book, FACTS, "2.2.1.0", up_to=2)

    assert [(row["way"], row["relation"], row["id"], row["depth"]) for row in rows] == [
        ("this", "entry", "2.2.1.0", 0),
        ("out", "supports", "2.1.0.0", 1),
        ("in", "derived-from", "2.3.0.0", 1),
    ]


def test_the_tree_of_a_proposal_says_how_it_ended(book: Book) -> None:
    rows = tree_rows(book, FACTS, "2.3.0.0", up_to=2)

    assert rows[0]["relation"] == "entry, rejected"
    assert [(row["id"], row["depth"]) for row in rows[1:]] == [("2.2.1.0", 1), ("2.1.0.0", 2)]
    assert rows[1]["who"] == "speaker #1"
    assert rows[1]["more"] == "because it was so, confidence 50 %"
    assert tree_rows(book, FACTS, "7.7.7.7", up_to=2) == []


def test_ballots_with_a_reason_stand_first() -> None:
    told = ballot_rows(FACTS, [cast(0, "approve"), cast(3, "reject", "too early")], most=5)

    assert told == [
        ["speaker #3", "reject", "too early", "100 %"],
        ["speaker #0", "approve", "-", "100 %"],
    ]
    assert own_rows(FACTS, [cast(3, "reject", number=2.5)]) == [
        ["1.1.0.0", "1", "reject", "number 2.5"]
    ]


def test_reasons_in_words_are_counted_for_those_against() -> None:
    said = [cast(0, "approve", "fine"), *(cast(i, "reject", "too early") for i in (1, 2))]

    bars, words = reason_bars(vote("approve", "reject"), [*said, cast(3, "reject")], FACTS)

    assert [(bar.name, bar.value) for bar in bars] == [("too early", 2)]
    assert words == "2 of 3 rejections give a reason in words"


def test_of_several_options_all_but_the_leading_one_are_against() -> None:
    said = [cast(0, "north", "a"), cast(1, "south", "b"), cast(2, "abstain", "c")]

    bars, words = reason_bars(vote("north", "south"), said, FACTS)

    assert [bar.name for bar in bars] == ["b"]
    assert words == "1 of 1 ballot for other options than north gives a reason in words"


def test_numbers_as_reasons_become_a_histogram() -> None:
    said = [cast(i, "reject", number=float(i)) for i in range(7)]

    bars, words = reason_bars(vote("approve", "reject"), said, FACTS)

    assert sum(bar.value for bar in bars) == 7
    assert bars[0].name == "0 to 1"
    assert words == "7 of 7 rejections give a number as their reason"


def test_sealed_ballots_give_no_reasons() -> None:
    said = [cast(1, "reject", "too early")]

    assert reason_bars(vote("approve", "reject", sealed=True), said, FACTS) == ([], "")
    assert reason_bars(None, said, FACTS) == ([], "")


@pytest.mark.parametrize("scale", [1e-9, 1.0, 3e7])
def test_bins_are_few_and_hold_every_number(scale: float) -> None:
    numbers = np.random.default_rng(0).normal(2, 1, 500) * scale

    bins = histogram(numbers)

    assert 1 < len(bins) <= 12
    assert sum(many for _, _, many in bins) == 500
    assert all(low <= numbers.max() and high >= numbers.min() for low, high, _ in bins)


def test_numbers_as_reasons_carry_their_name_and_unit() -> None:
    nothing = np.empty((0, 2), np.float32), np.empty((0, 2), np.int64)
    facts = replace(FACTS, scene=SceneFacts("", *nothing, {}, {}, reason=("regret", "$/h")))
    said = [cast(0, "reject", number=30.461), cast(1, "reject", number=30.462)]

    bars, words = reason_bars(vote("approve", "reject"), said, facts)

    assert reason_of(said[0], facts) == "regret 30.46 $/h"
    assert words.endswith("a number as their reason: regret in $/h")
    assert all(bar.name.endswith(" $/h") for bar in bars)
    limits = [bar.name.removesuffix(" $/h").split(" to ") for bar in bars]
    assert all(low != high for low, high in limits)


def test_one_number_is_one_bin() -> None:
    assert histogram(np.full(3, 2.0)) == [(2.0, 2.0, 3)]


def test_joined_others_are_told_apart_from_agents(tmp_path: Path) -> None:
    swarmboard.run("grid-dispatch", case="ieee14", board="memory://", out=tmp_path / "grid")
    past = PastRun(tmp_path / "grid")
    past.wait(20.0)

    facts = past.facts
    past.close()

    assert facts.agents - facts.others == 14
    assert facts.others > 0
    assert swarm_words(facts) == f"14 agents, {facts.others} others"


def test_a_message_to_the_first_agent_is_told_as_one() -> None:
    line = Line("1.1.3.0", 1, 3, "task", "note", "look here", to=0)

    assert entry_row(FACTS, line)["who"] == f"{who(FACTS, 3)} to {who(FACTS, 0)}"


@pytest.mark.parametrize(
    "numbers", [[0.0, 5e-324], [-1.7e308, 1.7e308], [1.7e308, 1.79e308], [-1.7e308, 0.0]]
)
def test_numbers_at_the_ends_of_a_float_share_one_bin(numbers: list[float]) -> None:
    assert histogram(np.array(numbers)) == [(min(numbers), max(numbers), 2)]
