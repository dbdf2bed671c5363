"""Votes as people may see them: hidden while sealed, and how seats went from one to the next."""

import numpy as np
from numpy.typing import NDArray

from blackboard import ABSTAINED, NO_BALLOT, Decided, OpenProposal

from ..moment import Vote
from .facts import threshold_percent

NOBODY = np.uint32(2**32 - 1)
"""Stands in a panel's seat that nobody has claimed."""
_NO_CONFIDENCE: NDArray[np.float32] = np.empty(0, np.float32)


def hidden_vote(proposal: OpenProposal, *, cast: int = 0) -> Vote:
    """Return an open proposal whose voting round goes on; of sealed ballots only how many.

    Args:
        proposal: What is voted on.
        cast: How many seats the server knows to have voted, before their stage closes.
    """
    if not proposal.opened.sealed:
        return shown_vote(proposal)
    agents, taken = _taken(proposal)
    known = int((proposal.box.choices != NO_BALLOT).sum())
    return Vote(
        proposal.id,
        proposal.options,
        proposal.opened.rule,
        threshold_percent(proposal.opened.rule),
        agents,
        np.full(len(agents), NO_BALLOT, np.uint8),
        _NO_CONFIDENCE,
        dict.fromkeys(proposal.options, 0),
        0,
        int(proposal.seats.weights.sum()),
        min(max(known, cast), int(taken.sum())),
        True,
    )


def shown_vote(proposal: OpenProposal, decided: Decided | None = None) -> Vote:
    """Return a proposal with the ballots of its voting round, and how it ended if it did."""
    agents, taken = _taken(proposal)
    seats, choices = proposal.seats, proposal.box.choices
    weights, abstained = _weights(proposal)
    return Vote(
        proposal.id,
        proposal.options,
        proposal.opened.rule,
        threshold_percent(proposal.opened.rule),
        agents,
        choices if len(agents) == len(choices) else choices[taken],
        _confidence(proposal, taken),
        dict(zip(proposal.options, weights, strict=True)),
        abstained,
        int(seats.weights.sum()),
        int((choices != NO_BALLOT).sum()),
        False,
        *((decided.outcome, decided.option, decided.gate, decided.by) if decided else ()),
    )


def flips_between(
    before: Vote, after: Vote, *, is_one_question: bool = False
) -> NDArray[np.int64] | None:
    """Count how many seats went from each choice to each; None where votes cannot be compared.

    Voting rounds of the same proposal can be, and those of others only where their scenario says
    that they are about one question. Rows are the choices before and columns those after: options,
    abstention, no ballot. Where the electorates are not the same, those count who had a seat in
    both.
    """
    if before.proposal != after.proposal and not is_one_question:
        return None
    if before.options != after.options:
        return None
    size = len(after.options) + 2
    old, new = before.choices, after.choices
    if not np.array_equal(before.agents, after.agents):
        _, rows, columns = np.intersect1d(
            before.agents, after.agents, assume_unique=True, return_indices=True
        )
        if not rows.size:
            return None
        old, new = old[rows], new[columns]
    pairs = _code(old, size) * size + _code(new, size)
    return np.bincount(pairs, minlength=size * size).reshape(size, size).astype(np.int64)


def _code(choices: NDArray[np.uint8], size: int) -> NDArray[np.int64]:
    """Return choices as rows of a flip matrix."""
    code = choices.astype(np.int64)
    code[choices == ABSTAINED] = size - 2
    code[choices == NO_BALLOT] = size - 1
    return code


def _taken(proposal: OpenProposal) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """Return who has a seat, and which seats are taken."""
    agents = proposal.seats.agents
    if proposal.panel is None:
        return agents, np.ones(len(agents), np.bool_)
    taken = agents != NOBODY
    return agents[taken], taken


def _weights(proposal: OpenProposal) -> tuple[list[int], int]:
    choices, weights = proposal.box.choices, proposal.seats.weights
    by_code = np.zeros(256, np.int64)
    np.add.at(by_code, choices, weights)
    return by_code[: len(proposal.options)].tolist(), int(by_code[ABSTAINED])


def _confidence(proposal: OpenProposal, taken: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return confidences to about a thousandth, as moments are kept."""
    given = proposal.box.confidence
    if not given.size or bool((given == 1.0).all()):
        return _NO_CONFIDENCE
    rounded: NDArray[np.float32] = given[taken].astype(np.float16).astype(np.float32)
    return rounded
