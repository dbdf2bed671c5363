"""Quality against cost: what nothing else beats in both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .estimates import Group, Statistic, grouped


@dataclass(frozen=True, slots=True)
class Candidate:
    """A setting, with what it costs and what it brings."""

    cost: Group
    quality: Group
    is_on_front: bool


@dataclass(frozen=True, slots=True)
class Front:
    """Settings by rising cost."""

    cost: str
    quality: str
    more_is_better: bool
    """Of the quality; less cost is always better."""
    candidates: tuple[Candidate, ...]
    n: int
    method: str
    warnings: tuple[str, ...] = ()


def on_front(cost: ArrayLike, quality: ArrayLike, *, more_is_better: bool = True) -> Any:
    """Say of each whether no other costs at most as much and is at least as good, one strictly.

    Equal ones stand or fall together. Returns booleans in the order given.
    """
    costs = np.asarray(cost, float)
    worth = np.asarray(quality, float) * (1 if more_is_better else -1)
    order = np.lexsort((-worth, costs))
    kept = np.zeros(len(costs), bool)
    best, best_cost = -np.inf, np.nan
    for i in order:
        if worth[i] > best or (worth[i] == best and costs[i] == best_cost):
            kept[i] = True
            best, best_cost = worth[i], costs[i]
    return kept


def pareto(
    table: pd.DataFrame,
    *,
    cost: str,
    quality: str,
    by: Sequence[str],
    more_is_better: bool = True,
    seed: int = 0,
    unit: str | None = None,
    statistics: Mapping[str, Statistic] | None = None,
) -> Front:
    """Return the settings (groups of `by`) by rising mean cost, those on the front marked.

    Only settings with both numbers take part. The front is that of the means: intervals say how
    sure it is. `statistics` says what is estimated of the two columns, where the table is a part
    of a study.
    """
    kinds = statistics or {}
    costs = grouped(table, cost, by, statistic=kinds.get(cost), seed=seed, unit=unit)
    worths = grouped(table, quality, by, statistic=kinds.get(quality), seed=seed, unit=unit)
    known = {_key(group): group for group in worths.groups}
    pairs = [(group, known[_key(group)]) for group in costs.groups if _key(group) in known]
    pairs.sort(key=lambda pair: pair[0].estimate.value)
    kept = on_front(
        [c.estimate.value for c, _ in pairs],
        [q.estimate.value for _, q in pairs],
        more_is_better=more_is_better,
    )
    candidates = tuple(Candidate(c, q, bool(k)) for (c, q), k in zip(pairs, kept, strict=True))
    n = sum(candidate.quality.estimate.n for candidate in candidates)
    notes = tuple(dict.fromkeys((*costs.warnings, *worths.warnings)))
    methods = dict.fromkeys((costs.method, worths.method))
    each = zip(("cost", "quality"), methods, strict=False)
    how = costs.method if len(methods) == 1 else "; ".join(f"{n}: {m}" for n, m in each)
    told = f"non-dominated settings by means ({how})"
    return Front(cost, quality, more_is_better, candidates, n, told, notes)


def _key(group: Group) -> tuple[str, ...]:
    return tuple(map(str, group.values.values()))
