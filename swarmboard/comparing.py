"""Comparing two runs: what was asked differently, what came out differently, and where first."""

from collections.abc import Iterator, Mapping
from textwrap import fill
from typing import Any

from blackboard import BadInput, Instant, Joined, RunDirectory, read_log

from .accounts import Accounts
from .diverging import Divergence, divergence_text, first_divergence
from .explaining import People

OF_THE_RECORD = ("run_id", "out")
"""What `config.json` says of the place of a run, and not of the run."""
RESULTS = (
    *("status", "rounds", "instants", "simulated_s", "digest"),
    *("consensus", "yardstick", "metrics", "abstentions"),
)
WIDTH = 100


def compare(first: RunDirectory, second: RunDirectory) -> str:
    """Return the differences of two runs as lines of text.

    Both are read a stage at a time, and a run that still goes on, or was killed, will do.

    Raises:
        BadInput: one of them has no log.
    """
    for run in (first, second):
        if not run.log.is_file():
            raise BadInput(f"{run.path} has no events.log: there is nothing to compare")
    parameters = _differences(_parameters(first), _parameters(second))
    results = _differences(*_results(first, second))
    parted = first_divergence(first.log, second.log)
    if not (parameters or results or parted):
        digest = (first.read_json("summary.json") or {}).get("digest")
        return (
            f"A {first.run_id} and B {second.run_id}: parameters: the same, results: the same, "
            "histories: the same, event for event" + (f" (digest {digest})" if digest else "")
        )
    lines = [f"{'':<42} {f'A {first.run_id}':<23} B {second.run_id}"]
    for title, rows in (("parameters", parameters), ("results", results)):
        lines += [title, *rows] if rows else [f"{title}: the same"]
    lines.append(_histories(first, second, parted))
    return "\n".join(lines)


def _histories(first: RunDirectory, second: RunDirectory, parted: Divergence | None) -> str:
    if parted is None:
        return "histories: the same, event for event"
    people = People(r for r in _round_zero(first) if isinstance(r, Joined))
    name = None if parted.agent is None else people.name(parted.agent)
    is_timed = any(isinstance(r, Instant) for r in _first_turn(first))
    where = divergence_text(parted, name, turn="instant" if is_timed else "round")
    text = f"first differing event: number {parted.number:,}, in {where}"
    return fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _round_zero(run: RunDirectory) -> Iterator[Any]:
    for record in read_log(run.log):
        if record.round > 0:
            return
        yield record


def _first_turn(run: RunDirectory) -> Iterator[Any]:
    """Yield the records of the first round, or instant."""
    for record in read_log(run.log):
        if record.round > 1:
            return
        yield record


def _parameters(run: RunDirectory) -> dict[str, Any]:
    config = run.read_json("config.json") or {}
    forks = config.pop("forks", ())
    found = dict(_flat({n: value for n, value in config.items() if n not in OF_THE_RECORD}))
    for fork in forks:
        found[f"forked from {fork['parent']}"] = f"after {fork['at_round']:,}"
        for name, value in fork["options"].items():
            found[f"options.{name} from {fork['at_round'] + 1:,} on"] = value
    return found


def _results(first: RunDirectory, second: RunDirectory) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the results of both, so far as both have them."""
    summaries = [run.read_json("summary.json") or _so_far(run) for run in (first, second)]
    names = [name for name in RESULTS if all(name in summary for summary in summaries)]
    mine, other = (dict(_flat({n: summary[n] for n in names})) for summary in summaries)
    return mine, other


def _so_far(run: RunDirectory) -> dict[str, Any]:
    """Return what the log of a run without a summary comes to."""
    accounts, last, now_s = Accounts(), 0, None
    for record in read_log(run.log):
        accounts.take((record,))
        last = record.round
        if isinstance(record, Instant):
            now_s = record.at_s
    return {
        "status": "unfinished",
        "rounds": last if now_s is None else None,
        "instants": None if now_s is None else last,
        "simulated_s": now_s,
        "consensus": dict(accounts.outcomes),
        "abstentions": dict(accounts.abstentions),
    }


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
        f"  {name:<40} {_short(first.get(name)):<23} {_short(second.get(name)):<23} "
        f"{_change(first.get(name), second.get(name))}".rstrip()
        for name in names
        if first.get(name) != second.get(name)
    ]


def _change(before: Any, after: Any) -> str:
    """Return by how much a number changed."""
    numbers = (before, after)
    if any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        return ""
    return f"{after - before:+.6g}"


def _short(value: Any) -> str:
    text = f"{value:.9g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 23 else f"{text[:20]}..."
