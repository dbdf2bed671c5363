"""What a run leaves when its disk, its server or its directory fails it, and how it goes on."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from blackboard import read_log
from blackboard.records import Ended
from blackboard.server import EmbeddedServer

type Start = Callable[..., subprocess.Popen[str]]
ROUNDS = 60
COMMAND = [sys.executable, "-m", "swarmboard"]


@pytest.fixture
def counting_file(tmp_path: Path, counting: Callable[..., str]) -> Path:
    """Write a scenario that stands still in round 30 for as long as a file `hold` is there."""
    then = "\n        ".join(
        (
            "while board.round == 30 and __import__('pathlib').Path('hold').exists():",
            "    open('held', 'w').close()",
            "    time.sleep(0.01)",
        )
    )
    path = tmp_path / "counting.py"
    path.write_text(counting(then=then, rounds=ROUNDS))
    return path


@pytest.fixture
def start(tmp_path: Path, counting_file: Path) -> Iterator[Start]:
    """Start a command in a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, **options: Any) -> subprocess.Popen[str]:
        environment = {k: v for k, v in os.environ.items() if k != "SWARMBOARD_URL"}
        started.append(
            subprocess.Popen(
                [*COMMAND, *words],
                cwd=tmp_path,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                **options,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def held(start: Start, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start a run that stands still in its round 30, and wait until it does."""

    def held(*words: str) -> subprocess.Popen[str]:
        (tmp_path / "hold").touch()
        process = start("run", "./counting.py", "--out", "run", *words)
        while process.poll() is None and not (tmp_path / "held").exists():
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.02)
        return process

    return held


@pytest.fixture
def server() -> Iterator[Any]:
    """A server of this test's own, that it may starve."""
    with EmbeddedServer.start(None) as embedded, redis.Redis.from_url(embedded.url) as client:
        client.url = embedded.url
        yield client


def digest_of(run: Path) -> str:
    return str(json.loads((run / "summary.json").read_text())["digest"])


def rounds_in(run: Path) -> list[int]:
    return [record.round for record in read_log(run / "events.log") if isinstance(record, Ended)]


@pytest.fixture
def wanted(cli: Any, counting_file: Path, tmp_path: Path) -> str:
    """The digest of the undisturbed run."""
    said = cli("run", "./counting.py", "--board", "memory://", "--out", "undisturbed")
    assert said.code == 0
    return digest_of(tmp_path / "undisturbed")


def test_a_killed_run_goes_on_from_its_snapshot_and_computes_the_rest(
    cli: Any, held: Any, tmp_path: Path, wanted: str
) -> None:
    process = held("--board", "memory://")
    process.kill()
    process.wait()
    before = (tmp_path / "run/events.log").read_bytes()
    (tmp_path / "hold").unlink()

    said = cli("resume", "run", "--json")

    assert said.code == 0
    summary = json.loads(said.out)
    assert summary["digest"] == wanted
    assert summary["resumed"] == {"from_round": 25, "rehearsed_rounds": 4, "computed_rounds": 31}
    assert (tmp_path / "run/events.log").read_bytes().startswith(before)
    assert rounds_in(tmp_path / "run") == list(range(ROUNDS + 1))


@pytest.mark.parametrize("damage", ["flipped", "cut", "emptied", "removed"])
def test_a_snapshot_that_cannot_be_read_is_passed_over(
    cli: Any, held: Any, tmp_path: Path, wanted: str, damage: str
) -> None:
    process = held("--board", "memory://", "--set", "snapshot_every=10")
    process.kill()
    process.wait()
    (tmp_path / "hold").unlink()
    newest = max((tmp_path / "run/snapshots").glob("*.snap"))
    content = newest.read_bytes()
    middle = len(content) // 2
    if damage == "removed":
        newest.unlink()
    else:
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        newest.write_bytes({"flipped": flipped, "cut": content[:middle], "emptied": b""}[damage])

    said = cli("resume", "run", "--json")

    summary = json.loads(said.out)
    assert summary["digest"] == wanted
    assert summary["resumed"] == {"from_round": 10, "rehearsed_rounds": 19, "computed_rounds": 31}
    assert (f"{newest.name} is damaged and was passed over" in said.err) == (damage != "removed")


def test_without_any_snapshot_a_run_is_gone_through_from_its_first_round(
    cli: Any, held: Any, tmp_path: Path, wanted: str
) -> None:
    process = held("--board", "memory://")
    process.kill()
    process.wait()
    (tmp_path / "hold").unlink()
    shutil.rmtree(tmp_path / "run/snapshots")

    said = cli("resume", "run", "--json")

    summary = json.loads(said.out)
    assert summary["digest"] == wanted
    assert summary["resumed"] == {"from_round": 0, "rehearsed_rounds": 29, "computed_rounds": 31}


def test_a_full_disk_is_one_line_and_the_run_goes_on_from_what_was_written(
    cli: Any, start: Start, tmp_path: Path, wanted: str
) -> None:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, 9_000))

    process = start(
        "run", "./counting.py", "--out", "run", "--board", "memory://", preexec_fn=limit
    )
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.startswith("swarmboard: ")
    assert "cannot be written (File too large)" in err
    assert "make room, then `swarmboard resume run` goes on" in err
    assert err.count("\n") == 1
    recorded = rounds_in(tmp_path / "run")

    said = cli("resume", "run", "--json")

    summary = json.loads(said.out)
    assert summary["digest"] == wanted
    assert recorded == list(range(len(recorded)))
    assert summary["resumed"]["computed_rounds"] == ROUNDS - recorded[-1]


def test_a_server_out_of_memory_is_one_line_and_the_run_goes_on_once_there_is_some(
    cli: Any, held: Any, tmp_path: Path, wanted: str, server: Any
) -> None:
    process = held("--board", server.url)
    server.config_set("maxmemory", "1mb")
    (tmp_path / "hold").unlink()
    _, err = process.communicate(timeout=60)
    server.config_set("maxmemory", "0")
    assert process.returncode == 1
    assert err.startswith("swarmboard: ")
    assert "memory" in err
    assert err.count("\n") == 1

    said = cli("resume", "run", "--json")

    assert said.code == 0
    assert json.loads(said.out)["digest"] == wanted


def test_a_run_whose_directory_was_taken_away_ends_with_one_line(
    cli: Any, held: Any, tmp_path: Path
) -> None:
    process = held("--board", "memory://")

    shutil.rmtree(tmp_path / "run")
    (tmp_path / "hold").unlink()
    _, err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert err.startswith("swarmboard: ")
    assert err.count("\n") == 1


def test_a_run_without_its_log_says_how_to_begin_again(cli: Any, held: Any, tmp_path: Path) -> None:
    process = held("--board", "memory://")
    process.kill()
    process.wait()
    (tmp_path / "run/events.log").unlink()

    said = cli("resume", "run")

    assert said.code == 1
    assert "has no events.log any more" in said.err
    assert said.err.count("\n") == 1


def test_a_log_damaged_before_its_end_is_named_with_the_position(
    cli: Any, held: Any, tmp_path: Path
) -> None:
    process = held("--board", "memory://")
    process.kill()
    process.wait()
    log = tmp_path / "run/events.log"
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 1
    log.write_bytes(content)

    said = cli("resume", "run")

    assert said.code == 1
    assert "events.log is damaged" in said.err
    assert "at byte" in said.err
    assert said.err.count("\n") == 1


def test_a_run_that_fails_again_in_the_same_place_leaves_its_log_as_it_was(
    cli: Any, failing_file: Path, tmp_path: Path
) -> None:
    assert cli("run", "./bad.py", "--board", "memory://", "--out", "run").code == 1
    before = (tmp_path / "run/events.log").read_bytes()

    said = cli("resume", "run")

    assert said.code == 1
    assert "round three" in said.err
    assert (tmp_path / "run/events.log").read_bytes() == before


def test_a_finished_run_is_left_as_it_is(cli: Any, wanted: str, tmp_path: Path) -> None:
    before = (tmp_path / "undisturbed/events.log").read_bytes()

    said = cli("resume", "undisturbed")

    assert said.code == 0
    assert "nothing is left to compute" in said.err
    assert (tmp_path / "undisturbed/events.log").read_bytes() == before
