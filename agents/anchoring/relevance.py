"""Which entries an agent is shown, where the board holds more than a prompt can."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

HALF_LIFE_ROUNDS = 4.0
NEARBY = 0.1
"""What an entry of one's own neighbourhood gains."""
RELEVANCE = 0.7
"""How much relevance weighs against being different from what was chosen already."""
_POOL = 8
"""Entries looked at, as a multiple of those wanted: the rest cannot win by being different."""


def most_relevant(
    query: NDArray[np.float32],
    entries: NDArray[np.float32],
    k: int,
    *,
    age_rounds: NDArray[Any] | None = None,
    is_near: NDArray[np.bool_] | None = None,
) -> list[int]:
    """Choose at most k entries; return their places in order, as a prompt lists them.

    An entry's worth is its cosine to the query, halved every `HALF_LIFE_ROUNDS`; then the next
    one chosen is worth most after what it repeats of those before it (maximal marginal relevance,
    Carbonell and Goldstein 1998). At equal worth the earlier entry wins. Agents with the same
    query and entries are shown the same, so that their prompts begin alike.

    Args:
        query: What is looked for: (dimensions,) or several (queries, dimensions), say the task
            and the last contribution; their cosines are averaged.
        entries: One row an entry, of length 1 or 0, in the order of the board.
        k: How many are wanted.
        age_rounds: How many rounds ago each entry was made; None for all alike.
        is_near: Whether each entry comes from the agent's own neighbourhood.
    """
    if k < 1 or not len(entries):
        return []
    worth = _worth(np.atleast_2d(query), entries, age_rounds, is_near)
    pool = np.argsort(-worth, kind="stable")[: max(_POOL * k, 64)]
    pool.sort()
    rows, worth = entries[pool], RELEVANCE * worth[pool]
    nearest = np.zeros(len(pool))
    chosen: list[int] = []
    for _ in range(min(k, len(pool))):
        best = int(np.argmax(worth - (1 - RELEVANCE) * nearest))
        chosen.append(int(pool[best]))
        worth[best] = -np.inf
        alike = np.round(np.einsum("ij,j->i", rows, rows[best]).astype(np.float64), 5)
        nearest = np.maximum(nearest, alike)
    return sorted(chosen)


def _worth(
    queries: NDArray[np.float32],
    entries: NDArray[np.float32],
    age_rounds: NDArray[Any] | None,
    is_near: NDArray[np.bool_] | None,
) -> NDArray[np.float64]:
    lengths = np.sqrt(np.einsum("ij,ij->i", queries, queries))
    spoken = queries[lengths > 0] / lengths[lengths > 0, None]
    wanted = spoken.mean(axis=0) if len(spoken) else np.zeros(entries.shape[1], np.float32)
    # Row by row, not by BLAS: an entry's worth must not depend on how many others there are.
    worth = np.round(np.einsum("ij,j->i", entries, wanted).astype(np.float64), 5)
    if age_rounds is not None:
        worth = worth * 0.5 ** (np.maximum(age_rounds, 0) / HALF_LIFE_ROUNDS)
    return np.asarray(worth if is_near is None else worth + NEARBY * is_near)
