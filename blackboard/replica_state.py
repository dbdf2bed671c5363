"""A replica as plain values, for snapshots and for readers who come late."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .bitmaps import bitmap
from .open_proposal import OpenProposal
from .records import Record, decode, encode, indices, u4
from .seats import Seats

if TYPE_CHECKING:
    from .replica import Replica

type Kept = tuple[int, list[Any]]
"""A round and the entries posted in it."""


def replica_state(replica: "Replica", kept: Iterable[Kept]) -> dict[str, Any]:
    """Return a replica as plain values: records as their bytes, the rest as it is."""
    return {
        "at": (replica.round, replica.stage),
        "now_s": replica.now_s,
        "agents": replica.agents,
        "joined": _bytes(replica.joined),
        "seats": {
            name: (u4(seats.agents), seats.weights.tobytes())
            for name, seats in replica.seats.items()
        },
        "open": [_open_state(proposal) for proposal in replica.open.values()],
        "decisions": _bytes(replica.decisions),
        "fields": dict(replica.fields),
        "claims": dict(replica.claims),
        "left": dict(replica.left),
        "uncounted": list(replica.uncounted),
        "answers": _bytes(replica.answers.values()),
        "latest": {
            kind: (rows.round, rows.stage, u4(rows.agents), dict(rows.columns))
            for kind, rows in replica.latest.items()
        },
        "display": dict(replica.display),
        "world": dict(replica.world),
        "kept": [(round, _bytes(records)) for round, records in kept],
    }


def restore_replica(replica: "Replica", state: Mapping[str, Any]) -> Iterator[Kept]:
    """Put a replica into a state; return the rounds whose entries it keeps."""
    from .replica import Rows

    replica.enter(*state["at"])
    replica.now_s = state["now_s"]
    replica.agents = state["agents"]
    replica.joined = list(_records(state["joined"]))
    replica.seats = {
        name: Seats(agents := indices(packed), np.frombuffer(weights, "<i8"), bitmap(agents))
        for name, (packed, weights) in state["seats"].items()
    }
    replica.open = {}
    for held in state["open"]:
        proposal = _open(replica, held)
        replica.open[proposal.id] = proposal
    replica.decisions.clear()
    replica.decisions.extend(_records(state["decisions"]))
    for name in ("fields", "claims", "left", "display", "world"):
        setattr(replica, name, dict(state[name]))
    replica.uncounted = dict.fromkeys(state["uncounted"])
    replica.answers = {answer.proposal: answer for answer in _records(state["answers"])}
    replica.latest = {
        kind: Rows(round, stage, indices(packed), dict(columns))
        for kind, (round, stage, packed, columns) in state["latest"].items()
    }
    return ((round, list(_records(packed))) for round, packed in state["kept"])


def _open_state(proposal: OpenProposal) -> tuple[Any, ...]:
    box = proposal.box
    ballots = (box.choices, box.confidence, box.numbers, box.texts)
    panel = proposal.panel and (list(proposal.panel.members), list(proposal.panel.roles))
    absent = sorted(proposal.absent)
    return encode(proposal.opened), proposal.round, proposal.counted_at, ballots, panel, absent


def _open(replica: "Replica", held: tuple[Any, ...]) -> OpenProposal:
    packed, round, counted_at, ballots, panel, absent = held
    opened: Any = decode(packed)
    proposal = OpenProposal(opened, replica.seats.get(opened.electorate))
    if proposal.panel:
        members, roles = panel
        proposal.panel.members, proposal.panel.roles = list(members), list(roles)
    proposal.round, proposal.counted_at = round, counted_at
    proposal.absent = set(absent)
    box = proposal.box
    box.choices, box.confidence, box.numbers, box.texts = ballots
    return proposal


def _bytes(records: Iterable[Record]) -> list[bytes]:
    return [encode(record) for record in records]


def _records(packed: Iterable[bytes]) -> Iterator[Any]:
    return map(decode, packed)
