"""Entries and ballots as people read them, and which of them are asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from blackboard import Entries, Opened, Posts, entry_id, indices

TEXT_KEPT = 600
"""Characters of a payload that a page shows; the log has all of it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry."""

    id: str
    round: int
    agent: int
    layer: str
    kind: str
    text: str
    """What it says: its text, else its payload in words."""
    reasons: tuple[str, ...] = ()
    confidence: float = 1.0
    links: tuple[tuple[str, str], ...] = ()
    """Relation and id of the entries that it rests on, supports or contradicts."""
    to: int | None = None
    """Whom alone it is meant for."""


@dataclass(frozen=True, slots=True)
class Cast:
    """One ballot that has been counted."""

    round: int
    proposal: str
    agent: int
    choice: str
    confidence: float
    number: float | None
    """Its numeric reason."""
    text: str
    """Its reason in words."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which entries are asked for; empty and None take all."""

    kind: str = ""
    layer: str = ""
    agent: int | None = None
    text: str = ""
    reader: int | None = None
    """Entries of others that this agent may see, and messages to it."""

    def takes(self, line: Line) -> bool:
        """Say whether an entry is one of them."""
        if self.kind not in ("", line.kind) or self.layer not in ("", line.layer):
            return False
        if self.agent is not None and self.agent not in (line.agent, line.to):
            return False
        if self.reader is not None and not self._is_seen(line):
            return False
        if not self.text:
            return True
        said = " ".join((line.id, line.kind, line.text, *line.reasons)).lower()
        return self.text.lower() in said

    def _is_seen(self, line: Line) -> bool:
        return line.agent != self.reader and line.to in (None, self.reader)

    def may_be_in(self, counts: Mapping[tuple[str, str], int]) -> bool:
        """Say whether there can be one among entries of these layers and kinds."""
        return any(self.layer in ("", layer) and self.kind in ("", kind) for layer, kind in counts)


def lines_of(record: object) -> Iterator[Line]:
    """Yield the entries of a record."""
    if isinstance(record, Entries):
        for entry in record.entries:
            yield Line(
                entry_id(record.round, record.stage, entry.agent, entry.seq),
                record.round,
                entry.agent,
                entry.layer,
                entry.kind,
                said_of(entry.payload),
                entry.reasons,
                entry.confidence,
                tuple((link.relation, link.entry) for link in entry.links),
                entry.to,
            )
    elif isinstance(record, Posts):
        columns = {name: np.frombuffer(data, "<f8") for name, data in record.columns.items()}
        seqs = np.frombuffer(record.seqs, "<u2")
        for row, agent in enumerate(indices(record.agents).tolist()):
            seq = int(seqs[row]) if seqs.size else 0
            name = entry_id(record.round, record.stage, agent, seq)
            said = said_of({column: float(values[row]) for column, values in columns.items()})
            yield Line(name, record.round, agent, record.layer, record.kind, said)


def line_of_proposal(opened: Opened) -> Line:
    """Return a proposal of which there is no entry."""
    said = said_of(opened.payload)
    terms = f"{' or '.join(opened.options)}, {opened.rule}"
    agent = int(opened.proposal.split(".")[2]) if opened.proposal.count(".") == 3 else -1
    text = f"{said}; {terms}" if said else terms
    return Line(opened.proposal, opened.round, agent, "", "proposal", text)


def said_of(payload: Mapping[str, Any]) -> str:
    """Return a payload in words: its text first, arrays by their size alone."""
    parts = [str(payload["text"])] if isinstance(payload.get("text"), str) else []
    parts += [f"{name} {_short(value)}" for name, value in payload.items() if name != "text"]
    told = "; ".join(parts)
    return told if len(told) <= TEXT_KEPT else told[:TEXT_KEPT] + "…"


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_short(one)}" for name, one in value.items())
    if isinstance(value, np.ndarray) or (isinstance(value, list | tuple) and len(value) > 12):
        return f"({len(value):,} values)"
    if isinstance(value, list | tuple):
        return ", ".join(map(_short, value))
    return str(value)
