import asyncio
import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from agents.llm.calls import ModelError, Outcome, Prompt, Reply, Request, Usage
from agents.llm.recording import NotRecorded, Recorded, Recording, RecordingFailed
from agents.llm.recording_tables import copy_rounds, open_to_read
from agents.llm.request_keys import canonical_request, request_key
from blackboard import BadInput

PROMPT = Prompt("the rules", "the board", "agent 3, role planner, round 2, stage reason")
REQUEST = Request(agent=3, role="planner", round=2, stage=1, prompt=PROMPT, model="stub/one")
REPLY = Reply('{"reasoning": "so"}', "stub/one", Usage(120, 30, 64), 0.002, "stop", 0.5)
SAID = Outcome('{"reasoning":"so"}')


class Counted:
    """Answers everything the same and counts how often it was asked."""

    def __init__(self, reply: Reply = REPLY) -> None:
        self.reply, self.calls = reply, 0

    async def complete(self, request: Request) -> Reply:
        self.calls += 1
        return self.reply


def ask(model: Recorded, request: Request = REQUEST) -> Reply:
    return asyncio.run(model.complete(request))


def recorded_run(path: Path) -> Path:
    """Make a run directory whose recording holds one reply and its outcome."""
    path.mkdir()
    with Recording.open(path, mode="record") as recording:
        recording.keep_reply(REQUEST, request_key(REQUEST), REPLY)
        recording.keep_outcome(2, 1, 3, 0, request_key(REQUEST), SAID)
    return path


