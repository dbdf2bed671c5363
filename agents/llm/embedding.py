"""Distances between texts by an embedding model, where local vectors are not wanted."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from .budget import Budget
from .calls import ModelError, Prompt, Reply, Request, Usage
from .ledger import Ledger
from .pricing import Prices, cost_usd

TIER = "embedding"
"""What the ledger and caps call the embedding model's tier."""
AT_ONCE = 256
"""Texts of one call."""


class Embeddings(Protocol):
    """Turns texts into vectors: a provider's embedding model."""

    async def embed(self, texts: Sequence[str]) -> tuple[Sequence[Sequence[float]], int]:
        """Return one vector a text, and the tokens that were billed."""


class Distances:
    """Measures how far texts are from the first of them, within the budget, on the books.

    Args:
        inner: The embedding model.
        budget: What calls are paid from.
        ledger: Where they are booked.
        prices: What the model costs.
        model: Its name.
    """

    def __init__(
        self, inner: Embeddings, budget: Budget, ledger: Ledger, prices: Prices, *, model: str
    ) -> None:
        self.inner, self.budget, self.ledger = inner, budget, ledger
        self.prices, self.model = prices, model

    async def far(
        self, texts: Sequence[str], *, agent: int, at: tuple[int, int]
    ) -> list[float | None]:
        """Return 1 - cos(text, first) of all but the first; None where a text says nothing.

        Raises:
            ModelError: there is no answer, or no budget for one.
        """
        spoken = [text for text in dict.fromkeys(texts) if text.strip()]
        rows: dict[str, Any] = {}
        for start in range(0, len(spoken), AT_ONCE):
            some = spoken[start : start + AT_ONCE]
            vectors = await self._embedded(some, agent=agent, at=at, turn=start // AT_ONCE)
            rows |= zip(some, np.asarray(vectors, np.float64), strict=True)
        goal = rows.get(texts[0])
        return [_far(rows.get(text), goal) for text in texts[1:]]

    async def _embedded(
        self, texts: Sequence[str], *, agent: int, at: tuple[int, int], turn: int
    ) -> Sequence[Sequence[float]]:
        request = Request(
            agent=agent,
            role="surveyor",
            round=at[0],
            stage=at[1],
            prompt=Prompt("", "", ""),
            purpose="coordination",
            turn=turn,
            tier=TIER,
            model=self.model,
        )
        most = sum(len(text.encode()) for text in texts) // 2 + 16
        usd = most * self.prices.input / 1e6
        reservation = await self.budget.reserved(request, most, usd)
        try:
            vectors, tokens = await self.inner.embed(texts)
            usage = Usage(input=tokens)
            cost = cost_usd(usage, self.prices)
            self.budget.settle(reservation, tokens, cost)
        except ModelError as error:
            if error.usage is not None:
                cost = cost_usd(error.usage, self.prices)
                self.budget.settle(reservation, error.usage.input, cost)
                self.ledger.add_failed(request, error.usage, cost)
            raise
        finally:
            self.budget.release(reservation)
        self.ledger.add(request, Reply("", self.model, usage, cost))
        return vectors


def _far(row: Any, goal: Any) -> float | None:
    if row is None or goal is None:
        return None
    length = float(np.sqrt(row @ row) * np.sqrt(goal @ goal))
    return round(min(1.0, max(0.0, 1 - float(row @ goal) / length)), 6) if length else None
