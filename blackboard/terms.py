"""The terms of a proposal: checked before it opens, and as plain values in an entry."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InvalidAction
from .replica import Replica
from .rule_text import parse_rule
from .rules import ABSTAINED, Rule, describe
from .writes import Proposal

TERMS = "terms"
"""The key of an entry of kind `proposal` under which its terms stand; the rest is its payload."""


def check_terms(proposal: Proposal, replica: Replica) -> None:
    """Refuse a proposal that could not be voted on.

    Raises:
        InvalidAction: says which term, and the value seen.
    """
    options = proposal.options
    _check_types(proposal)
    if not 2 <= len(options) < ABSTAINED or len(set(options)) < len(options):
        raise InvalidAction(f"a proposal needs 2 to 253 different options, got {options!r:.100}")
    if "abstain" in options or not all(options):
        raise InvalidAction(f"no option may be empty or called abstain, got {options!r:.100}")
    if proposal.deadline_rounds < 1:
        raise InvalidAction(f"deadline_rounds must be at least 1, got {proposal.deadline_rounds}")
    if proposal.id is not None and proposal.id in replica.open:
        raise InvalidAction(f"proposal {proposal.id} is open already")
    seats = electorate_of(proposal, replica)
    if not seats.size:
        raise InvalidAction("the electorate is empty: nobody who has joined may vote")
    weights = proposal.weights
    if weights is not None and (len(weights) != len(seats) or min(weights) < 1):
        raise InvalidAction(
            f"an electorate of {len(seats)} needs as many positive weights, got {len(weights)}, "
            f"the smallest {min(weights, default=0)}"
        )


def _check_types(proposal: Proposal) -> None:
    """Refuse terms that a reader of the log could not read back."""
    kinds: dict[str, Any] = {
        "deadline_rounds": int,
        "sealed": bool | None,
        "impact": int | float | None,
        "id": str | None,
    }
    for name, kind in kinds.items():
        if not isinstance(value := getattr(proposal, name), kind):
            raise InvalidAction(f"{name} of a proposal is {value!r:.80}, which is no {kind}")
    if isinstance(proposal.options, str) or not all(isinstance(o, str) for o in proposal.options):
        raise InvalidAction(f"options are a tuple of names, got {proposal.options!r:.100}")


def electorate_of(proposal: Proposal, replica: Replica) -> NDArray[np.uint32]:
    """Return who may vote, ascending; every voter of the run unless the proposal says who.

    Raises:
        InvalidAction: somebody has not joined, or weighted agents are not in ascending order.
    """
    if proposal.electorate is None:
        return replica.voters()
    seats = np.asarray(proposal.electorate, np.int64)
    if seats.size and not (seats.min() >= 0 and seats.max() < replica.agents):
        stranger = int(seats[(seats < 0) | (seats >= replica.agents)][0])
        raise InvalidAction(
            f"agent {stranger} of the electorate has not joined; agents are 0 to "
            f"{replica.agents - 1}"
        )
    if proposal.weights is None:
        seats = seats if (np.diff(seats) > 0).all() else np.unique(seats)
    elif (np.diff(seats) <= 0).any():
        raise InvalidAction("agents with weights of their own stand in ascending order, each once")
    return seats.astype(np.uint32)


def plain_terms(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal as the payload of the entry that carries it."""
    if reserved := {"options", TERMS} & set(proposal.payload):
        raise InvalidAction(f"a proposal's payload cannot have the key {min(reserved)!r}")
    terms = {
        "rule": None if proposal.rule is None else describe(proposal.rule),
        "electorate": _array(proposal.electorate),
        "weights": _array(proposal.weights),
        "deadline_rounds": proposal.deadline_rounds,
        "sealed": proposal.sealed,
        "impact": proposal.impact,
    }
    given = {name: value for name, value in terms.items() if value is not None}
    return {"options": list(proposal.options), **proposal.payload, TERMS: given}


def read_terms(payload: Mapping[str, Any], *, known: Iterable[Rule]) -> Proposal:
    """Return the proposal that an entry carries."""
    terms = dict(payload[TERMS])
    if "rule" in terms:
        terms["rule"] = parse_rule(terms["rule"], known=known)
    rest = {name: value for name, value in payload.items() if name not in ("options", TERMS)}
    return Proposal(options=tuple(payload["options"]), payload=rest, **terms)


def _array(values: ArrayLike | None) -> NDArray[np.int64] | None:
    return None if values is None else np.asarray(values, np.int64)
