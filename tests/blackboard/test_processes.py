"""Other processes are told apart by when they began, and only a server of ours is ended."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import blackboard
from blackboard import end_server
from blackboard.processes import beginning_of, command_of
from blackboard.server import EmbeddedServer

WATCHDOG = Path(blackboard.__file__).with_name("watchdog.sh")


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that leads a group of its own and has nothing to do with any run."""
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_a_process_that_is_no_server_of_ours_is_left_alone(
    stranger: subprocess.Popen[bytes],
) -> None:
    said = [
        end_server(stranger.pid, url)
        for url in ("unix:///nowhere/swarmboard-gone/s", "unix:///sleep", "redis://host/0", "")
    ]

    assert said == [False] * 4
    assert stranger.poll() is None


def test_a_bundled_server_is_ended_by_its_number_and_its_url() -> None:
    with EmbeddedServer.start(None) as server:
        is_ours = end_server(server.pid, server.url)

        server._watchdog.wait(10)
        assert is_ours
        assert server.has_ended


def test_a_server_whose_parent_died_before_it_heard_of_it_is_ended(tmp_path: Path) -> None:
    directory = tmp_path / "server"
    directory.mkdir()
    unheard, told = os.pipe()
    os.close(unheard)
    watchdog = subprocess.Popen(
        ["/bin/sh", WATCHDOG, directory, "sleep", "60"],
        stdin=subprocess.PIPE,
        stdout=told,
        start_new_session=True,
    )
    os.close(told)
    watchdog.communicate(timeout=10)

    assert not directory.exists()


def test_a_server_is_not_ended_by_the_url_of_another() -> None:
    with EmbeddedServer.start(None) as server, EmbeddedServer.start(None) as other:
        is_ours = end_server(server.pid, other.url)

        assert not is_ours
        assert not server.has_ended


def test_nobody_ends_the_group_that_asks(tmp_path_factory: pytest.TempPathFactory) -> None:
    program = (
        "import os; from blackboard import end_server; "
        "print(end_server(os.getpid(), 'unix:///x/swarmboard-own/s'))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, "/x/swarmboard-own/s"],
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )

    assert (done.returncode, done.stdout) == (0, "True\n")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_two_processes_began_at_times_of_their_own(stranger: subprocess.Popen[bytes]) -> None:
    assert beginning_of(os.getpid()) == beginning_of(os.getpid()) != ""
    assert beginning_of(stranger.pid) != beginning_of(os.getpid())
    assert command_of(stranger.pid) == "sleep 60"
