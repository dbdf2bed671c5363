"""Records keep what was put into them, bit for bit."""

import struct
from typing import Any, get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blackboard import InvalidAction
from blackboard.records import (
    INPUT,
    OPERATIONAL,
    OUTCOME,
    AnyRecord,
    Ballots,
    Entries,
    Entry,
    Joined,
    Note,
    World,
    bodies,
    decode,
    encode,
    entry_id,
    frame,
    indices,
    plain,
    u4,
    unframe,
)
from blackboard.writes import Link

AT = (OUTCOME, 3, 2)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), PLAIN, max_size=5))
def test_a_row_comes_back_as_it_was(row: dict[str, Any]) -> None:
    assert decode(encode(World(*AT, "round", row))) == World(*AT, "round", row)


@given(st.dictionaries(st.text(), PLAIN, max_size=5))
def test_what_was_decoded_encodes_to_the_same_bytes(row: dict[str, Any]) -> None:
    entry = Entry(1, 0, "note", "task", plain(row), ("why",), 0.5, (Link("supports", "1.1.1.0"),))
    body = encode(Entries(*AT, (entry,)))

    assert encode(decode(body)) == body


def test_a_record_begins_with_its_type_class_and_place() -> None:
    body = encode(Joined(INPUT, 7, 2, "node", 0, 3))

    assert msgspec.msgpack.decode(body)[:4] == ["joined", "input", 7, 2]


def test_every_type_of_record_has_a_rank_of_its_own() -> None:
    kinds = get_args(AnyRecord.__value__)

    assert len({kind.rank for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(
    ("array", "stored"),
    [
        (np.array([0.1, np.nan, -0.0]), np.float64),
        (np.array([0.1, 2.5], np.float32), np.float32),
        (np.array([1, -2], np.int16), np.int64),
        (np.array([True, False]), np.int64),
        (np.array([], np.float64), np.float64),
        (np.arange(10.0)[::3], np.float64),
        (np.array([1.5], ">f8"), np.float64),
    ],
)
def test_arrays_come_back_with_their_values(array: Any, stored: type) -> None:
    record = decode(encode(World(*AT, "w", {"x": array})))

    assert isinstance(record, World)
    back = record.row["x"]
    assert back.dtype == stored
    np.testing.assert_array_equal(back, array.astype(stored))


def test_numpy_numbers_are_stored_as_plain_ones() -> None:
    assert plain({"a": np.float64(0.5), "b": np.int32(3), "c": np.bool_(True)}) == {
        "a": 0.5,
        "b": 3,
        "c": True,
    }


@pytest.mark.parametrize(
    "value",
    [
        np.ones((2, 2)),
        np.array(["text"]),
        np.array([1j]),
        np.array([object()]),
        1j,
        object(),
        2**70,
        "\ud800",
        print,
    ],
    ids=["matrix", "texts", "complex-array", "objects", "complex", "object", "big", "half", "code"],
)
def test_what_cannot_be_stored_is_refused_and_named(value: Any) -> None:
    with pytest.raises(InvalidAction, match="a payload cannot be stored"):
        plain({"deep": [{"x": value}]})


def test_a_payload_that_contains_itself_is_refused() -> None:
    payload: dict[str, Any] = {}
    payload["me"] = payload

    with pytest.raises(InvalidAction, match="cannot be stored"):
        plain(payload)


def test_the_names_of_a_payload_are_strings() -> None:
    with pytest.raises(InvalidAction, match="cannot be stored"):
        plain({1: "x"})  # type: ignore[dict-item]


def test_a_plain_payload_is_detached_and_in_order() -> None:
    tags = ["z"]
    payload = plain({"b": {"y", "x"}, "a": tags})
    tags.append("later")

    assert payload == {"a": ["z"], "b": ["x", "y"]}
    assert list(payload) == ["a", "b"]


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_frames_give_back_each_body(parts: list[bytes]) -> None:
    framed = frame(parts)

    assert [bytes(body) for body in bodies(framed)] == parts
    assert len(framed) == sum(len(part) + 4 for part in parts)


def test_a_cut_frame_is_an_error() -> None:
    framed = frame([encode(Note(OPERATIONAL, 1, 1, "n", {}))])

    with pytest.raises((msgspec.DecodeError, struct.error)):
        unframe(framed[:-1])
    with pytest.raises(struct.error):
        unframe(framed + b"\x01")


def test_an_unknown_array_type_is_refused() -> None:
    body = msgspec.msgpack.encode(
        ["world", "outcome", 1, 1, "w", {"x": msgspec.msgpack.Ext(9, b"")}]
    )

    with pytest.raises(ValueError, match="unknown msgpack extension 9"):
        decode(body)


def test_an_unknown_type_of_record_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(msgspec.msgpack.encode(["gossip", "outcome", 1, 1]))


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_packed_agents_are_unpacked_as_they_were(agents: list[int]) -> None:
    assert indices(u4(agents)).tolist() == agents
    assert u4(np.array(agents, np.uint32)) == u4(agents)


@given(st.integers(0, 2**20), st.integers(3, 5000))
def test_neighbours_are_packed_in_nine_bytes(first: int, count: int) -> None:
    neighbours = list(range(first, first + count))

    assert len(u4(neighbours)) == 9
    assert indices(u4(neighbours)).tolist() == neighbours


def test_a_pair_is_packed_in_four_bytes_each() -> None:
    assert u4([7, 8]) == b"\x07\x00\x00\x00\x08\x00\x00\x00"


def test_an_entry_is_named_by_where_it_stands() -> None:
    assert entry_id(13, 2, 1024, 0) == "13.2.1024.0"


def test_records_are_immutable() -> None:
    ballots = Ballots(*AT, "p", b"\x00")

    with pytest.raises(AttributeError):
        ballots.choices = b"\x01"  # type: ignore[misc]
