"""Measures of real runs: in every summary, the same by replay, and as theory says."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from blackboard import LogDamaged, RunDirectory
from swarmboard import run
from swarmboard.measures import NAMES, Measures, measures_of
from swarmboard.replaying import report


def measured(out: Path, scenario: str = "jury", **terms: Any) -> tuple[dict[str, Any], Any]:
    """Run on the in-process board; return the measures and the summary."""
    summary = run(scenario, board="memory://", out=out / "run", **terms).summary
    return summary["measures"], summary


def test_a_summary_holds_all_measures_under_their_names(tmp_path: Path) -> None:
    measures, _ = measured(tmp_path, agents=4, trials=3)

    assert tuple(measures) == NAMES


@pytest.mark.parametrize("correlation", [0.0, 0.1, 0.3])
def test_a_jury_is_worth_what_the_beta_binomial_says(tmp_path: Path, correlation: float) -> None:
    measures, summary = measured(
        tmp_path, agents=16, trials=4000, correlation=correlation, competence=0.7, seed=5
    )

    declared = summary["consensus"]["effective_voters"]
    assert declared == pytest.approx(16 / (1 + 15 * correlation), abs=1e-3)
    assert measures["consensus.effective_voters_measured"] == pytest.approx(declared, rel=0.12)
    assert measures["consensus.error_correlation"] == pytest.approx(correlation, abs=0.04)


def test_a_jury_is_right_wrong_or_deadlocked_as_often_as_exact_theory_says(tmp_path: Path) -> None:
    measures, summary = measured(tmp_path, agents=10, trials=4000, competence=0.8, seed=1)

    expected, metrics = summary["yardstick"]["expected"], summary["metrics"]
    for name, metric in (("right", "correct"), ("wrong", "wrong"), ("deadlock", "deadlock")):
        share = measures[f"consensus.{name}_share"]
        error = math.sqrt(expected[metric] * (1 - expected[metric]) / 4000)
        assert abs(share - expected[metric]) <= 4.5 * error + 1e-9
        assert share == pytest.approx(metrics[metric])


def test_the_brier_score_of_independent_jurors_is_that_of_the_binomial(tmp_path: Path) -> None:
    measures, _ = measured(tmp_path, agents=10, trials=4000, competence=0.8, seed=1)

    # E (1 - share)^2 = (1 - p)^2 + p (1 - p) / n
    assert measures["quality.brier"] == pytest.approx(0.04 + 0.16 / 10, rel=0.06)


def test_overhead_is_held_against_the_turns_of_one_juror(tmp_path: Path) -> None:
    measures, summary = measured(tmp_path, agents=16, trials=200, baseline="single")

    assert (measures["turns"], summary["baseline"]["measures"]["turns"]) == (32, 2)
    assert measures["overhead.turns"] == 15.0
    assert measures["overhead.tokens"] is None


def test_a_jury_that_votes_sealed_sends_no_messages(tmp_path: Path) -> None:
    measures, _ = measured(tmp_path, agents=16, trials=5)

    assert (measures["messages.count"], measures["messages.density"]) == (0, 0.0)
    assert measures["messages.fan_out"] is None


def test_a_shared_prefix_takes_fewer_tokens_than_contexts_kept_apart(tmp_path: Path) -> None:
    measures, summary = measured(tmp_path, "open-task", agents=8, baseline="separate", seed=3)

    classes = ("work", "coordination", "reconstruction", "verification", "waste", "cached")
    ours, naive = (
        sum(its["tokens"][name] for name in classes) for its in (summary, summary["baseline"])
    )
    assert measures["overhead.tokens"] == pytest.approx((ours - naive) / naive)
    assert measures["overhead.tokens"] < 0


def test_what_was_spent_on_the_first_accepted_plan_is_counted(tmp_path: Path) -> None:
    measures, summary = measured(tmp_path, "grid-dispatch", agents=24, seed=2)

    assert summary["consensus"]["accepted"] == 1
    assert measures["consensus.rounds_to_threshold"] == summary["rounds"]
    assert measures["quality.regret"] == pytest.approx(
        summary["yardstick"]["ours"] - summary["yardstick"]["value"]
    )


def test_simulated_seconds_stand_in_for_rounds_in_event_driven_runs(tmp_path: Path) -> None:
    measures, summary = measured(tmp_path, "customer-service", agents=12, tickets=40)

    assert measures["consensus.rounds_to_threshold"] is None
    assert measures["consensus.rounds_open"] is None
    taken = measures["consensus.seconds_to_threshold"] * summary["consensus"]["accepted"]
    assert 0 < measures["consensus.seconds_open"] < taken <= summary["simulated_s"]


def test_measures_of_a_log_are_those_that_were_folded_on_the_way(tmp_path: Path) -> None:
    measures, summary = measured(tmp_path, "customer-service", agents=12, tickets=40)
    directory = RunDirectory.open(tmp_path / "run")
    assert directory

    taken_up = Measures()
    taken_up.is_whole = False
    again = measures_of(taken_up, directory, yardstick=summary["yardstick"])

    assert again == measures


def test_replay_says_so_when_a_summary_tells_other_measures_than_the_log(tmp_path: Path) -> None:
    measured(tmp_path, agents=4, trials=3)
    directory = RunDirectory.open(tmp_path / "run")
    assert directory
    assert "measured   1" in report(directory)

    summary = directory.read_json("summary.json")
    assert summary
    summary["measures"]["turns"] += 1
    (tmp_path / "run" / "summary.json").write_text(json.dumps(summary), encoding="utf-8")

    with pytest.raises(LogDamaged, match=r"turns of .* is 4 by its log, but its summary says 5"):
        report(directory)
