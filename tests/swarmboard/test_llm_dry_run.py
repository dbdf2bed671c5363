"""A dry run says what a run may cost, and is right about it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents import PlannedCalls
from swarmboard import run
from swarmboard.config import make_config
from swarmboard.foretelling import cost_ahead
from swarmboard.plan import prepare

CONFIGURATIONS = 40
LONG = "Plan the move of the archive: " + "each box has a place, and no day has more than two. " * 20
TASKS = (
    {"task": "Which gate is open?", "choices": ["north", "south"], "answer": "north"},
    {"task": "Which road is dry?", "choices": ["high", "low", "middle"], "answer": "low"},
    {"task": "Write down how to close the bridge."},
)


def drawn(number: int) -> dict[str, Any]:
    """Return one of many unlike configurations."""
    draw = np.random.default_rng(number)

    def one_of(*values: Any) -> Any:
        return values[int(draw.integers(len(values)))]

    planted = {
        "accuracy": one_of(0.3, 0.6, 0.9),
        "misuse": one_of(0, 0, 0.05, 0.2),
        "contradictions": one_of(0, 0.1, 0.5),
        "corrects": one_of(0.2, 1),
        "approves": one_of(0.2, 0.9),
        "volunteers": one_of(0, 0.3),
        "seed": number,
    }
    options: dict[str, Any] = one_of(
        {"task": "Name the new tram line."},
        {"task": LONG},
        {"task": "Where shall it stop?", "choices": ["hill", "mill", "quay"], "answer": "quay"},
        {"tasks": TASKS},
        {},
    )
    return {
        "structure": one_of("swarm", "swarm", "separate", "solo", "chorus"),
        "agents": one_of(1, 2, 3, 8, 13, 32, 64),
        "seed": number,
        "rounds": one_of(None, None, None, 2),
        "options": options
        | {
            "model": "planted/" + ",".join(f"{name}={value}" for name, value in planted.items()),
            "attempts": one_of(1, 2, 3),
            "archetypes": one_of(0, 0, 4),
            "route": one_of("team", "team", "auto"),
            "corrections": one_of(0, 1, 2),
            "layers": one_of("task,reasoning,coordination", "task,reasoning", "task", "none"),
        },
    }


def bracketed(values: Mapping[str, Any]) -> tuple[bool, str]:
    """Say whether a run cost what was foretold, and both figures."""
    plan = prepare(make_config({"scenario": "open-task", "board": "memory://", **values}))
    said = cost_ahead(plan)
    options = values["options"]
    terms = {name: value for name, value in values.items() if name != "options"}
    spent = run("open-task", board="memory://", **terms, **options).summary["tokens"]
    tokens = spent["input"] + spent["output"]
    is_right = (
        said.calls.low <= spent["calls"] <= said.calls.high
        and said.tokens.low <= tokens <= said.tokens.high
    )
    return is_right, f"{spent['calls']} calls of {said.calls}, {tokens} tokens of {said.tokens}"


def test_what_is_foretold_brackets_what_runs_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    found = {number: bracketed(drawn(number)) for number in range(CONFIGURATIONS)}

    wrong = {number: figures for number, (is_right, figures) in found.items() if not is_right}
    assert len(wrong) <= 0.05 * CONFIGURATIONS, wrong
