"""What a closed stage means: tallies, decisions and grants, as pure functions of the replica."""

from collections.abc import Callable, Collection, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidVerdict
from .open_proposal import OpenProposal
from .records import OUTCOME, Abstained, Decided, Granted, Left, Record, Requested, indices, u4
from .replica import Replica
from .rules import NO_BALLOT, OUTCOMES, PanelTally, Rule, Tally, Verdict, describe
from .seats import Panel
from .writes import CAUSES

_CODES: dict[str, int] = {cause: code for code, cause in enumerate(CAUSES)}

type Gate = Callable[[OpenProposal], str | None]
"""Names what stands in the way of executing a proposal whose rule accepts, or None."""


def tally(proposal: OpenProposal, replica: Replica, *, is_last: bool) -> Tally:
    """Count the ballots of a proposal's voting round, as its rule sees them."""
    box, seats, panel = proposal.box, proposal.seats, proposal.panel
    if panel:
        free = [""] * (panel.size - len(panel.roles))
        roles = (*panel.roles, *free)
        pending = 0 if is_last else box.choices.tobytes().count(NO_BALLOT)
        return PanelTally(
            proposal.options, box.choices, seats.weights, roles, is_last, pending, box.confidence
        )
    pending = 0
    if proposal.accumulates and not is_last:
        pending = int(seats.weights[box.choices == NO_BALLOT].sum())
    roles = replica.roles(proposal.opened.electorate)
    return Tally(
        proposal.options, box.choices, seats.weights, roles, is_last, pending, box.confidence
    )


def decide(
    proposal: OpenProposal,
    replica: Replica,
    *,
    rule: Rule,
    gate: Gate | None,
    at: tuple[int, int],
    failed: Collection[int] = (),
) -> Decided | None:
    """Return the outcome of a proposal at the close of its voting round, or None.

    Accepted by the rule but with its gate shut, a proposal expires and the gate is named.
    Undecided at its deadline, or where all have voted or failed to, it expires as well.

    Raises:
        InvalidVerdict: the rule returned something else than a verdict on this proposal.
    """
    is_last = proposal.is_last(at[0], failed=failed)
    counted = tally(proposal, replica, is_last=is_last)
    verdict = judge(rule, counted)
    outcome = verdict.outcome if verdict else "expired"
    if verdict is None and not is_last:
        return None
    shut = gate(proposal) if gate and outcome == "accepted" else None
    return Decided(
        OUTCOME,
        *at,
        proposal.id,
        "expired" if shut else outcome,
        verdict.option if verdict and not shut else None,
        dict(zip(proposal.options, counted.by_option, strict=True)),
        counted.abstained,
        counted.eligible,
        len(proposal.seats.agents),
        shut,
        "veto" if outcome == "vetoed" else None,
    )


def vetoed_by(who: str, proposal: OpenProposal, replica: Replica, at: tuple[int, int]) -> Decided:
    """Return a proposal's outcome when a person vetoes it, with the ballots so far."""
    counted = tally(proposal, replica, is_last=False)
    return Decided(
        OUTCOME,
        *at,
        proposal.id,
        "vetoed",
        None,
        dict(zip(proposal.options, counted.by_option, strict=True)),
        counted.abstained,
        counted.eligible,
        len(proposal.seats.agents),
        by=who,
    )


def judge(rule: Rule, counted: Tally) -> Verdict | None:
    """Return what a rule says of a tally.

    Raises:
        InvalidVerdict: it is neither None nor a verdict with a known outcome and option.
    """
    verdict = rule(counted)
    if verdict is None:
        return None
    is_known = isinstance(verdict, Verdict) and verdict.outcome in OUTCOMES
    if is_known and verdict.option in (None, *counted.options):
        return verdict
    options = ", ".join(counted.options[:5]) + (" ..." if len(counted.options) > 5 else "")
    raise InvalidVerdict(
        describe(rule),
        returned=f"{verdict!r:.100}",
        allowed=f"None or a Verdict: one of {', '.join(OUTCOMES)}, with the option None or one of "
        f"{options}",
    )


def causes_of(records: Iterable[Record], replica: Replica) -> NDArray[np.uint8]:
    """Return, per agent, why it cast no ballot if it cast none, as an index of `CAUSES`.

    Args:
        records: The stage's own records and its grants.
        replica: The board, which knows who left before.
    """
    codes = np.full(replica.agents, CAUSES.index("silent"), np.uint8)
    for record in records:
        if isinstance(record, Abstained) and record.proposal is None:
            codes[indices(record.agents)] = _CODES[record.cause]
    for agent, cause in replica.left.items():
        codes[agent] = _CODES[cause]
    for record in records:
        if isinstance(record, Left):
            codes[indices(record.agents)] = _CODES[record.cause]
    return codes


