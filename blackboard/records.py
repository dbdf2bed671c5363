"""Events as they stand in the log: one immutable record of each change, and its bytes.

A record is a msgpack array: tag, class, round, stage, then its own fields. Its bytes are
framed by their length (u32, little endian); docs/digest.md is the page for outside readers.
Columns are raw little-endian arrays in ascending agent order.
"""

import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from .errors import InvalidAction
from .writes import Link

type EventClass = Literal["outcome", "input", "operational"]
OUTCOME: EventClass = "outcome"
INPUT: EventClass = "input"
OPERATIONAL: EventClass = "operational"

NO_DEADLINE = 2**31 - 1
"""Where proposals stay open until their ballots decide them."""

ARRAY_TYPES = {1: "<f8", 2: "<f4", 3: "<i8"}
"""msgpack extension codes of one-dimensional arrays: the type of their raw bytes."""


class Record(
    msgspec.Struct,
    frozen=True,
    array_like=True,
    gc=False,
    tag_field="type",
    tag=lambda name: name.lower(),
):
    """What every record begins with."""

    rank: ClassVar[int] = 0
    """Canonical order of record types within a stage."""
    event_class: EventClass
    round: int
    stage: int


class Instant(Record, frozen=True):
    """The moment of simulated time that this round is; only event-driven runs have it."""

    rank: ClassVar[int] = 1
    at_s: float
    """Simulated seconds since the run began."""


class Joined(Record, frozen=True):
    """Agents `first` to `first + count - 1` joined in a role; `names` may be empty."""

    rank: ClassVar[int] = 10
    role: str
    first: int
    count: int
    names: tuple[str, ...] = ()
    votes: bool = True


class Electorate(Record, frozen=True):
    """A fixed set of voters, named so that proposals can refer to it."""

    rank: ClassVar[int] = 11
    name: str
    agents: bytes
    """Seats in ascending agent order, as `u4` packs them."""
    weights: bytes = b""
    """`<i8` per seat; empty means 1 each."""


class Opened(Record, frozen=True):
    """A proposal opened; all its terms are fixed here."""

    rank: ClassVar[int] = 20
    proposal: str
    options: tuple[str, ...]
    electorate: str
    """Its name, or `panel 5`: so many seats, filled by granted claims of the proposal; with
    `panel 5 without 3,7` these agents may have none."""
    rule: str
    deadline_round: int
    """The last round in which it takes ballots; `NO_DEADLINE` in event-driven runs."""
    sealed: bool
    payload: dict[str, Any]
    impact: float | None = None


class Posts(Record, frozen=True):
    """Entries of one columnar kind: one number per column and agent."""

    rank: ClassVar[int] = 30
    kind: str
    layer: str
    agents: bytes
    """Ascending, as `u4` packs them."""
    seqs: bytes
    """`<u2` per row; empty means all 0."""
    columns: dict[str, bytes]
    """Name to `<f8`."""


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One contribution with a free payload."""

    agent: int
    seq: int
    kind: str
    layer: str
    payload: dict[str, Any]
    reasons: tuple[str, ...] = ()
    confidence: float = 1.0
    links: tuple[Link, ...] = ()
    to: int | None = None


class Entries(Record, frozen=True):
    """Entries with free payloads, in (agent, seq) order."""

    rank: ClassVar[int] = 31
    entries: tuple[Entry, ...]


class Ballots(Record, frozen=True):
    """The ballots of one proposal in one voting round, one byte a seat of its electorate."""

    rank: ClassVar[int] = 40
    proposal: str
    choices: bytes
    """Option index, 254 cast abstention, 255 no ballot."""
    confidence: bytes = b""
    """`<f8` per seat; empty means 1 each."""
    numbers: bytes = b""
    """Numeric reasons, `<f8` per seat, NaN for none; empty means no seat gave one."""
    texts: tuple[str, ...] = ()
    """Reasons in words per seat; empty means no seat gave one."""


class Abstained(Record, frozen=True):
    """Agents that acted in no way for a cause; `proposal` is None outside a vote."""

    rank: ClassVar[int] = 41
    proposal: str | None
    cause: str
    agents: bytes
    """Ascending, as `u4` packs them."""

    @property
    def members(self) -> NDArray[np.uint32]:
        """Who abstained, ascending."""
        return indices(self.agents)


class Requested(Record, frozen=True):
    """A contended act an agent asks for; the close grants or refuses it."""

    rank: ClassVar[int] = 42
    agent: int
    seq: int
    act: Literal["claim", "release", "set", "leave"]
    key: str = ""
    value: Any = None
    expected: int | None = None
    lease_rounds: int | float = 0
    """In event-driven runs simulated seconds."""


class Replied(Record, frozen=True):
    """What finally came of a question that agents had asked of a model, or of code (input)."""

    rank: ClassVar[int] = 43
    agents: bytes
    """Whose question it was, ascending, as `u4` packs them; several where they share an answer."""
    text: str
    """The checked answer as JSON; empty where there is none."""
    cause: str | None = None
    """Why there is no answer."""
    detail: str = ""

    @property
    def members(self) -> NDArray[np.uint32]:
        """Whose question it was, ascending."""
        return indices(self.agents)


class Closed(Record, frozen=True):
    """A stage ended: what was committed in it counts from here (operational)."""

    rank: ClassVar[int] = 50
    counts: bool
    """Whether it ended a voting round, in which every open proposal takes fresh ballots."""
    late: tuple[str, ...] = ()
    """Workers whose commits came too late and count for nothing."""
    revision: int = 0
    """The last write of the board that this close had read."""


class Granted(Record, frozen=True):
    """What became of a contended act. A field's revision counts its writes."""

    rank: ClassVar[int] = 60
    agent: int
    act: str
    key: str
    value: Any = None
    revision: int = 0
    until_round: int | float = 0
    """The last round of a lease; in event-driven runs its end in simulated seconds."""
    granted: bool = True


