"""What a run's models cost and left unanswered, for its summary and its tables."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from agents import CLASSES, Ledger, select_from
from blackboard import RunDirectory

from .desk import RECORDING

TOKENS = "tokens.parquet"
"""The table's name in a run directory: one row per round, stage, role, tier and model."""
_COUNTS = ("calls", "input", "output", *CLASSES)
TOKEN_COLUMNS = pa.schema(
    [
        *((name, pa.int32()) for name in ("round", "stage")),
        *((name, pa.string()) for name in ("role", "tier", "model")),
        *((name, pa.int64()) for name in _COUNTS),
        ("cost_usd", pa.float64()),
    ]
)
_UNANSWERED = """
SELECT COUNT(*), SUM(cause IS NOT NULL),
  (SELECT cause || ': ' || detail FROM outcomes WHERE cause IS NOT NULL
   ORDER BY round, stage, agent LIMIT 1)
FROM outcomes"""


def write_tokens(directory: RunDirectory) -> None:
    """Write what a run's models cost as a table; nothing where it asked none."""
    path = directory.path / RECORDING
    if path.exists():
        rows = Ledger.read(path).rows()
        pq.write_table(
            pa.Table.from_pylist(rows, TOKEN_COLUMNS), directory.path / TOKENS, compression="zstd"
        )


def unanswered(directory: RunDirectory) -> dict[str, Any] | None:
    """Return how many questions had no answer, of how many, and why the first had none.

    None where all were answered, or none was asked.
    """
    path = directory.path / RECORDING
    if not path.exists():
        return None
    ((questions, missing, first),) = select_from(path, _UNANSWERED)
    if not missing:
        return None
    return {"questions": questions, "without_answer": missing, "first": first.splitlines()[0]}


def is_mute(summary: Mapping[str, Any]) -> bool:
    """Say whether questions were asked in a run, and not one of them was answered."""
    missing = summary["unanswered"]
    return missing is not None and missing["without_answer"] == missing["questions"]
