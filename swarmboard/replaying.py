"""Replaying a run: everything again from its log, and on demand from its configuration too."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from blackboard import (
    Answered,
    BadInput,
    Decided,
    Digest,
    Ended,
    Instant,
    InvalidAction,
    LogDamaged,
    Record,
    RunDirectory,
    read_log,
    read_rounds,
    recount,
    write_tables,
)

from .config import make_config, read_config
from .lengths import seconds_text
from .measures import Measures, check_measures
from .plan import Plan, prepare
from .provenance import check_unchanged
from .reaching import is_led
from .rehearsal import Rehearsed, rehearse
from .summary import summarise

ANSWERS_SHOWN = 10
"""The latest answers of people that are named."""


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
    answers: list[Answered] = field(default_factory=list)
    """What people said of proposals, or that nobody did in time."""
    torn_records: int = 0
    """Records of a last round that was broken off; they count for nothing here."""
    is_running: bool = False
    """Whether a process runs the run: the log may have grown since, and nothing is written."""
    measures: Measures = field(default_factory=Measures)
    """What the rounds read were folded into."""
    row: dict[str, Any] = field(default_factory=dict)
    """The world's own numbers of the last round read."""

    now_s: float | None = None
    """Simulated seconds at the last instant read; None in runs that count rounds."""

    @property
    def turn(self) -> str:
        """What people call its rounds."""
        return "round" if self.now_s is None else "instant"

    @property
    def digest(self) -> str:
        """The digest after the last round read."""
        return self.digests[-1] if self.digests else Digest().hex


def replay(directory: RunDirectory, *, to_round: int | None = None) -> Replay:
    """Read a log again: chain its digest and count its decisions anew.

    Args:
        directory: The run.
        to_round: Stop after this round; None reads all, holds the digest against the summary's
            and writes the derived tables anew, unless another process runs the run.

    Raises:
        BadInput: the run has no log.
        LogDamaged: the log cannot be read, is not what the summary speaks of, or holds a decision
            that its ballots do not bear out.
    """
    if not directory.log.is_file():
        raise BadInput(f"{directory.path} has no events.log: there is nothing to replay")
    found, digest = Replay(is_running=is_led(directory)), Digest()
    for number, records in read_rounds(directory.log):
        if to_round is not None and number > to_round:
            break
        if not any(isinstance(record, Ended) for record in records):
            found.torn_records = len(records)
            break
        digest.add(records)
        found.digests.append(digest.close_round().hex())
        found.rounds, found.records = number, found.records + len(records)
        _note(found, records)
        found.measures.take(records)
        _check_digest(directory, records, digest)
    if to_round is not None and to_round > found.rounds:
        raise BadInput(
            f"--to-round {to_round}: the log of {directory.path} ends with {found.turn} "
            f"{found.rounds}"
        )
    found.recounted = _recount(directory, found)
    if to_round is None and not found.is_running:
        _check_summary(directory, found)
        write_tables(directory.log, directory.path)
    return found


def verify(
    directory: RunDirectory,
    found: Replay,
    *,
    to_round: int | None = None,
    plan: Plan | None = None,
) -> Rehearsed:
    """Execute the run again, with the inputs of its log, and hold every record against it.

    Args:
        directory: The run; its configuration and its log are all that is needed.
        found: What `replay` read.
        to_round: Stop after this round; None goes to the end of the log.
        plan: The run's plan, where its configuration alone does not say it.

    Raises:
        BadInput: the run's scenario or rule cannot be found from its configuration.
        Diverged: something else came out, with the first difference.
        LogDamaged: the rounds or the digest differ.
    """
    check_unchanged(directory)
    plan = plan or prepare(make_config(read_config(directory.path / "config.json")))
    # Who joined is round 0, which ends where the first round begins.
    rehearsed = rehearse(plan, directory, to_round=1 if to_round == 0 else to_round)
    leader = rehearsed.leader
    if to_round != 0 and (leader.rounds_ended, leader.digest.hex) != (found.rounds, found.digest):
        raise LogDamaged(
            f"{directory.path} has {found.rounds} {found.turn}s and the digest "
            f"{found.digest[:12]}, "
            f"executed again {leader.rounds_ended} and {leader.digest.hex[:12]}"
        )
    return rehearsed


def rebuild(directory: RunDirectory, rehearsed: Rehearsed) -> list[str]:
    """Write the scenario's tables anew, and the summary of a finished run that has none.

    Returns the names of what was written.
    """
    tables = rehearsed.model.world.tables()
    for name, columns in tables.items():
        directory.write_result(name, columns)
    written = [f"results/{name}" for name in tables]
    if rehearsed.is_ended and directory.read_json("summary.json") is None:
        summary = summarise(rehearsed.plan, directory, rehearsed.model, rehearsed.accounts, "done")
        directory.write_json("summary.json", summary)
        written.append("summary.json")
    return written


