"""Snapshots keep plain values exactly, run no code, and survive what happens to files."""

import pickle
import zlib
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blackboard import NotPlain, SnapshotDamaged, Snapshots, SwarmboardError, pack, unpack
from blackboard import snapshots as module
from blackboard.snapshots import thinned

ATOMS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
PLAIN = st.recursive(
    ATOMS | st.binary() | st.complex_numbers(allow_nan=False),
    lambda parts: (
        st.lists(parts)
        | st.tuples(parts, parts)
        | st.dictionaries(st.text(), parts)
        | st.lists(parts).map(deque)
    ),
    max_leaves=20,
)
RECORDS = np.array([(1.5, "a"), (2.5, "b")], [("price", "f8"), ("name", "U3")])


class Market:
    """Something that is no plain value."""


def called() -> None:
    """Do nothing; a snapshot cannot name it."""


@given(PLAIN)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    assert unpack(pack(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        frozenset({"a"}),
        bytearray(b"x"),
        range(2, 9, 3),
        slice(1, None),
        Counter("aab"),
        OrderedDict(b=1, a=2),
        defaultdict(list, {1: [2]}),
        deque([1, 2], maxlen=2),
        np.float32(1.5),
        np.bool_(True),
        np.str_("x"),
        np.datetime64("2026-01-01"),
        np.dtype("f4"),
    ],
    ids=repr,
)
def test_containers_and_numpys_scalars_keep_their_type(value: Any) -> None:
    again = unpack(pack(value))

    assert (type(again), again) == (type(value), value)
    assert getattr(again, "maxlen", None) == getattr(value, "maxlen", None)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.arange(6.0).reshape(2, 3).T,
        np.arange(10)[::3],
        np.array([np.nan, -0.0, np.inf]),
        np.zeros((0, 5), np.uint8),
        np.array([True, False]),
        np.array(["a", "bc"]),
        RECORDS,
        np.array(3.0),
    ],
    ids=repr,
)
def test_arrays_come_back_bit_by_bit(array: Any) -> None:
    again = unpack(pack([array]))[0]

    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    assert again.tobytes() == array.tobytes()
    assert again.flags.writeable


def test_what_was_shared_stays_shared() -> None:
    row = [1.0]

    first, second = unpack(pack((row, row)))

    assert first is second


@pytest.mark.parametrize(
    ("state", "where", "kind"),
    [
        ({"world": {"market": Market()}}, "world.market", "Market"),
        ({"world": [1, {"x": called}]}, "world[1].x", "function"),
        ({"kind": Market}, "kind", "type"),
        ({"two words": Market()}, "['two words']", "Market"),
        ({"agents": deque([Market()])}, "agents[0]", "Market"),
        ({"table": np.array([1, Market()], object)}, "table[1]", "Market"),
        ({"count": defaultdict(lambda: 0)}, "count", "defaultdict"),
        ({"generator": np.random.default_rng(1)}, "generator", "Generator"),
        ({"masked": np.ma.array([1.0])}, "masked", "MaskedArray"),
        ({"module": np.linalg}, "module", "module"),
        ({"open": open}, "open", "builtin_function_or_method"),
        ({"path": (Path("a"),)}, "path[0]", type(Path()).__name__),
    ],
)
def test_what_is_not_plain_is_named_with_its_place(state: Any, where: str, kind: str) -> None:
    with pytest.raises(NotPlain) as refused:
        pack(state)

    assert (refused.value.where, refused.value.kind) == (where, kind)
    assert "give the class that holds it state() and restore()" in str(refused.value)


def forged(raw: bytes) -> bytes:
    """Return a snapshot whose checksum is right, whatever is in it."""
    packed = pa.compress(raw, codec="lz4_raw", asbytes=True)
    sizes = module._SIZES.pack(len(packed), len(raw))
    checksum = zlib.crc32(packed, zlib.crc32(sizes))
    return module.MAGIC + module._HEAD.pack(len(packed), len(raw), checksum) + packed


@pytest.mark.parametrize(
    "raw",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"cbuiltins\ngetattr\n.",
        b"cbuiltins\nlist.append\n.",
        b"cnumpy\nload\n.",
        pickle.dumps(called),
        pickle.dumps(Market()),
    ],
)
def test_a_forged_snapshot_can_name_nothing_that_runs(raw: bytes) -> None:
    with pytest.raises(SnapshotDamaged, match="which is no plain value"):
        unpack(forged(raw))


@pytest.mark.parametrize(
    "name", ["collections\nCounter", "collections\nOrderedDict", "numpy._core.numeric\n_frombuffer"]
)
def test_a_forged_snapshot_can_change_nothing_that_it_names(name: str) -> None:
    with pytest.raises(SnapshotDamaged):
        unpack(forged(f"c{name}\n(N}}S'update'\ncbuiltins\nlist\nstb.".encode()))

    assert Counter("aa") + Counter("a") == Counter(a=3)
    assert unpack(pack(Counter("aa"))) == Counter(a=2)


@pytest.mark.parametrize("raw", [b"", b".", b"garbage", b"N", b"(((("])
def test_a_forged_snapshot_that_is_no_pickle_is_damaged(raw: bytes) -> None:
    with pytest.raises(SnapshotDamaged, match="cannot be decoded"):
        unpack(forged(raw))


