"""A restart takes agents back to what they remembered when they were built, each time anew."""

from typing import Any

import mesa
import pytest

from agents import Agent, Beginnings, Cohort, Population
from blackboard import View


class Counter(Agent):
    """Counts what it saw, in a list of its own."""

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self.seen = [0]

    def act(self, view: View) -> None:
        """Do nothing."""


class Counters(Cohort):
    """The same for many."""

    def __init__(self, model: Any, size: int) -> None:
        super().__init__(model, size)
        self.seen = [0] * size


@pytest.fixture
def model() -> mesa.Model:
    return mesa.Model(rng=1)


def test_only_the_agents_named_go_back(model: mesa.Model) -> None:
    first, second = ([Counter(model) for _ in range(3)] for _ in range(2))
    populations = [Population("a", first), Population("b", second)]
    for number, population in enumerate(populations):
        population.seat(number * 3)
    beginnings = Beginnings(populations)

    for life in range(2):
        for member in first + second:
            member.seen.append(life)
        beginnings.restart([1, 5])

    assert [member.seen for member in first] == [[0, 0, 1], [0], [0, 0, 1]]
    assert [member.seen for member in second] == [[0, 0, 1], [0, 0, 1], [0]]


def test_a_cohort_goes_back_with_all_its_members_only(model: mesa.Model) -> None:
    cohort = Counters(model, 3)
    population = Population("a", cohort)
    population.seat(0)
    beginnings = Beginnings([population])
    cohort.seen[1] = 7

    beginnings.restart([0, 1])
    kept = list(cohort.seen)
    beginnings.restart([0, 1, 2])

    assert kept == [0, 7, 0]
    assert cohort.seen == [0, 0, 0]
