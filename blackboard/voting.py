"""The ballots that one writer's agents cast in one stage, checked as they come in."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ballot_box import BallotBox
from .bitmaps import bitmap
from .errors import InvalidAction
from .open_proposal import OpenProposal
from .presence import staying
from .records import Ballots, EventClass
from .replica import Replica
from .rules import ABSTAINED, NO_BALLOT
from .seats import Seats
from .writes import Vote, VoteBlock

type Agents = NDArray[np.uint32]


class Voting:
    """Collects ballots, a box for each proposal; a wrong one leaves the boxes as they were."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._boxes: dict[str, BallotBox] = {}
        self._texts: dict[str, dict[int, str]] = {}
        """Reasons in words by proposal and seat, until a record is made of them."""

    def add(self, members: Agents, block: VoteBlock) -> None:
        """Take the ballots of many agents on one proposal."""
        proposal = self._proposal(block.proposal)
        if proposal.panel:
            raise InvalidAction(f"ballots of a panel are cast one by one, as on {proposal.id}")
        choices = np.asarray(block.choices, np.uint8)
        casts = choices != NO_BALLOT
        known = (choices < len(proposal.options)) | (choices == ABSTAINED) | ~casts
        if choices.shape != (len(members),) or not known.all():
            raise InvalidAction(
                f"ballots on {proposal.id}: {len(members)} agents need as many choices, each an "
                f"option below {len(proposal.options)}, {ABSTAINED} or {NO_BALLOT}"
            )
        if self._replica.left:
            casts &= staying(members, self._replica)
        seats, rows = _seats(proposal.seats.agents, members, casts)
        confidence = _column(block.confidence, members, rows, "confidence")
        reasons = _column(block.reasons, members, rows, "reasons")
        if confidence is not None and not ((confidence >= 0.0) & (confidence <= 1.0)).all():
            raise InvalidAction(f"ballots on {proposal.id}: a confidence is outside 0-1")
        box = self._box(proposal)
        before = proposal.box.choices if proposal.accumulates else box.choices
        if (box.choices[seats] != NO_BALLOT).any() or (before[seats] != NO_BALLOT).any():
            raise InvalidAction(f"an agent casts a second ballot on {proposal.id} in this stage")
        box.choices[seats] = choices[rows]
        if confidence is not None:
            box.confidence = _place(box.confidence, box.choices, seats, confidence, 1.0)
        if reasons is not None:
            box.numbers = _place(box.numbers, box.choices, seats, reasons, np.nan)

    def add_one(self, agent: int, vote: Vote) -> None:
        """Take one ballot."""
        proposal = self._proposal(vote.proposal)
        code = option_codes(proposal.options).get(vote.choice)
        if code is None or not 0.0 <= vote.confidence <= 1.0:
            raise InvalidAction(
                f"agent {agent} voted {vote.choice!r} with confidence {vote.confidence!r}; options "
                f"are {', '.join(proposal.options)} or abstain, confidence is 0-1"
            )
        if proposal.panel:
            self._sit(agent, code, vote, proposal)
            return
        is_text = isinstance(vote.reason, str)
        number = None if is_text or vote.reason is None else np.array([vote.reason], np.float64)
        confidence = None if vote.confidence == 1.0 else np.array([vote.confidence], np.float64)
        block = VoteBlock(
            np.array([code], np.uint8), proposal.id, confidence=confidence, reasons=number
        )
        self.add(np.array([agent], np.uint32), block)
        if isinstance(vote.reason, str):
            self._note(proposal, np.array([agent], np.uint32), [vote.reason])

    def _sit(self, agent: int, code: int, vote: Vote, proposal: OpenProposal) -> None:
        """Take the ballot of one seat of a panel, which costs a fifth of a column's."""
        assert proposal.panel
        seats = proposal.panel.members
        if agent not in seats:
            raise InvalidAction(f"agent {agent} has no seat of the panel on {proposal.id}")
        seat, box = seats.index(agent), self._box(proposal)
        if box.choices[seat] != NO_BALLOT or proposal.box.choices[seat] != NO_BALLOT:
            raise InvalidAction(f"agent {agent} casts a second ballot on {proposal.id}")
        box.choices[seat] = code
        if vote.confidence != 1.0:
            box.confidence = box.confidence if box.confidence.size else np.ones(proposal.panel.size)
            box.confidence[seat] = vote.confidence
        if isinstance(vote.reason, str):
            self._texts.setdefault(proposal.id, {})[seat] = vote.reason
        elif vote.reason is not None:
            box.numbers = box.numbers if box.numbers.size else np.full(proposal.panel.size, np.nan)
            box.numbers[seat] = vote.reason

    def add_alike(self, agents: Agents, votes: Sequence[Vote]) -> bool:
        """Take one ballot of each agent as columns, if they are alike; else say False."""
        if len({vote.proposal for vote in votes}) > 1:
            return False
        proposal = self._proposal(votes[0].proposal)
        if proposal.panel:
            return False
        codes = option_codes(proposal.options)
        choices = np.array([codes[vote.choice] for vote in votes], np.uint8)
        reasons = [vote.reason for vote in votes]
        confidence = [vote.confidence for vote in votes]
        kinds = set(map(type, reasons))
        texts = [reason for reason in reasons if isinstance(reason, str)]
        if texts and (len(texts) < len(votes) or self._replica.left):
            return False
        block = VoteBlock(
            choices,
            proposal.id,
            agents,
            None if set(confidence) == {1.0} else np.array(confidence),
            None if texts or kinds == {type(None)} else np.array(reasons, np.float64),
        )
        self.add(agents, block)
        if texts:
            self._note(proposal, agents, texts)
        return True

    def only(self, stay: Callable[[Agents], NDArray[np.bool_]]) -> None:
        """Take the ballots out again of the agents that do not stay."""
        for proposal in self._boxes:
            self._clear(proposal, ~stay(self._replica.open[proposal].seats.agents))

    def drop(self, proposal: str, agents: Sequence[int]) -> None:
        """Take ballots out again: these agents have voted through another writer."""
        if proposal in self._boxes:
            self._clear(proposal, np.isin(self._replica.open[proposal].seats.agents, agents))

    def _clear(self, proposal: str, gone: NDArray[np.bool_]) -> None:
        box = self._boxes[proposal]
        box.choices[gone] = NO_BALLOT
        if box.confidence.size:
            box.confidence[gone] = 1.0
        if box.numbers.size:
            box.numbers[gone] = np.nan
        texts = self._texts.get(proposal, {})
        for seat in np.flatnonzero(gone).tolist() if texts else ():
            texts.pop(seat, None)

    def records(self, at: tuple[EventClass, int, int]) -> list[Ballots]:
        """Return the ballots of each proposal on which somebody voted."""
        for proposal, texts in self._texts.items():
            box = self._boxes[proposal]
            box.texts = tuple(texts.get(seat, "") for seat in range(len(box.choices)))
        return [box.record(*at, pid) for pid, box in self._boxes.items() if box.is_used]

    def bitmaps(self) -> tuple[tuple[str, bytes], ...]:
        """Return, per proposal, the bitmap of the agents that voted."""
        return tuple(
            (pid, _voters(self._replica.open[pid].seats, box.choices != NO_BALLOT))
            for pid, box in self._boxes.items()
            if box.is_used
        )

    def _proposal(self, name: str | None) -> OpenProposal:
        is_open = self._replica.open
        if name is None and len(is_open) != 1:
            raise InvalidAction(f"a ballot names no proposal while {len(is_open)} are open")
        proposal = next(iter(is_open.values())) if name is None else is_open.get(name)
        if proposal is None:
            raise InvalidAction(f"proposal {name} is not open; open are {list(is_open)[:5]}")
        return proposal

    def _note(self, proposal: OpenProposal, agents: Agents, reasons: Sequence[str]) -> None:
        """Keep the reasons in words of ballots that have been taken."""
        seats = np.searchsorted(proposal.seats.agents, agents).tolist()
        self._texts.setdefault(proposal.id, {}).update(zip(seats, reasons, strict=True))

    def _box(self, proposal: OpenProposal) -> BallotBox:
        box = self._boxes.get(proposal.id)
        if box is None:
            box = self._boxes[proposal.id] = BallotBox(len(proposal.box.choices))
        return box


