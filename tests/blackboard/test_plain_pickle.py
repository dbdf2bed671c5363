"""A forged snapshot reaches no memory but its own, and takes no more of it than it brings."""

import io
import json
import pickle
import struct
import subprocess
import sys
import zlib
from collections import Counter, OrderedDict, defaultdict, deque
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from blackboard import NotPlain, SnapshotDamaged, pack, plain_copy, unpack
from blackboard import snapshots as module
from blackboard.plain_values import (
    make_array,
    make_complex,
    make_default,
    make_deque,
    make_dtype,
    make_octets,
    make_range,
    make_scalar,
    make_slice,
    make_text,
)

MEMORY_BYTES = 2 << 30


class Call:
    """Pickles as the call of anything, then as what is done with its result."""

    def __init__(self, called: Any, *args: Any, state: Any = None) -> None:
        self.reduced = (called, args) if state is None else (called, args, state)

    def __reduce__(self) -> Any:
        return self.reduced


def forged(value: Any) -> bytes:
    return pickle.dumps(value, protocol=5)


def coded(*parts: bytes) -> bytes:
    return b"".join((*parts, pickle.STOP))


def taken(value: Any) -> bytes:
    """Return the codes that put a value on the stack, and number nothing."""
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, 5)
    pickler.fast = True
    pickler.dump(value)
    raw = stream.getvalue()[2:-1]
    return raw[9:] if raw.startswith(pickle.FRAME) else raw


def named(maker: Any) -> bytes:
    return taken(maker.__module__) + taken(maker.__name__) + pickle.STACK_GLOBAL


def doubled(times: int) -> bytes:
    """Return a list that takes itself into itself, so many times."""
    onto = pickle.BINGET + b"\0" + pickle.BINGET + b"\1" + pickle.BINGET + b"\0" + pickle.SETITEM
    return coded(
        *(pickle.EMPTY_LIST, pickle.MEMOIZE, pickle.NONE, pickle.APPEND),
        *(named(make_slice), taken((0, 0, None)), pickle.REDUCE, pickle.MEMOIZE, pickle.POP),
        *(onto * times, pickle.POP * times),
    )


def broad(before: bytes, behind: bytes) -> bytes:
    """Return a pair whose halves are one pair, whose halves are one pair, sixty times."""
    pairs = (pickle.MEMOIZE + pickle.BINGET + bytes([n]) + pickle.TUPLE2 for n in range(60))
    return coded(before, pickle.EMPTY_TUPLE, *pairs, behind)


DEEP = pickle.EMPTY_TUPLE + pickle.TUPLE1 * 500_000


def nested(maker: Any, *args: Any) -> bytes:
    """Return 300,000 deques or dicts, each in the one before."""
    new = pickle.BINGET + b"\0" + pickle.BINGET + b"\1" + pickle.REDUCE
    is_deque = maker is make_deque
    into = pickle.APPEND if is_deque else pickle.SETITEM
    key = b"" if is_deque else pickle.NONE
    return coded(
        *(named(maker), pickle.MEMOIZE, pickle.POP, taken(args), pickle.MEMOIZE, pickle.POP),
        *(((new + key) * 300_000), new, into * 300_000),
    )


def late_chain() -> bytes:
    """Return deques that were put into one another while they were empty, the outermost first."""
    count = 150_000
    new = pickle.BINGET + b"\0" + pickle.BINGET + b"\1" + pickle.REDUCE + pickle.MEMOIZE
    got = [pickle.LONG_BINGET + struct.pack("<I", 2 + place) for place in range(count)]
    return coded(
        *(named(make_deque), pickle.MEMOIZE, pickle.POP, taken((None,)), pickle.MEMOIZE),
        *(pickle.POP, (new + pickle.POP) * count),
        *(outer + inner + pickle.APPEND + pickle.POP for outer, inner in pairwise(got)),
        got[0],
    )


