"""Forking a run: a child that shares its parent's history up to a round, and differs from there."""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from agents import Hook, copy_rounds
from blackboard import (
    MAGIC,
    BadInput,
    Ended,
    EventLog,
    Instant,
    Rule,
    RunDirectory,
    RunLock,
    SnapshotDamaged,
    Snapshots,
    SwarmboardError,
    bodies,
    decode,
    read_segments,
    segment_ends,
)
from scenarios import Scenario

from .beginning import find_beginning
from .config import RUN_SETTINGS, Fork, check_options, make_config, read_config
from .desk import RECORDING
from .execution import carry_out, take_new
from .ongoing import Run, Tell, Watch
from .plan import Plan, prepare
from .provenance import check_unchanged
from .result import Result
from .roster import check_shareable
from .stop import Stop

CHANGEABLE_SETTINGS = ("approval_above", "approval_s", "snapshot_every", "rounds")
"""What of the run itself a fork may change."""


def fork(
    directory: RunDirectory,
    *,
    at_round: int,
    changes: Mapping[str, Any],
    out: Path | None = None,
    watch: Watch | None = None,
    tell: Tell = lambda line: None,
    kind: type[Scenario] | None = None,
    rule: Rule | None = None,
    hooks: Sequence[Hook] = (),
) -> Result:
    """Start a child of a run from the end of a round, with other options from there on.

    The child's log begins with its parent's, so that its digest is chained from the parent's and
    it can be replayed from its own directory.

    Args:
        directory: The parent; it may be running.
        at_round: The last round that both have in common; 0 is before the first.
        changes: Options by name, of those that the scenario lets a fork change.
        out: The child's directory; None means `runs/<run id>`.
        watch: Called with the model and the accounts after each round.
        tell: Told what people have to know.
        kind: The scenario's class, where it was given as one.
        rule: The run's rule, where it is a function of the user's own.
        hooks: Told of each call to a model as it begins and ends.

    Raises:
        BadInput: the parent has no such round, or an option cannot be changed; nothing is left.
    """
    if kind is None:
        check_shareable(directory)
    check_unchanged(directory)
    values = read_config(directory.path / "config.json")
    past = _past(directory, at_round)
    parent = prepare(make_config(values), rule=rule, kind=kind)
    settings = {name: changes[name] for name in changes if name in CHANGEABLE_SETTINGS}
    options = {name: changes[name] for name in changes if name not in CHANGEABLE_SETTINGS}
    options = _checked(parent, options)
    rounds = str(settings.get("rounds", ""))
    if rounds.isdigit() and int(rounds) < at_round:
        raise BadInput(
            f"--set rounds={rounds}: the fork has {at_round} {parent.turn}s already; give at least "
            "that"
        )
    point = Fork(
        parent=directory.run_id, at_round=at_round, digest=past.digest.hex(), options=options
    )
    earlier = [f.model_dump(mode="json") for f in parent.config.forks if f.at_round <= at_round]
    values |= settings | {"forks": [*earlier, point.model_dump(mode="json")], "baseline": None}
    plan = prepare(make_config(values | {"out": out}), rule=rule, kind=kind)
    child = RunDirectory.create(out)
    with Stop() as stop, RunLock(child.lock) as lock:
        take_new(child, lock)
        try:
            _copy(directory, child, past, at_round)
            child.write_json("config.json", plan.as_config(child.run_id))
        except (OSError, SwarmboardError):
            child.discard()
            raise
        beginning = find_beginning(child)
        return carry_out(
            Run(plan, child, stop, lock, watch, tell, beginning=beginning, hooks=hooks)
        )


@dataclass(frozen=True, slots=True)
class _Past:
    """A log up to the end of a round."""

    whole: int
    """Bytes of the log whose segments belong to it as they are."""
    rest: Sequence[bytes]
    """The encoded records of the segment behind these that belong to it too."""
    digest: bytes


def _past(directory: RunDirectory, round: int) -> _Past:
    """Return what a log holds up to the end of a round."""
    if not directory.log.is_file():
        raise BadInput(f"{directory.path} has no events.log: there is nothing to fork")
    last, turn = -1, "round"
    ends = [len(MAGIC), *segment_ends(directory.log)]
    for (start, end), segment in zip(pairwise(ends), read_segments(directory.log), strict=False):
        encoded = list(bodies(segment))
        for count, body in enumerate(encoded, 1):
            record = decode(body)
            if isinstance(record, Instant):
                turn = "instant"
            if not isinstance(record, Ended):
                continue
            last = record.round
            if last == round:
                is_whole = count == len(encoded)
                rest = [] if is_whole else [bytes(one) for one in encoded[:count]]
                return _Past(end if is_whole else start, rest, record.digest)
    raise BadInput(
        f"--at-round {round}: the log of {directory.path} ends with {turn} {max(last, 0)}; name "
        "one from 0 to that"
    )


def _checked(parent: Plan, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changed options, checked like all options are."""
    kind = parent.scenario
    for name in changes:
        if name in RUN_SETTINGS or name not in kind.changeable:
            allowed = ", ".join((*kind.changeable, *CHANGEABLE_SETTINGS))
            raise BadInput(
                f"--set {name}: a fork of {kind.name} can change {allowed}; for anything else "
                "start a new run"
            )
    before = parent.setup.options.model_dump()
    after = check_options(kind, {**before, **changes}).model_dump(mode="json")
    return {name: after[name] for name in changes}


def _copy(parent: RunDirectory, child: RunDirectory, past: _Past, at_round: int) -> None:
    """Give the child its parent's log up to a round, and the snapshots from before.

    A parent that runs thins its snapshots out meanwhile: what is gone is not missed.
    """
    with parent.log.open("rb") as source, child.log.open("xb") as target:
        target.write(source.read(past.whole))
    if past.rest:
        with EventLog(child.log, at=past.whole) as log:
            log.append(past.rest)
    if (parent.path / RECORDING).exists():
        copy_rounds(parent.path / RECORDING, child.path / RECORDING, at_round)
    snapshots = Snapshots(child.path / "snapshots")
    snapshots.path.mkdir(exist_ok=True)
    folder = parent.path / "snapshots"
    for round in Snapshots(folder).rounds():
        if round <= at_round:
            for kind in ("snap", "*.part"):
                for path in folder.glob(f"{round:08d}.{kind}"):
                    with suppress(FileNotFoundError):
                        shutil.copy2(path, snapshots.path / path.name)
            if not _is_whole(snapshots, round):
                for path in snapshots.path.glob(f"{round:08d}.*"):
                    path.unlink()


def _is_whole(snapshots: Snapshots, round: int) -> bool:
    """Say whether a snapshot was copied with the parts of all its workers."""
    try:
        spans = {tuple(span) for span in snapshots.read(round)["spans"]}
        return spans <= {(span.start, span.stop) for span, _ in snapshots.read_parts(round)}
    except (SnapshotDamaged, TypeError, KeyError):
        return False
