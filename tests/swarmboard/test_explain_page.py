"""The page on explanations shows what the command says."""

import math
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs/explain.md"
SHOWN = re.findall(r"^```text\n\$ swarmboard (.+)\n((?:.*\n)+?)```", PAGE.read_text("utf-8"), re.M)


@pytest.mark.parametrize(("command", "shown"), SHOWN)
def test_what_the_page_shows_is_what_is_said(cli: Any, command: str, shown: str) -> None:
    for line in re.findall(r"^```bash\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S):
        for told in line.splitlines():
            assert cli(*shlex.split(told)[1:], "--board", "memory://").code == 0

    said = cli(*shlex.split(command))

    assert said.code == 0
    words, promised = without_ids(said.out), without_ids(shown)
    assert len(words) == len(promised)
    assert [pair for pair in zip(words, promised, strict=True) if not is_alike(*pair)] == []


def without_ids(text: str) -> list[str]:
    """Return the words of an output, without run ids and digests."""
    return re.sub(r"\d{8}T\d{6}-[0-9a-f]{4}|[0-9a-f]{20}\S*", "ID", text).split()


def is_alike(said: str, promised: str) -> bool:
    """Say whether two words are the same, or numbers equal to one in a hundred."""
    try:
        numbers = [float(word.strip("(),;%").replace(",", "")) for word in (said, promised)]
    except ValueError:
        return said == promised
    return math.isclose(*numbers, rel_tol=0.01, abs_tol=1e-6)
