"""The faults of one stage: who acts at all, on which view, and what becomes of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents import Randomness, Sees
from blackboard import View

from ..faults import DOWN, SLOW_S
from .afflictions import Affliction
from .distortion import Distortion, Hit

type Mask = NDArray[np.bool_]
type Recall = Callable[[int], View]
"""The board as of so many stages ago."""


@dataclass(frozen=True, slots=True, eq=False)
class StageFaults:
    """What is wrong in one stage; masks have one entry per agent of the board."""

    at: tuple[int, int]
    asked: Mask
    """Who acts at all."""
    hit: Mask
    """Who is hit by anything."""
    down: Sequence[tuple[str, Mask]]
    """Who abstains, by cause, each agent once."""
    slow: Sequence[tuple[Mask, float]]
    """Who takes so many seconds longer."""
    stale: Sequence[tuple[Mask, View]]
    """Who sees an older board, and which; each agent once."""
    distortion: Distortion

    def parts(self, *, is_cohort: bool) -> list[tuple[Mask, View | None]]:
        """Return who acts together, and on which older view; None is the current one.

        Objects act together whatever each sees; a cohort acts once for each view.
        """
        if not is_cohort or not self.stale:
            return [(self.asked, None)]
        behind = np.logical_or.reduce([mask for mask, _ in self.stale])
        older = [(self.asked & mask, view) for mask, view in self.stale]
        return [(self.asked & ~behind, None), *older]

    def sees(self, sees: Sees | None) -> Sees | None:
        """Return what an agent sees: an old board if stale, and of it what the structure shows."""
        if not self.stale:
            return sees
        old = {agent: view for mask, view in self.stale for agent in np.flatnonzero(mask).tolist()}

        def seen(view: View, agent: int) -> View:
            own = old.get(agent, view)
            return sees(own, agent) if sees else own

        return seen

    def delay_s(self, agents: NDArray[np.uint32]) -> float:
        """Return by how many seconds the slowest of these delays the stage."""
        delays = [delay_s for mask, delay_s in self.slow if (mask & self.asked)[agents].any()]
        return max(delays, default=0.0)


def faults_of(
    view: View,
    afflictions: Iterable[Affliction],
    *,
    agents: int,
    random: Randomness,
    recall: Recall,
) -> StageFaults:
    """Return what is wrong in the stage of a view."""
    hits = [
        Hit(affliction.number, affliction.fault, mask)
        for affliction in afflictions
        if (mask := affliction.active(view.round, agents)).any()
    ]
    by_kind: dict[str, list[Hit]] = {}
    for hit in hits:
        by_kind.setdefault(hit.fault.kind, []).append(hit)
    asked, down = ~_union(by_kind.get("silent", ()), agents), []
    for kind, cause in DOWN.items():
        mask = _union(by_kind.get(kind, ()), agents) & asked
        down.append((cause, mask))
        asked &= ~mask
    stale: list[tuple[Mask, View]] = []
    for hit in by_kind.get("stale", ()):
        fresh = hit.mask & ~_any([mask for mask, _ in stale], agents)
        stale.append((fresh, recall(hit.fault.stages_ago)))
    return StageFaults(
        (view.round, view.stage),
        asked,
        _union(hits, agents),
        down,
        [(hit.mask, hit.fault.delay_s or SLOW_S) for hit in by_kind.get("slow", ())],
        stale,
        Distortion(hits, random, view, agents),
    )


def _union(hits: Iterable[Hit], agents: int) -> Mask:
    return _any([hit.mask for hit in hits], agents)


def _any(masks: Iterable[Mask], agents: int) -> Mask:
    found = np.zeros(agents, bool)
    for mask in masks:
        found |= mask
    return found
