"""The tutorial's scenario is what its code blocks add up to, and it comes out as predicted."""

import json
import math
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binom

from swarmboard import run, threshold
from swarmboard.testing import check_scenario

pytestmark = pytest.mark.unrepeatable

TUTORIAL = Path(__file__).resolve().parents[2] / "docs/tutorial_own_scenario.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TUTORIAL.read_text("utf-8"), re.DOTALL)


@pytest.fixture
def my_jury(tmp_path: Path) -> Path:
    path = tmp_path / "my_jury.py"
    path.write_text("\n".join(blocks("python")))
    return path


def test_it_is_about_forty_lines(my_jury: Path) -> None:
    lines = [line for line in my_jury.read_text().splitlines() if line.strip()]

    assert len(lines) <= 45


@pytest.mark.parametrize("competence", [0.6, 0.78, 0.85])
def test_its_jury_is_as_often_right_as_the_binomial_says(
    my_jury: Path, tmp_path: Path, competence: float
) -> None:
    expected = binom.sf(19, 25, competence)

    summary = run(
        str(my_jury),
        competence=competence,
        rule=threshold(80),
        seed=7,
        board="memory://",
        out=tmp_path / "run",
    ).summary

    error = math.sqrt(expected * (1 - expected) / 400)
    assert abs(summary["metrics"]["correct"] - expected) <= 4.5 * error
    assert sum(summary["metrics"].values()) == pytest.approx(1)


def test_the_figures_in_its_text_are_true() -> None:
    text = TUTORIAL.read_text("utf-8")

    assert f"{binom.sf(19, 25, 0.85):.3f}" in text
    assert f"({binom.sf(19, 25, 0.78):.2f} right)" in text
    assert binom.sf(19, 25, 0.15) < 1e-9


def test_it_keeps_the_contracts(my_jury: Path) -> None:
    check_scenario(my_jury, trials=5)


def test_its_commands_work(cli, my_jury: Path) -> None:
    commands = [line for block in blocks("bash") for line in block.splitlines()]

    for command in commands:
        said = cli(*shlex.split(command)[1:], "--board", "memory://", "--json")
        assert said.code == 0
        assert json.loads(said.out)["rounds"] == 400
    assert len(commands) == 2


@pytest.fixture
def my_panel(tmp_path: Path) -> Path:
    path = tmp_path / "my_panel.py"
    path.write_text("\n".join(blocks("python my_panel.py")))
    return path


def panel_said(cli: Callable[..., Any]) -> list[Any]:
    """Return what the commands about the panel say as JSON."""
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    terms = ("--board", "memory://", "--json")
    return [json.loads(cli(*shlex.split(one)[1:], *terms).out) for one in commands]


def test_its_panel_of_models_answers_offline(cli, my_panel: Path) -> None:
    foretold, summary = panel_said(cli)

    assert summary["determinism"] == "recorded"
    assert summary["consensus"]["accepted"] == 1
    tokens = summary["tokens"]
    assert tokens["calls"] == 9 * summary["rounds"]
    assert foretold["calls"]["low"] <= tokens["calls"] <= foretold["calls"]["high"]
    used = tokens["input"] + tokens["output"]
    assert foretold["tokens"]["low"] <= used <= foretold["tokens"]["high"]


def test_its_panel_keeps_the_contracts(my_panel: Path) -> None:
    check_scenario(my_panel)
