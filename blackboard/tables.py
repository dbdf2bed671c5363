"""Tables derived from the log alone: rounds, ballots, decisions and entries, as Parquet."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from .entry_table import ENTRIES, EntryTable
from .log import read_log
from .records import (
    Ballots,
    Decided,
    Electorate,
    Entries,
    Granted,
    Instant,
    Opened,
    Posts,
    Record,
    World,
    indices,
)
from .rules import NO_BALLOT
from .seats import read_panel

SEATS_A_PART = 1 << 19
"""Ballots are written in parts of about this many seats, so that memory stays bounded."""

_NO_BALLOT = bytes([NO_BALLOT])
_BALLOTS = pa.schema(
    [
        ("round", pa.int32()),
        ("stage", pa.int32()),
        ("proposal", pa.dictionary(pa.int32(), pa.string())),
        ("agent", pa.int32()),
        ("choice", pa.dictionary(pa.int32(), pa.string())),
        ("weight", pa.int64()),
        ("confidence", pa.float64()),
        ("reason", pa.float64()),
        ("reason_text", pa.string()),
    ]
)


def write_tables(log: Path, folder: Path) -> None:
    """Write rounds, ballots, decisions and entries, each as `<name>.parquet`, from the log."""
    rounds, decisions = _Rounds(), _Decisions()
    with (
        _Ballots(folder / "ballots.parquet") as ballots,
        EntryTable(folder / "entries.parquet") as entries,
    ):
        tables = ((entries, ENTRIES), (decisions, _DECISIONS), (ballots, _BALLOT_TYPES))
        takers = {
            kind: [table.take for table, kinds in tables if kind in kinds]
            for kind in (*ENTRIES, *_DECISIONS, *_BALLOT_TYPES)
        }
        for record in read_log(log):
            rounds.take(record)
            for take in takers.get(type(record), ()):
                take(record)
    pq.write_table(rounds.table(), folder / "rounds.parquet")
    pq.write_table(decisions.table(), folder / "decisions.parquet")


_COUNTED = frozenset((Posts, Entries, Ballots, Decided, World, Instant))
_DECISIONS: tuple[type[Record], ...] = (Opened, Decided)
_BALLOT_TYPES: tuple[type[Record], ...] = (Electorate, Opened, Granted, Ballots, Decided)
"""The types of records that a table is made of."""


class _Rounds:
    """One row a round: what was written, what was decided, and the world's own numbers."""

    _COUNTED = ("round", "stages", "entries", "ballots", "decisions")

    def __init__(self) -> None:
        self._counts: list[list[int]] = []
        """Of each round, what `_COUNTED` names."""
        self._given: dict[str, dict[int, Any]] = {}
        """What only some rounds have, by name and row."""

    def take(self, record: Record) -> None:
        if record.round == 0:
            return
        if not self._counts or self._counts[-1][0] != record.round:
            self._counts.append([record.round, 0, 0, 0, 0])
        row, counts = len(self._counts) - 1, self._counts[-1]
        if record.stage > counts[1]:
            counts[1] = record.stage
        if type(record) not in _COUNTED:
            return
        match record:
            case Posts(agents=agents):
                counts[2] += len(indices(agents))
            case Entries(entries=entries):
                counts[2] += len(entries)
            case Ballots(choices=choices):
                counts[3] += len(choices) - choices.count(_NO_BALLOT)
            case Decided(outcome=outcome, weights=weights, eligible=eligible):
                counts[4] += 1
                accepted = self._given.setdefault("accepted", {})
                accepted[row] = accepted.get(row, 0) + (outcome == "accepted")
                approve = weights.get("approve", max(weights.values()))
                self._give(row, {"approval_percent": 100 * approve / max(1, eligible)})
            case World(name="round", row=world):
                self._give(row, world)
            case Instant(at_s=at_s):
                self._give(row, {"at_s": at_s})

    def _give(self, row: int, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            self._given.setdefault(name, {})[row] = value

    def table(self) -> pa.Table:
        counted = zip(*self._counts, strict=True) if self._counts else [()] * len(self._COUNTED)
        columns = dict(zip(self._COUNTED, map(pa.array, map(list, counted)), strict=True))
        for name, given in self._given.items():
            values: list[Any] = [None] * len(self._counts)
            for row, value in given.items():
                values[row] = value
            columns[name] = pa.array(values)
        return pa.table(columns)


class _Decisions:
    """One row a decision."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._opened: dict[str, Opened] = {}

    def take(self, record: Record) -> None:
        if isinstance(record, Opened):
            self._opened[record.proposal] = record
        elif isinstance(record, Decided):
            opened = self._opened.pop(record.proposal)
            self._rows.append(_decision(record, opened))

    def table(self) -> pa.Table:
        schema = pa.schema(
            [
                ("proposal", pa.string()),
                ("round", pa.int32()),
                ("opened_round", pa.int32()),
                ("outcome", pa.string()),
                ("option", pa.string()),
                ("rule", pa.string()),
                ("weights", pa.map_(pa.string(), pa.int64())),
                ("abstain_weight", pa.int64()),
                ("eligible_weight", pa.int64()),
                ("eligible_agents", pa.int64()),
                ("gate", pa.string()),
                ("by", pa.string()),
            ]
        )
        return pa.Table.from_pylist(self._rows, schema)


def _decision(decided: Decided, opened: Opened) -> dict[str, Any]:
    return {
        "proposal": decided.proposal,
        "round": decided.round,
        "opened_round": opened.round,
        "outcome": decided.outcome,
        "option": decided.option,
        "rule": opened.rule,
        "weights": list(decided.weights.items()),
        "abstain_weight": decided.abstained,
        "eligible_weight": decided.eligible,
        "eligible_agents": decided.eligible_agents,
        "gate": decided.gate,
        "by": decided.by,
    }


class _Voters(NamedTuple):
    """An electorate, one row a seat."""

    agents: NDArray[np.uint32]
    weights: bytes = b""


class _Ballots:
    """One row a cast ballot, written part by part.

    The ballots of many records are taken apart together, because a record by itself costs more
    in calls than in rows: 20,000 proposals of 100 seats took `write_tables` 3.1 s, now 0.7 s.
    """

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, _BALLOTS, compression="zstd")
        self._electorates: dict[str, _Voters] = {}
        self._panels: dict[str, list[int]] = {}
        """Who has a seat, in the order of the seats, by open proposal."""
        self._opened: dict[str, Opened] = {}
        self._part: list[tuple[Ballots, Opened, _Voters]] = []
        self._seats = 0

    def __enter__(self) -> "_Ballots":
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()

    def take(self, record: Record) -> None:
        match record:
            case Electorate(name=name, agents=agents, weights=weights):
                self._electorates[name] = _Voters(indices(agents), weights)
            case Opened(proposal=proposal, electorate=electorate):
                self._opened[proposal] = record
                if read_panel(electorate):
                    self._panels[proposal] = []
            case Granted(act="claim", key=proposal, agent=agent, granted=True):
                if proposal in self._panels:
                    self._panels[proposal].append(agent)
            case Ballots(proposal=proposal, choices=choices):
                opened = self._opened[proposal]
                self._part.append((record, opened, self._voters(opened, len(choices))))
                self._seats += len(choices)
                if self._seats >= SEATS_A_PART:
                    self._flush()
            case Decided(proposal=proposal):
                self._opened.pop(proposal, None)
                self._panels.pop(proposal, None)

    def _voters(self, opened: Opened, seats: int) -> "_Voters":
        panel = self._panels.get(opened.proposal)
        if panel is None:
            return self._electorates[opened.electorate]
        free = [0] * (seats - len(panel))  # nobody has voted there
        return _Voters(np.array(panel + free, np.uint32))

    def _flush(self) -> None:
        if self._part:
            self._writer.write_table(_ballot_rows(self._part))
        self._part, self._seats = [], 0


def _ballot_rows(part: Sequence[tuple[Ballots, Opened, _Voters]]) -> pa.Table:
    """Return the cast ballots of many records, in their order."""
    records = [ballots for ballots, _, _ in part]
    sizes = np.array([len(record.choices) for record in records])
    choices = np.frombuffer(b"".join([record.choices for record in records]), np.uint8)
    seats = np.flatnonzero(choices != NO_BALLOT)
    of = np.repeat(np.arange(len(records), dtype=np.int32), sizes)[seats]
    names, codes = _choice_codes([opened for _, opened, _ in part])
    agents = np.concatenate([voters.agents for _, _, voters in part])
    weights = _joined([voters.weights for _, _, voters in part], sizes, "<i8", 1)
    confidence = _joined([record.confidence for record in records], sizes, "<f8", 1.0)
    reasons = _joined([record.numbers for record in records], sizes, "<f8", np.nan)
    columns = [
        np.array([record.round for record in records], np.int32)[of],
        np.array([record.stage for record in records], np.int32)[of],
        pa.DictionaryArray.from_arrays(of, [record.proposal for record in records]),
        agents.astype(np.int32)[seats],
        pa.DictionaryArray.from_arrays(codes[of, choices[seats]], names),
        weights[seats],
        confidence[seats],
        pa.array(reasons[seats], from_pandas=True),
        _texts(records, seats),
    ]
    return pa.table(columns, schema=_BALLOTS)


def _choice_codes(opened: Sequence[Opened]) -> tuple[list[str], NDArray[np.int32]]:
    """Return all choices' names, and the index of each record's every choice code among them."""
    names: dict[str, int] = {}
    rows: dict[tuple[str, ...], int] = {}
    for options in (terms.options for terms in opened):
        rows.setdefault(options, len(rows))
        for option in options:
            names.setdefault(option, len(names))
    abstain = names.setdefault("abstain", len(names))
    codes = np.full((len(rows), 256), abstain, np.int32)
    for options, row in rows.items():
        codes[row, : len(options)] = [names[option] for option in options]
    return list(names), codes[[rows[terms.options] for terms in opened]]


def _joined(
    packed: Sequence[bytes], sizes: NDArray[np.int64], kind: str, default: float
) -> NDArray[Any]:
    """Join packed columns, with the default for every seat where one is empty."""
    values = np.full(int(sizes.sum()), default, kind)
    ends = np.cumsum(sizes).tolist()
    for column, end in zip(packed, ends, strict=True):
        if column:
            given = np.frombuffer(column, kind)
            values[end - len(given) : end] = given
    return values


def _texts(records: Sequence[Ballots], seats: NDArray[np.int64]) -> pa.Array:
    """Return the seats' reasons in words, null where none was given."""
    if not any(record.texts for record in records):
        return pa.nulls(len(seats), pa.string())
    given = [text or None for r in records for text in (r.texts or ("",) * len(r.choices))]
    return pa.array([given[seat] for seat in seats.tolist()], pa.string())
