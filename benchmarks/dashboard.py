"""What looking on costs, and how soon people see: pages of the real command in Chromium.

The server, runs and pages are processes of their own. Server CPU is CPU seconds of the dashboard's
process over wall seconds; bytes are the websocket's payloads before compression; a commit is on the
screen once the browser has painted the agents of that round or a later one. Run
`python -m benchmarks dashboard [--minutes M] [--only NAME,NAME] [--json]` (Linux, the extra `dev`
and Chromium; about nine minutes, M of them, 2 unless said, for one page and its heap).
"""

import json
import random
import statistics
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .onlookers import Onlooker, Run, Server, chromium, running, served
from .table import print_table

FOREVER = 1_000_000
MINUTES = 2.0
"""How long one page is measured, unless --minutes says."""
SETTLE_S, SAMPLE_S = 3.0, 20.0
CLOSED_S = 62.0
"""After so long the server has closed a page that nobody looks at: it looks once a second."""
PAGES, PAIRS, JUMPS = 10, 5, 40
REPLAYED, WATCHED = 1000, 5000
"""Rounds of the run that is played back, and of those that are watched or not."""
STAGE_S, PRESSES = 0.2, 10
NOTE_PRESSES = """() => document.addEventListener(
  "click", () => { window.pressed = Date.now() / 1000; }, { capture: true })"""
JUMP = """async (position) => {
  const slider = document.querySelector(".db-replay input[type=range]");
  const began = performance.now(), before = window.drawn.length;
  slider.value = String(position);
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  const wanted = position + 1;
  while (!window.drawn.slice(before).some(([round]) => round === wanted)) {
    if (performance.now() - began > 10000) return 10000;
    await new Promise((go) => requestAnimationFrame(go));
  }
  return performance.now() - began;
}"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured, and what it is to be."""

    check: str
    figure: float
    unit: str
    target: float
    is_least: bool = False
    """Whether the target is the least that it may be, else the most."""

    def row(self) -> dict[str, Any]:
        """Return it as a row of a table."""
        is_met = self.figure >= self.target if self.is_least else self.figure <= self.target
        sign = ">=" if self.is_least else "<="
        return {
            "check": self.check,
            "figure": f"{self.figure:,.3g} {self.unit}",
            "target": f"{sign} {self.target:g} {self.unit}",
            "met": "yes" if is_met else "NO",
        }


def one_page(browser: Any, folder: Path, minutes: float) -> Iterator[Figure]:
    """Measure one page, then ten, then none, on a run that changes ten times a second."""
    with running(folder / "live", 1024, FOREVER, pause_s=0.1) as run, served(folder) as server:
        run.go_on()
        address = server.page_of(run.path)
        visits = [Onlooker(browser, address) for _ in range(3)]
        paints = [visit.first_paint_s for visit in visits]
        yield Figure("first meaningful paint, first visit to a server", paints[0], "s", 3)
        yield Figure("the same, later visits", max(paints[1:]), "s", 3)
        for visit in visits[1:]:
            visit.close()
        yield from _seen(visits[0], run, server, minutes)
        yield from _many(browser, visits[0], address, server)


def _seen(visit: Onlooker, run: Run, server: Server, minutes: float) -> Iterator[Figure]:
    visit.rest(SETTLE_S)
    heap_mb, received, cpu_s = [visit.heap_mb()], visit.received_bytes, server.cpu_s()
    began, before = _now(visit), len(visit.drawings())
    parts = max(2, round(minutes * 3))
    for _ in range(parts):
        visit.rest(60 * minutes / parts)
        heap_mb.append(visit.heap_mb())
    drawn, spent_s = visit.drawings()[before:], _now(visit) - began
    cpu = 100 * (server.cpu_s() - cpu_s) / spent_s
    delays = [1000 * delay for delay in _delays(drawn, run.notes())]
    yield Figure("1,024 agents: updates a second", len(drawn) / spent_s, "", 5, is_least=True)
    yield Figure("commit to pixel, median", statistics.median(delays), "ms", 300)
    yield Figure("commit to pixel, p95", _percentile(delays, 95), "ms", 300)
    kilobytes = (visit.received_bytes - received) / len(drawn) / 1000
    yield Figure("bytes an update", kilobytes, "kB", 5)
    yield Figure("server CPU, one page", cpu, "% of a core", 5)
    half = len(heap_mb) // 2
    growth = (statistics.mean(heap_mb[half:]) - statistics.mean(heap_mb[:half])) / (minutes / 2)
    print("heap, MB:", [round(one, 2) for one in heap_mb], file=sys.stderr)
    yield Figure("browser heap, growth a minute", growth, "MB", 0.2)


