"""What the close of a stage comes to: grants, absentees, decisions, and who has to be asked."""

from collections.abc import Collection, Iterable, Sequence

from msgspec import structs

from .approval import Approval
from .counting import Gate, absentees, causes_of, decide, failures, grant, vetoed_by
from .open_proposal import OpenProposal
from .openings import Openings
from .records import Abstained, Answered, Ballots, Decided, Record, Requested
from .replica import Replica

NOBODY = "nobody in time"
"""Who vetoed a proposal for which no person answered."""

type Held = list[OpenProposal]
"""Proposals that would be executed, and wait for a person instead."""


def reckon(
    records: Iterable[Record],
    *,
    board: tuple[Replica, Openings, Approval],
    at: tuple[int, int],
    gate: Gate | None,
    counts: bool,
) -> tuple[list[Record], Held]:
    """Return what follows from a stage's records.

    Args:
        records: The stage's own records and its inputs; the replica has folded them.
        board: The replica, who knows the rules of its open proposals, and which of them wait for a
            person.
        at: The round and stage.
        gate: Names what stands in the way of executing an accepted proposal.
        counts: Whether the stage ends a voting round; else only a person's veto decides.
    """
    replica, _, _ = board
    written: Sequence[Record] = list(records)
    results = grant((r for r in written if isinstance(r, Requested)), replica, at)
    held: Held = []
    causes = causes_of([*written, *results], replica) if counts else None
    for proposal in replica.open.values():
        if causes is not None:
            results += absentees(proposal, causes, at)
        results += _decision(proposal, held, board=board, at=at, gate=gate, counts=counts)
    return results, held


def reckon_instant(
    records: Iterable[Record],
    *,
    board: tuple[Replica, Openings, Approval],
    at: tuple[int, int],
    gate: Gate | None,
    counts: bool,
) -> tuple[list[Record], Held]:
    """Return what follows from a stage's records in an event-driven run.

    Only what somebody voted on or answered can be decided; who has not voted still may. That an
    agent could not vote when it was to is an abstention by cause all the same: its ballot is not
    waited for.
    """
    replica, _, _ = board
    written: Sequence[Record] = list(records)
    results = grant((r for r in written if isinstance(r, Requested)), replica, at)
    held: Held = []
    missing: dict[str | None, list[int]] = {}
    if counts and (failed := [r for r in written if type(r) is Abstained]):
        results += (named := failures(failed, replica, at))
        for record in named:
            missing.setdefault(record.proposal, []).extend(record.members.tolist())
    touched = dict.fromkeys(r.proposal for r in written if isinstance(r, Ballots | Answered))
    if counts:
        touched |= replica.due  # with ballots that came between two counts
    for name in (*touched, *(name for name in missing if name not in touched)):
        if proposal := replica.open.get(name or ""):
            absent = missing.get(name, [])
            results += _decision(
                proposal, held, board=board, at=at, gate=gate, counts=counts, failed=absent
            )
    return results, held


def _decision(
    proposal: OpenProposal,
    held: Held,
    *,
    board: tuple[Replica, Openings, Approval],
    at: tuple[int, int],
    gate: Gate | None,
    counts: bool,
    failed: Collection[int] = (),
) -> list[Decided]:
    """Return the decision on a proposal if there is one; what waits for a person joins `held`."""
    replica, openings, approval = board
    answer = replica.answers.get(proposal.id)
    if answer and answer.answer == "veto":
        return [vetoed_by(answer.by or NOBODY, proposal, replica, at)]
    if not counts:
        return []
    rule = openings.rule_of(proposal.id)
    decided = decide(proposal, replica, rule=rule, gate=gate, at=at, failed=failed)
    if decided and decided.outcome == "accepted":
        if answer:
            decided = structs.replace(decided, by=answer.by)
        elif approval.holds(proposal):
            held.append(proposal)
            return []
    return [decided] if decided else []
