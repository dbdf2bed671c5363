"""Replaying a run: everything again from its log, and on demand from its configuration too."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blackboard import (
    BadInput,
    Decided,
    Digest,
    InvalidAction,
    LogDamaged,
    Record,
    RunDirectory,
    read_log,
    read_rounds,
    recount,
    write_tables,
)

from .accounts import Accounts
from .config import make_config, read_config
from .execution import execute
from .model import SwarmModel
from .plan import prepare


@dataclass(slots=True)
class Replay:
    """What a log came to when it was read again."""

    rounds: int = 0
    records: int = 0
    decisions: int = 0
    recounted: int = 0
    digests: list[str] = field(default_factory=list)
    """After round 0 (who joined), 1, 2 ..."""
    last: Decided | None = None
    row: dict[str, Any] = field(default_factory=dict)
    """The world's own numbers of the last round read."""

    @property
    def digest(self) -> str:
        """The digest after the last round read."""
        return self.digests[-1] if self.digests else Digest().hex


def replay(directory: RunDirectory, *, to_round: int | None = None) -> Replay:
    """Read a log again: chain its digest and count its decisions anew.

    Args:
        directory: The run.
        to_round: Stop after this round; None reads all, holds the digest against the summary's
            and writes the derived tables anew.

    Raises:
        BadInput: the run has no log.
        LogDamaged: the log cannot be read, is not what the summary speaks of, or holds a decision
            that its ballots do not bear out.
    """
    if not directory.log.is_file():
        raise BadInput(f"{directory.path} has no events.log: there is nothing to replay")
    found, digest = Replay(), Digest()
    for number, records in read_rounds(directory.log):
        if to_round is not None and number > to_round:
            break
        digest.add(records)
        found.digests.append(digest.close_round().hex())
        found.rounds, found.records = number, found.records + len(records)
        _note(found, records)
    found.recounted = _recount(directory, found)
    if to_round is None:
        _check_summary(directory, found)
        write_tables(directory.log, directory.path)
    return found


def verify(directory: RunDirectory, found: Replay) -> None:
    """Run the configuration again and hold the digest of every round against the log's.

    Raises:
        BadInput: outsiders took part, whose acts only the log knows.
        LogDamaged: the rounds differ, and which is the first.
    """
    summary = directory.read_json("summary.json") or {}
    if summary.get("determinism") == "recorded":
        raise BadInput(
            f"{directory.path}: outsiders took part in this run; its log was counted again, but "
            "executing it again without them would be another run"
        )
    digests: list[str] = []

    def watch(model: SwarmModel, _: Accounts) -> None:
        digests.append(model.leader.digest.hex)

    with tempfile.TemporaryDirectory() as folder:
        values = read_config(directory.path / "config.json")
        values |= {"board": "memory://", "out": Path(folder) / "again", "baseline": None}
        values["rounds"] = min(values["rounds"], found.rounds)
        execute(prepare(make_config(values)), watch=watch)
    for number, (logged, again) in enumerate(zip(found.digests[1:], digests, strict=False), 1):
        if logged != again:
            raise LogDamaged(
                f"round {number} of {directory.path} has the digest {logged[:12]}, executed again "
                f"{again[:12]}: the code, its packages or the processor differ, or the log was "
                "altered"
            )
    if len(digests) != found.rounds:
        raise LogDamaged(
            f"{directory.path} has {found.rounds} rounds, executed again {len(digests)}"
        )


def replay_text(found: Replay, *, is_verified: bool, is_whole: bool) -> str:
    """Return what `swarmboard replay` prints."""
    lines = [
        f"read       {found.rounds:,} rounds, {found.records:,} records, "
        f"{found.decisions:,} decisions",
        f"recounted  {found.recounted:,} decisions from their ballots: all as recorded",
    ]
    if found.row:
        numbers = ", ".join(
            f"{name} {value:.6g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in found.row.items()
            if value is not None
        )
        lines.append(f"last round {numbers}")
    lines.append(f"digest     {found.digest}" + (", as the summary says" if is_whole else ""))
    if is_verified:
        lines.append("verified   executed again: the same digest after every round")
    if is_whole:
        lines.append("written    rounds.parquet, ballots.parquet, decisions.parquet")
    return "\n".join(lines)


def _note(found: Replay, records: Sequence[Record]) -> None:
    for record in records:
        if isinstance(record, Decided):
            found.decisions, found.last = found.decisions + 1, record
        row = getattr(record, "row", None)
        if row is not None and getattr(record, "name", "") == "round":
            found.row = row


def _recount(directory: RunDirectory, found: Replay) -> int:
    """Count decisions anew as far as the rules can be read back, and return how many."""
    counted = 0
    try:
        for logged, again in recount(_until(directory.log, found.rounds)):
            if logged.by in (None, "veto") and again != logged:
                raise LogDamaged(
                    f"the decision on {logged.proposal} is {logged.outcome}, but its ballots come "
                    f"to {again.outcome if again else 'none'}"
                )
            counted += 1
    except InvalidAction:
        return counted  # a rule of the user's own cannot be read back from its name
    return counted


def _until(log: Path, last: int) -> Iterator[Record]:
    return (record for record in read_log(log) if record.round <= last)


def _check_summary(directory: RunDirectory, found: Replay) -> None:
    summary = directory.read_json("summary.json")
    told = summary and summary.get("digest")
    if told and told != found.digest:
        raise LogDamaged(
            f"the log of {directory.path} has the digest {found.digest[:12]}, its summary says "
            f"{told[:12]}: one of the two was altered"
        )
