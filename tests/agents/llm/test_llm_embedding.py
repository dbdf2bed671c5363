"""Distances by an embedding model are paid for and booked, also where they are of no use."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from agents.llm.budget import Budget
from agents.llm.calls import ModelError, Usage
from agents.llm.embedding import Distances
from agents.llm.ledger import Ledger
from agents.llm.pricing import Prices
from agents.llm.recording import Recording
from agents.llm.settings import BudgetConfig

TEXTS = ("the task", "near", "far", "  ", "near")


class Vectors:
    """Knows three texts; costs 10 tokens a call."""

    def __init__(self, error: ModelError | None = None) -> None:
        self.error = error

    async def embed(self, texts: Sequence[str]) -> tuple[Sequence[Sequence[float]], int]:
        if self.error:
            raise self.error
        return [
            {"the task": [1.0, 0.0], "near": [2.0, 0.0], "far": [0.0, 1.0]}[t] for t in texts
        ], 10


def measured(path: Path, vectors: Vectors) -> tuple[object, int, dict[str, object]]:
    """Return what came of a comparison, what was paid, and what was booked."""
    with Recording.open(path, mode="record") as recording:
        budget, ledger = Budget(BudgetConfig(tokens=1000)), Ledger(recording)
        distances = Distances(vectors, budget, ledger, Prices(1.0), model="x/vectors")
        try:
            found: object = asyncio.run(distances.far(TEXTS, agent=3, at=(1, 2)))
        except ModelError as error:
            found = str(error)
        return found, budget.spent[0], ledger.summary()


def test_distances_are_from_the_first_text_and_none_where_a_text_says_nothing(
    tmp_path: Path,
) -> None:
    found, spent, booked = measured(tmp_path, Vectors())

    assert found == [0.0, 1.0, None, 0.0]
    assert (spent, booked["coordination"], booked["cost_usd"]) == (10, 10, pytest.approx(1e-5))


@pytest.mark.parametrize("usage", [Usage(10), None])
def test_a_failed_call_is_waste_where_it_was_billed(tmp_path: Path, usage: Usage | None) -> None:
    found, spent, booked = measured(tmp_path, Vectors(ModelError("two of three", usage=usage)))

    billed = 10 if usage else 0
    assert found == "two of three"
    assert (spent, booked["waste"], booked["coordination"]) == (billed, billed, 0)
