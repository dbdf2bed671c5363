"""What became of each task: decisions, dissent and its reasons, and how good single votes were."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agents import correlation_of
from blackboard import ABSTAINED, NO_BALLOT, Ballots, ClosedStage, Decided, encode

from ..base import Dissent
from .options import Task

_ROW = ("task", "attempt", "outcome", "percent")
REASON_KEPT = 400
"""Characters of a dissenter's reason that the table keeps."""


class Verdicts:
    """The tasks in order, which one is being worked on, and what was decided.

    Args:
        tasks: The tasks.
        roles: The role of each agent of the team.
        heard: The first agent of each voice; the others of a voice only repeat it.
    """

    def __init__(
        self, tasks: Sequence[Task], *, roles: Sequence[str], heard: Sequence[int]
    ) -> None:
        self.tasks, self._roles, self._heard = tasks, roles, list(heard)
        self.number = 0
        """The task that is being worked on, counted from 0."""
        self.attempt = 0
        """Attempts at it that have ended."""
        self.last: dict[str, Any] | None = None
        """The last vote on it: percent reached, and the reasons of those against."""
        self.rows: list[dict[str, Any]] = []
        """One row a task that is finished."""
        self.dissent: list[dict[str, Any]] = []
        self.decisive: tuple[bool, bytes, list[int]] | None = None
        """The last vote that was accepted, else the last of all: whether it was, its record, and
        who cast a ballot."""
        self._right: list[list[int]] = []
        """Of each task with a known answer that the team voted on: 1, 0 or -1 for right, wrong,
        none, by agent."""
        self._confidence: list[list[float]] = []

    @property
    def task(self) -> Task:
        """The task that is being worked on."""
        return self.tasks[min(self.number, len(self.tasks) - 1)]

    @property
    def is_done(self) -> bool:
        """Whether there is no task left."""
        return self.number >= len(self.tasks)

    def take(
        self, closed: ClosedStage, plan: str | None, *, attempts: int, seats: NDArray[np.uint32]
    ) -> None:
        """Take in how a vote ended; the task is finished when it is decided or out of attempts.

        Args:
            closed: The voting stage.
            plan: The text that was voted on, or None for a question with choices.
            attempts: How many votes a task has.
            seats: The agents that were eligible, ascending.
        """
        decided = closed.decisions[-1] if closed.decisions else None
        ballots = closed.ballots[-1] if closed.ballots else None
        self.attempt += 1
        votes = _votes(decided, ballots, seats)
        is_accepted = decided is not None and decided.outcome == "accepted"
        if decided and (is_accepted or not self.decisive or not self.decisive[0]):
            self.decisive = (is_accepted, encode(decided), _cast(ballots, seats))
        self.last = {
            "percent": _leading_percent(decided),
            "reasons": [why for _, vote, why in votes if vote == "reject"],
        }
        if is_accepted or self.attempt >= attempts:
            self._finish(decided, ballots, plan, votes)

    def pass_over(self, *, attempts: int) -> None:
        """Count an attempt in which there was nothing to vote on."""
        self.attempt += 1
        self.last = {"percent": 0.0, "reasons": []}
        if self.attempt >= attempts:
            self._finish(None, None, None, [])

    def _finish(
        self,
        decided: Decided | None,
        ballots: Ballots | None,
        plan: str | None,
        votes: Sequence[tuple[int, str, str]],
    ) -> None:
        task = self.task
        outcome = decided.outcome if decided else "expired"
        is_accepted = outcome == "accepted"
        result = (decided.option or plan) if decided and is_accepted else None
        self.rows.append(
            {
                "task": self.number + 1,
                "text": task.task,
                "outcome": outcome,
                "result": result,
                "answer": task.answer,
                "is_right": None if task.answer is None else result == task.answer,
                "percent": _leading_percent(decided),
                "attempts": self.attempt,
                "proposal": decided.proposal if decided else None,
            }
        )
        for agent, vote, why in votes:
            if vote != (result if task.choices else "approve"):
                self.dissent.append(
                    {"task": self.number + 1, "agent": agent, "vote": vote, "reason": why}
                )
        if task.answer is not None and ballots is not None:
            self._score(task.choices.index(task.answer), len(task.choices), ballots)
        self.number, self.attempt, self.last = self.number + 1, 0, None

    def _score(self, answer: int, options: int, ballots: Ballots) -> None:
        choices = np.frombuffer(ballots.choices, np.uint8)
        if len(choices) != len(self._roles):
            return  # one agent decided alone
        right = np.where(choices < options, choices == answer, -1)
        confidence = np.frombuffer(ballots.confidence, "<f8") if ballots.confidence else None
        self._right.append(right.astype(int).tolist())
        self._confidence.append([1.0] * len(choices) if confidence is None else confidence.tolist())

    def truths(self) -> dict[str, str]:
        """Return the known answers by the proposals that tasks ended with."""
        return {
            row["proposal"]: row["answer"]
            for row in self.rows
            if row["proposal"] is not None and row["answer"] is not None
        }

    def row(self) -> dict[str, float | int | str | None]:
        """Return which task the last attempt was about, and how it ended."""
        if self.last is not None:
            at = (self.number + 1, self.attempt, "open", self.last["percent"])
            return dict(zip(_ROW, at, strict=True))
        if not self.rows:
            return {}
        row = self.rows[-1]
        ended = (row["task"], row["attempts"], row["outcome"], row["percent"])
        return dict(zip(_ROW, ended, strict=True))

    def metrics(self) -> dict[str, float | int | None]:
        """Return how the tasks ended, and how good single votes were where that is known."""
        known = [row["is_right"] for row in self.rows if row["is_right"] is not None]
        decided = [r for r in self.rows if r["outcome"] == "accepted" and r["answer"] is not None]
        found: dict[str, float | int | None] = {
            "tasks": len(self.rows),
            "accepted": sum(row["outcome"] == "accepted" for row in self.rows),
            "attempts": sum(row["attempts"] for row in self.rows),
            "dissenting_votes": len(self.dissent),
        }
        if known:
            found |= {
                "correct": sum(known) / len(known),
                "wrong": sum(not row["is_right"] for row in decided) / len(known),
                "deadlock": 1 - len(decided) / len(known),
            }
        return found | self._of_votes()

    def _of_votes(self) -> dict[str, float | None]:
        """Return accuracy, calibration and correlation of single votes."""
        if not self._right:
            return {}
        right = np.array(self._right)
        confidence = np.array(self._confidence)
        cast = right >= 0
        if not cast.any():
            return {"vote_accuracy": None, "brier": None}
        brier = ((confidence - right)[cast] ** 2).mean()
        found: dict[str, float | None] = {
            "vote_accuracy": float(right[cast].mean()),
            "brier": float(brier),
        }
        if (rho := self.correlation) is not None:
            found["vote_correlation"] = rho
        return found

    @property
    def correlation(self) -> float | None:
        """How much voices err together, where answers are known and there are enough of them."""
        if not self._right:
            return None
        measured = correlation_of(np.array(self._right)[:, self._heard])
        return measured.rho if measured else None

    def answer(self) -> str | None:
        """Return the result of the only task; of several, how many are decided and right."""
        if not self.rows:
            return None
        if len(self.tasks) == 1:
            result: str | None = self.rows[0]["result"]
            return result
        decided = sum(row["outcome"] == "accepted" for row in self.rows)
        known = [row["is_right"] for row in self.rows if row["is_right"] is not None]
        right = f", {sum(known):,} of {len(known):,} right" if known else ""
        return f"{decided:,} of {len(self.tasks):,} tasks decided{right}"

    def dissent_from_answer(self) -> list[Dissent]:
        """Return the votes against the result of the only task, where there is one."""
        if len(self.tasks) > 1 or self.answer() is None:
            return []
        return [
            Dissent(row["agent"], self._roles[row["agent"]], row["vote"], row["reason"])
            for row in self.dissent
        ]

    def tables(self) -> Mapping[str, Mapping[str, ArrayLike]]:
        """Return one row a task, and one row a dissenting vote."""
        tasks = ("task", "text", "outcome", "result", "answer", "percent", "attempts", "proposal")
        dissent = ("task", "agent", "vote", "reason")
        return {
            "tasks": {name: [row[name] for row in self.rows] for name in tasks},
            "dissent": {name: [row[name] for row in self.dissent] for name in dissent},
        }

    def state(self) -> dict[str, Any]:
        """Return everything as plain values."""
        names = (
            "number",
            "attempt",
            "last",
            "rows",
            "dissent",
            "decisive",
            "_right",
            "_confidence",
        )
        return {name: getattr(self, name) for name in names}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken."""
        for name, value in state.items():
            setattr(self, name, value)


def _leading_percent(decided: Decided | None) -> float:
    """Return what the leading option, or the approval, reached of the electorate."""
    if decided is None or not decided.eligible:
        return 0.0
    weights = decided.weights
    reached = weights["approve"] if "approve" in weights else max(weights.values(), default=0)
    return round(100 * reached / decided.eligible, 3)


def _cast(ballots: Ballots | None, seats: NDArray[np.uint32]) -> list[int]:
    """Return the agents that cast a ballot, be it an abstention."""
    if ballots is None:
        return []
    cast: list[int] = seats[np.frombuffer(ballots.choices, np.uint8) != NO_BALLOT].tolist()
    return cast


def _votes(
    decided: Decided | None, ballots: Ballots | None, seats: NDArray[np.uint32]
) -> list[tuple[int, str, str]]:
    """Return agent, vote and reason of every ballot that was cast, abstentions left out."""
    if decided is None or ballots is None:
        return []
    options = tuple(decided.weights)
    choices = np.frombuffer(ballots.choices, np.uint8)
    texts = ballots.texts or [""] * len(choices)
    return [
        (int(agent), options[choice], why[:REASON_KEPT])
        for agent, choice, why in zip(seats, choices, texts, strict=True)
        if choice not in (ABSTAINED, NO_BALLOT)
    ]
