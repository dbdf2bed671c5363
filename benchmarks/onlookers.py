"""The processes of a dashboard under measurement: runs, the server, and pages in a browser."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Pages that are not in front are drawn as if they were: each stands for a person.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)
WATCHED = Path(__file__).with_name("watched.py")
PATIENCE_S = 60.0
PAGE_BYTES, MEGA = 4096, 1_000_000
NOTE_DRAWINGS = """() => {
  window.drawn = [];
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const label = target.getAttribute("aria-label") || "";
      const round = / agents by .*Round ([\\d,]+)/.exec(label);
      if (target.tagName !== "CANVAS" || !round) continue;
      const number = Number(round[1].replaceAll(",", ""));
      setTimeout(() => window.drawn.push([number, Date.now() / 1000]));  // after the paint
    }
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["aria-label"] });
}"""
"""Keeps the round of each drawing of the agents, and when it was on the screen."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process whose time and memory are read from the kernel (Linux)."""

    pid: int

    def cpu_s(self) -> float:
        """Return the CPU seconds that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Return its resident memory in MB."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE_BYTES / MEGA


@dataclass(frozen=True, slots=True)
class Server(Process):
    """A dashboard that answers."""

    url: str

    def page_of(self, run: Path) -> str:
        """Return the address of a run's first page."""
        return f"{self.url}/run/{run.name}/consensus"


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the watched swarm in a process of its own."""

    path: Path
    process: "subprocess.Popen[str]"

    def go_on(self) -> None:
        """Let it go on behind the rounds after which it waits."""
        (self.path.parent / f"{self.path.name}.go").touch()

    def notes(self) -> list[tuple[int, float, float]]:
        """Return round, time and CPU seconds of each round so far."""
        notes = self.path.parent / f"{self.path.name}.notes"
        lines = notes.read_text().splitlines() if notes.exists() else []
        rows = (line.split() for line in lines if line.count(" ") == 2)
        return [(int(number), float(at), float(cpu)) for number, at, cpu in rows]

    def wait(self) -> None:
        """Wait until it has ended in order."""
        code = self.process.wait(10 * PATIENCE_S)
        if code:
            raise SystemExit(f"the run in {self.path} ended with {code}")


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """Serve a folder of runs by the real command."""
    words = ("dashboard", "--port", "0", "--runs", str(folder))
    process = _begun(words, stdout=subprocess.PIPE)
    assert process.stdout
    try:
        url = process.stdout.readline().split()[1].rstrip("/")
        yield Server(process.pid, url)
    finally:
        _end(process)


@contextmanager
def running(path: Path, agents: int, rounds: int, **options: object) -> Iterator[Run]:
    """Run the watched swarm until the block ends, or it has."""
    given = {
        "notes": f"{path}.notes",
        "held_until": f"{path}.go",
        **{name: str(value) for name, value in options.items()},
    }
    settings = [word for name, value in given.items() for word in ("--set", f"{name}={value}")]
    process = _begun(
        (
            *("run", str(WATCHED), "--agents", str(agents), "--rounds", str(rounds)),
            *(*settings, "--out", str(path), "--no-progress"),
        ),
        stdout=subprocess.DEVNULL,
    )
    try:
        until(lambda: (path / "board.json").exists(), "the run did not begin")
        yield Run(path, process)
    finally:
        _end(process)


class Onlooker:
    """One person's page on a run, with all that comes over its websocket counted."""

    def __init__(self, browser: Any, url: str) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.page = self.context.new_page()
        self.received_bytes = 0
        self.page.on("websocket", lambda line: line.on("framereceived", self._count))
        self.page.add_init_script(f"({NOTE_DRAWINGS})()")
        began = time.perf_counter()
        self.page.goto(url)
        self.page.wait_for_function("window.drawn.length > 0", timeout=1000 * PATIENCE_S)
        self.first_paint_s = time.perf_counter() - began
        """From the address to the first drawing of the agents."""

    def _count(self, payload: str | bytes) -> None:
        self.received_bytes += len(payload if isinstance(payload, bytes) else payload.encode())

    def drawings(self) -> list[tuple[int, float]]:
        """Return round and time of each drawing so far."""
        return [(int(number), float(at)) for number, at in self.page.evaluate("window.drawn")]

    def rest(self, seconds: float) -> None:
        """Let time pass, and count what comes meanwhile."""
        self.page.wait_for_timeout(1000 * seconds)

    def heap_mb(self) -> float:
        """Return what the page's JavaScript holds once its garbage is collected, in MB."""
        session = self.context.new_cdp_session(self.page)
        session.send("HeapProfiler.collectGarbage")
        used = session.send("Runtime.getHeapUsage")["usedSize"]
        session.detach()
        return float(used) / MEGA

    def close(self) -> None:
        """Close the page, as a person closes a tab."""
        self.context.close()


@contextmanager
def chromium() -> Iterator[Any]:
    """Start a browser without a window."""
    from playwright.sync_api import sync_playwright

    found = os.environ.get("SWARMBOARD_BROWSER", "/usr/bin/chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=[*FLAGS])
        yield browser
        browser.close()


def until(is_so: Any, otherwise: str) -> None:
    """Wait until something is so.

    Raises:
        SystemExit: it did not come to be so in time.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit(otherwise)
        time.sleep(0.02)


def _begun(words: tuple[str, ...], *, stdout: int) -> "subprocess.Popen[str]":
    kept = {name: value for name, value in os.environ.items() if name != "SWARMBOARD_URL"}
    return subprocess.Popen(
        [sys.executable, "-m", "swarmboard", *words],
        env={**kept, "PYTHONUNBUFFERED": "1"},
        stdout=stdout,
        text=True,
        start_new_session=True,
    )


def _end(process: "subprocess.Popen[str]") -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
