"""Makes the pictures of the dashboard: `python docs/screenshots.py [NAME]...`.

Runs are made for them, served by the real command, and looked at with Debian's Chromium
(`SWARMBOARD_BROWSER` names another). Without names all pictures are made, the animation too.
Needs the extra `dev`.
"""

import io
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from swarmboard import run

IMAGES = Path(__file__).parent / "images"
CHROMIUM = os.environ.get("SWARMBOARD_BROWSER", "/usr/bin/chromium")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
THEMES = ("light", "dark")
WIDTHS_PX = (1280, 1920)
COLOURS = 64
"""Of a picture's own palette: flat colours need no more, and the file is a third."""
ANIMATION = "dashboard-consensus"
ANIMATED_PX = (960, 757)


@dataclass(frozen=True, slots=True)
class Shot:
    """A page to take a picture of."""

    name: str
    path: str
    shows: str
    """A text that stands on the page once it is there."""
    moment: int | None = None
    """Which moment of the run to go to, from 1; None leaves the page where it opens."""


SHOTS = (
    Shot("runs", "/", "Start a run"),
    Shot("consensus", "/run/grid/consensus", "Approval", 5),
    Shot("board", "/run/team/board", "Entries"),
    Shot("world-grid", "/run/day/world", "Merit order"),
    Shot("world-service", "/run/service/world", "Closed tickets by the skills", 900),
    Shot("models", "/run/team/models", "Tokens"),
    Shot("oversight", "/run/waiting/oversight", "Approve"),
    Shot("compare", "/compare/grid/strict", "Approval", 3),
)


def main(names: list[str]) -> None:
    """Make the runs, the pictures and the animation."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        runs = Path(folder) / "runs"
        make_runs(runs)
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        with waiting_run(runs), served(runs) as url:
            for shot in SHOTS:
                if not names or shot.name in names:
                    take(browser, url, shot)
            if not names or ANIMATION in names:
                animate(browser, url)
        browser.close()


def make_runs(folder: Path) -> None:
    """Make runs to look at."""
    run("grid-dispatch", agents=1024, out=folder / "grid")
    run("grid-dispatch", agents=1024, out=folder / "strict", consensus_threshold=0.95)
    run("grid-dispatch", out=folder / "day", intervals=24)
    run("jury", agents=1024, trials=60, trials_per_round=2, out=folder / "jury")
    run("customer-service", agents=12, tickets=300, arrivals_per_s=4.0, out=folder / "service")
    run(
        "open-task",
        agents=16,
        out=folder / "team",
        task="Which line shall be closed first?",
        model="planted/accuracy=0.7,correlation=0.2,seed=3",
    )


@contextmanager
def waiting_run(folder: Path) -> Iterator[None]:
    """Have a run go on that waits for a person's answer."""
    words = ("run", "grid-dispatch", "--out", str(folder / "waiting"), "--no-progress")
    above = ("--set", "approval_above=1000", "--set", "approval_s=3600")
    process = subprocess.Popen(
        [sys.executable, "-m", "swarmboard", *words, *above],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder of runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "swarmboard", "dashboard", "--port", "0", "--runs", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout
    try:
        yield process.stdout.readline().split()[1].rstrip("/")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def take(browser: Any, url: str, shot: Shot) -> None:
    """Take a page's picture in each theme and width."""
    for theme in THEMES:
        for width_px in WIDTHS_PX:
            page = opened(browser, url, shot, theme, (width_px, 900))
            target = IMAGES / f"dashboard-{shot.name}-{theme}-{width_px}.png"
            target.write_bytes(smaller(page.screenshot(full_page=True)))
            page.close()
            print(f"{target.name}: {target.stat().st_size // 1000} kB")


def animate(browser: Any, url: str) -> None:
    """Take the rounds of a run one after another, and make one moving picture of them."""
    shot = Shot(ANIMATION, "/run/grid/consensus", "Approval", 1)
    page = opened(browser, url, shot, "light", (1280, 1010))
    frames = [page.screenshot()]
    forward = page.get_by_role("button", name="One on")
    while forward.is_enabled():
        forward.click()
        page.get_by_text(f"Round {len(frames) + 1}", exact=True).wait_for()
        page.wait_for_timeout(300)  # the canvas draws in the next animation frame
        frames.append(page.screenshot())
    page.close()
    pictures = [
        Image.open(io.BytesIO(frame)).convert("RGB").resize(ANIMATED_PX, Image.Resampling.LANCZOS)
        for frame in frames
    ]
    target = IMAGES / f"{ANIMATION}.webp"
    durations_ms = [900] * (len(pictures) - 1) + [3000]
    pictures[0].save(
        target, save_all=True, append_images=pictures[1:], duration=durations_ms, loop=0, quality=60
    )
    print(f"{target.name}: {len(frames)} rounds, {target.stat().st_size // 1000} kB")


def opened(browser: Any, url: str, shot: Shot, theme: str, size_px: tuple[int, int]) -> Any:
    """Open a page, of a run as of one of its rounds."""
    width, height = size_px
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
    page.goto(url + shot.path)
    page.get_by_text(shot.shows).first.wait_for()
    if shot.moment is not None:
        slider = page.get_by_role("slider", name="Moment")
        slider.fill(str(shot.moment - 1))
    page.locator(f"#app .theme--{theme}, #app.theme--{theme}").first.wait_for()
    page.mouse.move(0, 0)
    page.wait_for_timeout(800)  # views draw in animation frames, which nothing on the page counts
    return page


def smaller(picture: bytes) -> bytes:
    """Return a picture with a palette of its own."""
    image = (
        Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    )
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    main(sys.argv[1:])
