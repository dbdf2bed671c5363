"""The written board as rows: where an entry comes from, and why seats were against."""

from pathlib import Path

import numpy as np
import pytest

import swarmboard
from tests.viz.debate import Debate
from viz.feed import Book, Cast, PastRun
from viz.moment import RunFacts, Vote
from viz.pages.telling import ballot_rows, histogram, own_rows, reason_bars, tree_rows

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
    assert rows[1]["who"] == "speaker 1"
    assert rows[1]["more"] == "because it was so, confidence 50 %"
    assert tree_rows(book, FACTS, "7.7.7.7", up_to=2) == []


def test_ballots_with_a_reason_stand_first() -> None:
    told = ballot_rows(FACTS, [cast(0, "approve"), cast(3, "reject", "too early")], most=5)

    assert told == [
        ["speaker 3", "reject", "too early", "100 %"],
        ["speaker 0", "approve", "-", "100 %"],
    ]
    assert own_rows([cast(3, "reject", number=2.5)]) == [["1.1.0.0", "1", "reject", "2.5"]]


def test_reasons_in_words_are_counted_for_those_against() -> None:
    said = [cast(0, "approve", "fine"), *(cast(i, "reject", "too early") for i in (1, 2))]

    bars, words = reason_bars(vote("approve", "reject"), [*said, cast(3, "reject")])

    assert [(bar.name, bar.value) for bar in bars] == [("too early", 2)]
    assert words == "2 of 3 rejections give a reason in words"


def test_of_several_options_all_but_the_leading_one_are_against() -> None:
    said = [cast(0, "north", "a"), cast(1, "south", "b"), cast(2, "abstain", "c")]

    bars, words = reason_bars(vote("north", "south"), said)

    assert [bar.name for bar in bars] == ["b"]
    assert words == "1 of 1 ballots for other options than north give a reason in words"


def test_numbers_as_reasons_become_a_histogram() -> None:
    said = [cast(i, "reject", number=float(i)) for i in range(7)]

    bars, words = reason_bars(vote("approve", "reject"), said)

    assert sum(bar.value for bar in bars) == 7
    assert bars[0].name == "0 to 1"
    assert words == "7 of 7 rejections give a number as their reason"


def test_sealed_ballots_give_no_reasons() -> None:
    said = [cast(1, "reject", "too early")]

    assert reason_bars(vote("approve", "reject", sealed=True), said) == ([], "")
    assert reason_bars(None, said) == ([], "")


@pytest.mark.parametrize("scale", [1e-9, 1.0, 3e7])
def test_bins_are_few_and_hold_every_number(scale: float) -> None:
    numbers = np.random.default_rng(0).normal(2, 1, 500) * scale

    bins = histogram(numbers)

    assert 1 < len(bins) <= 12
    assert sum(many for _, _, many in bins) == 500
    assert all(low <= numbers.max() and high >= numbers.min() for low, high, _ in bins)


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
