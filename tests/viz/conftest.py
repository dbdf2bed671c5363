"""A browser to look at pages with, and pages that report whatever goes wrong on them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 30_000
GRAVE = ("serious", "critical")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
VIOLATIONS = """async (rules) => (await axe.run({ runOnly: rules })).violations.map((v) =>
  [v.impact, v.id, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(" | ")])"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window; tests skip where there is none, or no playwright to drive it."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = os.environ.get("SWARMBOARD_BROWSER", "/usr/bin/chromium")
    if not Path(found).exists():
        pytest.skip(f"no browser at {found}; set SWARMBOARD_BROWSER to one")
    with api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


@contextmanager
def served(folder: Path, *more: str) -> Iterator[str]:
    """Serve a folder of runs by the real command, which says nothing wrong until it ends."""
    words = ("dashboard", "--port", "0", "--runs", str(folder), *more)
    process = subprocess.Popen(
        [sys.executable, "-m", "swarmboard", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout
    try:
        yield process.stdout.readline().split()[1].rstrip("/")
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")


@pytest.fixture(scope="session")
def serve_runs() -> Callable[[Path], Any]:
    """Give tests `served` without an import between test files."""
    return served


@pytest.fixture
def fresh_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Make pages on which errors, and requests to anything but their own address, fail the test."""
    wrong: list[str] = []
    contexts: list[Any] = []

    def fresh(own: str, **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        known = (own, own.replace("http", "ws"), "data:", "blob:")
        page.on("request", lambda one: None if one.url.startswith(known) else wrong.append(one.url))
        page.on("response", lambda one: wrong.append(one.url) if one.status >= 400 else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        return page

    yield fresh
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture(scope="session")
def violations() -> Callable[[Any], list[Any]]:
    """Check a page with axe-core, from a pinned package: nothing is fetched."""
    package = pytest.importorskip(
        "axe_playwright_python", reason="axe-playwright-python is missing"
    )
    script = (Path(str(package.__file__)).parent / "axe.min.js").read_text("utf-8")

    def violations(page: Any) -> list[Any]:
        if not page.evaluate("Boolean(window.axe)"):
            page.evaluate(script)
        return [one for one in page.evaluate(VIOLATIONS, RULES) if one[0] in GRAVE]

    return violations