@pytest.mark.parametrize(
    "change",
    [
        {"model": "stub/two"},
        {"endpoint": "http://127.0.0.1:8000/v1"},
        {"max_tokens": 701},
        {"temperature": 0.0},
        {"sample": 1},
        {"seats": 2},
        {"prompt": Prompt("the rules", "the board", "other")},
        {"prompt": Prompt("the rules", "another board", PROMPT.own)},
        {"prompt": Prompt("no rules", "the board", PROMPT.own)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_key_covers_what_a_provider_is_sent(change: dict[str, object]) -> None:
    other = replace(REQUEST, **change)

    assert request_key(other) != request_key(REQUEST)


@pytest.mark.parametrize(
    "change",
    [
        {"agent": 4},
        {"role": "critic"},
        {"round": 9, "stage": 9, "turn": 9},
        {"tier": "strong"},
        {"purpose": "coordination", "complexity": 0.5, "seen": 0.5},
        {"temperature": 0.7 + 0.0},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_key_does_not_cover_who_asks_and_when(change: dict[str, object]) -> None:
    other = replace(REQUEST, **change)

    assert request_key(other) == request_key(REQUEST)


def test_a_key_can_be_computed_from_what_the_file_holds(tmp_path: Path) -> None:
    run = recorded_run(tmp_path / "run")

    connection = sqlite3.connect(run / "llm.sqlite")
    key, request = connection.execute("SELECT key, request FROM replies").fetchone()
    parts = dict(connection.execute("SELECT digest, text FROM parts").fetchall())
    connection.close()

    assert key == hashlib.sha256(request.encode()).hexdigest()
    assert request == canonical_request(REQUEST).decode()
    assert set(parts.values()) == {PROMPT.rules, PROMPT.board, PROMPT.own}
    assert all(name == hashlib.sha256(text.encode()).hexdigest() for name, text in parts.items())


def test_an_endpoint_is_kept_as_a_digest_and_left_out_where_there_is_none() -> None:
    there = replace(REQUEST, endpoint="http://user:secret@host/v1")

    assert b"secret" not in canonical_request(there)
    assert b"endpoint" not in canonical_request(REQUEST)


def test_a_recorded_reply_is_given_again_and_nobody_is_asked(tmp_path: Path) -> None:
    inner = Counted()
    with Recording.open(tmp_path, mode="record") as recording:
        model = Recorded(inner, recording)

        first, again = ask(model), ask(model)

    assert inner.calls == 1
    assert not first.is_recorded
    assert again == replace(REPLY, is_recorded=True)


def test_a_live_run_keeps_no_replies_but_its_outcomes(tmp_path: Path) -> None:
    inner, key = Counted(), request_key(REQUEST)
    with Recording.open(tmp_path, mode="live") as recording:
        model = Recorded(inner, recording)
        ask(model)
        ask(model)
        recording.keep_outcome(2, 1, 3, 0, key, SAID)

    with Recording.open(tmp_path, mode="live") as resumed:
        assert inner.calls == 2
        assert resumed.outcome(2, 1, 3, 0, key) == SAID


@pytest.mark.parametrize("mode", ["replay", "auto"])
def test_an_outcome_of_another_run_counts_at_its_place_and_key_only(
    tmp_path: Path, mode: str
) -> None:
    source = recorded_run(tmp_path / "source")
    key = request_key(REQUEST)

    with Recording.open(tmp_path, mode=mode, source=source) as recording:
        assert recording.outcome(2, 1, 3, 0, key) == SAID
        assert recording.outcome(2, 1, 4, 0, key) is None
        assert recording.outcome(2, 2, 3, 0, key) is None
        assert recording.outcome(2, 1, 3, 0, "another key") is None


def test_a_source_is_left_alone_in_the_mode_record(tmp_path: Path) -> None:
    source = recorded_run(tmp_path / "source")

    with Recording.open(tmp_path, mode="record", source=source) as recording:
        assert recording.reply(request_key(REQUEST)) is None
        assert recording.outcome(2, 1, 3, 0, request_key(REQUEST)) is None


@pytest.mark.parametrize("mode", ["replay", "auto"])
def test_an_abstention_is_replayed_with_its_cause_and_never_used_elsewhere(
    tmp_path: Path, mode: str
) -> None:
    late = Outcome("", "late", "no answer within 60 s")
    key = request_key(REQUEST)
    (tmp_path / "source").mkdir()
    with Recording.open(tmp_path / "source", mode="record") as recording:
        recording.keep_outcome(2, 1, 3, 0, key, late)

    with Recording.open(tmp_path, mode=mode, source=tmp_path / "source") as recording:
        assert recording.outcome(2, 1, 3, 0, key) == (late if mode == "replay" else None)
        assert recording.outcome(2, 1, 5, 0, key) is None
        assert recording.reply(key) is None


def test_a_failed_call_is_not_kept(tmp_path: Path) -> None:
    class Failing:
        async def complete(self, request: Request) -> Reply:
            raise ModelError("no answer", cause="late")

    with Recording.open(tmp_path, mode="auto") as recording:
        with pytest.raises(ModelError):
            ask(Recorded(Failing(), recording))

        assert recording.select("SELECT key FROM replies") == []


def test_a_reply_taken_from_another_run_becomes_part_of_this_one(tmp_path: Path) -> None:
    source, inner = recorded_run(tmp_path / "source"), Counted()
    with Recording.open(tmp_path, mode="auto", source=source) as recording:
        ask(Recorded(inner, recording))

    with Recording.open(tmp_path, mode="replay") as alone:
        reply = ask(Recorded(inner, alone))

    assert inner.calls == 0
    assert reply == replace(REPLY, is_recorded=True)


def test_a_question_that_was_never_asked_ends_a_replay(tmp_path: Path) -> None:
    source = recorded_run(tmp_path / "source")
    other = replace(REQUEST, sample=7)

    with (
        Recording.open(tmp_path, mode="replay", source=source) as recording,
        pytest.raises(NotRecorded, match=r"planner 3 in round 2, stage 1.*recording=auto") as miss,
    ):
        ask(Recorded(Counted(), recording), other)

    assert str(source / "llm.sqlite") in str(miss.value)
    assert not isinstance(miss.value, ModelError)


def test_what_was_flushed_outlives_a_kill(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path\n"
        "from test_llm_recording import *\n"
        "recording = Recording.open(Path(sys.argv[1]), mode='record')\n"
        "recording.keep_reply(REQUEST, request_key(REQUEST), REPLY)\n"
        "recording.keep_outcome(2, 1, 3, 0, request_key(REQUEST), SAID)\n"
        "recording.flush()\n"
        "recording.keep_outcome(2, 1, 4, 0, 'lost', SAID)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path), str(Path(__file__).parent)]
    killed = subprocess.run(command, check=False, env=os.environ)

    assert killed.returncode == -signal.SIGKILL
    with Recording.open(tmp_path, mode="live") as resumed:
        assert resumed.outcome(2, 1, 3, 0, request_key(REQUEST)) == SAID
        assert resumed.outcome(2, 1, 4, 0, "lost") is None


def test_replies_reach_the_disk_at_the_latest_after_64_of_them(tmp_path: Path) -> None:
    recording = Recording(tmp_path, mode="record", clock=lambda: 0.0)

    for sample in range(70):
        request = replace(REQUEST, sample=sample)
        recording.keep_reply(request, request_key(request), REPLY)

    assert count_on_disk(tmp_path) == 64
    recording.close()


def test_replies_reach_the_disk_at_the_latest_after_a_second(tmp_path: Path) -> None:
    now = [0.0]
    recording = Recording(tmp_path, mode="record", clock=lambda: now[0])

    on_disk = []
    for sample, now[0] in enumerate([0.0, 0.4, 1.0, 1.9]):
        recording.keep_reply(replace(REQUEST, sample=sample), f"key {sample}", REPLY)
        on_disk.append(count_on_disk(tmp_path))

    assert on_disk == [0, 0, 2, 2]
    recording.close()


def test_a_single_reply_reaches_the_disk_though_no_other_comes(tmp_path: Path) -> None:
    recording = Recording.open(tmp_path, mode="record")

    async def ask_and_wait() -> None:
        await Recorded(Counted(), recording, flush_after_s=0.0).complete(REQUEST)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(ask_and_wait())

    assert count_on_disk(tmp_path) == 1
    recording.close()


def count_on_disk(path: Path) -> int:
    connection = open_to_read(path)
    (number,) = connection.execute("SELECT COUNT(*) FROM replies").fetchone()
    connection.close()
    return int(number)


def test_what_could_not_be_written_is_written_later(tmp_path: Path) -> None:
    recording = Recording.open(tmp_path, mode="record")
    recording.keep_reply(REQUEST, request_key(REQUEST), REPLY)
    recording.select("SELECT 1")
    recording.keep_outcome(2, 1, 3, 0, request_key(REQUEST), SAID)
    recording._connection.execute("PRAGMA query_only=1")

    with pytest.raises(RecordingFailed, match="cannot be written"):
        recording.flush()
    recording._connection.execute("PRAGMA query_only=0")
    recording.close()

    with Recording.open(tmp_path, mode="record") as again:
        assert again.outcome(2, 1, 3, 0, request_key(REQUEST)) == SAID


def test_a_row_that_no_file_can_hold_leaves_no_transaction_open(tmp_path: Path) -> None:
    huge = replace(REPLY, usage=Usage(10**20))
    recording = Recording.open(tmp_path, mode="record")
    recording.keep_reply(REQUEST, request_key(REQUEST), huge)

    with pytest.raises(OverflowError):
        recording.flush()

    assert not recording._connection.in_transaction
    with pytest.raises(OverflowError):
        recording.close()


def test_half_a_surrogate_pair_in_a_reply_is_kept_as_it_is(tmp_path: Path) -> None:
    odd = replace(REPLY, text='{"reasoning": "\ud800"}')
    request = replace(REQUEST, prompt=Prompt("rules", "board \udfff", "own"))
    with Recording.open(tmp_path, mode="record") as recording:
        recording.keep_reply(request, request_key(request), odd)

    with Recording.open(tmp_path, mode="record") as again:
        assert again.reply(request_key(request)) == replace(odd, is_recorded=True)


def test_a_closed_recording_is_one_plain_file(tmp_path: Path) -> None:
    run = recorded_run(tmp_path / "run")

    open_to_read(run).close()

    assert [file.name for file in run.iterdir()] == ["llm.sqlite"]


def test_a_run_can_be_read_while_it_is_being_recorded(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    writer = Recording.open(tmp_path / "source", mode="record")
    writer.keep_outcome(2, 1, 3, 0, "key", SAID)
    writer.flush()

    with Recording.open(tmp_path, mode="auto", source=tmp_path / "source") as reader:
        assert reader.outcome(2, 1, 3, 0, "key") == SAID
    writer.close()


def test_a_fork_inherits_rounds_and_calls_but_not_their_cost(tmp_path: Path) -> None:
    parent, child = recorded_run(tmp_path / "parent"), tmp_path / "child"
    later = replace(REQUEST, round=3, prompt=Prompt("the rules", "the next board", "own"))
    with Recording.open(parent, mode="record") as recording:
        recording.keep_reply(later, request_key(later), REPLY)
        recording.keep_outcome(3, 1, 3, 0, request_key(later), SAID)
        recording.keep_call((2, 1, 3, 0, 0, *("",) * 4, *(0,) * 13))
    child.mkdir()

    copy_rounds(parent, child, 2)

    with Recording.open(child, mode="record") as fork:
        assert fork.outcome(2, 1, 3, 0, request_key(REQUEST)) == SAID
        assert fork.outcome(3, 1, 3, 0, request_key(later)) is None
        assert fork.reply(request_key(REQUEST)) == replace(REPLY, is_recorded=True)
        assert fork.reply(request_key(later)) is None
        assert fork.select("SELECT is_inherited FROM calls") == [(1,)]
        assert len(fork.select("SELECT * FROM parts")) == 3


def test_a_missing_source_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"there is no recording at .*nowhere; give the directory"):
        Recording.open(tmp_path, mode="replay", source=tmp_path / "nowhere")


def test_a_source_that_is_something_else_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("notes, not a database, and longer than a header of SQLite\n" * 20)

    with pytest.raises(BadInput, match=r"notes.txt cannot be read \(file is not a database\)"):
        Recording.open(tmp_path, mode="replay", source=file)


def test_an_empty_source_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty.sqlite").touch()

    with pytest.raises(BadInput, match="is no recording of model calls"):
        Recording.open(tmp_path, mode="replay", source=tmp_path / "empty.sqlite")


def test_a_source_of_a_newer_form_is_one_line(tmp_path: Path) -> None:
    source = recorded_run(tmp_path / "source")
    connection = sqlite3.connect(source / "llm.sqlite")
    connection.execute("PRAGMA user_version=99")
    connection.close()

    with pytest.raises(BadInput, match=r"newer Swarmboard \(form 99.*upgrade"):
        Recording.open(tmp_path, mode="auto", source=source)


def test_a_locked_source_is_one_line(tmp_path: Path) -> None:
    source = recorded_run(tmp_path / "source")
    connection = sqlite3.connect(source / "llm.sqlite", isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")

    with pytest.raises(BadInput, match="is locked by another program"):
        Recording.open(tmp_path, mode="auto", source=source)
    connection.close()


def test_a_damaged_source_is_one_line(tmp_path: Path) -> None:
    source = recorded_run(tmp_path / "source")
    file = source / "llm.sqlite"
    content = bytearray(file.read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    file.write_bytes(content)

    with (
        Recording.open(tmp_path, mode="auto", source=source) as recording,
        pytest.raises(BadInput, match=r"cannot be read .*malformed"),
    ):
        recording.outcome(2, 1, 3, 0, "key")


def test_an_own_file_that_is_something_else_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "llm.sqlite").write_text("not a database, and longer than SQLite's header\n" * 9)

    with pytest.raises(BadInput, match="cannot be written as a recording"):
        Recording.open(tmp_path, mode="record")
