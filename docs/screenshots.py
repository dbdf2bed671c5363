"""Makes the pictures of the dashboard: `python docs/screenshots.py`.

Runs are made for them, served by the real command, and looked at with Debian's Chromium
(`SWARMBOARD_BROWSER` names another). Needs the extra `dev`.
"""

import io
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
WIDTH = 1280
COLOURS = 96
"""Of a picture's own palette: flat colours need no more, and the file is a third."""
SHOTS = (
    ("dashboard-consensus-light", "light", "/run/grid/consensus", 5, 1010),
    ("dashboard-consensus-dark", "dark", "/run/grid/consensus", 5, 1010),
    ("dashboard-runs-light", "light", "/", None, 490),
    ("dashboard-runs-dark", "dark", "/", None, 490),
)
"""File, theme, page, the round to go to, and the height of the picture."""


def main() -> None:
    """Make the runs and the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        make_runs(runs)
        with served(runs) as url, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
            for name, theme, path, moment, height in SHOTS:
                target = IMAGES / f"{name}.png"
                page = browser.new_page(
                    viewport={"width": WIDTH, "height": height}, color_scheme=theme
                )
                target.write_bytes(smaller(shot(page, url + path, theme, moment)))
                print(f"{target.name}: {target.stat().st_size // 1000} kB")
            browser.close()


def make_runs(folder: Path) -> None:
    """Make runs to look at."""
    run("grid-dispatch", agents=1024, out=folder / "grid")
    run("grid-dispatch", out=folder / "grid-118")
    run("jury", agents=1024, trials=60, trials_per_round=2, out=folder / "jury")
    run("customer-service", tickets=300, out=folder / "service")


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


def shot(page: Any, address: str, theme: str, moment: int | None) -> bytes:
    """Return a picture of a page, of a run as of one of its rounds."""
    page.goto(address)
    if moment is None:
        page.get_by_text("4 runs").wait_for()
    else:
        page.get_by_role("button", name="First moment").click()
        for number in range(2, moment + 1):
            page.get_by_role("button", name="One on").click()
            page.get_by_text(f"Round {number}", exact=True).wait_for()
    page.locator(f"#app .theme--{theme}, #app.theme--{theme}").first.wait_for()
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    picture: bytes = page.screenshot()
    page.close()
    return picture


def smaller(picture: bytes) -> bytes:
    """Return a picture with a palette of its own."""
    image = (
        Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    )
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    main()
