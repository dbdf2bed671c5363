"""The page of the measures names them all, and its program runs."""

import re
from pathlib import Path

import pytest

from swarmboard.measures import NAMES

PAGE = (Path(__file__).parents[2] / "docs" / "measures.md").read_text(encoding="utf-8")


def test_the_page_defines_every_measure_in_the_order_of_a_summary() -> None:
    defined = re.findall(r"^\| `([a-z_.]+)` \|", PAGE, re.MULTILINE)

    assert tuple(defined) == NAMES


def test_the_program_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    [program] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

    exec(compile(program, "docs/measures.md", "exec"), {})

    overhead, effective = map(float, capsys.readouterr().out.split())
    assert overhead == 15.0
    assert 1 < effective < 16
