"""Comparing two runs: what was asked differently, what came out differently, and where first."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from blackboard import OPERATIONAL, Record, RunDirectory, encode, read_log

PARAMETERS = ("scenario", "structure", "agents", "seed", "rule", "rounds", "ballots", "options")
RESULTS = ("status", "rounds", "digest", "consensus", "yardstick", "metrics", "abstentions")


def compare(first: RunDirectory, second: RunDirectory) -> str:
    """Return the differences of two runs as lines of text."""
    lines = [f"{'':<34} {first.run_id:<24} {second.run_id}"]
    for title, file, names in (
        ("parameters", "config.json", PARAMETERS),
        ("results", "summary.json", RESULTS),
    ):
        rows = _differences(_chosen(first, file, names), _chosen(second, file, names))
        lines += [title, *rows] if rows else [f"{title}: the same"]
    lines.append(_first_difference(first, second))
    return "\n".join(lines)


def _chosen(run: RunDirectory, file: str, names: tuple[str, ...]) -> dict[str, Any]:
    content = run.read_json(file) or {}
    return dict(_flat({name: content.get(name) for name in names}))


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield nested values under dotted names."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    names = dict.fromkeys([*first, *second])
    return [
        f"  {name:<32} {_short(first.get(name)):<24} {_short(second.get(name))}"
        for name in names
        if first.get(name) != second.get(name)
    ]


def _short(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 23 else f"{text[:20]}..."


def _first_difference(first: RunDirectory, second: RunDirectory) -> str:
    """Name the first event in which the histories part."""
    pairs = zip_longest(_history(first), _history(second), fillvalue=(None, b""))
    for number, ((mine, mine_bytes), (other, other_bytes)) in enumerate(pairs, 1):
        if mine_bytes != other_bytes:
            parted = f"{_where(mine)} against {_where(other)}"
            return f"first differing event: number {number}, {parted}"
    return "histories: the same, event for event"


def _history(run: RunDirectory) -> Iterator[tuple[Record | None, bytes]]:
    """Yield the records that make the digest, with their bytes."""
    for record in read_log(run.log):
        if record.event_class != OPERATIONAL:
            yield record, encode(record)


def _where(record: Record | None) -> str:
    if record is None:
        return "the end"
    return f"{type(record).__name__.lower()} in round {record.round}, stage {record.stage}"
