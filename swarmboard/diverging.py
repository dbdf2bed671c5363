"""Where two histories part: the first stage, record, agent and value that differ."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from blackboard import Record, encode

from .histories import NOBODY, History, Moment, Row, RowKey


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first thing in which two histories differ."""

    round: int
    stage: int
    record: str
    """Type of the record: `posts`, `ballots`, `decided` ..."""
    about: str
    """Entry kind, proposal or name."""
    agent: int | None
    values: tuple[tuple[str, Any, Any], ...]
    """Name, value in the first and in the second history; empty where one has no such event."""
    only_in: str | None
    """`A` or `B`, where the other has no such event."""
    says: str
    """What that one event was, where only one has it."""
    more: int
    """Further differing events of that stage."""
    number: int
    """Which record of the first history it is, or would be, counted from 1."""


def first_divergence(
    first: Path, second: Path, *, to_round: int | None = None, without: Collection[int] = ()
) -> Divergence | None:
    """Return where two logs part, or None where they are the same, event for event.

    The logs are read side by side, a stage at a time.

    Args:
        first: The log called A.
        second: The log called B.
        to_round: Read no further than this round.
        without: Agents whose own acts do not count; given any, only agents' acts do, and what
            follows from them (decisions, the world) is left out.
    """
    mine, other = History(first, to_round), History(second, to_round)
    seen = 0
    for moment, stage, other_stage in _aligned(mine.stages(), other.stages()):
        pairs = list(zip_longest(map(encode, stage), map(encode, other_stage)))
        seen += len(stage)
        if all(record == another for record, another in pairs):
            continue
        rows, other_rows = mine.rows(stage), other.rows(other_stage)
        parted = [
            key
            for key in sorted(rows.keys() | other_rows.keys())
            if not _is_alike(rows.get(key), other_rows.get(key))
            and (not without or key[2] not in (NOBODY, *without))
        ]
        place = next(i for i, (record, another) in enumerate(pairs) if record != another)
        number = seen - len(stage) + place + 1
        if parted:
            names = {r.rank: type(r).__name__.lower() for r in (*stage, *other_stage)}
            key = parted[0]
            pair = (rows.get(key), other_rows.get(key))
            return _divergence(moment, names[key[0]], key, pair, (len(parted) - 1, number))
        if not without:  # not in any value, but in how it was recorded
            record = (stage[place : place + 1] or other_stage[place : place + 1])[0]
            name = type(record).__name__.lower()
            return Divergence(*moment, name, "", None, (("bytes", "", ""),), None, "", 0, number)
    return None


def divergence_text(
    found: Divergence,
    name: str | None = None,
    histories: tuple[str, str] = ("A", "B"),
    *,
    turn: str = "round",
) -> str:
    """Return a divergence as a sentence.

    Args:
        found: Where the histories part.
        name: The agent's name, where one acted.
        histories: What the two are called.
        turn: What rounds are called.
    """
    first, second = histories
    where = f"{turn} {found.round}, stage {found.stage}"
    who = name or (f"agent {found.agent}" if found.agent is not None else "the run")
    act = {
        "posts": f"{who} posted {found.about}",
        "entries": f"{who} posted {found.about}",
        "ballots": f"{who} voted on {found.about}",
        "abstained": f"{who} abstained" + (f" on {found.about}" if found.about else ""),
        "left": f"{who} was taken out",
        "replied": f"{who} was answered",
        "requested": f"{who} asked to {found.about}",
    }.get(found.record, f"{found.record} {found.about}".strip())
    if found.only_in:
        has, has_not = (first, second) if found.only_in == "A" else (second, first)
        said = f"{act} ({found.says})" if found.says else act
        told = f"{said} in {has}, and not in {has_not}"
    else:
        name_of, mine, other_value = found.values[0]
        more = f", and {len(found.values) - 1:,} more values" if len(found.values) > 1 else ""
        told = (
            f"{act}: {name_of} {_short(mine)} in {first}, {_short(other_value)} in {second}{more}"
        )
    rest = f"; {found.more:,} more events of that stage differ" if found.more else ""
    return f"{where}: {told}{rest}"


def _aligned(
    mine: Iterator[tuple[Moment, list[Record]]], other: Iterator[tuple[Moment, list[Record]]]
) -> Iterator[tuple[Moment, list[Record], list[Record]]]:
    """Yield the stages of two histories side by side, empty where one has no such stage."""
    here, there = next(mine, None), next(other, None)
    while here or there:
        moment = min(stage[0] for stage in (here, there) if stage)
        records = here[1] if here and here[0] == moment else None
        other_records = there[1] if there and there[0] == moment else None
        yield moment, records or [], other_records or []
        here = here if records is None else next(mine, None)
        there = there if other_records is None else next(other, None)


def _divergence(
    moment: Moment,
    record: str,
    key: RowKey,
    pair: tuple[Row | None, Row | None],
    counts: tuple[int, int],
) -> Divergence:
    mine, other = pair
    if mine is None or other is None:
        row = mine if other is None else other
        says = ", ".join(f"{name} {_short(value)}" for name, value in list((row or {}).items())[:3])
        values: tuple[tuple[str, Any, Any], ...] = ()
        only_in = "A" if other is None else "B"
    else:
        names = dict.fromkeys([*mine, *other])
        differing = [n for n in names if not _is_same(mine.get(n), other.get(n))]
        values = tuple((n, mine.get(n), other.get(n)) for n in differing)
        only_in, says = None, ""
    agent = None if key[2] == NOBODY else key[2]
    return Divergence(*moment, record, key[1], agent, values, only_in, says, *counts)


def _is_alike(mine: Row | None, other: Row | None) -> bool:
    if mine is None or other is None:
        return mine is other
    return mine.keys() == other.keys() and all(_is_same(mine[n], other[n]) for n in mine)


def _is_same(mine: Any, other: Any) -> bool:
    is_nan = mine != mine and other != other  # NaN stands for itself in columns
    return bool(is_nan or mine == other)


def _short(value: Any) -> str:
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
