"""The terms of a proposal: checked before it opens, and as plain values in an entry."""

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .counting import judge
from .errors import InvalidAction
from .replica import Replica
from .rule_text import parse_rule
from .rules import ABSTAINED, NO_BALLOT, Rule, Tally, describe, veto_roles
from .seats import check_panel
from .writes import Proposal

TERMS = "terms"
"""The key of an entry of kind `proposal` under which its terms stand; the rest is its payload."""

MOST_WEIGHT = 2**62
"""The weight of an electorate stays below this, so that no sum of 64-bit integers overflows."""


def check_terms(proposal: Proposal, replica: Replica, *, rule: Rule | None = None) -> None:
    """Refuse a proposal that could not be voted on.

    Args:
        proposal: What is to be opened.
        replica: The board, which knows who may vote.
        rule: The run's rule, where it is known: it decides proposals without one of their own.

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
    if proposal.deadline_rounds > 1 and replica.now_s is not None:
        raise InvalidAction(
            f"deadline_rounds={proposal.deadline_rounds}: in simulated time a proposal stays open "
            "until its ballots decide it; leave it away"
        )
    if proposal.id is not None and proposal.id in replica.open:
        raise InvalidAction(f"proposal {proposal.id} is open already")
    if proposal.panel is not None:
        check_panel(proposal, replica)
        if proposal.rule is not None:
            _try_on_panel(proposal.rule, tuple(options), proposal.panel)
        return
    seats = electorate_of(proposal, replica)
    if not seats.size:
        raise InvalidAction("the electorate is empty: nobody who has joined may vote")
    weights = np.ones(len(seats), np.int64)
    if proposal.weights is not None:
        weights = _checked_weights(proposal.weights, len(seats))
    if proposal.rule is not None:
        rule = proposal.rule
        _try_rule(rule, tuple(options), weights, replica.roles_of(seats))
    if rule is not None:
        _check_vetoes(rule, seats, replica)


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
    if proposal.impact is not None and not math.isfinite(proposal.impact):
        raise InvalidAction(f"the impact of a proposal is finite or None, got {proposal.impact}")


def _checked_weights(given: ArrayLike, seats: int) -> NDArray[np.int64]:
    weights = _whole("weights", given)
    if len(weights) != seats or weights.min() < 1:
        raise InvalidAction(
            f"an electorate of {seats} needs as many positive weights, got {len(weights)}, "
            f"the smallest {weights.min(initial=0)}"
        )
    if (total := sum(weights.tolist())) >= MOST_WEIGHT:
        raise InvalidAction(f"weights sum to less than 2**62, got {total}; divide all by the same")
    return weights


def _whole(name: str, given: ArrayLike) -> NDArray[np.int64]:
    """Return whole numbers as they were given, none of them cut off."""
    values = np.asarray(given)
    if values.ndim != 1 or (values.size and values.dtype.kind not in "iu"):
        raise InvalidAction(f"{name} are a sequence of whole numbers, got {given!r:.80}")
    if values.size and int(values.max()) >= MOST_WEIGHT:
        raise InvalidAction(f"{name} are below 2**62, got {values.max()}")
    return values.astype(np.int64)


def _check_vetoes(rule: Rule, seats: NDArray[np.uint32], replica: Replica) -> None:
    for role in veto_roles(rule):
        held = set(replica.roles_of(seats))
        if role not in held:
            raise InvalidAction(
                f"the rule {describe(rule)} gives a veto to {role!r}, a role that nobody of the "
                f"electorate holds; it has {', '.join(sorted(held))}"
            )


@lru_cache(maxsize=256)
def _try_on_panel(rule: Rule, options: tuple[str, ...], size: int) -> None:
    """Ask a rule before anybody votes, once for all panels of a size."""
    _try_rule(rule, options, np.ones(size, np.int64), ())


def _try_rule(
    rule: Rule, options: tuple[str, ...], weights: NDArray[np.int64], roles: tuple[str, ...]
) -> None:
    """Ask a rule before anybody votes: it has to answer to no ballots, and to all alike."""
    if not callable(rule):
        raise InvalidAction(
            f"the rule of a proposal is {rule!r:.80}; give a function of the tally, such as "
            "threshold(80)"
        )
    for choice in (NO_BALLOT, 0):
        choices = np.full(len(weights), choice, np.uint8)
        try:
            judge(rule, Tally(options, choices, weights, roles))
        except Exception as error:  # a rule is an agent's own code and may raise anything
            tried = "no ballots" if choice == NO_BALLOT else f"{options[0]!r} from every seat"
            raise InvalidAction(
                f"the rule {describe(rule)} cannot decide on {tried}: "
                f"{type(error).__name__}: {error}"
            ) from error


def electorate_of(proposal: Proposal, replica: Replica) -> NDArray[np.uint32]:
    """Return who may vote, ascending; every voter of the run unless the proposal says who.

    Raises:
        InvalidAction: somebody has not joined, or weighted agents are not in ascending order.
    """
    if proposal.electorate is None:
        return replica.voters()
    seats = _whole("the agents of an electorate", proposal.electorate)
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
        "panel": proposal.panel,
        "barred": _array(proposal.barred) if proposal.barred else None,
    }
    given = {name: value for name, value in terms.items() if value is not None}
    return {"options": list(proposal.options), **proposal.payload, TERMS: given}


def read_terms(payload: Mapping[str, Any], *, known: Iterable[Rule]) -> Proposal:
    """Return the proposal that an entry carries."""
    terms = dict(payload[TERMS])
    if "rule" in terms:
        terms["rule"] = parse_rule(terms["rule"], known=known)
    if "barred" in terms:
        terms["barred"] = tuple(terms["barred"].tolist())
    rest = {name: value for name, value in payload.items() if name not in ("options", TERMS)}
    return Proposal(options=tuple(payload["options"]), payload=rest, **terms)


def _array(values: ArrayLike | None) -> NDArray[np.int64] | None:
    return None if values is None else np.asarray(values, np.int64)
