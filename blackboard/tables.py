"""Tables derived from the log alone: rounds, ballots and decisions, as Parquet."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .log import read_log
from .records import (
    Abstained,
    Ballots,
    Decided,
    Electorate,
    Entries,
    Opened,
    Posts,
    Record,
    World,
)
from .rules import ABSTAINED, NO_BALLOT

ROWS_A_PART = 1 << 19
"""Ballots are written in parts of about this many rows, so that memory stays bounded."""

_BALLOTS = pa.schema(
    [
        ("round", pa.int32()),
        ("stage", pa.int32()),
        ("proposal", pa.dictionary(pa.int32(), pa.string())),
        ("agent", pa.int32()),
        ("choice", pa.dictionary(pa.int8(), pa.string())),
        ("weight", pa.int64()),
        ("confidence", pa.float64()),
        ("reason", pa.float64()),
        ("reason_text", pa.string()),
    ]
)


def write_tables(log: Path, folder: Path) -> None:
    """Write `rounds.parquet`, `ballots.parquet` and `decisions.parquet` from the log."""
    rounds, decisions = _Rounds(), _Decisions()
    with _Ballots(folder / "ballots.parquet") as ballots:
        for record in read_log(log):
            rounds.take(record)
            decisions.take(record)
            ballots.take(record)
    pq.write_table(rounds.table(), folder / "rounds.parquet")
    pq.write_table(decisions.table(), folder / "decisions.parquet")


class _Rounds:
    """One row a round: what was written, what was decided, and the world's own numbers."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[str, Any]] = {}

    def take(self, record: Record) -> None:
        if record.round == 0:
            return
        row = self._rows.setdefault(
            record.round,
            {"round": record.round, "stages": 0, "entries": 0, "ballots": 0, "decisions": 0},
        )
        row["stages"] = max(row["stages"], record.stage)
        match record:
            case Posts(agents=agents):
                row["entries"] += len(agents) // 4
            case Entries(entries=entries):
                row["entries"] += len(entries)
            case Ballots(choices=choices):
                cast = np.frombuffer(choices, np.uint8)
                row["ballots"] += int((cast != NO_BALLOT).sum())
            case Decided():
                row["decisions"] += 1
                row["accepted"] = row.get("accepted", 0) + (record.outcome == "accepted")
                approve = record.weights.get("approve", max(record.weights.values()))
                row["approval_percent"] = 100 * approve / max(1, record.eligible)
            case World(name="round", row=world):
                row |= world

    def table(self) -> pa.Table:
        names = dict.fromkeys(name for row in self._rows.values() for name in row)
        rows = self._rows.values()
        return pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})


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


class _Ballots:
    """One row a cast ballot, written part by part."""

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, _BALLOTS, compression="zstd")
        self._electorates: dict[str, Electorate] = {}
        self._opened: dict[str, Opened] = {}
        self._parts: list[pa.RecordBatch] = []
        self._rows = 0

    def __enter__(self) -> "_Ballots":
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()

    def take(self, record: Record) -> None:
        match record:
            case Electorate(name=name):
                self._electorates[name] = record
            case Opened(proposal=proposal):
                self._opened[proposal] = record
            case Ballots():
                self._add(record)
            case Decided(proposal=proposal):
                self._opened.pop(proposal, None)

    def _add(self, record: Ballots) -> None:
        opened = self._opened[record.proposal]
        electorate = self._electorates[opened.electorate]
        choices = np.frombuffer(record.choices, np.uint8)
        seats = np.flatnonzero(choices != NO_BALLOT)
        options = (*opened.options, "abstain")
        codes = np.where(choices == ABSTAINED, len(opened.options), choices)[seats]
        agents = np.frombuffer(electorate.agents, "<u4")[seats]
        size = len(seats)
        columns = [
            np.full(size, record.round, np.int32),
            np.full(size, record.stage, np.int32),
            pa.DictionaryArray.from_arrays(np.zeros(size, np.int32), [record.proposal]),
            agents.astype(np.int32),
            pa.DictionaryArray.from_arrays(codes.astype(np.int8), list(options)),
            _floats(electorate.weights, seats, "<i8", 1),
            _floats(record.confidence, seats, "<f8", 1.0),
            pa.array(_floats(record.numbers, seats, "<f8", np.nan), from_pandas=True),
            pa.array(_texts(record.texts, seats), pa.string()),
        ]
        self._parts.append(pa.record_batch([pa.array(c) for c in columns], schema=_BALLOTS))
        self._rows += size
        if self._rows >= ROWS_A_PART:
            self._flush()

    def _flush(self) -> None:
        if self._parts:
            table = pa.Table.from_batches(self._parts).unify_dictionaries()
            self._writer.write_table(table)
        self._parts, self._rows = [], 0


def _floats(packed: bytes, seats: Any, kind: str, default: float) -> Any:
    """Return the seats' values of a packed column, or the default for each where it is empty."""
    if not packed:
        return np.full(len(seats), default, kind)
    return np.frombuffer(packed, kind)[seats]


def _texts(texts: Iterable[str], seats: Any) -> list[str | None]:
    given = list(texts)
    return [given[seat] or None for seat in seats] if given else [None] * len(seats)
