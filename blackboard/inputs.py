"""Outsiders' writes, stamped with the stage in which they take effect."""

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import structs

from .records import INPUT, Entries, Posts, Record, indices


def stamp(inputs: Sequence[Record], own: Iterable[Record], at: tuple[int, int]) -> list[Record]:
    """Give outsiders' records the stage's place, in the order in which the server took them.

    Their entries are numbered behind those that the same agent has in this stage already.
    """
    if not inputs:
        return []
    count: Counter[int] = Counter()
    for record in own:
        count.update(_authors(record))
    stamped: list[Record] = []
    for record in inputs:
        placed = structs.replace(record, event_class=INPUT, round=at[0], stage=at[1])
        if isinstance(placed, Entries):
            entries = tuple(
                structs.replace(entry, seq=entry.seq + count[entry.agent])
                for entry in placed.entries
            )
            placed = structs.replace(placed, entries=entries)
        count.update(_authors(placed))
        stamped.append(placed)
    return stamped


def _authors(record: Record) -> list[int]:
    match record:
        case Entries(entries=entries):
            return [entry.agent for entry in entries]
        case Posts(agents=agents):
            return indices(agents).tolist()
        case _:
            return []