def copies(maker: Any, *args: Any) -> bytes:
    """Return a list of what a maker makes of the same, again and again."""
    made = pickle.BINGET + b"\0" + pickle.BINGET + b"\1" + pickle.REDUCE
    return coded(
        *(named(maker), pickle.MEMOIZE, pickle.POP, taken(args), pickle.MEMOIZE, pickle.POP),
        *(pickle.EMPTY_LIST, pickle.MARK, made * 100_000, pickle.APPENDS),
    )


POINTERS = struct.pack("<Q", 0x4141414141414140)
FROM_BUFFER = np.empty(0).__reduce_ex__(5)[0]
AS_OBJECTS = (3, "|", None, ("a",), {"a": (np.dtype("O"), 0)}, 8, 1, 0)
ENDLESS = Call(make_range, 0, 10**12, 1)
HUGE = struct.pack("<Q", 1 << 40)
FORGED = {
    "numpys own maker": forged(
        Call(FROM_BUFFER, POINTERS, Call(np.dtype, "V8", state=AS_OBJECTS), (1,), "C")
    ),
    "numpys own array": forged(np.array([1.0])),
    "a long list": forged(Call(list, range(10**12))),
    "long bytes": forged(Call(bytearray, 10**12)),
    "objects": forged(Call(make_array, "|O8", (1,), False, POINTERS)),
    "objects by another name": forged(Call(make_array, "O", (1,), False, POINTERS)),
    "an object as a scalar": forged(Call(make_scalar, "|O8", POINTERS)),
    "an object as a type": forged(Call(make_dtype, "|O8")),
    "an object as a field": forged(
        Call(make_array, (("a",), ("|O8",), (0,), 8), (1,), False, POINTERS)
    ),
    "an object within fields": forged(Call(make_dtype, (("a",), ("O,O",), (0,), 16))),
    "a field outside": forged(
        Call(make_array, (("a",), ("<f8",), (64,), 8), (1,), False, POINTERS)
    ),
    "a field before": forged(Call(make_array, (("a",), ("<f8",), (-8,), 8), (1,), False, POINTERS)),
    "fields without end": forged(Call(make_dtype, (ENDLESS, ("<f8",), (0,), 8))),
    "no fields": forged(Call(make_array, ((), (), (), 0), (10**12,), False, b"")),
    "bytes of no type": forged(Call(make_array, "|V8", (1,), False, POINTERS)),
    "texts of no length": forged(Call(make_array, "<U0", (10**12,), False, b"")),
    "texts without end": forged(Call(make_array, "<U99999999", (0,), False, b"")),
    "more than there is": forged(Call(make_array, "<f8", (2,), False, POINTERS)),
    "less than there is": forged(Call(make_array, "<f4", (1,), False, POINTERS)),
    "far more than there is": forged(Call(make_array, "<f8", (10**12,), False, POINTERS)),
    "negative lengths": forged(Call(make_array, "<f8", (-1, -1), False, POINTERS)),
    "a length that overflows": forged(Call(make_array, "<f8", (2**32, 2**32, 0), False, b"")),
    "a shape without end": forged(Call(make_array, "<f8", ENDLESS, False, b"")),
    "bools beyond true": forged(Call(make_array, "|b1", (8,), False, POINTERS)),
    "bools beyond true among fields": forged(
        Call(make_array, (("a", "b"), ("|b1", "<f4"), (0, 4), 8), (1,), False, POINTERS)
    ),
    "text beyond unicode": forged(Call(make_array, "<U2", (1,), False, POINTERS)),
    "an array of text": forged(Call(make_array, "<f8", (1,), False, "12345678")),
    "a text of a range": forged(Call(make_text, ENDLESS)),
    "bytes of a number": forged(Call(make_octets, 10**12)),
    "a complex of text": forged(Call(make_complex, "1", 0.0)),
    "a slice of lists": forged(Call(make_slice, [1], None, None)),
    "a factory of any name": forged(Call(make_default, "eval")),
    "attributes": forged(Call(make_array, "<f8", (1,), False, POINTERS, state={"shape": 1})),
    "a class to make": coded(b"cblackboard.errors\nNotPlain\n", taken(()), pickle.NEWOBJ),
    "an old way to call": coded(b"(ios\ngetcwd\n"),
    "a method of a maker": coded(
        taken(make_text.__module__), taken("make_text.__call__"), pickle.STACK_GLOBAL
    ),
    "a module of a maker": coded(taken(make_text.__module__), taken("np"), pickle.STACK_GLOBAL),
    "a call of a list": coded(pickle.EMPTY_LIST, pickle.EMPTY_TUPLE, pickle.REDUCE),
    "a place far off": coded(pickle.NONE, pickle.LONG_BINPUT + b"\xff\xff\xff\x7f"),
    "a place that is not": coded(pickle.LONG_BINGET + b"\xff\xff\xff\x7f"),
    "bytes that are not": coded(pickle.BINBYTES8 + HUGE),
    "a bytearray that is not": coded(pickle.BYTEARRAY8 + HUGE),
    "text that is not": coded(pickle.BINUNICODE8 + HUGE),
    "a number that is not": coded(pickle.LONG4 + b"\xff\xff\xff\x7f"),
    "out of band": coded(pickle.NEXT_BUFFER),
    "from elsewhere": coded(b"Pelsewhere\n"),
    "a registered name": coded(pickle.EXT1 + b"\1"),
    "items of an array": coded(
        *(named(make_array), taken(("<f8", (1,), False, bytearray(8))), pickle.REDUCE),
        *(pickle.NONE, pickle.NONE, pickle.SETITEM),
    ),
    "more of a bytearray": coded(pickle.BYTEARRAY8 + b"\0" * 8, taken(1), pickle.APPEND),
    "more of a text": coded(taken("a"), pickle.MARK, taken(1), pickle.ADDITEMS),
    "a list that doubles": doubled(60),
    "a text again and again": copies(make_text, "x" * 300_000),
    "bytes again and again": copies(make_octets, b"x" * 300_000),
    "deep keys": coded(pickle.EMPTY_DICT, DEEP, pickle.NONE, pickle.SETITEM),
    "deep members": coded(pickle.MARK, DEEP, pickle.FROZENSET),
    "broad keys": broad(pickle.EMPTY_DICT, pickle.NONE + pickle.SETITEM),
    "a deep factory": coded(named(make_default), DEEP, pickle.TUPLE1, pickle.REDUCE),
    "a deep type": coded(named(make_dtype), DEEP, pickle.TUPLE1, pickle.REDUCE),
    "a deep type of a field": coded(
        *(named(make_dtype), pickle.MARK, taken(("a",)), DEEP, pickle.TUPLE1, taken((0,))),
        *(taken(8), pickle.TUPLE, pickle.TUPLE1, pickle.REDUCE),
    ),
    "a broad name": broad(taken("os"), pickle.STACK_GLOBAL),
    "a broad module": broad(b"", taken("os") + pickle.STACK_GLOBAL),
    "a broad factory": broad(named(make_default), pickle.TUPLE1 + pickle.REDUCE),
    "a broad shape": broad(
        named(make_array) + pickle.MARK + taken("<f8"),
        taken(False) + taken(b"") + pickle.TUPLE + pickle.REDUCE,
    ),
    "a long shape": coded(
        *(taken(1 << 8_000_000), pickle.MEMOIZE, pickle.POP, named(make_array), pickle.MARK),
        *(taken("<f8"), pickle.MARK, (pickle.BINGET + b"\0") * 10_000, pickle.TUPLE),
        *(taken(False), taken(b""), pickle.TUPLE, pickle.REDUCE),
    ),
    "a scalar again and again": copies(make_scalar, "<U300000", bytes(1_200_000)),
    "fields again and again": copies(
        make_dtype,
        (tuple(map(str, range(3000))), ("<f8",) * 3000, tuple(range(0, 24000, 8)), 24000),
    ),
    "deep deques": nested(make_deque, None),
    "deep defaultdicts": nested(make_default, None),
    "deques that grow deep": late_chain(),
    "two values": coded(pickle.NONE, pickle.NONE),
    "an open mark": coded(pickle.MARK, pickle.NONE),
    "something behind": coded(pickle.NONE) + b"behind",
    "a key without a value": coded(pickle.EMPTY_DICT, pickle.MARK, taken(1), pickle.SETITEMS),
}
READ = """
import json, resource, sys
from blackboard import SnapshotDamaged, unpack

resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
for line in sys.stdin:
    name, data = json.loads(line)
    try:
        said = repr(unpack(bytes.fromhex(data)))[:80]
    except SnapshotDamaged as damage:
        said = "SnapshotDamaged" if "emory" not in damage.what else damage.what
    print(json.dumps([name, said]), flush=True)
"""


