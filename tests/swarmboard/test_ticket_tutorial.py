"""The tutorial on a file of tickets: its blocks run in their order and say what it shows."""

import io
import math
import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.unrepeatable

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/tutorial_tickets.md").read_text("utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.M | re.S)


def said_and_shown(cli: Any) -> Iterator[tuple[str, str]]:
    """Run all blocks, and yield what was said with each text that the page shows of it."""
    said, names = "", {"__name__": "__main__"}
    for language, block in BLOCKS:
        if language == "toml":
            Path("day.toml").write_text(block, "utf-8")
        elif language == "bash":
            said = "".join([told(cli, line) for line in block.splitlines()])
        elif language == "python":
            with redirect_stdout(io.StringIO()) as out:
                exec(compile(block, "tutorial_tickets.md", "exec"), names)
            said = out.getvalue()
        else:
            yield said, block


def told(cli: Any, line: str) -> str:
    words = shlex.split(line)[1:]
    board = ["--board", "memory://"] if words[0] == "run" else []
    said = cli(*words, *board)
    assert said.code == 0, said.err
    return str(said.out)


def is_in(shown: str, said: str) -> bool:
    """Say whether words of a page follow each other in an output, numbers within 1 %."""
    wanted, words = shown.split(), said.split()
    places = range(len(words) - len(wanted) + 1)
    return any(all(map(is_alike, words[at:], wanted)) for at in places)


def is_alike(said: str, shown: str) -> bool:
    try:
        pair = [float(word.strip("(),;%").replace(",", "")) for word in (said, shown)]
    except ValueError:
        return said == shown
    return math.isclose(*pair, rel_tol=0.01, abs_tol=1e-3)


def test_its_blocks_run_and_say_what_it_shows(cli: Any, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")

    shown = [(said, line) for said, block in said_and_shown(cli) for line in lines_of(block)]

    assert [line for said, line in shown if not is_in(line, said)] == []
    assert len(shown) > 30


def lines_of(block: str) -> list[str]:
    """Return the lines of a text; one that is indented belongs to the one before where it wraps."""
    return [line for line in re.sub(r"\n {10,}(?=\S)", " ", block).splitlines() if line.strip()]