def _many(browser: Any, visit: Onlooker, address: str, server: Server) -> Iterator[Figure]:
    visits = [visit, *(Onlooker(browser, address) for _ in range(PAGES - 1))]
    visit.rest(SETTLE_S)
    began, cpu_s = _now(visit), server.cpu_s()
    visit.rest(SAMPLE_S)
    cpu = 100 * (server.cpu_s() - cpu_s) / (_now(visit) - began)
    yield Figure(f"server CPU, {PAGES} pages", cpu, "% of a core", 10)
    open_mb = server.resident_mb()
    for one in visits:
        one.close()
    clock = browser.new_context().new_page()
    clock.wait_for_timeout(1000 * CLOSED_S)
    cpu_s = server.cpu_s()
    clock.wait_for_timeout(1000 * SAMPLE_S)
    idle = 100 * (server.cpu_s() - cpu_s) / SAMPLE_S
    yield Figure("server CPU, all closed for 60 s", idle, "% of a core", 0.5)
    more_mb = server.resident_mb() - open_mb
    yield Figure("server memory then, above that of ten pages", more_mb, "MB", 10)


def crowd(browser: Any, folder: Path, minutes: float) -> Iterator[Figure]:
    """Measure 100,000 agents."""
    with running(folder / "crowd", 100_000, FOREVER, pause_s=0.1) as run, served(folder) as server:
        run.go_on()
        visit = Onlooker(browser, server.page_of(run.path))
        visit.rest(2 * SETTLE_S)
        received, before, began = visit.received_bytes, len(visit.drawings()), _now(visit)
        cpu_s = server.cpu_s()
        visit.rest(SAMPLE_S)
        drawn, spent_s = visit.drawings()[before:], _now(visit) - began
        cpu = 100 * (server.cpu_s() - cpu_s) / spent_s
        yield Figure("100,000 agents: updates a second", len(drawn) / spent_s, "", 2, is_least=True)
        kilobytes = (visit.received_bytes - received) / max(1, len(drawn)) / 1000
        yield Figure("100,000 agents: bytes an update", kilobytes, "kB", 50)
        yield Figure("100,000 agents: server CPU", cpu, "% of a core", 15)
        visit.close()


def cost(browser: Any, folder: Path, minutes: float) -> Iterator[Figure]:
    """Measure what a page costs the run it shows: the same run with and without, in turns."""
    told: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    with served(folder) as server:
        for number in range(PAIRS):
            for is_watched in (number % 2 == 0, number % 2 == 1):
                name = f"{'watched' if is_watched else 'alone'}-{number}"
                with running(folder / name, 1024, WATCHED) as run:
                    address = server.page_of(run.path)
                    visit = Onlooker(browser, address) if is_watched else None
                    run.go_on()
                    while run.process.poll() is None:
                        (visit or _Nobody).rest(0.2)
                    run.wait()
                    told[is_watched].append(_round_times(run))
                    if visit:
                        visit.close()
    print("wall and CPU of each, ms:", told, file=sys.stderr)
    alone, watched = ([statistics.median(x) for x in zip(*told[k], strict=True)] for k in (0, 1))
    print("round alone and watched, ms (wall, CPU):", alone, watched, file=sys.stderr)
    yield Figure("a round with a page, CPU of the runner", watched[1] / alone[1], "x", 1.05)
    yield Figure("a round with a page, wall", watched[0] / alone[0], "x", 1.05)


