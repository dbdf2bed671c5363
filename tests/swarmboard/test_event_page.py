"""The page on scenarios in simulated time: its repair shop runs, and comes out as predicted."""

import json
import math
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binom

from swarmboard import run
from swarmboard.testing import check_scenario

pytestmark = pytest.mark.unrepeatable

PAGE = (Path(__file__).resolve().parents[2] / "docs/event_driven.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def repair_shop(tmp_path: Path) -> Path:
    path = tmp_path / "repair_shop.py"
    path.write_text("\n".join(blocks("python")))
    return path


def leaves(skill: float, eye: float) -> float:
    """Return the chance that two of three inspectors let a repair pass."""
    return float(skill * binom.sf(1, 3, eye) + (1 - skill) * binom.sf(1, 3, 1 - eye))


@pytest.mark.parametrize(("skill", "eye"), [(0.8, 0.9), (0.5, 0.7)])
def test_its_shop_repairs_as_often_as_the_binomial_says(
    repair_shop: Path, tmp_path: Path, skill: float, eye: float
) -> None:
    passes = leaves(skill, eye)

    result = run(
        str(repair_shop), skill=skill, eye=eye, board="memory://", out=tmp_path / "run", seed=7
    )

    error = math.sqrt(300 * (1 - passes)) / passes
    assert abs(result.summary["metrics"]["repairs"] - 300 / passes) <= 4.5 * error
    assert result.summary["consensus"]["accepted"] == 300


def test_the_figures_in_its_text_are_true() -> None:
    passes = leaves(0.8, 0.9)

    assert f"= {passes:.3f}" in PAGE
    assert f"about {300 / passes:.0f} repairs" in PAGE
    assert f"asks for {1500 / passes / 600 / 2:.2f} of each" in PAGE


def test_its_commands_work(cli: Any, repair_shop: Path) -> None:
    commands = [line for block in blocks("bash") for line in block.splitlines()]

    said = [cli(*shlex.split(one)[1:], "--board", "memory://", "--json") for one in commands]

    usual, busy = (json.loads(one.out)["metrics"]["stay_mean_s"] for one in said)
    assert [one.code for one in said] == [0, 0]
    assert busy > 5 * usual


def test_it_keeps_the_contracts(repair_shop: Path) -> None:
    check_scenario(repair_shop, bicycles=30)