WHOLE = pack({"a": list(range(1000))})


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_one_changed_byte_is_found(place: int, by: int) -> None:
    changed = bytearray(WHOLE)
    changed[place] ^= by

    with pytest.raises(SnapshotDamaged):
        unpack(bytes(changed))


@given(st.integers(0, len(WHOLE) - 1))
def test_a_cut_is_found(length: int) -> None:
    with pytest.raises(SnapshotDamaged):
        unpack(WHOLE[:length])


@pytest.fixture
def kept(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "run" / "snapshots")


def test_before_the_first_there_is_none(kept: Snapshots) -> None:
    assert (kept.rounds(), list(kept.newest()), kept.read_parts(1)) == ([], [], [])


def test_rounds_are_read_newest_first(kept: Snapshots) -> None:
    for round in (1, 5, 128):
        kept.write(round, {"round": round})

    assert [path.name for path in sorted(kept.path.iterdir())] == [
        "00000001.snap",
        "00000005.snap",
        "00000128.snap",
    ]
    assert list(kept.newest()) == [(n, {"round": n}) for n in (128, 5, 1)]
    assert [round for round, _ in kept.newest(at_most=127)] == [5, 1]
    assert kept.read(5) == {"round": 5}


def test_damaged_ones_are_passed_over_and_named(kept: Snapshots) -> None:
    for round in (1, 2, 3):
        kept.write(round, round)
    torn = kept.path / "00000003.snap"
    torn.write_bytes(torn.read_bytes()[:-1])

    assert [round for round, _ in kept.newest()] == [2, 1]
    assert kept.damaged == [torn]
    with pytest.raises(SnapshotDamaged, match=f"{torn.name} is damaged"):
        kept.read(3)


def test_a_missing_one_is_damaged_too(kept: Snapshots) -> None:
    with pytest.raises(SnapshotDamaged, match="No such file"):
        kept.read(7)


def test_parts_come_back_in_agent_order_and_go_with_their_snapshot(kept: Snapshots) -> None:
    for round in range(1, 40):
        kept.write_part(round, range(512, 1024), "second")
        kept.write_part(round, range(512), "first")
        kept.write(round, None)

    assert kept.read_parts(39) == [(range(512), "first"), (range(512, 1024), "second")]
    assert (kept.path / "00000039.0-512.part").is_file()
    with_parts = [round for round in range(1, 40) if kept.read_parts(round)]
    assert with_parts == kept.rounds()


def test_parts_ahead_of_their_snapshot_stay(kept: Snapshots) -> None:
    kept.write_part(9, range(4), 1)

    for round in (1, 2, 3, 4):
        kept.write(round, None)

    assert kept.read_parts(9) == [(range(4), 1)]


def test_other_files_are_left_alone(kept: Snapshots) -> None:
    kept.write(1, None)
    (kept.path / "notes.txt").touch()
    (kept.path / "00000001.snap.partial").touch()

    for round in range(2, 30):
        kept.write(round, None)

    assert (kept.path / "notes.txt").exists()
    assert 1 in kept.rounds()


def test_a_disk_that_takes_nothing_is_one_clear_line(
    kept: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.write(1, "whole")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)

    with pytest.raises(SwarmboardError, match="No space left on device") as refused:
        kept.write(1, "torn")
    assert "\n" not in str(refused.value)
    assert kept.read(1) == "whole"
    assert [path.name for path in kept.path.iterdir()] == ["00000001.snap"]


def test_a_state_that_is_not_plain_leaves_no_file(kept: Snapshots) -> None:
    with pytest.raises(NotPlain):
        kept.write(1, {"market": Market()})

    assert kept.rounds() == []


def grown(rounds: list[int]) -> list[int]:
    """Return what is kept when thinned after every round."""
    kept: list[int] = []
    for round in rounds:
        kept = thinned([*kept, round])
    return kept


@pytest.mark.parametrize("thin", [thinned, grown])
@pytest.mark.parametrize("step", [1, 7, 32])
@pytest.mark.parametrize("count", [1, 2, 3, 10, 100, 3000])
def test_old_snapshots_thin_out_but_a_fork_finds_one_nearby(
    thin: Callable[[list[int]], list[int]], step: int, count: int
) -> None:
    rounds = list(range(step, step * (count + 1), step))

    kept = thin(rounds)

    assert kept[-2:] == rounds[-2:]
    assert kept == sorted(set(kept))
    assert len(kept) <= 2 * (np.log2(count) + 1)
    gaps = [
        (later - step - earlier, rounds[-1] - later + step) for earlier, later in pairwise(kept)
    ]
    assert all(behind <= 2 * age for behind, age in gaps)
    assert kept[0] == rounds[0]


@given(st.sets(st.integers(1, 10_000), min_size=1, max_size=200))
def test_thinning_again_removes_nothing_more(rounds: set[int]) -> None:
    once = thinned(sorted(rounds))

    assert thinned(once) == once


def test_what_was_kept_of_later_rounds_can_be_discarded(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    for round in (1, 2, 3):
        snapshots.write(round, {})
        snapshots.write_part(round, range(8), {})

    snapshots.discard_after(2)

    assert snapshots.rounds() == [1, 2]
    assert snapshots.read_parts(3) == []
