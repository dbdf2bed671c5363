"""Diagnostics of a team's run, held against a model of which the truth is planted."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents import PlantedModel, TextVectors, correlation_of, distances
from agents.anchoring.cusum import H, K, run_length
from blackboard import Ballots, Entries
from swarmboard.result import Result
from tests.swarmboard.model_runs import Asked, records, tasks, team_run

LONG = (
    "Plan how the town of Brook supplies itself with drinking water during the coming ten dry "
    "summers: compare a second reservoir in the hills, deeper wells near the river and a pipeline "
    "from the neighbouring county by cost, risk, effort, delay and quality, and say which "
    "combination the council ought to build first, who pays for it, and what households have to "
    "save until then."
)
ROUNDS, ONSET = 30, 12


def answered(model: PlantedModel, count: int) -> list[dict[str, Any]]:
    """Return questions with their right answers."""
    return [{**t, "answer": model.truth(t["task"], t["choices"])} for t in tasks(count)]


def said(result: Result, kind: str) -> list[tuple[int, Any]]:
    """Return the rounds and entries of a kind."""
    return [
        (record.round, entry)
        for record in records(result, Entries)
        for entry in record.entries
        if entry.kind == kind
    ]


def test_correction_requests_go_to_those_who_contradict_and_to_nobody_else(tmp_path: Path) -> None:
    model = PlantedModel(contradictions=0.2, seed=4)
    asked = tasks(25)

    result = team_run(tmp_path / "run", model, agents=12, tasks=asked, attempts=1)

    reasoned = [(round, entry.agent) for round, entry in said(result, "reasoning")]
    planted = {
        (round, agent)
        for round, agent in reasoned
        if model.contradicts(asked[round - 1]["task"], "agent", agent, round)
    }
    table = result.tables["corrections"]
    rounds = table["entry"].str.partition(".")[0].astype(int)
    found = set(zip(rounds, table["author"], strict=True))
    assert len(reasoned) >= 200
    assert len(found & planted) >= 0.9 * len(planted)
    assert len(found & planted) >= 0.9 * len(found)


def test_a_subject_of_an_earlier_task_is_another_one_in_the_next(tmp_path: Path) -> None:
    model = PlantedModel(contradictions=0.4, seed=4)

    result = team_run(tmp_path / "run", model, agents=12, tasks=tasks(12), attempts=1)

    metrics = result.summary["metrics"]
    assert metrics["corrections_asked"] > 40
    assert metrics["corrections_retracted"] > 0.8 * metrics["corrections_asked"]


def test_self_correction_lifts_accuracy_by_what_the_plant_allows(tmp_path: Path) -> None:
    accuracy, contradictions, corrects, agents, count = 0.6, 0.3, 0.8, 16, 40
    terms = {"accuracy": accuracy, "contradictions": contradictions, "corrects": corrects}
    model = PlantedModel(seed=4, **terms)
    options: dict[str, Any] = {"tasks": answered(model, count), "attempts": 1, "agents": agents}

    without = team_run(tmp_path / "without", model, corrections=0, **options)
    result = team_run(tmp_path / "with", model, **options)

    reasoning_share = 0.75  # critics state no findings
    lift = (1 - accuracy) * contradictions * corrects * reasoning_share
    measured = [run.summary["metrics"]["vote_accuracy"] for run in (without, result)]
    error = math.sqrt(lift * (1 - lift) / (agents * count))
    assert abs(measured[1] - measured[0] - lift) < 4.5 * error
    assert without.summary["metrics"]["corrections_asked"] == 0


@pytest.mark.parametrize(("accuracy", "correlation"), [(0.7, 0.25), (0.8, 0.0)])
def test_accuracy_and_correlation_of_votes_are_found_as_planted(
    tmp_path: Path, accuracy: float, correlation: float
) -> None:
    agents, count = 15, 80
    model = PlantedModel(accuracy=accuracy, correlation=correlation, seed=4)
    asked = answered(model, count)

    result = team_run(
        tmp_path / "run", model, agents=agents, tasks=asked, attempts=1, layers="none"
    )

    metrics = result.summary["metrics"]
    spread = accuracy * (1 - accuracy) * (1 + (agents - 1) * correlation) / (agents * count)
    assert abs(metrics["vote_accuracy"] - accuracy) < 4.5 * math.sqrt(spread)
    measured = correlation_of(_right(result, asked))
    assert measured is not None
    assert metrics["vote_correlation"] == measured.rho
    assert measured.low <= correlation <= measured.high
    effective = agents / (1 + (agents - 1) * max(measured.rho, 0.0))
    assert result.summary["consensus"]["effective_voters"] == pytest.approx(effective, rel=1e-3)


def test_agents_that_share_a_voice_are_no_evidence_that_voices_err_together(
    tmp_path: Path,
) -> None:
    model = PlantedModel(accuracy=0.7, seed=4)
    asked = answered(model, 40)
    terms: dict[str, Any] = {"attempts": 1, "layers": "none", "archetypes": 8}

    result = team_run(tmp_path / "run", model, agents=64, tasks=asked, **terms)

    right = _right(result, asked)
    voices, clones = np.unique(right, axis=1), correlation_of(right)
    measured = correlation_of(voices)
    assert measured is not None
    assert clones is not None
    assert clones.low > 0 >= measured.low
    assert result.summary["metrics"]["vote_correlation"] == pytest.approx(measured.rho)
    count = voices.shape[1]
    effective = min(count, count / (1 + (count - 1) * max(measured.rho, 0.0)))
    assert result.summary["consensus"]["effective_voters"] == pytest.approx(effective, rel=1e-3)


def _right(result: Result, asked: list[dict[str, Any]]) -> Any:
    votes = [np.frombuffer(record.choices, np.uint8) for record in records(result, Ballots)]
    answers = [list(task["choices"]).index(task["answer"]) for task in asked]
    return np.array([cast == answer for cast, answer in zip(votes, answers, strict=True)])


class Watched:
    """Who is told to come back to the task, and against which baselines."""

    def __init__(self) -> None:
        self.usual: dict[str, Any] = {}

    def __call__(self, model: Any, accounts: Any) -> None:
        watches = model.world.coordination._watches
        self.usual = {kind: watch.usual for kind, watch in watches.items()}


def drifting_run(out: Path, watch: Any, *, seed: int, **plant: Any) -> tuple[Result, Asked]:
    """Let a team fail at one long task again and again."""
    model = Asked(PlantedModel(approves=0.0, seed=seed, **plant))
    result = team_run(out, model, agents=24, task=LONG, attempts=ROUNDS, watch=watch)
    return result, model


@pytest.mark.parametrize("seed", [4, 5])
def test_alarms_without_drift_are_as_rare_as_the_theory_of_their_baseline_says(
    tmp_path: Path, seed: int
) -> None:
    watched = Watched()

    result, _ = drifting_run(tmp_path / "run", watched, seed=seed)

    expected = 0.0
    for kind, field in (("reasoning", "goal"), ("contribution", "text")):
        texts = [entry.payload[field] for _, entry in said(result, kind)]
        far = distances(TextVectors(), texts, LONG)
        usual = watched.usual[kind]
        scale, shift = far.std() / usual.sd, (far.mean() - usual.mean) / usual.sd
        expected += len(far) / run_length(K / scale, H / scale, shift / scale).markov
    alarms = result.summary["metrics"]["drift_alarms"]
    assert alarms <= 2 * expected + 4.5 * math.sqrt(expected) + 3
    assert alarms <= 0.03 * len(said(result, "reasoning")) * 2


def test_drift_is_noticed_as_soon_as_the_theory_says_and_in_those_who_drift(
    tmp_path: Path,
) -> None:
    plant = {"drift_from": ONSET, "drift_rate": 0.08, "drifters": 0.5, "heeds": 0.0}

    result, model = drifting_run(tmp_path / "run", None, seed=5, **plant)

    planted: Any = model.inner
    told = {
        (request.round, request.agent)
        for request in model.requests
        if "\nANCHOR " in request.prompt.own
    }
    first = {
        agent: min(round for round, who in told if who == agent and round >= ONSET)
        for agent in {agent for round, agent in told if round >= ONSET}
    }
    drifting = {agent for agent in range(18) if planted.is_drifting(agent, ONSET)}
    delays = [first[agent] - ONSET for agent in drifting]
    assert drifting <= first.keys()
    assert abs(float(np.median(delays)) - _fluid_delay(result, drifting)) <= 1.5
    within = {agent for agent, round in first.items() if round <= ONSET + 4}
    assert len(within & drifting) >= 0.9 * len(within)


def _fluid_delay(result: Result, drifting: set[int]) -> int:
    """Return after how many rounds the mean deviation of drifters adds up to an alarm."""
    goals = [(r, e.agent, e.payload["goal"]) for r, e in said(result, "reasoning")]
    far = distances(TextVectors(), [goal for *_, goal in goals], LONG)
    rounds = np.array([round for round, *_ in goals])
    is_drifting = np.array([agent in drifting for _, agent, _ in goals])
    before = far[rounds < ONSET]
    total = 0.0
    for delay, round in enumerate(range(ONSET, int(rounds.max()))):
        mean = far[is_drifting & (rounds == round)].mean()
        total = max(0.0, total + min(4.0, (mean - before.mean()) / before.std()) - K)
        if total > H:
            return delay
    raise AssertionError("the planted drift adds up to no alarm")


def test_those_who_are_told_come_back_to_the_task(tmp_path: Path) -> None:
    plant = {"drift_from": ONSET, "drift_rate": 0.08}

    left, _ = drifting_run(tmp_path / "left", None, seed=5, heeds=0.0, **plant)
    heeded, _ = drifting_run(tmp_path / "heeded", None, seed=5, heeds=1.0, **plant)

    assert _last_drift(heeded) < 0.9 * _last_drift(left)


def _last_drift(result: Result) -> float:
    texts = [entry.payload["text"] for round, entry in said(result, "contribution") if round > 20]
    return float(np.nanmean(distances(TextVectors(), texts, LONG)))
