"""What a run's models were asked and cost so far, from the recording that the run writes.

A run writes it at the end of each stage, and once a second while models answer. It is opened to be
read alone, and closed again at once.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

FILE = "llm.sqlite"
CLASSES = ("work", "coordination", "verification", "reconstruction", "waste", "cached")
"""What tokens were spent on; each is in one class."""
WAIT_S = 0.2
_SUMS = ", ".join(f"COALESCE(SUM({name}), 0)" for name in (*CLASSES, "input", "output"))
_OWN = "FROM calls WHERE is_inherited = 0 AND round <= ?"
_SINCE_FORK = (
    "round <= ? AND round > (SELECT COALESCE(MAX(round), -1) FROM calls WHERE is_inherited = 1)"
)
"""A fork's recording begins with what its parent recorded: that is the parent's, not counted."""


@dataclass(frozen=True, slots=True)
class TierCalls:
    """What one model of one tier was asked."""

    tier: str
    model: str
    calls: int
    tokens: int
    cost_usd: float
    median_s: float | None
    """How long a reply took; None where none was kept."""
    p95_s: float | None


@dataclass(frozen=True, slots=True)
class Calls:
    """What models did up to a round."""

    calls: int
    """That were billed."""
    wasted: int
    """Calls of them that were of no use."""
    cost_usd: float
    tokens: Mapping[str, int]
    """By class; `input` and `output` besides."""
    tiers: tuple[TierCalls, ...]
    outcomes: Mapping[str, int]
    """Questions by what came of them: `answered`, or the cause why not."""
    details: Mapping[str, str]
    """Of each cause, what was said the last time."""
    stage: tuple[int, int] | None
    """Round and stage of the latest call; None before the first."""
    stage_calls: int = 0
    stage_tokens: int = 0
    last_reply_at: float | None = None
    """When the latest reply came, by the clock; None where none is kept."""


def read_calls(run: Path, *, up_to: int) -> Calls | None:
    """Return what models did up to a round; None where none was asked, or it cannot be read now.

    Args:
        run: The run directory.
        up_to: The last round that counts.
    """
    file = run / FILE
    if not file.is_file():
        return None
    address = f"file:{quote(str(file.resolve()))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=WAIT_S)) as recording:
            recording.execute("BEGIN")  # so that all figures are of the same moment
            return _calls(recording, up_to)
    except sqlite3.Error:
        return None


def _calls(recording: sqlite3.Connection, up_to: int) -> Calls | None:
    sql = f"SELECT COUNT(*), COALESCE(SUM(is_waste), 0), COALESCE(SUM(cost_usd), 0), {_SUMS} {_OWN}"
    calls, wasted, cost_usd, *sums = recording.execute(sql, (up_to,)).fetchone()
    causes = recording.execute(
        "SELECT COALESCE(cause, 'answered'), COUNT(*) FROM outcomes "
        f"WHERE {_SINCE_FORK} GROUP BY 1 ORDER BY cause IS NOT NULL, 2 DESC",
        (up_to,),
    ).fetchall()
    if not calls and not causes:
        return None
    return Calls(
        calls,
        wasted,
        cost_usd,
        dict(zip((*CLASSES, "input", "output"), sums, strict=True)),
        tuple(_tiers(recording, up_to)),
        dict(causes),
        dict(_details(recording, up_to)),
        *_latest(recording, up_to),
    )


def _tiers(recording: sqlite3.Connection, up_to: int) -> list[TierCalls]:
    sql = f"SELECT tier, model, COUNT(*), SUM(input + output), SUM(cost_usd) {_OWN} GROUP BY 1, 2"
    found = []
    for tier, model, calls, tokens, cost_usd in recording.execute(sql, (up_to,)).fetchall():
        median_s, p95_s = _latencies(recording, model, up_to)
        found.append(TierCalls(tier, model, calls, tokens, cost_usd, median_s, p95_s))
    return found


def _latencies(
    recording: sqlite3.Connection, model: str, up_to: int
) -> tuple[float | None, float | None]:
    """Return the median and the 95th percentile of how long replies of a model took."""
    where = f"FROM replies WHERE model = ? AND {_SINCE_FORK}"
    (many,) = recording.execute(f"SELECT COUNT(*) {where}", (model, up_to)).fetchone()
    if not many:
        return None, None
    found = [
        recording.execute(
            f"SELECT latency_s {where} ORDER BY latency_s LIMIT 1 OFFSET ?",
            (model, up_to, (many - 1) * percent // 100),
        ).fetchone()[0]
        for percent in (50, 95)
    ]
    return found[0], found[1]


def _details(recording: sqlite3.Connection, up_to: int) -> list[tuple[str, str]]:
    """Return what was said last of each cause: SQLite takes the row with the latest round."""
    sql = (
        "SELECT cause, detail, MAX(round) FROM outcomes "
        f"WHERE cause IS NOT NULL AND {_SINCE_FORK} GROUP BY cause"
    )
    return [(cause, _text(detail)) for cause, detail, _ in recording.execute(sql, (up_to,))]


def _latest(recording: sqlite3.Connection, up_to: int) -> tuple[Any, ...]:
    last = recording.execute(
        f"SELECT round, stage {_OWN} ORDER BY round DESC, stage DESC LIMIT 1", (up_to,)
    ).fetchone()
    if last is None:
        return None, 0, 0, None
    calls, tokens = recording.execute(
        f"SELECT COUNT(*), COALESCE(SUM(input + output), 0) {_OWN} AND round = ? AND stage = ?",
        (up_to, *last),
    ).fetchone()
    sql = f"SELECT MAX(at) FROM replies WHERE {_SINCE_FORK}"
    (at,) = recording.execute(sql, (up_to,)).fetchone()
    return tuple(last), calls, tokens, at


def _text(stored: str | bytes) -> str:
    return stored if isinstance(stored, str) else stored.decode(errors="replace")
