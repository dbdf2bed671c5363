"""The event log survives a torn end and says where it is damaged."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from blackboard import EventLog, LogDamaged, SwarmboardError, read_log, read_rounds
from blackboard.log import MAGIC, read_segments
from blackboard.records import OUTCOME, World, bodies, encode

ROUNDS = 4
FULL = Path("/dev/full")
"""A disk without room, on Linux."""


def row(round: int) -> World:
    return World(OUTCOME, round, 1, "round", {"cost": round / 3, "note": "x" * 50 * round})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log of four rounds of two records."""
    path = tmp_path / "events.log"
    log = EventLog(path)
    for round in range(1, ROUNDS + 1):
        log.append([encode(row(round)), encode(row(round))])
    log.close()
    return path


@pytest.fixture
def starts(path: Path) -> list[int]:
    """Where each segment begins, and where the file ends."""
    found, at, data = [], len(MAGIC), path.read_bytes()
    while at < len(data):
        found.append(at)
        at += 16 + int.from_bytes(data[at : at + 4], "little")
    return [*found, at]


def rounds(path: Path) -> Iterator[int]:
    return (record.round for record in read_log(path))


def test_a_log_gives_back_its_records_in_order(path: Path) -> None:
    expected = [row(round) for round in range(1, ROUNDS + 1) for _ in range(2)]

    assert list(read_log(path)) == expected


def test_a_log_is_read_by_its_name_too(path: Path) -> None:
    assert list(read_log(str(path))) == list(read_log(path))
    assert [number for number, _ in read_rounds(str(path))] == [1, 2, 3, 4]


def test_each_round_is_one_segment(path: Path) -> None:
    assert [len(list(bodies(segment))) for segment in read_segments(path)] == [2] * ROUNDS


def test_a_round_without_records_leaves_no_segment(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "log")
    log.append([])
    log.append([encode(row(1))])
    log.close()

    assert list(rounds(tmp_path / "log")) == [1]


def test_a_log_that_exists_is_never_written_over(path: Path) -> None:
    with pytest.raises(FileExistsError):
        EventLog(path)


def test_an_ended_log_may_be_ended_again(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "log")
    log.close()
    log.close()

    assert list(read_log(tmp_path / "log")) == []


def test_a_torn_end_is_cut_off_wherever_it_tears(path: Path, starts: list[int]) -> None:
    whole = path.read_bytes()
    for end in range(starts[-2], starts[-1]):
        path.write_bytes(whole[:end])
        assert list(rounds(path)) == [1, 1, 2, 2, 3, 3]


def test_every_flipped_byte_is_damage_at_its_segment(path: Path, starts: list[int]) -> None:
    whole = path.read_bytes()
    segment = 1
    for at in range(starts[segment], starts[segment + 1]):
        flipped = bytearray(whole)
        flipped[at] ^= 0x40
        path.write_bytes(flipped)
        with pytest.raises(LogDamaged, match=rf"at byte {starts[segment]}:"):
            list(rounds(path))


def test_what_comes_before_the_damage_is_read(path: Path, starts: list[int]) -> None:
    data = bytearray(path.read_bytes())
    data[starts[2] + 20] ^= 1
    path.write_bytes(data)
    records = rounds(path)

    assert [next(records) for _ in range(4)] == [1, 1, 2, 2]
    with pytest.raises(LogDamaged):
        next(records)


def test_a_log_torn_within_its_first_bytes_is_empty(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(MAGIC[:3])

    assert list(read_log(tmp_path / "log")) == []


@pytest.mark.parametrize("content", [b"SBLOG 2\n", b"PAR1"])
def test_another_file_is_no_log(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "log").write_bytes(content)

    with pytest.raises(LogDamaged, match="is no event log of this version"):
        list(read_log(tmp_path / "log"))


def test_a_full_disk_is_said_and_what_was_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not FULL.exists():
        pytest.skip("no /dev/full here")
    path = tmp_path / "log"
    log = EventLog(path)
    log.append([encode(row(1))])
    with FULL.open("wb", buffering=0) as full:
        kept, log._file = log._file, full
        with pytest.raises(SwarmboardError, match=r"cannot be written \(No space left"):
            log.append([encode(row(2))])
        log._file = kept
    log.close()

    assert list(rounds(path)) == [1]
