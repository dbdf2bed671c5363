"""A stage's draft that agents who are down do not reach, whoever computes what they would do."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import structs
from numpy.typing import ArrayLike, NDArray

from blackboard import Action, Block, Draft, PostBlock, VoteBlock

type Agents = NDArray[np.uint32]


class AttendedDraft:
    """Stands before a draft and leaves out the rows of some agents.

    Objects that are down are not asked at all; a cohort acts for all its members, and here the
    rows of those that are down go.
    """

    def __init__(self, draft: Draft, down: NDArray[np.uint32]) -> None:
        self._draft, self._down = draft, down

    def add(self, agents: Agents, block: Block) -> None:
        """Take the actions of many agents as columns, without the rows of those down.

        A block that is wrong is passed on whole, to be refused with the reason.
        """
        named = getattr(block, "agents", None)
        chosen = np.asarray(agents if named is None else named)
        is_up = np.isin(chosen, self._down, invert=True)
        if is_up.all() or not _fits(block, chosen.shape):
            self._draft.add(agents, block)
        elif is_up.any():
            self._draft.add(agents, _rows(block, chosen, is_up))

    def act(self, agent: int, action: Action) -> None:
        """Take one action of one agent; those down are not asked for any."""
        self._draft.act(agent, action)

    def act_alike(self, agents: Agents, results: Sequence[Any]) -> bool:
        """Take one action of each agent as columns, if all are of one kind."""
        return self._draft.act_alike(agents, results)

    def abstain(self, agents: Agents, cause: str) -> None:
        """Note why agents could not answer; those down have their cause already."""
        self._draft.abstain(agents[np.isin(agents, self._down, invert=True)], cause)

    def keep(self, span: range) -> None:
        """Leave out what agents outside of a span did."""
        self._draft.keep(span)


def _fits(block: Block, shape: tuple[int, ...]) -> bool:
    """Say whether a block has one value for each of its agents in all columns."""
    columns: list[ArrayLike | None] = []
    if isinstance(block, PostBlock):
        columns = list(block.columns.values())
    elif isinstance(block, VoteBlock):
        columns = [block.choices, block.confidence, block.reasons]
    return all(column is None or np.shape(column) == shape for column in columns)


def _rows(block: Block, agents: NDArray[Any], rows: NDArray[np.bool_]) -> Block:
    """Return some rows of a block, their agents named."""
    taken: dict[str, Any] = {"agents": agents[rows]}
    if isinstance(block, PostBlock):
        taken["columns"] = {name: np.asarray(c)[rows] for name, c in block.columns.items()}
    elif isinstance(block, VoteBlock):
        for name in ("choices", "confidence", "reasons"):
            column = getattr(block, name)
            taken[name] = None if column is None else np.asarray(column)[rows]
    return structs.replace(block, **taken)
