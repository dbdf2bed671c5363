"""Who said what: one row an entry with a free payload, as Parquet, part by part."""

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .records import Entries, Entry, Joined, Record, entry_id

ROWS_A_PART = 20_000
TEXT_KEPT = 2_000
"""Characters of a payload that the table keeps; the log has them all."""
_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("round", pa.int32()),
        ("stage", pa.int32()),
        ("agent", pa.int32()),
        ("role", pa.dictionary(pa.int32(), pa.string())),
        ("kind", pa.dictionary(pa.int32(), pa.string())),
        ("layer", pa.dictionary(pa.int32(), pa.string())),
        ("text", pa.string()),
        ("payload", pa.string()),
        ("confidence", pa.float64()),
        ("links", pa.string()),
        ("to", pa.int32()),
    ]
)


ENTRIES: tuple[type[Record], ...] = (Joined, Entries)
"""The types of records that the table is made of."""


class EntryTable:
    """Writes the table; a run in which nobody said anything leaves none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self._joined: list[Joined] = []
        self._rows: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._path.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._flush()
        if self._writer:
            self._writer.close()

    def take(self, record: Record) -> None:
        """Take in a record of the log."""
        if isinstance(record, Joined):
            self._joined.append(record)
        elif isinstance(record, Entries):
            self._rows += [self._row(record, entry) for entry in record.entries]
            if len(self._rows) >= ROWS_A_PART:
                self._flush()

    def _row(self, record: Entries, entry: Entry) -> dict[str, Any]:
        payload = dict(entry.payload)
        text = payload.pop("text", None)
        return {
            "id": entry_id(record.round, record.stage, entry.agent, entry.seq),
            "round": record.round,
            "stage": record.stage,
            "agent": entry.agent,
            "role": self._role(entry.agent),
            "kind": entry.kind,
            "layer": entry.layer,
            "text": text[:TEXT_KEPT] if isinstance(text, str) else None,
            "payload": _shown(payload),
            "confidence": entry.confidence,
            "links": ", ".join(f"{link.relation} {link.entry}" for link in entry.links) or None,
            "to": entry.to,
        }

    def _role(self, agent: int) -> str | None:
        for block in self._joined:
            if block.first <= agent < block.first + block.count:
                return block.role
        return None

    def _flush(self) -> None:
        if not self._rows:
            return
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, _SCHEMA, compression="zstd")
        self._writer.write_table(pa.Table.from_pylist(self._rows, _SCHEMA))
        self._rows = []


def _shown(payload: dict[str, Any]) -> str | None:
    """Return a payload as JSON, cut to what the table keeps; arrays by their size alone."""
    if not payload:
        return None
    return json.dumps(payload, ensure_ascii=False, default=_said, skipkeys=True)[:TEXT_KEPT]


def _said(value: Any) -> str:
    return f"{len(value)} numbers" if isinstance(value, np.ndarray) else str(value)
