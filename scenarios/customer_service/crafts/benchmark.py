"""A benchmark's tasks as tickets: what is looked up, what is done, and how that is scored."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from numpy.typing import ArrayLike

from ...base import Yardstick
from ..tau2 import (
    Answer,
    Call,
    Repeats,
    Retail,
    Score,
    Task,
    Tools,
    database_floor,
    floor,
    is_write,
    pass_hat,
    score,
)

HAND_OVER = "transfer_to_human_agents"
"""It changes nothing in the shop, but it is done, not looked up."""


def is_deed(name: str) -> bool:
    """Say whether a call is put to the vote; all others are answered at once."""
    return is_write(name) or name == HAND_OVER


class Benchmark:
    """The tasks of a run, and what became of them.

    The shop's database stays as its file has it: each ticket has a fork of its own from the moment
    in which its reply is accepted, and that is scored at once.
    """

    def __init__(self, retail: Retail, repeats: int) -> None:
        self.retail, self._repeats = retail, repeats
        self._scores: dict[int, Score] = {}
        """Of each ticket that is closed."""

    def task(self, ticket: int) -> Task:
        """Return the task that a ticket brings."""
        return self.retail.tasks[ticket % len(self.retail.tasks)]

    def looked_up(self, calls: Sequence[Call]) -> list[tuple[Call, Answer]]:
        """Return what calls come to that change nothing, and which of the others cannot be done.

        Those are tried one after the other on a copy that nobody sees.
        """
        shown, trial = Tools(self.retail.database), Tools(self.retail.database.original())
        found = []
        for call in calls:
            answer = (trial if is_deed(call.name) else shown).call(call)
            if not (is_deed(call.name) and answer.is_done):
                found.append((call, answer))
        return found

    def carry_out(self, ticket: int, calls: Sequence[Call], said: str) -> list[tuple[Call, Answer]]:
        """Do what was accepted on the ticket's own database, and score it."""
        tools = Tools(self.retail.database.original())
        done = [(call, tools.call(call)) for call in calls if is_deed(call.name)]
        self._scores[ticket] = score(self.task(ticket), tools.database, said)
        return done

    def has_passed(self, ticket: int) -> bool:
        """Say whether a ticket has passed."""
        return self._scores[ticket].passed

    def give_up(self, ticket: int) -> None:
        """Score a ticket to which nobody replied: it has failed in every respect."""
        self._scores.setdefault(ticket, Score(database_right=False, communicated=False))

    def metrics(self) -> dict[str, float | int | None]:
        """Return the shares of tickets that are right, pass^k, and what doing nothing scores."""
        found: dict[str, float | int | None] = {
            "passed": self._share("passed"),
            "database_right": self._share("database_right"),
            "communicated": self._share("communicated"),
        }
        return found | self._pass_hats() | self.floors

    @cached_property
    def floors(self) -> dict[str, float]:
        """What the tasks of this run score if nothing is done and nothing said."""
        return {
            "floor_passed": floor(self.retail),
            "floor_database": database_floor(self.retail),
        }

    def yardstick(self, expected: Mapping[str, float]) -> Yardstick:
        """Hold the share that passed against that of the benchmark's own calls, which is all."""
        ours = self._share("passed")
        gap = None if ours is None else 100 * (1 - ours)
        name = "tau2 retail, its own calls"
        return Yardstick(name, 1.0, ours, gap, expected=expected, evidence="exact")

    def columns(self, tickets: Sequence[int]) -> dict[str, ArrayLike]:
        """Return which task each ticket was, for which time, and its score."""
        scores = [self._scores[ticket] for ticket in tickets]
        return {
            "trial": [ticket // len(self.retail.tasks) + 1 for ticket in tickets],
            "passed": [its.passed for its in scores],
            "database_right": [its.database_right for its in scores],
            "communicated": [its.communicated for its in scores],
        }

    def state(self) -> Any:
        """Return the scores as plain values."""
        return [(n, its.database_right, its.communicated) for n, its in self._scores.items()]

    def restore(self, state: Any) -> None:
        """Go to where `state` was taken."""
        self._scores = {
            ticket: Score(database_right=is_right, communicated=is_said)
            for ticket, is_right, is_said in state
        }

    def _share(self, name: str) -> float | None:
        scores = self._scores.values()
        return sum(getattr(its, name) for its in scores) / len(scores) if scores else None

    def _pass_hats(self) -> dict[str, float | None]:
        """Return pass^k; None for a k that some task was not tried as often as."""
        tried: dict[int, list[bool]] = defaultdict(list)
        for ticket, its in self._scores.items():
            tried[ticket % len(self.retail.tasks)].append(its.passed)
        is_whole = len(tried) == len(self.retail.tasks)
        fewest = min(map(len, tried.values())) if is_whole else 0
        counts = [Repeats(sum(passed), len(passed)) for passed in tried.values()]
        return {
            f"pass_{k}": pass_hat(counts, k) if k <= fewest else None
            for k in range(1, self._repeats + 1)
        }
