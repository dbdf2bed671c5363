"""A stage's questions to models and to users' code: who answers them, and what is recorded."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Protocol

from agents import Asked, CallsNow, Outcome
from blackboard import CALLS, INPUT, Leader, Replied, SwarmboardError, u4

SHOWN_EVERY_S = 0.2
"""How often it is published where questions stand, at the most."""


class Answers(Protocol):
    """Has questions of agents answered, by models or by code of the user's own."""

    @property
    def recorded_calls(self) -> int:
        """How many questions a recording answered."""

    def answer(
        self, asked: Sequence[Asked], at: tuple[int, int], *, meanwhile: Callable[[], None]
    ) -> list[Outcome]:
        """Return what finally came of each question of a stage, in order.

        Args:
            asked: The questions, in agent order.
            at: The round and the stage.
            meanwhile: Called again and again while it waits.
        """

    def now(self) -> CallsNow:
        """Return how far the questions of the latest stage have come."""


def settle(asked: Sequence[Asked], leader: Leader, desk: Answers | None) -> None:
    """Have a stage's questions answered, and the agents act on what came of them.

    What the log holds is never asked again. What is new is an input of the run: it is recorded
    with the stage, so that the run can be repeated without anybody being asked.

    Raises:
        SwarmboardError: the run has agents that ask, and nobody to answer.
    """
    at = (leader.round, leader.stage)
    if leader.is_rehearsing:
        known = _by_agent(leader.replies())
        missing = Outcome("", "error", "the log holds no answer to this question")
        outcomes = [known.get(question.agent.index, missing) for question in asked]
    elif desk is None:
        kind = type(asked[0].agent).__name__
        raise SwarmboardError(
            f"{kind} asks for an answer and the run has nobody to give one: its scenario's Options "
            "have to derive from ModelOptions"
        )
    else:
        leader.write_out()  # models may take longer than what waits to be written ought to
        waiting = Waiting(leader, desk)
        outcomes = desk.answer(asked, at, meanwhile=waiting.keep_up)
        waiting.end()
        leader.receive(_records(asked, outcomes, at))
    Asked.finish(asked, outcomes)


class Waiting:
    """What a run does while it waits for the answers of a stage.

    Where they are there before anybody would have looked, nothing is published.

    Args:
        leader: Of the run.
        desk: Knows how far the questions have come.
        clock: Seconds that never go back.
    """

    def __init__(
        self, leader: Leader, desk: Answers, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._leader, self._desk, self._clock = leader, desk, clock
        self._began = clock()
        self._shown_at: float | None = None

    def keep_up(self) -> None:
        """Keep the lease, hear what people command, and publish where the questions stand.

        Raises:
            Stopped: the run is to stop; what was answered so far is in the recording.
        """
        self._leader.listen(0.0)
        self._leader.oversight.hear_stop(self._leader)
        now = self._clock()
        if self._shown_at is None or now - self._shown_at >= SHOWN_EVERY_S:
            self._show(now)

    def end(self) -> None:
        """Publish that nothing is in flight any more, where it was published what was."""
        if self._shown_at is not None:
            self._show(self._clock())

    def _show(self, now: float) -> None:
        self._shown_at = now
        waited_s = round(now - self._began, 2)  # so that no two notes of a stage are the same
        self._leader.show_now(CALLS, {**asdict(self._desk.now()), "waited_s": waited_s})


def _records(
    asked: Iterable[Asked], outcomes: Iterable[Outcome], at: tuple[int, int]
) -> list[Replied]:
    """Return one record for all that got the same answer, in the order of the first of them."""
    sharing: dict[Outcome, list[int]] = {}
    for question, outcome in zip(asked, outcomes, strict=True):
        sharing.setdefault(outcome, []).append(question.agent.index)
    return [
        Replied(INPUT, *at, u4(sorted(agents)), outcome.text, outcome.cause, outcome.detail)
        for outcome, agents in sharing.items()
    ]


def _by_agent(replies: Iterable[Replied]) -> dict[int, Outcome]:
    return {
        agent: Outcome(reply.text, reply.cause, reply.detail)  # type: ignore[arg-type]
        for reply in replies
        for agent in reply.members.tolist()
    }
