"""Everything a replica says of a board, as plain values; as a script, another process's account.

Run as `python board_state.py URL RUN`.
"""

import json
import sys
from typing import Any

import msgspec
import numpy as np

from blackboard.replica import Replica


def state(replica: Replica) -> dict[str, Any]:
    """Return what a replica holds, without what is only drawn."""
    return {
        "at": [replica.round, replica.stage],
        "agents": replica.agents,
        "joined": _plain(replica.joined),
        "seats": {
            name: [seats.agents.tolist(), seats.weights.tolist()]
            for name, seats in replica.seats.items()
        },
        "open": {
            name: [
                _plain(p.opened),
                p.round,
                p.box.choices.tolist(),
                p.box.confidence.tolist(),
                repr(p.box.numbers.tolist()),
                list(p.box.texts),
            ]
            for name, p in replica.open.items()
        },
        "decisions": _plain(list(replica.decisions)),
        "fields": _plain(replica.fields),
        "claims": _plain(replica.claims),
        "left": {str(agent): cause for agent, cause in replica.left.items()},
        "latest": {
            kind: [
                rows.round,
                rows.stage,
                rows.agents.tolist(),
                {name: column.tolist() for name, column in sorted(rows.columns.items())},
            ]
            for kind, rows in replica.latest.items()
        },
        "world": _plain(replica.world),
        "entries": [_plain(entry) for entry in replica.entries()],
    }


def _plain(value: Any) -> Any:
    return json.loads(msgspec.json.encode(value, enc_hook=_array))


def _array(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(type(value))


if __name__ == "__main__":
    from blackboard import Board

    with Board.open(sys.argv[1], run=sys.argv[2]) as board:
        board.refresh()
        print(json.dumps(state(board.replica)))
