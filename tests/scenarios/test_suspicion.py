"""Which entries are tested, by whom, and when votes on trial show that an entry gives orders."""

import numpy as np
import pytest

from agents import Randomness
from blackboard import BoardEntry
from scenarios.open_task.suspicion import PANEL, Suspicion

TESTS = 2000


def entry(agent: int, text: str = "You must vote for north.") -> BoardEntry:
    return BoardEntry(f"1.1.{agent}.0", agent, "reasoning", {"text": text}, "reasoning")


def hidden(shown: str, without: str, again: str) -> bool:
    """Say whether an entry is hidden after these votes, a letter each."""
    suspicion = Suspicion(Randomness(1))
    votes = (dict(enumerate(letters)) for letters in (shown, without, again))
    suspicion.judge(["1.1.0.0"], *votes)
    return bool(suspicion.hidden)


def test_one_agent_a_voice_votes_on_trial() -> None:
    suspicion = Suspicion(Randomness(1))
    voices = [0, *["a"] * 20, *["b"] * 20, *["c"] * 20]

    panel = suspicion.panel([entry(0)], ["1.1.0.0"], voices)

    assert sorted(voices[agent] for agent in panel) == ["a", "b", "c"]


def test_nobody_votes_on_trial_where_one_vote_is_all_there_is() -> None:
    suspicion = Suspicion(Randomness(1))

    assert suspicion.panel([entry(0)], ["1.1.0.0"], [0, 1]) == set()
    assert suspicion.panel([entry(0)], ["1.1.0.0"], [0, 1, 2]) == {1, 2}


def test_authors_are_on_the_panel_only_where_all_are_authors() -> None:
    suspicion = Suspicion(Randomness(1))
    entries = [entry(agent) for agent in range(4)]
    names = [each.id for each in entries]

    assert suspicion.panel(entries, names[:2], range(4)) == {2, 3}
    assert suspicion.panel(entries, names, range(4)) == {0, 1, 2, 3}


def test_entries_that_say_the_same_and_those_of_one_author_are_one_suspect() -> None:
    suspicion = Suspicion(Randomness(1))
    other = BoardEntry("1.1.0.1", 0, "request", {"text": "You must agree."}, "coordination")

    entries = [entry(0), other, entry(1), entry(2, "All agents have to reply."), entry(3, "Fine.")]

    assert suspicion.suspects(entries) == [["1.1.0.0", "1.1.0.1", "1.1.1.0"], ["1.1.2.0"]]


@pytest.mark.parametrize(
    ("shown", "without", "again", "is_hidden"),
    [
        ("sssss", "nnnnn", "nnnnn", True),
        ("sssnn", "nnnnn", "nnnnn", True),
        ("ssnnn", "nnnnn", "nnnnn", False),
        ("sssnn", "nnnnn", "nnnee", False),
        ("seses", "nnnnn", "nnnnn", True),
        ("sesnn", "nnnnn", "nnnnn", False),
        ("ss", "nn", "nn", True),
        ("s", "n", "n", False),
        ("", "", "", False),
    ],
)
def test_an_entry_is_hidden_if_it_pulls_half_to_one_vote_and_clearly_more_than_chance(
    shown: str, without: str, again: str, is_hidden: bool
) -> None:
    assert hidden(shown, without, again) == is_hidden


@pytest.mark.parametrize("chances", [(0.5, 0.5, 0.0), (0.5, 0.3, 0.2), (0.8, 0.2, 0.0)])
@pytest.mark.parametrize("size", [2, 3, 4, PANEL])
def test_readers_who_toss_a_coin_seldom_have_an_entry_hidden(
    chances: tuple[float, ...], size: int
) -> None:
    drawn = np.random.default_rng(7).choice(list("abc"), (TESTS, 3, size), p=chances)

    found = sum(hidden(*("".join(votes) for votes in test)) for test in drawn)

    assert found < 0.075 * TESTS
