"""Outsiders' writes, stamped with the stage in which they take effect."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import structs

from .records import INPUT, Abstained, Ballots, Entries, Granted, Posts, Record, indices, u4
from .replica import Replica
from .rules import NO_BALLOT


def stamp(
    inputs: Sequence[Record], own: Iterable[Record], replica: Replica, at: tuple[int, int]
) -> list[Record]:
    """Give outsiders' records the stage's place, in the order in which the server took them.

    Their entries are numbered behind those that the same agent has in this stage already. Ballots
    that came when their voting round had been counted are late: they abstain.
    """
    if not inputs:
        return []
    count: Counter[int] = Counter()
    for record in own:
        count.update(_authors(record))
    stamped: list[Record] = []
    revisions: dict[str, int] = {}
    for record in inputs:
        if isinstance(record, Ballots) and _is_late(record, replica, at):
            stamped.append(_late(record, replica, at))
            continue
        placed = structs.replace(record, event_class=INPUT, round=at[0], stage=at[1])
        if isinstance(placed, Entries):
            entries = tuple(
                structs.replace(entry, seq=entry.seq + count[entry.agent])
                for entry in placed.entries
            )
            placed = structs.replace(placed, entries=entries)
        if isinstance(placed, Granted) and placed.act == "set":
            before = revisions.get(placed.key, _revision(placed.key, replica))
            revision = placed.revision or before + 1
            placed = structs.replace(placed, revision=revision)
            revisions[placed.key] = revision
        count.update(_authors(placed))
        stamped.append(placed)
    return stamped


def _revision(key: str, replica: Replica) -> int:
    return replica.fields.get(key, (None, 0))[1]


def _is_late(ballots: Ballots, replica: Replica, at: tuple[int, int]) -> bool:
    proposal = replica.open.get(ballots.proposal)
    if proposal and proposal.accumulates:
        cast = np.frombuffer(ballots.choices, np.uint8) != NO_BALLOT
        return bool((proposal.box.choices[cast] != NO_BALLOT).any())
    counted_at = proposal.counted_at if proposal else (0, 0)
    return ballots.round != at[0] or (counted_at[0] == at[0] and counted_at != at)


def _late(ballots: Ballots, replica: Replica, at: tuple[int, int]) -> Abstained:
    proposal = replica.open.get(ballots.proposal)
    cast = np.frombuffer(ballots.choices, np.uint8) != NO_BALLOT
    agents = proposal.seats.agents[cast] if proposal else ()
    return Abstained(INPUT, *at, ballots.proposal, "late", u4(agents))


def _authors(record: Record) -> list[int]:
    match record:
        case Entries(entries=entries):
            return [entry.agent for entry in entries]
        case Posts(agents=agents):
            return list(map(int, indices(agents)))
        case _:
            return []
