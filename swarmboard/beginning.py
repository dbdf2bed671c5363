"""Where a run begins: at nothing, or at what its directory holds of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from blackboard import (
    NO_FLOOR,
    Closed,
    Ended,
    Floor,
    Joined,
    Note,
    RunDirectory,
    Script,
    SnapshotDamaged,
    Snapshots,
    SwarmboardError,
    read_rounds,
    segment_ends,
)

_PART_SHAPE: Mapping[str, Any] = {"populations": list}
_SHAPE: Mapping[str, Any] = {
    "position": int,
    "epoch": int,
    "leader": {
        "round": int,
        "stage": int,
        "digest": bytes,
        "recorded": int,
        "replica": {"agents": int},
        "openings": dict,
    },
    "model": {"populations": list, "first": [int], "future": dict, "failures": int},
    "accounts": {"outcomes": dict, "abstentions": dict, "last": [bytes]},
    "spans": [(int, int)],
}
"""What a snapshot has at the least, for one that somebody else wrote to be passed over."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """A run's last usable snapshot, and the log behind it."""

    log_end: int
    """Bytes of the log up to the end of its last whole segment."""
    state: Mapping[str, Any] | None = None
    """What the snapshot holds; None where the log is rehearsed from its first round."""
    parts: Sequence[tuple[range, Any]] = ()
    """What each worker's agents remembered then."""
    damaged: Sequence[Path] = ()
    """Snapshots that were passed over."""
    floor: Floor = NO_FLOOR
    """What the run has reached by its log, from which a server without its data goes on."""
    ended: int = 0
    """The last round whose end the log holds."""

    @property
    def round(self) -> int:
        """The round at whose end the snapshot was taken."""
        return int(self.state["leader"]["round"]) if self.state else 0

    def script(self, log: Path) -> Script | None:
        """Return what the log holds beyond the snapshot; None for a log with nothing in it.

        Where the snapshot is at the log's end, nothing is: the board is made anew all the same.
        """
        start = self.state["position"] if self.state else 0
        return Script(log, start=start) if self.state or self.log_end else None


def find_beginning(directory: RunDirectory, *, at_most: int | None = None) -> Beginning:
    """Find where a run can go on: at its newest snapshot that fits its log.

    Args:
        directory: The run.
        at_most: The last round whose snapshot may be used.

    Raises:
        LogDamaged: the log is damaged before its end, with the position.
    """
    if not directory.log.is_file():
        raise SwarmboardError(
            f"{directory.path} has no events.log any more: without it there is nothing to go on "
            f"from; `swarmboard run --config {directory.path / 'config.json'}` starts it again"
        )
    ends = segment_ends(directory.log)
    end = ends[-1] if ends else 0
    spans = {b: a for a, b in pairwise([0, *ends])}
    snapshots = Snapshots(directory.path / "snapshots")
    for round, state in snapshots.newest(at_most):
        if not _has_shape(state, _SHAPE) or state["leader"]["round"] != round:
            continue
        position = state["position"]
        if position not in spans or not _fits(directory.log, state, spans[position]):
            continue
        try:
            parts = snapshots.read_parts(round)
        except SnapshotDamaged:
            continue
        held = {(span.start, span.stop) for span, part in parts if _has_shape(part, _PART_SHAPE)}
        if len(held) == len(parts) and held.issuperset(state["spans"]):
            own = [
                (span, part) for span, part in parts if (span.start, span.stop) in state["spans"]
            ]
            reached = _reached(directory.log, position, state)
            return Beginning(end, state, own, snapshots.damaged, *reached)
    floor, ended = _reached(directory.log, 0, None)
    return Beginning(end, damaged=snapshots.damaged, floor=floor, ended=ended)


def discard_void(directory: RunDirectory, beginning: Beginning) -> None:
    """Remove what was kept of rounds that the log does not hold: they come again."""
    Snapshots(directory.path / "snapshots").discard_after(beginning.ended)


def snapshot_of(model: Any, accounts: Any, position: int) -> dict[str, Any]:
    """Return everything that a run's next round depends on, as plain values.

    Raises:
        NotPlain: an agent or the world remembers more than plain values; names it.
    """
    leader = model.leader
    return {
        "position": position,
        "epoch": leader.epoch,
        "leader": leader.state(),
        "model": model.state(),
        "accounts": accounts.state(),
        "spans": [(span.start, span.stop) for span in (model.crew.spans if model.crew else ())],
    }


def _reached(log: Path, start: int, state: Mapping[str, Any] | None) -> tuple[Floor, int]:
    """Return what the log says was reached, and the last round that has ended."""
    epoch, revision, agents, ended = 1, 0, 0, 0
    if state:
        leader = state["leader"]
        ended = leader["round"]
        epoch, revision = state["epoch"], leader["recorded"]
        agents = leader["replica"]["agents"]
    for _, records in read_rounds(log, start=start):
        for record in records:
            match record:
                case Joined(first=first, count=count):
                    agents = max(agents, first + count)
                case Closed(revision=read):
                    revision = max(revision, read)
                case Note(name="resumed", detail=detail):
                    epoch = max(epoch, detail["epoch"])
                case Ended(round=round):
                    ended = round
    return Floor(epoch, revision, agents), ended


def _has_shape(value: Any, shape: Any) -> bool:
    """Say whether a value is of a type, or has the keys or parts of a shape."""
    match shape:
        case type():
            return type(value) is shape
        case Mapping():
            return type(value) is dict and all(
                key in value and _has_shape(value[key], part) for key, part in shape.items()
            )
        case [part]:
            return type(value) is list and all(_has_shape(each, part) for each in value)
    return type(value) is tuple and len(value) == len(shape) and all(map(_has_shape, value, shape))


def _fits(log: Path, state: Mapping[str, Any], start: int) -> bool:
    """Say whether the segment that ends where a snapshot was taken ends in the same digest."""
    _, records = next(iter(read_rounds(log, start=start)))
    last = records[-1]
    leader = state["leader"]
    return (
        isinstance(last, Ended)
        and last.round == leader["round"]
        and last.digest == leader["digest"]
    )
