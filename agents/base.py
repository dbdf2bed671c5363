"""Who acts: agents one by one, and cohorts that act for thousands."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import mesa
import numpy as np
from numpy.typing import NDArray

from blackboard import Action, Block, View

from .llm.calls import Ask, Outcome
from .state import Stateful

type Actions = Action | Sequence[Action] | Ask | None
type Blocks = Block | Sequence[Block] | None


class Agent(Stateful, mesa.Agent):
    """A Mesa agent that is given a view of the board and returns what it does.

    An exception in `act` is that agent's abstention, recorded with its cause; it never stops the
    stage.
    """

    _given = frozenset({"model", "unique_id", "pos", "index"})

    index: int = -1
    """The agent's number on the board, 0 for the first; set when it joins."""
    asks: ClassVar[bool] = False
    """Whether `act` may return an `Ask`: a question to a model, or to code that has to wait."""

    def act(self, view: View) -> Actions:
        """Return what this agent does in the stage `view.stage_name`."""
        raise NotImplementedError(f"{type(self).__name__} has no act(view)")

    def answer(self, view: View, outcome: Outcome) -> Actions:
        """Return what this agent does, now that its question has been answered.

        `view` is the board as it was when the question was asked.
        """
        raise NotImplementedError(f"{type(self).__name__} has no answer(view, outcome)")

    @classmethod
    def action_in(cls, stage: str) -> Callable[[Self, View], Actions] | None:
        """Return what agents of this class do in a stage, or None where they only watch."""
        return cls.act


class RuleAgent(Agent):
    """An agent with one method a stage: `def bid(self, view)`, `def vote(self, view)`."""

    def act(self, view: View) -> Actions:
        """Call the method named as the stage."""
        method = self.action_in(view.stage_name)
        return method(self, view) if method else None

    @classmethod
    def action_in(cls, stage: str) -> Callable[[Self, View], Actions] | None:
        """Return the method named as the stage, if the class has one of its own."""
        method: Callable[[Self, View], Actions] | None = _own(cls, RuleAgent, stage)
        return method


class Cohort(Stateful, mesa.Agent):
    """One object that acts for many agents with numpy: one method a stage, columns returned.

    A cohort and the same agents as objects must make the same decisions; a test says so.
    """

    _given = frozenset({"model", "unique_id", "pos", "indices", "size"})

    def __init__(self, model: Any, size: int) -> None:
        super().__init__(model)
        self.size = size
        self.indices: NDArray[np.uint32] = np.empty(0, np.uint32)
        """The members' numbers on the board, ascending; set when they join."""

    def act(self, view: View) -> Blocks:
        """Return what the members do in the stage `view.stage_name`."""
        method = _own(type(self), Cohort, view.stage_name)
        return method(self, view) if method else None


def _own(kind: type, base: type, stage: str) -> Any:
    """Return what a class defines beyond its base: a stage `remove` is not Mesa's `remove`."""
    method = getattr(kind, stage, None)
    return None if method is getattr(base, stage, None) else method