def replay(browser: Any, folder: Path, minutes: float) -> Iterator[Figure]:
    """Measure how long any round of a finished run takes to be on the screen."""
    with running(folder / "past", 1024, REPLAYED) as run:
        run.go_on()
        run.wait()
    with served(folder) as server:
        visit = Onlooker(browser, server.page_of(run.path))
        visit.page.wait_for_function(
            f"document.querySelector('.db-replay input[type=range]')?.max === '{REPLAYED - 1}'"
        )
        draws = random.Random(1)
        places = [draws.randrange(REPLAYED - 1) for _ in range(JUMPS)]
        taken_ms = []
        for place in places:
            visit.rest(0.2)
            taken_ms.append(float(visit.page.evaluate(JUMP, place)))
        yield Figure(
            "replay of 1,000 rounds: any round, median", statistics.median(taken_ms), "ms", 300
        )
        yield Figure("replay of 1,000 rounds: any round, p95", _percentile(taken_ms, 95), "ms", 300)
        visit.close()


def oversight(browser: Any, folder: Path, minutes: float) -> Iterator[Figure]:
    """Measure how far a run goes on behind a press of Pause."""
    with running(folder / "held", 1024, FOREVER, pause_s=STAGE_S) as run, served(folder) as server:
        run.go_on()
        visit = Onlooker(browser, server.page_of(run.path))
        page = visit.page
        page.evaluate(NOTE_PRESSES)
        page.get_by_role("link", name="Oversight").click()
        page.get_by_label("Your name").fill("a person")
        page.get_by_label("Reason").fill("to measure")
        behind, told_ms = [], []
        for _ in range(PRESSES):
            page.get_by_role("button", name="Pause").click()
            page.get_by_text("‖ paused").wait_for()
            pressed, shown = page.evaluate("[window.pressed, Date.now() / 1000]")
            visit.rest(2 * STAGE_S)
            behind.append(sum(at > pressed for _, at, _ in run.notes()))
            told_ms.append(1000 * (shown - pressed))
            page.get_by_role("button", name="Go on").click()
            page.locator(".db-figures").get_by_text("running").wait_for()
            visit.rest(3.3 * STAGE_S)
        yield Figure("pause: stages that close behind the press, most", max(behind), "", 1)
        yield Figure("pause: the page says so, median", statistics.median(told_ms), "ms", 1000)
        visit.close()


PARTS: dict[str, Callable[[Any, Path, float], Iterator[Figure]]] = {
    "page": one_page,
    "crowd": crowd,
    "cost": cost,
    "replay": replay,
    "oversight": oversight,
}


def main(argv: list[str]) -> None:
    """Measure, and print a table, or JSON with --json."""
    minutes = float(argv[argv.index("--minutes") + 1]) if "--minutes" in argv else MINUTES
    only = argv[argv.index("--only") + 1].split(",") if "--only" in argv else list(PARTS)
    rows = []
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for name in only:
            own = Path(folder) / name
            own.mkdir()
            for figure in PARTS[name](browser, own, minutes):
                rows.append(figure.row())
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    if "--json" in argv:
        print(json.dumps(rows, indent=1))
    else:
        print_table(rows)


def _now(visit: Onlooker) -> float:
    return float(visit.page.evaluate("Date.now() / 1000"))


def _delays(drawn: list[tuple[int, float]], notes: list[tuple[int, float, float]]) -> list[float]:
    """Return how long after its commit each round was seen, or a later one in its place."""
    rounds = [number for number, _ in drawn]
    found = []
    for number, at, _ in notes:
        if rounds[0] <= number <= rounds[-1]:
            found.append(drawn[bisect_left(rounds, number)][1] - at)
    return found


def _round_times(run: Run) -> tuple[float, float]:
    """Return wall and CPU milliseconds of a round, behind those in which the run was held."""
    notes = run.notes()[20:]
    (first, began, cpu_s), (last, ended, cpu_end_s) = notes[0], notes[-1]
    many = last - first
    return 1000 * (ended - began) / many, 1000 * (cpu_end_s - cpu_s) / many


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


class _Nobody:
    """Looks on without a page."""

    @staticmethod
    def rest(seconds: float) -> None:
        import time

        time.sleep(seconds)