def _voters(seats: Seats, voted: NDArray[np.bool_]) -> bytes:
    return seats.bits if voted.all() else bitmap(seats.agents[voted])


@lru_cache(maxsize=256)
def option_codes(options: tuple[str, ...]) -> dict[str, int]:
    """Return the code of each choice, `abstain` included."""
    return {**{option: code for code, option in enumerate(options)}, "abstain": ABSTAINED}


def _seats(
    seats: Agents, members: Agents, casts: NDArray[np.bool_]
) -> tuple[NDArray[Any] | slice, NDArray[Any] | slice]:
    """Return the seats of the members that cast a ballot, and their rows."""
    if casts.all() and len(seats) == len(members) and (seats == members).all():
        return slice(None), slice(None)
    rows = np.flatnonzero(casts)
    voters = members[rows]
    found = np.searchsorted(seats, voters)
    is_seat = found < len(seats)
    is_seat[is_seat] = seats[found[is_seat]] == voters[is_seat]
    if not is_seat.all():
        outsider = int(voters[np.flatnonzero(~is_seat)[0]])
        raise InvalidAction(f"agent {outsider} is not in the electorate and cannot vote")
    if len(np.unique(found)) < len(found):
        raise InvalidAction("an agent stands twice among the ballots of one block")
    return found, rows


def _column(
    values: NDArray[np.float64] | None,
    members: Agents,
    rows: NDArray[Any] | slice,
    name: str,
) -> NDArray[np.float64] | None:
    """Return the values of the rows that cast a ballot."""
    if values is None:
        return None
    if np.shape(values) != (len(members),):
        raise InvalidAction(f"{name} of shape {np.shape(values)} for {len(members)} agents")
    return np.asarray(values, np.float64)[rows]


def _place(
    old: NDArray[np.float64],
    choices: NDArray[np.uint8],
    seats: NDArray[Any] | slice,
    values: NDArray[np.float64],
    default: float,
) -> NDArray[np.float64]:
    placed = old if old.size else np.full(len(choices), default)
    placed[seats] = values
    return placed
