"""Who posts far more than the others in a stage, or the same again and again."""

from collections import Counter
from collections.abc import Iterable

import msgspec
import numpy as np
from numpy.typing import NDArray

from blackboard import Entries, Posts, Record, indices

TIMES = 5
"""More than so many times the median of a stage's entries per author is a flood."""
REPEATS = 3
"""So many entries of one agent with the same content in a stage are a flood."""


def flooding(records: Iterable[Record], agents: int) -> NDArray[np.bool_]:
    """Say of each agent whether it floods the board in a stage, by the stage's records."""
    volume = np.zeros(agents, np.int64)
    found = np.zeros(agents, bool)
    for record in records:
        if isinstance(record, Posts):
            members = indices(record.agents)
            volume += np.bincount(members, minlength=agents)[:agents]
            if record.seqs:
                found[_repeating_rows(record, members)] = True
        elif isinstance(record, Entries):
            authors = [entry.agent for entry in record.entries]
            volume += np.bincount(authors, minlength=agents)[:agents]
            found[_repeating_entries(record)] = True
    authors_volume = volume[volume > 0]
    if authors_volume.size:
        found |= volume > TIMES * np.median(authors_volume)
    return found


def _repeating_rows(record: Posts, members: NDArray[np.uint32]) -> NDArray[np.int64]:
    columns = [np.frombuffer(data, "<f8") for data in record.columns.values()]
    rows, counts = np.unique(np.column_stack([members, *columns]), axis=0, return_counts=True)
    repeating: NDArray[np.int64] = rows[counts >= REPEATS, 0].astype(np.int64)
    return repeating


def _repeating_entries(record: Entries) -> list[int]:
    many = {
        agent
        for agent, count in Counter(e.agent for e in record.entries).items()
        if count >= REPEATS
    }
    contents = Counter(
        (entry.agent, entry.kind, msgspec.msgpack.encode(entry.payload, enc_hook=bytes))
        for entry in record.entries
        if entry.agent in many
    )
    return [agent for (agent, _, _), count in contents.items() if count >= REPEATS]
