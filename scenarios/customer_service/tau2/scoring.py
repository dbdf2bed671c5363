"""How a ticket is scored: by the shop it leaves behind, and by what the customer was told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb
from typing import NamedTuple

from .calls import is_write
from .data import Retail, Task
from .database import Database, digest
from .tools import Tools

__all__ = [
    "Repeats",
    "Score",
    "database_floor",
    "floor",
    "gold",
    "pass_hat",
    "score",
    "scripted_gold",
]


@dataclass(frozen=True, slots=True)
class Score:
    """What became of a task.

    Version 1.0.1 of the benchmark counts, in place of the communicated facts, what a model judges
    about sentences that 40 of its retail tasks give. No model is asked here: this is the rule of
    the benchmark's first edition, and its scores are not to be set beside newer published ones.
    """

    database_right: bool
    """The shop's records are those that the gold calls leave behind."""
    communicated: bool
    """Every fact that the task names was said; so if it names none."""

    @property
    def passed(self) -> bool:
        """Whether both hold."""
        return self.database_right and self.communicated


def gold(task: Task, database: Database) -> str:
    """Return the digest the database has to reach: gold writes on it as its file has it.

    A gold call that cannot be done is passed over, as in the benchmark.
    """
    tools = Tools(database.original())
    for call in task.gold:
        if is_write(call.name):
            tools.call(call)
    return digest(tools.database)


def score(task: Task, database: Database, said: str) -> Score:
    """Score what a ticket left in its database, and what was said to the customer in the end."""
    return Score(
        database_right=digest(database) == gold(task, database),
        communicated=all(_is_said(fact, said) for fact in task.facts),
    )


def _is_said(fact: str, said: str) -> bool:
    """Look for a fact as the benchmark does: also within other words, commas in `said` left out."""
    return fact.lower() in said.lower().replace(",", "")


class Repeats(NamedTuple):
    """How often one task was tried, and how often it passed."""

    successes: int
    trials: int


def pass_hat(tried: Iterable[Sequence[bool] | Repeats], k: int) -> float:
    """Return pass^k: the chance that k trials of a task, drawn without putting back, all pass.

    Args:
        tried: For each task, whether each trial passed, or how many did.
        k: Trials drawn, at least 1; with 1 it is the share of trials that pass.

    Raises:
        ValueError: `k` is not positive, nothing was tried, or a task fewer than `k` times.
    """
    counts = [
        each if isinstance(each, Repeats) else Repeats(sum(map(bool, each)), len(each))
        for each in tried
    ]
    fewest = min((each.trials for each in counts), default=0)
    if not 1 <= k <= fewest:
        raise ValueError(f"k must be 1 to {fewest}, the fewest trials of a task, got {k}")
    if any(not 0 <= each.successes <= each.trials for each in counts):
        raise ValueError("a task cannot pass more often than it was tried, or less than never")
    return sum(comb(each.successes, k) / comb(each.trials, k) for each in counts) / len(counts)


def floor(retail: Retail) -> float:
    """Return the share of tasks that pass if nothing is done and nothing said."""
    return _share(_undone(task, retail).passed for task in retail.tasks)


def database_floor(retail: Retail) -> float:
    """Return the share of tasks whose database is right if nothing is done.

    It is higher than `floor`: some tasks want nothing written, but something said. Compare it with
    shares of `database_right` only.
    """
    return _share(_undone(task, retail).database_right for task in retail.tasks)


def scripted_gold(retail: Retail) -> float:
    """Return the share of tasks that pass if all gold calls are made and the facts are said.

    Anything below 1 means that files and tools do not belong together. Gold calls may fail, reads
    and writes: some show an agent that first tries a wrong address, or more than a gift card holds.
    """
    return _share(_done_by_gold(task, retail).passed for task in retail.tasks)


def _undone(task: Task, retail: Retail) -> Score:
    return score(task, retail.database.original(), "")


def _done_by_gold(task: Task, retail: Retail) -> Score:
    tools = Tools(retail.database.original())
    for call in task.gold:
        tools.call(call)
    return score(task, tools.database, ". ".join(task.facts))


def _share(passed: Iterable[bool]) -> float:
    passed = tuple(passed)
    return sum(passed) / len(passed)
