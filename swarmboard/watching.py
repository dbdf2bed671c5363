"""A dashboard beside a run: a server in a process of its own, and a browser that opens on it."""

import os
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from blackboard import BadInput

SCHEMES = ("redis", "rediss", "unix")
"""How the address of a board begins that other processes can reach."""
STARTS_WITHIN_S = 60.0
"""How long the server may take to answer; it takes two or three seconds."""
NO_BROWSER = ("", "none", "false", "0")
"""What `$BROWSER` says where none is wanted."""


class Watching:
    """The server that shows one run, as a child of the process that runs it.

    It ends with its parent, however that ends: it listens for the end of its input.
    """

    def __init__(self, process: "subprocess.Popen[str]", run: Path) -> None:
        self._process, self._run = process, run
        self.address = ""
        """Where the run is shown; empty until the server answers."""
        self._is_over = False

    def show(self, tell: Callable[[str], None]) -> None:
        """Wait until the server answers, say where, and open a browser there if there is one."""
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("dashboard "):
                self.address = page_address(line.split()[1], self._run.name)
                break
        if not self.address and self._is_over:
            return  # the run has failed before the server was there
        if not self.address:
            tell("the dashboard did not start, and the run goes on without it")
            return
        tell(f"watch it at {self.address}")
        if browser := find_browser(os.environ):
            browser.open(self.address)
        for _ in self._process.stdout:
            pass  # what else it says is of no use here, and a full pipe would hold it

    def stay(self) -> None:
        """Wait until Ctrl-C, or until the server has ended by itself."""
        with suppress(KeyboardInterrupt):
            self._process.wait()

    def end(self) -> None:
        """End the server."""
        self._is_over = True
        assert self._process.stdin
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def watching(run: Path, tell: Callable[[str], None]) -> Iterator[Watching]:
    """Serve the dashboard on a free port of this machine while the block runs.

    Args:
        run: The run's directory, which may not be there yet.
        tell: Told the address as soon as it answers.
    """
    words = ("dashboard", "--runs", str(run.parent), "--port", "0", "--with-parent")
    process = subprocess.Popen(
        [sys.executable, "-m", "swarmboard", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,  # the first Ctrl-C is for the run
    )
    shown = Watching(process, run)
    showing = threading.Thread(target=shown.show, args=(tell,), daemon=True, name="watching")
    showing.start()
    try:
        yield shown
    finally:
        shown.end()
        showing.join(1.0)
        if process.stdout and not showing.is_alive():
            process.stdout.close()


def page_address(served: str, run: str) -> str:
    """Return where a run is shown.

    Args:
        served: Where the dashboard said that it is, with the token if it needs one.
        run: The name of the run's directory.
    """
    parts = urlsplit(served)
    return urlunsplit(parts._replace(path=f"/run/{quote(os.fsencode(run), safe='')}/consensus"))


def check_watchable(board: str | None) -> None:
    """Refuse to watch what no other process can see.

    Raises:
        BadInput: the board is in this process's memory, or is none.
    """
    scheme = (board or "").partition("://")[0]
    if scheme == "memory":
        raise BadInput(
            f"--watch with --board {board}: the page is another process, which cannot see into "
            "this one; leave --board away"
        )
    if board not in (None, "bundled") and scheme not in SCHEMES:
        raise BadInput(
            f"--board {board!r} is no board: redis://HOST:PORT, rediss://, unix://PATH or bundled"
        )


def find_browser(environment: Mapping[str, str]) -> webbrowser.BaseBrowser | None:
    """Return the person's browser, or None where there is none or none is wanted.

    A browser in the terminal would take it from the run, so that without a screen there is none.
    """
    if environment.get("NO_BROWSER") or environment.get("BROWSER", "?").lower() in NO_BROWSER:
        return None
    has_screen = any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    if sys.platform not in ("darwin", "win32") and not has_screen:
        return None
    try:
        return webbrowser.get()
    except webbrowser.Error:
        return None