def absentees(
    proposal: OpenProposal, causes: NDArray[np.uint8], at: tuple[int, int]
) -> list[Abstained]:
    """Name the cause for every seat without a ballot: it left, it failed, or it was silent."""
    agents = proposal.seats.agents[proposal.box.choices == NO_BALLOT]
    codes = causes[agents]
    return [
        Abstained(OUTCOME, *at, proposal.id, CAUSES[code], u4(agents[codes == code]))
        for code in sorted(set(codes.tolist()), key=CAUSES.__getitem__)
    ]


def failures(failed: Iterable[Abstained], replica: Replica, at: tuple[int, int]) -> list[Abstained]:
    """Name, for every open proposal, who has a seat there and failed instead of voting, by cause.

    Each seat once: who fails again is absent already. For event-driven runs, where whoever has not
    voted may do so later.
    """
    by_cause: dict[str, set[int]] = {}
    for record in failed:
        if record.proposal is None:
            by_cause.setdefault(record.cause, set()).update(record.members.tolist())
    found: list[Abstained] = []
    for proposal in replica.open.values() if by_cause else ():
        waiting = proposal.seats.agents[proposal.box.choices == NO_BALLOT]
        for cause in sorted(by_cause):
            fresh = by_cause[cause] - proposal.absent
            agents = np.array([a for a in waiting.tolist() if a in fresh], np.uint32)
            if agents.size:
                agents.sort()
                found.append(Abstained(OUTCOME, *at, proposal.id, cause, u4(agents)))
    return found


def grant(requests: Iterable[Requested], replica: Replica, at: tuple[int, int]) -> list[Record]:
    """Grant contended acts in canonical order: first come, by agent index, not by clock."""
    asked = list(requests)
    if not asked:
        return []
    fields = {key: revision for key, (_, revision) in replica.fields.items()}
    claims = dict(replica.claims)
    seated: dict[str, list[int]] = {}
    results: list[Record] = []
    for request in asked:
        match request.act:
            case "leave":
                results.append(Left(OUTCOME, *at, u4([request.agent]), "left"))
            case "set":
                results.append(_grant_field(request, fields, at))
            case "claim" if panel := _panel(request.key, replica):
                also = seated.setdefault(request.key, [])
                is_free = panel.may_sit(request.agent, also) and replica.is_voter(request.agent)
                if is_free:
                    also.append(request.agent)
                results.append(_granted(request, at, granted=is_free))
            case "claim":
                results.append(_grant_claim(request, claims, replica.lease_time, at))
            case "release":
                is_held = claims.get(request.key, (None, 0))[0] == request.agent
                if is_held:
                    del claims[request.key]
                results.append(_granted(request, at, granted=is_held))
    return results


def _grant_field(request: Requested, fields: dict[str, int], at: tuple[int, int]) -> Granted:
    current = fields.get(request.key, 0)
    is_free = request.expected in (None, current)
    if is_free:
        fields[request.key] = current = current + 1
    return _granted(request, at, granted=is_free, value=request.value, revision=current)


def _panel(item: str, replica: Replica) -> Panel | None:
    """Return the panel that an item names, if it names one."""
    proposal = replica.open.get(item)
    return proposal.panel if proposal else None


def _grant_claim(
    request: Requested, claims: dict[str, tuple[int, float]], now: float, at: tuple[int, int]
) -> Granted:
    holder, until = claims.get(request.key, (request.agent, 0))
    is_free = holder == request.agent or until < now
    if is_free:
        until = now + request.lease_rounds
        claims[request.key] = (request.agent, until)
    return _granted(request, at, granted=is_free, until_round=until)


def _granted(
    request: Requested,
    at: tuple[int, int],
    *,
    granted: bool,
    value: object = None,
    revision: int = 0,
    until_round: float = 0,
) -> Granted:
    return Granted(
        OUTCOME,
        *at,
        request.agent,
        request.act,
        request.key,
        value,
        revision,
        until_round,
        granted,
    )


def field_revisions(records: Iterable[Record]) -> tuple[tuple[str, int], ...]:
    """Return the revisions of the shared fields that these grants wrote."""
    latest: Mapping[str, int] = {
        r.key: r.revision
        for r in records
        if isinstance(r, Granted) and r.act == "set" and r.granted
    }
    return tuple(latest.items())
