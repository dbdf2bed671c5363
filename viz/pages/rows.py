"""Runs as rows of a table, and two of them side by side; plain values from what a run left."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from blackboard import BadInput, RunDirectory

from ..feed import RunRow
from .layout import path_of

NO_LIMIT = 100_000
"""From so many rounds on, a run's limit stands for none."""
_TONES = {"live": "is-good", "paused": "is-warn", "failed": "is-bad", "broken off": "is-bad"}
_SYMBOLS = {
    "live": "●",
    "paused": "‖",
    "done": "✓",
    "stopped": "■",
    "failed": "✕",
    "broken off": "⚡",
}
_COMPARED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Scenario", ("scenario",)),
    ("Structure", ("structure",)),
    ("Agents", ("agents",)),
    ("Seed", ("seed",)),
    ("Rule", ("rule",)),
    ("Status", ("status",)),
    ("Rounds", ("rounds",)),
    ("Instants", ("instants",)),
    ("Simulated, s", ("simulated_s",)),
    ("Approval, %", ("consensus", "approval_percent")),
    ("Approval of those with a choice, %", ("consensus", "approval_percent_with_choice")),
    ("Agents with a choice", ("consensus", "agents_with_choice")),
    ("Effective voters", ("consensus", "effective_voters")),
    ("Accepted", ("consensus", "accepted")),
    ("Rejected", ("consensus", "rejected")),
    ("Expired", ("consensus", "expired")),
    ("Vetoed", ("consensus", "vetoed")),
    ("Yardstick", ("yardstick", "kind")),
    ("Yardstick's value", ("yardstick", "value")),
    ("Reached", ("yardstick", "ours")),
    ("Gap, %", ("yardstick", "gap_percent")),
    ("Tokens' cost, USD", ("tokens", "cost_usd")),
    ("Time, s", ("timing", "wall_s")),
    ("Digest", ("digest",)),
)


def key_of(row: RunRow) -> str:
    """Return the name under which a run is found in its folder."""
    return Path(row.path).name


@lru_cache(maxsize=5_000)
def table_row(row: RunRow) -> dict[str, Any]:
    """Return a run as the table of runs takes it: the same object for the same run."""
    status, key = str(row.status), key_of(row)
    words = (key, row.run_id, row.scenario, row.structure, status, row.digest or "")
    return {
        "key": key,
        "run_id": row.run_id,
        "name": key,
        "path": path_of(key),
        "oversight": path_of(key, "oversight"),
        "status": status,
        "tone": _TONES.get(status, ""),
        "symbol": _SYMBOLS.get(status, ""),
        "scenario": row.scenario,
        "structure": row.structure,
        "agents": row.agents,
        "seed": row.seed,
        "progress": row.progress,
        "progress_text": progress_text(row.progress, row.of_how_many, row.is_event_driven),
        "approval": row.approval_percent,
        "threshold": row.threshold_percent,
        "accepted": row.accepted,
        "wall_s": row.wall_s,
        "began": row.began,
        "began_text": began_text(row.began),
        "digest": row.digest or "",
        "can_stop": row.is_live,
        "searched": " ".join(map(str, words)).lower(),
    }


def progress_text(progress: int, of_how_many: int | None, is_event_driven: bool | None) -> str:
    """Return how far a run is, in rounds or instants."""
    unit = "instants" if is_event_driven else "rounds"
    is_a_limit = of_how_many is not None and progress <= of_how_many < NO_LIMIT
    of = f" of {of_how_many:,}" if is_a_limit else ""
    return f"{progress:,}{of} {unit}"


def began_text(began: str) -> str:
    """Return an ISO time without its seconds, as people read it."""
    return began[:16].replace("T", " ")


def compared(one: Mapping[str, Any], two: Mapping[str, Any]) -> tuple[list[list[str]], list[int]]:
    """Put the numbers of two summaries side by side.

    Returns:
        Rows of name, the first run's, the second's, and by how much the second is larger; and
        the positions of the rows that differ.
    """
    named = {name: (_at(one, path), _at(two, path)) for name, path in _COMPARED}
    sides = ({name: values[side] for name, values in named.items()} for side in (0, 1))
    return differing_rows(*sides)


def differing_rows(
    one: Mapping[str, Any], two: Mapping[str, Any]
) -> tuple[list[list[str]], list[int]]:
    """Put values by their names side by side.

    Returns:
        Rows of name, the first's, the second's, and by how much the second is larger; and the
        positions of the rows that differ. What neither has is left out.
    """
    rows: list[list[str]] = []
    differing: list[int] = []
    for name in dict.fromkeys((*one, *two)):
        left, right = one.get(name), two.get(name)
        if left is None and right is None:
            continue
        if left != right:
            differing.append(len(rows))
        rows.append([name, shown(left), shown(right), _difference(left, right)])
    return rows, differing


def summary_of(path: Path) -> dict[str, Any]:
    """Return a run's summary; empty while there is none."""
    try:
        return RunDirectory(path, path.name).read_json("summary.json") or {}
    except BadInput:
        return {}


def config_of(path: Path) -> dict[str, Any]:
    """Return what a run was asked; empty where that cannot be read."""
    try:
        return RunDirectory(path, path.name).read_json("config.json") or {}
    except BadInput:
        return {}


def counted(many: int, noun: str) -> str:
    """Return a number of things with their name, which is a plural unless there is one."""
    return f"{many:,} {noun}{'' if many == 1 else 's'}"


def shown(value: Any) -> str:
    """Return a value as tables show it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.6g}"
    text = str(value)
    return text[:16] + "…" if len(text) == 64 else text


def _difference(left: Any, right: Any) -> str:
    if not _is_number(left) or not _is_number(right) or left == right:
        if left is None or right is None:
            return ""
        return "" if left == right else "differs"
    return f"{right - left:+,.6g}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _at(summary: Mapping[str, Any], path: Sequence[str]) -> Any:
    found: Any = summary
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
