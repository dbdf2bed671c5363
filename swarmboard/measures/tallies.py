"""The tallies that proposals were decided on, as columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from blackboard import Decided

KEPT = 4096
"""So many decisions are kept as records before they are made columns."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The decided proposals whose right answer is known, one row each."""

    votes: NDArray[np.float64]
    """Weight cast for options."""
    right: NDArray[np.float64]
    """Weight cast for the right one."""
    squares: NDArray[np.float64]
    """The sum of the squared weights of the options."""
    is_right: NDArray[np.bool_]
    is_wrong: NDArray[np.bool_]
    is_equal: bool
    """Whether every seat weighs 1, so that weights are heads."""


class Tallies:
    """Collects decisions and their tallies."""

    def __init__(self) -> None:
        self._fresh: list[Decided] = []
        self._names: list[str] = []
        self._outcomes: list[str] = []
        self._chosen: list[str | None] = []
        self._options: list[dict[str | None, int]] = []
        """The place of each option of a decision."""
        self._weights: list[NDArray[np.float64]] = []
        self._is_equal = True
        self._known: dict[tuple[str, ...], dict[str | None, int]] = {}
        """One object for all proposals with the same options."""

    def add(self, decisions: Sequence[Decided]) -> None:
        """Take decisions in."""
        self._fresh += decisions
        if len(self._fresh) >= KEPT:
            self._settle()

    @property
    def outcomes(self) -> Sequence[str]:
        """The outcome of each decision."""
        self._settle()
        return self._outcomes

    def weights(self) -> NDArray[np.float64]:
        """Return the weight cast for each option, a row a decision, 0 where it has no more."""
        self._settle()
        if not self._weights:
            return np.zeros((0, 0))
        widest = max(block.shape[1] for block in self._weights)
        blocks = [np.pad(b, ((0, 0), (0, widest - b.shape[1]))) for b in self._weights]
        return np.concatenate(blocks)

    def judged(self, truths: Mapping[str, str]) -> Judged:
        """Hold decisions against the right answers, by proposal.

        An accepted proposal is right where its option is. One on approval alone is right too
        where it was rejected and should have been.
        """
        weights = self.weights()
        truth = [truths.get(name) for name in self._names]
        places, said = self._places(truth), self._places(self._verdicts())
        known = np.flatnonzero(places >= 0)
        cast, right, chosen = weights[known], places[known], said[known]
        return Judged(
            cast.sum(axis=1),
            cast[np.arange(len(known)), right],
            (cast * cast).sum(axis=1),
            chosen == right,
            (chosen >= 0) & (chosen != right),
            self._is_equal,
        )

    def _places(self, options: Sequence[str | None]) -> NDArray[np.intp]:
        """Return the place of an option of each decision; -1 where it has none like that."""
        pairs = zip(self._options, options, strict=True)
        return np.array([places.get(option, -1) for places, option in pairs], np.intp)

    def _verdicts(self) -> list[str | None]:
        """Return what the electorate said in the end, None where it came to nothing."""
        return [
            (option or "approve")
            if outcome == "accepted"
            else ("reject" if outcome == "rejected" else None)
            for outcome, option in zip(self._outcomes, self._chosen, strict=True)
        ]

    def _settle(self) -> None:
        """Make the records columns, and let go of them."""
        fresh, self._fresh = self._fresh, []
        if not fresh:
            return
        self._names += [d.proposal for d in fresh]
        self._outcomes += [d.outcome for d in fresh]
        self._chosen += [d.option for d in fresh]
        options = [tuple(d.weights) for d in fresh]
        for fresh_options in set(options).difference(self._known):
            self._known[fresh_options] = {its: place for place, its in enumerate(fresh_options)}
        self._options += [self._known[its] for its in options]
        self._is_equal &= {d.eligible - d.eligible_agents for d in fresh} == {0}
        widest = max(map(len, options))
        if widest == min(map(len, options)):
            cast = chain.from_iterable([d.weights.values() for d in fresh])
            self._weights.append(np.fromiter(cast, np.float64).reshape(len(fresh), widest))
            return
        block = np.zeros((len(fresh), widest))
        for row, decided in enumerate(fresh):
            block[row, : len(decided.weights)] = list(decided.weights.values())
        self._weights.append(block)
