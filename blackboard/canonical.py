"""Canonical order: the records of a stage, whichever workers wrote them and in which order."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .ballot_box import BallotBox
from .records import (
    Abstained,
    Ballots,
    Entries,
    Note,
    Posts,
    Record,
    Requested,
    indices,
    u4,
)


def merge(commits: Sequence[Sequence[Record]]) -> list[Record]:
    """Merge what the workers of one stage committed into one record per kind.

    Rows are ordered by (agent, seq), records by type and then name, so that the result does
    not depend on how agents were spread over workers or who came first.
    """
    if len(commits) == 1 and len(commits[0]) < 2:
        return list(commits[0])
    groups: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for commit in commits:
        for record in commit:
            groups[(record.rank, _name(record))].append(record)
    merged: list[Record] = []
    for key in sorted(groups):
        records = groups[key]
        kind = type(records[0])
        if kind is Requested:
            merged += sorted(records, key=request_order)
        elif len(records) == 1:
            merged += records
        else:
            merged.append(_MERGERS[kind](records))
    return merged


def request_order(request: Any) -> tuple[int, int]:
    """Sort contended acts by agent, not by clock."""
    return request.agent, request.seq


def _name(record: Record) -> str:
    match record:
        case Posts(kind=kind, layer=layer):
            return f"{kind} {layer}"
        case Ballots(proposal=proposal):
            return _sortable(proposal)
        case Abstained(proposal=proposal, cause=cause):
            return f"{_sortable(proposal or '')} {cause}"
        case _:
            return ""


def _sortable(proposal: str) -> str:
    """Make ids sort as numbers do: 2.1.0.0 before 10.1.0.0."""
    return ".".join(part.zfill(9) for part in proposal.split("."))


def _merge_posts(records: Iterable[Posts]) -> Posts:
    parts = list(records)
    first = parts[0]
    members = [indices(p.agents) for p in parts]
    agents = np.concatenate(members)
    seqs = np.concatenate(
        [
            np.frombuffer(p.seqs or bytes(2 * len(rows)), "<u2")
            for p, rows in zip(parts, members, strict=True)
        ]
    )
    order = np.lexsort((seqs, agents))
    columns = {
        name: np.concatenate([np.frombuffer(p.columns[name], "<f8") for p in parts])[order]
        for name in first.columns
    }
    return Posts(
        first.event_class,
        first.round,
        first.stage,
        first.kind,
        first.layer,
        u4(agents[order]),
        seqs[order].tobytes() if seqs.any() else b"",
        {name: column.tobytes() for name, column in columns.items()},
    )


def _merge_entries(records: Iterable[Entries]) -> Entries:
    parts = list(records)
    entries = sorted((e for p in parts for e in p.entries), key=lambda e: (e.agent, e.seq))
    return Entries(parts[0].event_class, parts[0].round, parts[0].stage, tuple(entries))


def _merge_ballots(records: Iterable[Ballots]) -> Ballots:
    """Overlay ballots seat by seat; each seat votes in one of the records only."""
    parts = list(records)
    first = parts[0]
    box = BallotBox(len(first.choices))
    for part in parts:
        box.take(part)
    return box.record(first.event_class, first.round, first.stage, first.proposal)


def _merge_abstained(records: Iterable[Abstained]) -> Abstained:
    parts = list(records)
    first = parts[0]
    agents = np.sort(np.concatenate([indices(p.agents) for p in parts]))
    return Abstained(
        first.event_class, first.round, first.stage, first.proposal, first.cause, u4(agents)
    )


def _merge_notes(records: Iterable[Note]) -> Note:
    """Join what several writers say under one name, list by list."""
    parts = list(records)
    lists = {name: sorted(x for p in parts for x in p.detail[name]) for name in parts[0].detail}
    first = parts[0]
    return Note(first.event_class, first.round, first.stage, first.name, lists)


_MERGERS: dict[type[Record], Callable[[Any], Record]] = {
    Posts: _merge_posts,
    Entries: _merge_entries,
    Ballots: _merge_ballots,
    Abstained: _merge_abstained,
    Note: _merge_notes,
}
