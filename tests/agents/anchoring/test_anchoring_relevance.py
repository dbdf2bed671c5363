"""Prompts are given what is relevant, recent, near and not said already."""

import numpy as np
import pytest

from agents.anchoring import TextVectors, most_relevant

TEXTS = (
    "The wind farm needs a new cable to the coast",
    "A new cable to the coast is needed for the wind farm",
    "My cat likes fish",
    "Storage near the wind farm would spare the cable",
    "Lunch is at noon",
    "Permits for the wind farm take two years",
)
QUERY = "What does the wind farm need?"


@pytest.fixture
def rows() -> np.ndarray:
    return TextVectors().of(TEXTS)


@pytest.fixture
def query() -> np.ndarray:
    return TextVectors().of([QUERY])[0]


def test_what_has_to_do_with_the_query_is_chosen_in_the_order_of_the_board(
    query: np.ndarray, rows: np.ndarray
) -> None:
    assert most_relevant(query, rows, 3) == [0, 3, 5]


def test_a_second_wording_of_the_same_is_left_out(query: np.ndarray, rows: np.ndarray) -> None:
    chosen = most_relevant(query, rows, 3)

    assert not {0, 1} <= set(chosen)
    assert {3, 5} <= set(chosen)


def test_of_equals_the_first_is_chosen(query: np.ndarray, rows: np.ndarray) -> None:
    assert most_relevant(query, np.stack([rows[2], rows[0], rows[0]]), 1) == [1]


def test_the_recent_is_chosen_before_the_old(query: np.ndarray, rows: np.ndarray) -> None:
    same = np.stack([rows[0], rows[0]])

    assert most_relevant(query, same, 1, age_rounds=np.array([6, 0])) == [1]


def test_the_near_is_chosen_before_the_far(query: np.ndarray, rows: np.ndarray) -> None:
    same = np.stack([rows[0], rows[0]])

    assert most_relevant(query, same, 1, is_near=np.array([False, True])) == [1]


def test_several_queries_are_all_heard(rows: np.ndarray) -> None:
    queries = TextVectors().of([QUERY, "fish for the cat", ""])

    assert 2 in most_relevant(queries, rows, 3)


def test_no_more_is_chosen_than_there_is(query: np.ndarray, rows: np.ndarray) -> None:
    assert most_relevant(query, rows, 99) == list(range(6))
    assert most_relevant(query, rows, 0) == []
    assert most_relevant(query, rows[:0], 5) == []
