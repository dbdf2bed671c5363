"""A log stage by stage, taken apart into rows: which agent did what, with which values."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from blackboard import (
    ABSTAINED,
    NO_BALLOT,
    OPERATIONAL,
    Abstained,
    Ballots,
    Decided,
    Electorate,
    Entries,
    Entry,
    Granted,
    Joined,
    Left,
    Opened,
    Posts,
    Record,
    Replied,
    Requested,
    indices,
    read_log,
    read_panel,
)

type Moment = tuple[int, int]
type RowKey = tuple[int, str, int, int]
"""Rank of the record type, what it is about, agent (-1 for none), sequence."""
type Row = dict[str, Any]

NOBODY = -1


@dataclass(slots=True)
class History:
    """One log, stage by stage, with what is needed to read its ballots."""

    path: Path
    to_round: int | None = None
    voters: dict[str, list[int]] = field(default_factory=dict)
    panels: dict[str, list[int]] = field(default_factory=dict)
    """Who has claimed the seats of each open panel, by proposal."""
    opened: dict[str, Opened] = field(default_factory=dict)

    def stages(self) -> Iterator[tuple[Moment, list[Record]]]:
        """Yield each round and stage with its records, operational ones left out."""
        for moment, records in groupby(self._records(), key=lambda r: (r.round, r.stage)):
            stage = list(records)
            for record in stage:
                self._prepare(record)
            yield moment, stage
            for record in stage:
                if isinstance(record, Decided):
                    self.opened.pop(record.proposal, None)
                    self.panels.pop(record.proposal, None)

    def _prepare(self, record: Record) -> None:
        """Know who votes on what, which has to be known before ballots are read."""
        match record:
            case Electorate(name=name, agents=agents):
                self.voters[name] = indices(agents).tolist()
            case Opened(proposal=proposal, electorate=electorate):
                self.opened[proposal] = record
                if read_panel(electorate):
                    self.panels[proposal] = []
            case Granted(act="claim", key=proposal, agent=agent, granted=True):
                if proposal in self.panels:
                    self.panels[proposal].append(agent)

    def _records(self) -> Iterator[Record]:
        for record in read_log(self.path):
            if self.to_round is not None and record.round > self.to_round:
                return
            if record.event_class != OPERATIONAL:
                yield record

    def rows(self, stage: Collection[Record]) -> dict[RowKey, Row]:
        """Return all that happened in a stage, one row for each agent's each act."""
        found: dict[RowKey, Row] = {}
        for record in stage:
            for (rank, about, agent, seq), row in self._rows_of(record).items():
                again = 0
                while (rank, about, agent, seq + again) in found:
                    again += 1
                found[rank, about, agent, seq + again] = row
        return found

    def _rows_of(self, record: Record) -> dict[RowKey, Row]:
        rank = record.rank
        match record:
            case Posts(kind=kind):
                return {(rank, kind, agent, seq): row for agent, seq, row in _posted(record)}
            case Entries(entries=entries):
                return {(rank, e.kind, e.agent, e.seq): _entry(e) for e in entries}
            case Ballots(proposal=proposal):
                rows = self._ballots(record)
                return {(rank, proposal, agent, 0): row for agent, row in rows.items()}
            case Abstained(proposal=proposal, cause=cause):
                agents = record.members.tolist()
                return {(rank, proposal or "", agent, 0): {"cause": cause} for agent in agents}
            case Left(cause=cause):
                agents = indices(record.agents).tolist()
                return {(rank, "", agent, 0): {"cause": cause} for agent in agents}
            case Requested(agent=agent, seq=seq, act=act):
                return {(rank, act, agent, seq): _flat(_fields(record, ("agent", "seq", "act")))}
            case Replied(text=text, cause=cause, detail=detail):
                row = {"answer": text} if cause is None else {"cause": cause, "detail": detail}
                return {(rank, "", agent, 0): row for agent in record.members.tolist()}
            case Joined(first=first):
                return {(rank, "agents", NOBODY, first): _joined(record)}
            case _:
                about, rest = _about(record)
                return {(rank, about, NOBODY, 0): rest}

    def _ballots(self, record: Ballots) -> dict[int, Row]:
        opened = self.opened[record.proposal]
        panel = self.panels.get(opened.proposal)
        voters = self.voters[opened.electorate] if panel is None else panel
        numbers = np.frombuffer(record.numbers, "<f8").tolist()
        rows: dict[int, Row] = {}
        for seat, choice in enumerate(record.choices):
            if choice == NO_BALLOT:
                continue
            row: Row = {"choice": "abstain" if choice == ABSTAINED else opened.options[choice]}
            if numbers and numbers[seat] == numbers[seat]:
                row["reason"] = numbers[seat]
            if record.texts and record.texts[seat]:
                row["reason"] = record.texts[seat]
            rows[voters[seat]] = row
        return rows


def _posted(record: Posts) -> Iterator[tuple[int, int, Row]]:
    agents = indices(record.agents).tolist()
    seqs = np.frombuffer(record.seqs, "<u2").tolist() if record.seqs else [0] * len(agents)
    columns = {name: np.frombuffer(data, "<f8").tolist() for name, data in record.columns.items()}
    for place, (agent, seq) in enumerate(zip(agents, seqs, strict=True)):
        yield agent, seq, {name: column[place] for name, column in columns.items()}


def _entry(entry: Entry) -> Row:
    rest = {
        name: getattr(entry, name)
        for name in ("layer", "reasons", "confidence", "links", "to")
        if getattr(entry, name) not in ((), None)
    }
    return _flat(entry.payload) | {name: str(value) for name, value in rest.items()}


def _about(record: Record) -> tuple[str, Row]:
    """Return what a record that is no agent's act is about, and its other fields."""
    if isinstance(record, Electorate):
        seats = indices(record.agents)
        weights = np.frombuffer(record.weights, "<i8") if record.weights else np.ones(len(seats))
        return record.name, _flat({"agents": seats, "weights": weights})
    values = _fields(record, ())
    name = next((name for name in ("proposal", "name", "key") if name in values), None)
    return ("" if name is None else str(values.pop(name))), _flat(values)


def _joined(record: Joined) -> Row:
    return _fields(record, ()) | {"names": ", ".join(record.names)}


def _fields(record: Record, leave_out: Collection[str]) -> dict[str, Any]:
    names = [f.name for f in msgspec.structs.fields(record)]
    kept = [n for n in names if n not in ("event_class", "round", "stage", *leave_out)]
    return {name: getattr(record, name) for name in kept}


def _flat(values: Mapping[str, Any], prefix: str = "") -> Row:
    """Return nested values under dotted names, and those of arrays under their places."""
    row: Row = {}
    for name, value in values.items():
        if isinstance(value, dict):
            row |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, np.ndarray):
            row |= {f"{prefix}{name}[{i}]": v for i, v in enumerate(value.tolist())}
        else:
            row[f"{prefix}{name}"] = value
    return row
