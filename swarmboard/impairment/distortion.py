"""What faults make of the actions of those they hit: random output, lost actions, storms.

All draws are addressed by fault, what is drawn for, round, stage and agent, and ranges are read
from the board, so that neither the workers nor the kind of population changes what happens.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from agents import Randomness
from blackboard import NO_BALLOT, Action, Post, PostBlock, ProposalView, View, Vote, VoteBlock

from ..faults import Fault

type Mask = NDArray[np.bool_]
type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """A fault, its number in the configuration, and whom it hits in a stage."""

    number: int
    fault: Fault
    mask: Mask
    """One per agent of the board."""


class Distortion:
    """Distorts the actions of one stage; agents that no fault hits stay as they are."""

    def __init__(self, hits: Iterable[Hit], random: Randomness, view: View, agents: int) -> None:
        by_kind: dict[str, list[Hit]] = {}
        for hit in hits:
            by_kind.setdefault(hit.fault.kind, []).append(hit)
        self._randomised = by_kind.get("random", [])
        self._lossy = by_kind.get("loss", [])
        self._storming = by_kind.get("storm", [])
        self._random, self._view = random, view
        self._drawn: dict[str, Floats] = {}
        self._ranges: dict[str, Mapping[str, tuple[float, float]]] = {}
        self.mask: Mask = np.zeros(agents, bool)
        """Who is hit by any of them, one per agent of the board."""
        for hit in (*self._randomised, *self._lossy, *self._storming):
            self.mask |= hit.mask

    def copies(self, agents: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return how many further copies of each entry these agents post."""
        counts = np.zeros(len(agents), np.int64)
        for hit in self._storming:
            counts[hit.mask[agents]] += hit.fault.copies
        return counts

    def arrives(self, agents: NDArray[np.uint32], block: PostBlock | VoteBlock) -> Mask:
        """Say of which agents the actions in a block are not lost."""
        what = block.kind if isinstance(block, PostBlock) else self._ballot_of(block.proposal)
        arriving = np.ones(len(agents), bool)
        for hit in self._lossy:
            arriving &= ~hit.mask[agents] | (self._draw(hit, what)[agents] >= hit.fault.loss)
        return arriving

    def block(
        self, agents: NDArray[np.uint32], block: PostBlock | VoteBlock
    ) -> PostBlock | VoteBlock:
        """Return a block with random output in the rows of those who give it."""
        for hit in self._randomised:
            if not (rows := hit.mask[agents]).any():
                continue
            if isinstance(block, PostBlock):
                block = self._random_posts(hit, block, agents, rows)
            elif (proposal := self._proposal(block.proposal)) is not None:
                block = self._random_ballots(hit, block, proposal, agents, rows)
        return block

    def action(self, agent: int, action: Action) -> Action | None:
        """Return what becomes of one action: itself, random output, or nothing."""
        what = self._name(action)
        for hit in self._lossy:
            if hit.mask[agent] and self._draw(hit, what)[agent] < hit.fault.loss:
                return None
        for hit in self._randomised:
            if not hit.mask[agent]:
                continue
            if isinstance(action, Post):
                action = structs.replace(action, payload=self._random_payload(hit, agent, action))
            elif isinstance(action, Vote):
                action = self._random_vote(hit, agent, action)
        return action

    def _random_posts(
        self, hit: Hit, block: PostBlock, agents: NDArray[np.uint32], rows: Mask
    ) -> PostBlock:
        columns = {name: np.array(column, np.float64) for name, column in block.columns.items()}
        for name, column in columns.items():
            draws = self._draw(hit, f"{block.kind} {name}")[agents[rows]]
            column[rows] = _between(*self._range(block.kind, name, column[rows]), draws)
        return structs.replace(block, columns=columns)

    def _random_ballots(
        self,
        hit: Hit,
        block: VoteBlock,
        proposal: ProposalView,
        agents: NDArray[np.uint32],
        rows: Mask,
    ) -> VoteBlock:
        choices = np.array(block.choices, np.uint8)
        rows = rows & (choices != NO_BALLOT)
        draws = self._draw(hit, self._ballot_of(block.proposal))[agents[rows]]
        choices[rows] = (draws * len(proposal.options)).astype(np.uint8)
        reasons = block.reasons
        if reasons is not None:
            reasons = np.where(rows, np.nan, reasons)
        return structs.replace(block, choices=choices, reasons=reasons)

    def _random_vote(self, hit: Hit, agent: int, vote: Vote) -> Vote:
        if (proposal := self._proposal(vote.proposal)) is None:
            return vote
        draw = self._draw(hit, self._ballot_of(vote.proposal))[agent]
        choice = proposal.options[int(draw * len(proposal.options))]
        return structs.replace(vote, choice=choice, reason=None)

    def _random_payload(self, hit: Hit, agent: int, post: Post) -> dict[str, Any]:
        payload = dict(post.payload)
        for name, value in payload.items():
            is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
            if not is_number:
                continue
            draws = self._draw(hit, f"{post.kind} {name}")[agent : agent + 1]
            own = np.array([value], np.float64)
            drawn = float(_between(*self._range(post.kind, name, own), draws)[0])
            payload[name] = round(drawn) if isinstance(value, int | np.integer) else drawn
        return payload

    def _range(self, kind: str, name: str, own: Floats) -> tuple[Floats | float, Floats | float]:
        """Return the smallest and largest value on the board; before the first, 0 and twice own."""
        if kind not in self._ranges:
            self._ranges[kind] = _ranges(self._view, kind)
        found = self._ranges[kind].get(name)
        return found if found is not None else (np.zeros(len(own)), 2 * own)

    def _proposal(self, name: str | None) -> ProposalView | None:
        proposals = self._view.proposals
        if name is None:
            return proposals[0] if len(proposals) == 1 else None
        return next((proposal for proposal in proposals if proposal.id == name), None)

    def _ballot_of(self, proposal: str | None) -> str:
        found = self._proposal(proposal)
        return f"ballot {found.id if found else proposal}"

    def _name(self, action: Action) -> str:
        match action:
            case Post(kind=kind):
                return kind
            case Vote(proposal=proposal):
                return self._ballot_of(proposal)
            case _:
                return type(action).__name__

    def _draw(self, hit: Hit, what: str) -> Floats:
        """Return one number of 0-1 per agent of the board, the same whenever it is asked for."""
        purpose = f"fault {hit.number} {what}"
        if purpose not in self._drawn:
            where = {"round": self._view.round, "stage": self._view.stage}
            draws = self._random.everyone(purpose, **where).random(len(hit.mask))
            self._drawn[purpose] = draws
        return self._drawn[purpose]


def _between(low: Floats | float, high: Floats | float, draws: Floats) -> Floats:
    return low + draws * (np.asarray(high) - low)


def _ranges(view: View, kind: str) -> dict[str, tuple[float, float]]:
    """Return the smallest and largest value of each number in the latest entries of a kind."""
    if (rows := view.rows(kind)) is not None:
        return {name: _extent(column) for name, column in rows.columns.items() if column.size}
    values: dict[str, list[float]] = {}
    for entry in view.entries(kind):
        for name, value in entry.payload.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                values.setdefault(name, []).append(float(value))
    return {name: _extent(found) for name, found in values.items()}


def _extent(values: Sequence[float] | Floats) -> tuple[float, float]:
    return float(np.min(values)), float(np.max(values))
