"""Anybody can recompute a digest: the page says how, and its program is run here."""

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from blackboard import Board, EventLog, Post, Proposal, VoteBlock
from blackboard.digest import GENESIS, Digest
from blackboard.memory_store import MemoryStore
from blackboard.records import (
    OPERATIONAL,
    OUTCOME,
    AnyRecord,
    Entry,
    Note,
    Record,
    World,
    encode,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "digest.md"
ROWS = dict(re.findall(r"^\| `(\w+)` \| ([\w, ]+) \|", PAGE.read_text("utf-8"), re.M))


def world(number: float) -> World:
    return World(OUTCOME, 1, 1, "round", {"cost": number})


def note() -> Note:
    return Note(OPERATIONAL, 1, 1, "timing", {"wall_s": 0.1})


def digest_of(*rounds: list[Record]) -> str:
    digest = Digest()
    for records in rounds:
        digest.add(records)
        digest.close_round()
    return digest.hex


def test_nothing_has_the_digest_zero() -> None:
    assert Digest().value == GENESIS == bytes(32)


def test_any_change_gives_another_digest() -> None:
    histories = [
        digest_of([world(1.0)]),
        digest_of([world(-1.0)]),
        digest_of([world(np.nextafter(1.0, 2.0))]),
        digest_of([world(1.0), world(1.0)]),
        digest_of([world(1.0)], [world(1.0)]),
        digest_of([world(1.0), world(2.0)]),
        digest_of([world(2.0), world(1.0)]),
    ]

    assert len(set(histories)) == len(histories)


def test_operational_records_do_not_count() -> None:
    assert digest_of([world(1.0), note()], [note()], [world(2.0)]) == digest_of(
        [world(1.0)], [world(2.0)]
    )


def test_a_digest_goes_on_where_it_was() -> None:
    whole = Digest()
    whole.add([world(1.0)])
    first = whole.close_round()
    whole.add([world(2.0)])

    rest = Digest(first)
    rest.add([world(2.0)])

    assert rest.close_round() == whole.close_round()


def test_taking_bytes_is_taking_records() -> None:
    digest = Digest()
    digest.add_body(encode(world(1.0)))
    digest.close_round()

    assert digest.hex == digest_of([world(1.0)])


@pytest.fixture
def log(tmp_path: Path) -> tuple[Path, str]:
    """A log with a bit of everything, and the digest its leader gave."""
    path = tmp_path / "events.log"
    log = EventLog(path)
    leader = Board(MemoryStore()).lead(log=log)
    leader.welcome("node", 9)
    for number in range(5):
        leader.begin_round()
        draft = leader.begin([Proposal(payload={"x": np.arange(3.0)})])
        draft.add(np.arange(9, dtype=np.uint32), VoteBlock(np.full(9, number % 2, np.uint8)))
        draft.act(3, Post("note", {"text": "ä" * 40, "deep": [{"a": None}]}))
        leader.commit(draft)
        leader.close(counts=True)
        leader.record("round", {"cost": number / 3})
        leader.show("frame", {"x": np.ones(4, np.float32)}, on_board=False)
        leader.end_round()
        leader.note("timing", {"wall_s": number})
    leader.finish("done")
    log.close()
    return path, leader.digest.hex


def test_the_program_on_the_page_recomputes_the_digest(
    log: tuple[Path, str], tmp_path: Path
) -> None:
    [program] = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    script = tmp_path / "digest.py"
    script.write_text(program)

    answer = subprocess.run(
        [sys.executable, "-I", str(script), str(log[0])], capture_output=True, check=True, text=True
    )

    assert answer.stdout.strip() == log[1]
    assert "swarmboard" not in program
    assert "blackboard" not in program


@pytest.mark.parametrize("kind", get_args(AnyRecord.__value__), ids=lambda kind: kind.__name__)
def test_the_page_names_each_type_of_record_and_its_fields_in_order(kind: type[Record]) -> None:
    place, fields = kind.__struct_fields__[:3], kind.__struct_fields__[3:]

    assert place == ("event_class", "round", "stage")
    assert ROWS[kind.__name__.lower()] == ", ".join(fields)


def test_the_page_lists_types_in_canonical_order() -> None:
    ranks = {kind.__name__.lower(): kind.rank for kind in get_args(AnyRecord.__value__)}

    assert [name for name in ROWS if name in ranks] == sorted(ranks, key=ranks.__getitem__)


def test_the_page_names_the_fields_of_an_entry_in_order() -> None:
    assert f"arrays of {', '.join(Entry.__struct_fields__)}" in PAGE.read_text("utf-8")