class Left(Record, frozen=True):
    """Agents that take no further part, and why."""

    rank: ClassVar[int] = 61
    agents: bytes
    cause: str


class Decided(Record, frozen=True):
    """The one outcome of a proposal, with the tally it was decided on."""

    rank: ClassVar[int] = 70
    proposal: str
    outcome: str
    option: str | None
    weights: dict[str, int]
    """Weight cast for each option."""
    abstained: int
    """Weight of the cast abstentions."""
    eligible: int
    """Weight of the electorate."""
    eligible_agents: int
    gate: str | None = None
    """The gate that was shut although the rule accepted."""
    by: str | None = None
    """The person or role that decided, where the rule did not."""


class Answered(Record, frozen=True):
    """A person's word on a proposal (input); without `by`, nobody's within the time given."""

    rank: ClassVar[int] = 71
    proposal: str
    answer: Literal["approve", "veto"]
    by: str | None
    reason: str = ""


class Command(Record, frozen=True):
    """A person's hand on the run: pause, step, unpause or stop (operational)."""

    rank: ClassVar[int] = 72
    act: Literal["pause", "step", "unpause", "stop"]
    by: str
    reason: str = ""


class World(Record, frozen=True):
    """A row the scenario's world wrote: its own account of what happened."""

    rank: ClassVar[int] = 80
    name: str
    row: dict[str, Any]


class Display(Record, frozen=True):
    """What the scenario publishes to be drawn (operational: never part of the digest)."""

    rank: ClassVar[int] = 90
    name: str
    payload: dict[str, Any]


class Note(Record, frozen=True):
    """Something operational: status, epoch, restart, timing, a traceback."""

    rank: ClassVar[int] = 91
    name: str
    detail: dict[str, Any]


class Ended(Record, frozen=True):
    """A round ended (operational): the digest up to and including it."""

    rank: ClassVar[int] = 92
    digest: bytes


type AnyRecord = (
    Instant
    | Joined
    | Electorate
    | Opened
    | Posts
    | Entries
    | Ballots
    | Abstained
    | Requested
    | Replied
    | Closed
    | Granted
    | Left
    | Decided
    | Answered
    | Command
    | World
    | Display
    | Note
    | Ended
)

_LENGTH = struct.Struct("<I")
_RANGE = struct.Struct("<cII")


