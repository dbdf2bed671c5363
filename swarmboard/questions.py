"""A stage's questions to models and to users' code: who answers them, and what is recorded."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol

from agents import Asked, Outcome
from blackboard import INPUT, Leader, Replied, SwarmboardError, u4


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
        outcomes = desk.answer(asked, at, meanwhile=partial(_keep_up, leader))
        leader.receive(_records(asked, outcomes, at))
    Asked.finish(asked, outcomes)


def _keep_up(leader: Leader) -> None:
    """Keep the lease and hear what people command while models are waited for.

    Raises:
        Stopped: the run is to stop; what was answered so far is in the recording.
    """
    leader.listen(0.0)
    leader.oversight.hear_stop(leader)


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
