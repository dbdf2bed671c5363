"""The README: its commands run, its Python runs, and the output it shows is what comes out."""

import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
INSTALL = re.compile(r"^python3 -m venv \.venv && \. \.venv/bin/activate && pip install .+? && ")
"""What a command line does first; here the environment that runs the tests takes its place."""
VARIES = ("time", "digest", "results")
"""Lines of a run's output that differ between machines or runs."""
RESIDUALS = re.compile(r"(imbalance_max_mw) [^ ,]+")
"""Rounding errors, which say nothing."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


COMMANDS = [
    line for block in blocks("bash") for line in re.sub(r" \\\n *", " ", block).splitlines()
]
SHOWN = [
    (shown[1], output)
    for block in blocks("text")
    for first, _, output in [block.partition("\n")]
    if (shown := re.match(r"\$ (.+)", first)) and output
]


@pytest.mark.parametrize("command", [c for c in COMMANDS if "pytest" not in c])
def test_a_command_of_the_readme_works(command: str, tmp_path: Path) -> None:
    run(INSTALL.sub("", command), tmp_path)


def test_the_test_command_finds_the_tests() -> None:
    [command] = [c for c in COMMANDS if "pytest" in c]

    found = run(INSTALL.sub("", command) + " --collect-only -q tests/test_compose.py", ROOT)

    assert "test_ports_are_open_to_this_machine_only" in found


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_installs_with_the_pins_or_not_at_all(command: str) -> None:
    assert ("install" in command) == bool(INSTALL.match(command))
    assert ("install" in command) == ("-c constraints.txt" in command)


@pytest.mark.parametrize("program", blocks("python"))
def test_the_python_of_the_readme_works(program: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("command", "shown"), SHOWN)
def test_the_output_in_the_readme_is_the_output(command: str, shown: str, tmp_path: Path) -> None:
    said, promised = card(run(command, tmp_path)), card(shown)

    assert list(said) == list(promised)
    for name in promised.keys() - set(VARIES):
        assert is_alike(said[name], promised[name]), f"{said[name]}\n{promised[name]}"


def run(command: str, folder: Path) -> str:
    """Run a command line as a shell with the current environment would; return its output."""
    done = subprocess.run(
        ["bash", "-euc", command],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def environment() -> dict[str, str]:
    here = str(Path(sys.executable).parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    kept.pop("SWARMBOARD_URL", None)
    return kept | {"PATH": f"{here}:{os.environ['PATH']}"}


def card(output: str) -> dict[str, str]:
    """Return the lines of a run's output by name, with wrapped ones joined."""
    rows: dict[str, str] = {}
    name = ""
    for line in output.splitlines():
        if line and not line.startswith(" "):
            name = line.split(maxsplit=1)[0]
        rows[name] = " ".join([rows.get(name, ""), *line.split()]).strip()
    return rows


def is_alike(said: str, promised: str) -> bool:
    """Say whether two lines have the same words, and numbers equal to one in a hundred."""
    pairs = [RESIDUALS.sub(r"\1 0", line).split() for line in (said, promised)]
    return len(pairs[0]) == len(pairs[1]) and all(map(same, *pairs))


def same(word: str, other: str) -> bool:
    try:
        numbers = [float(w.rstrip(",;").replace(",", "")) for w in (word, other)]
    except ValueError:
        return word == other
    return math.isclose(*numbers, rel_tol=0.01, abs_tol=1e-6)