def _encode_array(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "fiub":
        code = 3 if value.dtype.kind in "iub" else 2 if value.itemsize == 4 else 1
        return msgspec.msgpack.Ext(code, value.astype(ARRAY_TYPES[code], copy=False).tobytes())
    if isinstance(value, np.generic):
        return value.item()
    shape = f" of shape {value.shape} and {value.dtype}" if isinstance(value, np.ndarray) else ""
    raise TypeError(f"cannot store a {type(value).__name__}{shape} on the board: {value!r:.80}")


def _decode_array(code: int, data: memoryview) -> NDArray[Any]:
    if code not in ARRAY_TYPES:
        raise ValueError(f"unknown msgpack extension {code}")
    return np.frombuffer(bytes(data), ARRAY_TYPES[code])


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_encode_array)
_PLAIN_ENCODER = msgspec.msgpack.Encoder(enc_hook=_encode_array, order="deterministic")
_PLAIN_DECODER = msgspec.msgpack.Decoder(dict[str, Any], ext_hook=_decode_array)
_DECODER: msgspec.msgpack.Decoder[AnyRecord] = msgspec.msgpack.Decoder(
    AnyRecord, ext_hook=_decode_array
)


def encode(record: Record) -> bytes:
    """Return the canonical bytes of a record, without its frame."""
    return _ENCODER.encode(record)


def decode(data: bytes | memoryview) -> AnyRecord:
    """Return the record that `encode` made these bytes of."""
    return _DECODER.decode(data)


def checked[T: (Entry, Requested)](written: T) -> T:
    """Return what an agent wrote as a reader of the log will see it.

    Raises:
        ValueError: a field has another type than the log can be read back with.
    """
    return msgspec.msgpack.decode(
        _ENCODER.encode(written), type=type(written), ext_hook=_decode_array
    )


def plain(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payload as its readers will see it: plain values and arrays, keys in order.

    What an agent changes in its own afterwards, or the order of a set, reaches no record.

    Raises:
        InvalidAction: a value that cannot be stored, a number that is not finite, or a key that
            is no string.
    """
    try:
        stored = _PLAIN_DECODER.decode(_PLAIN_ENCODER.encode(dict(payload)))
        wild = [name for name, value in stored.items() if not _is_finite(value)]
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidAction(f"a payload cannot be stored: {error}") from error
    if wild:
        raise InvalidAction(
            f"a payload cannot be stored: {wild[0]!r} has a number that is not finite; give None "
            "where there is none"
        )
    return stored


def _is_finite(value: Any) -> bool:
    """Say whether all numbers in a value are finite, however deep: JSON has no others."""
    match value:
        case float():
            return math.isfinite(value)
        case np.ndarray():
            return bool(np.isfinite(value).all())
        case list():
            return all(map(_is_finite, value))
        case dict():
            return all(map(_is_finite, value.values()))
        case _:
            return True


def frame(encoded: Iterable[bytes]) -> bytes:
    """Join the bytes of records, each behind its length."""
    return b"".join([part for body in encoded for part in (_LENGTH.pack(len(body)), body)])


def bodies(framed: bytes | memoryview) -> Iterator[memoryview]:
    """Yield the bytes of each record of a framed block."""
    view, at = memoryview(framed), 0
    while at < len(view):
        (length,) = _LENGTH.unpack_from(view, at)
        yield view[at + 4 : at + 4 + length]
        at += 4 + length


def unframe(framed: bytes | memoryview) -> list[AnyRecord]:
    """Decode all records of a framed block."""
    return [_DECODER.decode(body) for body in bodies(framed)]


def entry_id(round: int, stage: int, agent: int, seq: int) -> str:
    """Name an entry by where it stands: `round.stage.agent.seq`."""
    return f"{round}.{stage}.{agent}.{seq}"


def u4(agents: Iterable[int] | NDArray[Any]) -> bytes:
    """Pack agent indices as a record stores them.

    Three or more neighbours are nine bytes (`r`, the first, how many), which spares a large
    population a fifth of its bytes; all else is four bytes each.
    """
    values = np.asarray(agents if isinstance(agents, np.ndarray) else list(agents), "<u4")
    count = len(values)
    is_range = count > 2 and int(values[-1]) - int(values[0]) == count - 1
    if is_range and (values[1:] > values[:-1]).all():
        return _RANGE.pack(b"r", int(values[0]), count)
    return values.tobytes()


def indices(packed: bytes) -> NDArray[np.uint32]:
    """Unpack agent indices."""
    if len(packed) == _RANGE.size:
        _, first, count = _RANGE.unpack(packed)
        return np.arange(first, first + count, dtype="<u4")
    return np.frombuffer(packed, "<u4")
