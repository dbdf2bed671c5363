"""What members are shown of the board: the sections of a stage's prompt."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from agents import Digest, DigestBuilder, TextVectors, clean, most_relevant, quoted
from blackboard import BoardEntry, View

from . import instructions as say
from .options import Task
from .suspicion import commands

RECENT_ROUNDS = 2
"""Entries of older rounds leave the prompts; the log has them all."""
EVERYTHING = 1_000_000
LINES = 8
"""The most lines of conflicts, and of requests."""
DISSENT = 4
"""The most reasons of a failed vote that are shown."""


class Reading:
    """Builds the digest that all members of a stage share.

    Args:
        layers: The layers of the board that members read.
        top: The most entries of a kind.
        vectors: Texts as vectors, for relevance.
        roles: The role of an agent.
        is_bounded: Whether only the most relevant is shown; a transcript holds everything.
    """

    def __init__(
        self,
        *,
        layers: Collection[str],
        top: int,
        vectors: TextVectors,
        roles: Callable[[int], str],
        is_bounded: bool,
    ) -> None:
        self.layers, self._vectors, self._roles = layers, vectors, roles
        self._top = top if is_bounded else EVERYTHING

    def change(self, options: Any) -> None:
        """Read what other options say."""
        self.layers = options.layers
        self._top = options.top if self._top != EVERYTHING else EVERYTHING

    def digest(
        self,
        view: View,
        task: Task,
        *,
        since: int,
        hidden: Collection[str] = (),
        plan: BoardEntry | None = None,
        failed: Mapping[str, Any] | None = None,
        coordination: Sequence[str] = (),
        cited: Collection[str] = (),
        lessons: Sequence[str] = (),
    ) -> Digest:
        """Return what a stage shows.

        Args:
            view: The board.
            task: The task that is worked on.
            since: The round in which work on it began; older entries are about others.
            hidden: Entries that are shown to nobody.
            plan: What is put to the vote.
            failed: How the last vote on the task ended.
            coordination: Lines on conflicts and requests.
            cited: The entries that those lines name.
            lessons: What past runs learned.
        """
        builder = DigestBuilder(self._roles, self._rank(task), top=self._top)
        builder.lines("TASK", [task.task, *_options(task)])
        if lessons:
            builder.lines("MEMORY", lessons, at=(since, 1))
        first = max(since, view.round - RECENT_ROUNDS + 1)
        entries = [e for e in view.entries() if int(e.id.partition(".")[0]) >= first]
        if "reasoning" in self.layers:
            reasoning = [e for e in entries if e.kind in ("reasoning", "correction")]
            builder.entries("REASONING", reasoning, hidden=hidden)
        if "coordination" in self.layers:
            objections = [e for e in entries if e.kind == "objection"]
            builder.entries("OBJECTIONS", objections, hidden=hidden, share=0.5)
            if coordination:
                at = (view.round, view.stage)
                builder.lines("COORDINATION", coordination, at=at)
                builder.show(cited)
        if "task" in self.layers:
            contributions = [e for e in entries if e.kind == "contribution"]
            builder.entries("CONTRIBUTIONS", contributions, hidden=hidden)
        if failed:
            plain = [reason for reason in failed["lines"] if not commands(reason)]
            reasons = [f"- {quoted(clean(reason))}" for reason in plain[:DISSENT]]
            builder.lines("BEFORE", [failed["text"], *reasons], at=(view.round - 1, EVERYTHING))
        if plan:
            builder.entries("PLAN", [plan])
        return builder.build()

    def _rank(self, task: Task) -> Callable[[Sequence[str], int], Sequence[int]]:
        def rank(texts: Sequence[str], k: int) -> Sequence[int]:
            rows = self._vectors.of([task.task, *texts])
            return most_relevant(rows[0], np.asarray(rows[1:]), k)

        return rank


def _options(task: Task) -> tuple[str, ...]:
    facts = [f"Fact: {about} is {says}" for about, says in task.facts.items()]
    return (*facts, *((f"Options: {' | '.join(task.choices)}",) if task.choices else ()))


def failed_vote(last: Mapping[str, Any] | None, attempt: int, needed: int | None) -> Any:
    """Return how a vote that failed is shown to those who try again."""
    if not last or not attempt:
        return None
    text = say.FAILED_LINE.format(
        attempt=attempt, percent=last["percent"], needed=f"{needed} %" if needed else "more"
    )
    return {"text": text, "lines": last["reasons"]}