def snapshot(raw: bytes) -> bytes:
    """Return a snapshot that is whole and not compressed, whatever it holds."""
    sizes = struct.pack("<QQ", len(raw), len(raw))
    return module.MAGIC + sizes + struct.pack("<I", zlib.crc32(raw, zlib.crc32(sizes))) + raw


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    """Read all the forged ones in a process that has little memory to lose."""
    lines = [json.dumps([name, snapshot(raw).hex()]) for name, raw in FORGED.items()]
    done = subprocess.run(
        [sys.executable, "-c", READ, str(MEMORY_BYTES)],
        input="\n".join(lines),
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    return dict(json.loads(line) for line in done.stdout.splitlines())


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_snapshot_is_damaged_and_does_no_harm(outcomes: dict[str, str], name: str) -> None:
    assert outcomes.get(name, "the process died") == "SnapshotDamaged"


KINDS: list[Any] = [
    np.array(3.0),
    np.array("text"),
    np.array([], "f4"),
    np.zeros((2, 0, 3)),
    np.zeros((0,), "M8[ns]"),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.asfortranarray(np.arange(24).reshape(2, 3, 4)),
    np.arange(24).reshape(2, 3, 4).transpose(1, 0, 2),
    np.arange(10)[::-2],
    np.arange(4, dtype=">i4"),
    np.array([1.5, np.nan], ">f8"),
    np.array(["ä", "\U0001f600"], ">U2"),
    np.array([True, False]),
    np.array([1 + 2j, complex(np.nan, -0.0)], "c8"),
    np.array([b"a", b"bc"]),
    np.array(["a\ud800", ""]),
    np.array(["2026-01-01", "NaT"], "M8[D]"),
    np.array([5, -1], "m8[25s]"),
    np.array([1.5], np.float16),
    np.array([1.5], np.longdouble),
    np.array([(1, True, "x")], [("a", ">i2"), ("b", "?"), ("c", "U3")]),
    np.zeros(3, np.dtype([("a", "i1"), ("b", "f8")], align=True)),
    np.arange(5).view(np.ndarray)[2:2],
]


@pytest.mark.parametrize("array", KINDS, ids=repr)
@pytest.mark.parametrize("is_writable", [True, False])
@pytest.mark.parametrize("through", [lambda value: unpack(pack(value)), plain_copy])
def test_an_array_keeps_its_bits_its_type_its_order_and_whether_it_can_be_written_to(
    through: Any, array: Any, is_writable: bool
) -> None:
    given = array.copy(order="K")
    given.flags.writeable = is_writable

    again = through({"array": given})["array"]

    assert (again.dtype, again.shape) == (given.dtype, given.shape)
    assert again.dtype.str == given.dtype.str
    assert again.tobytes("A") == given.tobytes("A")
    assert (again.flags.f_contiguous and not again.flags.c_contiguous) == (
        given.flags.f_contiguous and not given.flags.c_contiguous
    )
    assert again.flags.writeable == is_writable
    assert not np.shares_memory(again, given)


@pytest.mark.parametrize(
    "value",
    [
        np.float64(-0.0),
        np.int8(-3),
        np.complex64(1 + 2j),
        np.bool_(False),
        np.str_("ends in zeros\0\0"),
        np.bytes_(b"ends in zeros\0\0"),
        np.str_(""),
        np.timedelta64(3, "h"),
        np.datetime64("2026-01-01T10", "h"),
        np.dtype(">U7"),
        np.dtype([("a", "f4"), ("b", "U2")]),
        np.array([(1.5, "a")], [("price", "f8"), ("name", "U3")])[0],
        complex("nan-infj").imag,
        complex(-0.0, 2.0),
        slice(None, 10**30, -1),
        range(10**30),
        deque([1], maxlen=None),
        defaultdict(None, {1: 2}),
        defaultdict(OrderedDict, {(1, (2, "x")): OrderedDict(b=1, a=2)}),
        Counter({"a": -1, None: 0}),
        {frozenset({(1, frozenset({2}))}): {1, "a", (2,)}},
        [10**400, -(10**400), 2**31, -(2**31), 2**63, 255, 256, 65536],
        "x" * 300 + "\ud800",
        b"x" * 300,
        list(range(3000)),
        dict.fromkeys(map(str, range(3000))),
        deque(range(3000)),
        set(range(3000)),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("through", [lambda value: unpack(pack(value)), plain_copy])
def test_what_is_plain_comes_back_as_it_was(through: Any, value: Any) -> None:
    again = through((value, [value]))

    assert again == (value, [value])
    assert (type(again[0]), repr(again[0])) == (type(value), repr(value))
    assert again[0] is again[1][0] or type(value) in (float, int, list)


def test_what_holds_itself_comes_back_holding_itself() -> None:
    rows: list[Any] = [1]
    rows.extend(({"rows": rows}, (rows,), deque([rows])))

    again = unpack(pack(rows))

    assert again[0] == 1
    assert all(held is again for held in (again[1]["rows"], again[2][0], again[3][0]))


def test_deques_and_defaultdicts_may_hold_one_another() -> None:
    queues = defaultdict(deque, {n: deque([deque([n])]) for n in range(2000)})

    assert unpack(pack(queues)) == queues
    assert unpack(pack(deque([queues, queues]))) == deque([queues, queues])


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (np.array([1, "a"], object), "ndarray of object"),
        (np.array([], object), "ndarray of object"),
        (np.zeros(2, [("a", "O")]), "ndarray of [('a', 'O')]"),
        (np.zeros(2, [("a", "f4", 2)]), "ndarray of [('a', '<f4', (2,))]"),
        (np.zeros(2, "V8"), "ndarray of |V8"),
        (np.array(["a"], np.dtypes.StringDType()), "ndarray of StringDType()"),
        (np.dtype("O"), "ObjectDType"),
        (np.rec.array([(1,)], [("a", "i4")]), "recarray"),
        (slice("a", "b"), "slice"),
        (list, "type"),
        (np.float64, "type"),
    ],
    ids=str,
)
def test_what_could_point_anywhere_is_refused_when_it_is_kept(value: Any, kind: str) -> None:
    with pytest.raises(NotPlain) as refused:
        pack({"world": {"table": value}})

    assert (refused.value.where, refused.value.kind) == ("world.table", kind)


def test_a_little_file_becomes_no_more_than_a_multiple_of_itself() -> None:
    raw = b"\0" * (5 << 20)
    packed = pa.compress(raw, codec="lz4_raw", asbytes=True)
    sizes = struct.pack("<QQ", len(packed), len(raw))
    head = module.MAGIC + sizes + struct.pack("<I", zlib.crc32(packed, zlib.crc32(sizes)))

    with pytest.raises(SnapshotDamaged, match="cannot become 5242880"):
        unpack(head + packed)


@pytest.mark.parametrize("size_bytes", [1 << 20, 5 << 20])
def test_a_state_that_could_be_much_smaller_is_kept_all_the_same(size_bytes: int) -> None:
    zeros = np.zeros(size_bytes, np.uint8)

    kept = pack(zeros)

    assert np.array_equal(unpack(kept), zeros)
    assert (len(kept) < size_bytes // 100) == (size_bytes < 4 << 20)


def test_a_snapshot_of_an_older_form_is_damaged() -> None:
    with pytest.raises(SnapshotDamaged, match="does not begin with"):
        unpack(b"SBSNAP 1\n" + bytes(40))
