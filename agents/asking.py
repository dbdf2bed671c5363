"""What people ask of a run's supervision: entries `restart`, which name agents."""

from collections.abc import Iterator, Mapping
from typing import Any

from blackboard import INPUT, ClosedStage, Entries, entry_id

RESTART = "restart"
"""The kind of entry with which a person has agents started again."""
MOST_AGENTS = 1 << 32
"""No agent's number is as large as this."""


def restarts_asked_for(closed: ClosedStage) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the id and the payload of each restart that was asked for from outside the run."""
    for record in closed.records:
        if isinstance(record, Entries) and record.event_class == INPUT:
            for entry in record.entries:
                if entry.kind == RESTART:
                    name = entry_id(record.round, record.stage, entry.agent, entry.seq)
                    yield name, entry.payload


def why_no_restart(payload: Mapping[str, Any]) -> str:
    """Return why the payload of a restart names no agents; empty where it does.

    Anything may stand there: it comes from outside.
    """
    agents = payload.get("agents")
    if not isinstance(agents, list) or not agents:
        return f"agents={_shown(agents)} is no list of agents' numbers, such as [3, 17]"
    wrong = [agent for agent in agents if type(agent) is not int or not 0 <= agent < MOST_AGENTS]
    return f"agents has {_shown(wrong[0])}, which is no agent's number" if wrong else ""


def _shown(value: object) -> str:
    """Return a value as a message shows it; of what may be deep, only what it is."""
    is_simple = value is None or isinstance(value, str | int | float)
    return f"{value!r:.80}" if is_simple else f"<{type(value).__name__}>"
