"""A draft as faults let agents reach it: rows left out, output distorted, entries multiplied."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from blackboard import Abstain, Action, Block, Draft, Post, PostBlock, VoteBlock

from .distortion import Distortion

type Agents = NDArray[np.uint32]
type Mask = NDArray[np.bool_]


class ImpairedDraft:
    """Stands before a stage's draft; what nothing is wrong with goes through as it is."""

    def __init__(self, draft: Draft, asked: Mask, distortion: Distortion) -> None:
        self._draft, self._asked, self._distortion = draft, asked, distortion

    def add(self, agents: Agents, block: Block) -> None:
        """Take the actions of many agents as columns, without the rows of those not asked."""
        chosen = agents if getattr(block, "agents", None) is None else np.asarray(block.agents)
        if not self._knows(chosen) or not _is_whole(block, len(chosen)):
            self._draft.add(agents, block)  # which says what is wrong with it
            return
        rows = self._asked[chosen]
        if isinstance(block, Abstain):
            self._draft.add(agents, structs.replace(block, agents=chosen[rows]))
            return
        if self._distortion.mask[chosen].any():
            rows &= self._distortion.arrives(chosen, block)
            block = self._distortion.block(chosen, block)
        if not rows.all():
            chosen, block = chosen[rows], _taken(block, rows)
        if isinstance(block, PostBlock):
            chosen, block = self._multiplied(chosen, block)
        self._draft.add(chosen, structs.replace(block, agents=chosen))

    def act(self, agent: int, action: Action) -> None:
        """Take one action of one agent, or what became of it."""
        if not self._is_hit(agent):
            self._draft.act(agent, action)
            return
        if isinstance(action, Abstain):
            self._draft.act(agent, action)
            return
        if (left := self._distortion.action(agent, action)) is not None:
            self._draft.act(agent, left)
            self._storm(agent, left)

    def act_alike(self, agents: Agents, results: Sequence[Any]) -> bool:
        """Take one action of each agent as columns, if all that is left of them are alike."""
        hit = self._distortion.mask[agents]
        if not hit.any():
            return self._draft.act_alike(agents, results)
        left = list(results)
        rows = np.flatnonzero(hit).tolist()
        for row in rows:
            if isinstance(left[row], list | tuple | Abstain):
                return False
            if left[row] is not None:
                left[row] = self._distorted(int(agents[row]), left[row])
        if not self._draft.act_alike(agents, left):
            return False
        for row in rows:
            self._storm(int(agents[row]), left[row])
        return True

    def abstain(self, agents: Agents, cause: str) -> None:
        """Note why agents could not answer; those that were not asked have causes of their own."""
        self._draft.abstain(agents[self._asked[agents]], cause)

    def keep(self, span: range) -> None:
        """Leave out what agents outside of a span did."""
        self._draft.keep(span)

    def _distorted(self, agent: int, action: Any) -> Any:
        try:
            return self._distortion.action(agent, action)
        except (AttributeError, TypeError, ValueError):
            return action  # no action at all: the draft says so

    def _storm(self, agent: int, action: Any) -> None:
        if isinstance(action, Post):
            for _ in range(int(self._distortion.copies(np.array([agent], np.uint32))[0])):
                self._draft.act(agent, action)

    def _multiplied(self, agents: Agents, block: PostBlock) -> tuple[Agents, PostBlock]:
        times = 1 + self._distortion.copies(agents)
        if (times == 1).all():
            return agents, block
        columns = {name: np.repeat(column, times) for name, column in block.columns.items()}
        return np.repeat(agents, times), structs.replace(block, columns=columns)

    def _is_hit(self, agent: Any) -> bool:
        mask = self._distortion.mask
        return isinstance(agent, int) and 0 <= agent < len(mask) and bool(mask[agent])

    def _knows(self, agents: NDArray[Any]) -> bool:
        is_plain = agents.ndim == 1 and (not agents.size or agents.dtype.kind in "iu")
        return is_plain and (
            not agents.size or (agents.min() >= 0 and agents.max() < len(self._asked))
        )


def _is_whole(block: Block, count: int) -> bool:
    """Say whether a block has one value per agent in each of its columns."""
    match block:
        case PostBlock(columns=columns):
            return all(np.shape(column) == (count,) for column in columns.values())
        case VoteBlock(choices=choices, confidence=confidence, reasons=reasons):
            rows: list[Any] = [choices, *(c for c in (confidence, reasons) if c is not None)]
            return all(np.shape(column) == (count,) for column in rows)
        case _:
            return isinstance(block, Abstain)


def _taken(block: PostBlock | VoteBlock, rows: Mask) -> PostBlock | VoteBlock:
    """Return the rows of a block; its agents are replaced by whoever takes it."""
    if isinstance(block, PostBlock):
        columns = {name: np.asarray(column)[rows] for name, column in block.columns.items()}
        return structs.replace(block, columns=columns)
    return structs.replace(
        block,
        choices=np.asarray(block.choices)[rows],
        confidence=None if block.confidence is None else np.asarray(block.confidence)[rows],
        reasons=None if block.reasons is None else np.asarray(block.reasons)[rows],
    )