def report(
    directory: RunDirectory, *, to_round: int | None = None, must_verify: bool = False
) -> str:
    """Read a run again, execute it again where that is possible, and say what came of both.

    Writes the derived tables anew, the scenario's among them, unless it stops before the end or
    another process runs the run.

    Args:
        directory: The run.
        to_round: Stop after this round.
        must_verify: Raise what went wrong in executing it again, instead of saying it.
    """
    found = replay(directory, to_round=to_round)
    turn = found.turn
    counts = f"{found.rounds:,} {turn}s, {found.records:,} records, {found.decisions:,} decisions"
    if found.now_s is not None:
        counts += f", {seconds_text(found.now_s)} simulated seconds"
    if found.is_running and to_round is None:
        to_round = found.rounds  # the log goes on growing: what comes behind is not read
        counts += f" (running: as of {turn} {found.rounds:,})"
    rows = [
        ("read", counts),
        ("recounted", f"{found.recounted:,} decisions from their ballots: all as recorded"),
    ]
    rows += [("answered", _answer(answer)) for answer in found.answers[-ANSWERS_SHOWN:]]
    if found.torn_records and not found.is_running:
        torn = f"{found.torn_records:,} records of a {turn} that has not ended"
        rows.append(("broken off", torn.replace("a instant", "an instant")))
    if found.row:
        rows.append(("last round" if turn == "round" else "last row", _numbers(found.row)))
    is_whole = to_round is None
    derived = [f"{name}.parquet" for name in ("rounds", "ballots", "decisions", "entries")]
    written = [name for name in derived if is_whole and (directory.path / name).exists()]
    try:
        rehearsed = verify(directory, found, to_round=to_round)
    except (BadInput, LogDamaged) as error:
        if must_verify:
            raise
        rows.append(("executed", f"not again: {error}"))
    else:
        rows.append(("executed", f"again, with the same records in every {turn}"))
        if metrics := rehearsed.model.world.metrics():
            rows.append(("metrics", _numbers(metrics)))
        if is_whole:
            written += rebuild(directory, rehearsed)
            rows += _measured(directory, found, rehearsed)
    says = is_whole and directory.read_json("summary.json") is not None
    rows.append(("digest", found.digest + (", as the summary says" if says else "")))
    if written:
        rows.append(("written", ", ".join(written)))
    return "\n".join(f"{name:<10} {text}" for name, text in rows)


def _measured(
    directory: RunDirectory, found: Replay, rehearsed: Rehearsed
) -> list[tuple[str, str]]:
    """Hold the summary's measures against those of the log, and say how many are right."""
    summary = directory.read_json("summary.json")
    if summary is None:
        return []
    truths = rehearsed.model.world.truths()
    count = check_measures(summary, found.measures, directory, truths=truths)
    return [("measured", f"{count} measures, all as the summary says")] if count else []


def _answer(answer: Answered) -> str:
    verb = {"approve": "approved", "veto": "vetoed"}[answer.answer]
    reason = f": {answer.reason}" if answer.reason else ""
    return f"{answer.proposal} {verb} by {answer.by or 'nobody in time'}{reason}"


def _numbers(row: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {value:.6g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in row.items()
        if value is not None
    )


def _note(found: Replay, records: Sequence[Record]) -> None:
    for record in records:
        if isinstance(record, Decided):
            found.decisions, found.last = found.decisions + 1, record
        elif isinstance(record, Answered):
            found.answers.append(record)
        elif isinstance(record, Instant):
            found.now_s = record.at_s
        row = getattr(record, "row", None)
        if row is not None and getattr(record, "name", "") == "round":
            found.row = row


def _recount(directory: RunDirectory, found: Replay) -> int:
    """Count decisions anew as far as the rules can be read back, and return how many."""
    counted = 0
    try:
        for logged, again in recount(_until(directory.log, found.rounds)):
            is_overruled = logged.outcome == "vetoed" and logged.by not in (None, "veto")
            if not is_overruled and (again is None or replace(again, by=logged.by) != logged):
                raise LogDamaged(
                    f"the decision on {logged.proposal} is {logged.outcome}, but its ballots come "
                    f"to {again.outcome if again else 'none'}"
                )
            counted += 1
    except InvalidAction:
        return counted  # a rule of the user's own cannot be read back from its name
    return counted


def _check_digest(directory: RunDirectory, records: Sequence[Record], digest: Digest) -> None:
    """Hold the digest of a round against what the log itself says of it."""
    for record in records:
        if isinstance(record, Ended) and record.digest != digest.value:
            raise LogDamaged(
                f"round {record.round} of {directory.log} has the digest {digest.hex[:12]}, but "
                f"says {record.digest.hex()[:12]}: the log was altered"
            )


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
