"""Simple questions cost one cheap call; unsure answers and hard questions go further."""

from pathlib import Path
from typing import Any

import pytest

from agents import PlantedModel, complexity_of
from swarmboard.result import Result
from tests.swarmboard.model_runs import Asked, team_run

PRICES = {"usd_per_million_input": 1.0, "usd_per_million_output": 2.0}
TIERS = {"fast": {"model": "x/small", **PRICES}, "strong": {"model": "x/large", **PRICES}}
SIMPLE = {"task": "Which is larger?", "choices": ("one", "two")}
HARD_TEXT = (
    "Plan and schedule the repair of 12 bridges between 2026 and 2031 unless costs exceed 40 "
    "million: compare at least 3 trade-offs, estimate each step, derive constraints, and explain "
    "why the order depends on demand; design for at most 2 closures at a time, except in winter."
)


def routed(
    out: Path, fast: PlantedModel, strong: PlantedModel | None = None, **terms: Any
) -> tuple[Result, Asked, Asked]:
    models = {"fast": Asked(fast), "strong": Asked(strong or PlantedModel(accuracy=1.0))}
    result = team_run(out, models, **{"agents": 8, "tiers": TIERS, "route": "auto", **terms})
    return result, models["fast"], models["strong"]


def test_a_simple_task_is_one_call_of_the_cheap_model(tmp_path: Path) -> None:
    result, fast, strong = routed(tmp_path / "run", PlantedModel(accuracy=1.0), **SIMPLE)

    assert (fast.calls, strong.calls) == (1, 0)
    assert result.summary["status"] == "done"
    assert result.summary["tokens"]["calls"] == 1
    assert [row["outcome"] for row in result.summary["decisions"]] == ["accepted"]


def test_an_unsure_answer_is_asked_for_again_from_the_strong_model(tmp_path: Path) -> None:
    unsure = PlantedModel(accuracy=0.4)

    result, fast, strong = routed(tmp_path / "run", unsure, **SIMPLE)

    assert (fast.calls, strong.calls) == (1, 1)
    assert result.summary["metrics"]["accepted"] == 1


def test_where_both_are_unsure_the_team_is_asked(tmp_path: Path) -> None:
    unsure = PlantedModel(accuracy=0.4)

    result, fast, strong = routed(tmp_path / "run", unsure, unsure, attempts=1, **SIMPLE)

    assert {stage for _, stage in fast.by_stage()} == {"answer", "reason", "critique", "vote"}
    assert fast.by_stage()[1, "vote"] == 8
    assert 0 < strong.by_stage()[1, "vote"] <= 8
    assert result.summary["decisions"][0]["gate"].startswith("unsure")


def test_a_malformed_answer_of_the_cheap_model_goes_to_the_strong_one(tmp_path: Path) -> None:
    result, fast, strong = routed(tmp_path / "run", PlantedModel(misuse=1.0), **SIMPLE)

    assert (fast.calls, strong.calls) == (2, 1)
    assert result.summary["metrics"]["accepted"] == 1
    assert result.summary["tokens"]["waste"] > 0


def test_a_hard_task_goes_to_the_team_at_once(tmp_path: Path) -> None:
    assert complexity_of(HARD_TEXT) > 0.6

    _, fast, strong = routed(tmp_path / "run", PlantedModel(), task=HARD_TEXT, attempts=1)

    assert fast.calls == 0
    assert "answer" not in {stage for _, stage in strong.by_stage()}
    assert strong.calls > 8


@pytest.mark.parametrize("seed", [1, 2])
def test_routing_is_repeated_from_the_log_and_from_the_recording(tmp_path: Path, seed: int) -> None:
    plant = PlantedModel(accuracy=0.55, misuse=0.2, seed=seed)
    first, *_ = routed(tmp_path / "run", plant, **SIMPLE)

    again, fast, strong = routed(
        tmp_path / "again", plant, recording="replay", recorded=str(first.path), **SIMPLE
    )

    assert again.summary["digest"] == first.summary["digest"]
    assert (fast.calls, strong.calls) == (0, 0)
