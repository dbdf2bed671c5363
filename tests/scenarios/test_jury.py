"""The jury comes out as the closed forms say, through the real board and its rules."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import betabinom, binom

from agents import Competence
from blackboard import Decided, Rule, read_log
from blackboard.records import Opened
from swarmboard import (
    Cohort,
    Population,
    Proposal,
    Result,
    Scenario,
    Stage,
    VoteBlock,
    ahead_by_k,
    first_to_k,
    plurality,
    run,
    threshold,
)

SIGMAS = 4.5
type Judge = Callable[..., Result]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Run a jury on the in-process board."""

    def judge(scenario: Any = "jury", **terms: Any) -> Result:
        return run(scenario, board="memory://", out=tmp_path / "run", **terms)

    return judge


def near(share: float, expected: float, trials: int) -> bool:
    """Say whether a share lies within 4.5 standard errors of what is expected."""
    error = math.sqrt(expected * (1 - expected) / trials)
    return abs(share - expected) <= SIGMAS * error + 1e-9


# n, competence, correlation, percent, P(correct), P(wrong), P(deadlock), source
THRESHOLDS = [
    (11, 0.6, 0.0, 50, 0.75349813248, 0.24650186752, 0.0, "exact binomial tail"),
    (10, 0.9, 0.0, 80, 0.9298091736, 3.736e-07, 0.0701904528, "exact binomial tail"),
    (100, 0.85, 0.0, 80, 0.9336802341811182, 2.655e-47, 0.06631976581888, "exact binomial tail"),
    (1024, 0.82, 0.0, 80, 0.9481988302922202, 0.0, 0.05180116970778, "exact binomial tail"),
    (101, 0.6, 0.1, 50, 0.728068031895323, None, None, "beta-binomial, Ladha 1995"),
    (1001, 0.6, 0.1, 50, 0.7352168780822076, None, None, "beta-binomial, Ladha 1995"),
    (100, 0.85, 0.1, 80, 0.7304606342116249, None, None, "beta-binomial, Ladha 1995"),
]


@pytest.mark.parametrize(
    ("agents", "competence", "correlation", "percent", "correct", "wrong", "deadlock", "source"),
    THRESHOLDS,
)
def test_threshold_votes_are_right_wrong_and_undecided_as_predicted(
    judge: Judge,
    agents: int,
    competence: float,
    correlation: float,
    percent: int,
    correct: float,
    wrong: float | None,
    deadlock: float | None,
    source: str,
) -> None:
    trials = 4000

    summary = judge(
        agents=agents,
        competence=competence,
        correlation=correlation,
        trials=trials,
        rule=threshold(percent),
        seed=5,
    ).summary

    found, expected = summary["metrics"], summary["yardstick"]["expected"]
    assert expected["correct"] == pytest.approx(correct, rel=1e-9)
    assert wrong is None or expected["wrong"] == pytest.approx(wrong, rel=1e-3, abs=1e-300)
    assert deadlock is None or expected["deadlock"] == pytest.approx(deadlock, abs=1e-10)
    assert all(near(found[name], expected[name], trials) for name in found)
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize("percent", [30, 50, 51, 67, 80, 100])
@pytest.mark.parametrize("agents", [1, 2, 9, 10])
@pytest.mark.parametrize("correlation", [0.0, 0.3])
def test_what_is_expected_is_summed_from_all_outcomes(
    judge: Judge, percent: int, agents: int, correlation: float
) -> None:
    expected = judge(
        agents=agents, correlation=correlation, trials=1, rule=threshold(percent)
    ).summary["yardstick"]["expected"]

    right = np.arange(agents + 1)
    total = 1 / correlation - 1 if correlation else 0.0
    ways = (
        betabinom.pmf(right, agents, 0.85 * total, 0.15 * total)
        if correlation
        else binom.pmf(right, agents, 0.85)
    )
    has_right = 100 * right >= percent * agents
    has_wrong = 100 * (agents - right) >= percent * agents
    assert expected["correct"] == pytest.approx(ways[has_right & ~has_wrong].sum(), abs=1e-9)
    assert expected["wrong"] == pytest.approx(ways[has_wrong & ~has_right].sum(), abs=1e-9)
    assert expected["deadlock"] == pytest.approx(ways[has_right == has_wrong].sum(), abs=1e-9)


# rule, jurors, competence, P(correct), source
RACES = [
    (first_to_k(10), 19, 0.6, 0.8139079785845882, "P(Bin(2k-1, p) >= k)"),
    (first_to_k(10), 60, 0.6, 0.8139079785845882, "P(Bin(2k-1, p) >= k)"),
    (ahead_by_k(3), 150, 0.7, 0.927027027027027, "gambler's ruin; arXiv 2511.09030"),
    (ahead_by_k(5), 400, 0.6, 0.8836363636363636, "gambler's ruin; arXiv 2511.09030"),
]


@pytest.mark.parametrize(("rule", "agents", "competence", "correct", "source"), RACES)
def test_sequential_rules_are_right_as_often_as_predicted(
    judge: Judge, rule: Rule, agents: int, competence: float, correct: float, source: str
) -> None:
    trials = 4000

    summary = judge(agents=agents, competence=competence, trials=trials, rule=rule, seed=2).summary

    assert near(summary["metrics"]["correct"], correct, trials)
    assert summary["metrics"]["deadlock"] == 0
    assert summary["yardstick"]["expected"] == {}
    assert summary["consensus"]["threshold_percent"] is None


def test_ahead_by_five_takes_as_many_votes_as_the_gamblers_ruin(judge: Judge) -> None:
    trials, expected = 4000, 19.181818181818183  # gambler's ruin, expected duration, k=5, p=.6

    result = judge(agents=400, competence=0.6, trials=trials, rule=ahead_by_k(5), seed=2)

    choices = result.ballots["choice"].cat.codes.to_numpy().reshape(trials, 400)
    steps = np.where(choices == choices[0, 0], 1, -1)
    duration = np.argmax(np.abs(np.cumsum(steps, axis=1)) >= 5, axis=1) + 1
    error = duration.std() / math.sqrt(trials)
    assert abs(duration.mean() - expected) <= SIGMAS * error


CHANCES = (0.9, 0.9, 0.6, 0.6, 0.6)


class Experts(Cohort):
    """Jurors of different competence, told by the world what each believes."""

    def vote(self, view: Any) -> list[VoteBlock]:
        beliefs = view.brief["beliefs"]
        return [VoteBlock(beliefs[i], trial.id) for i, trial in enumerate(view.proposals)]


class Panel(Scenario):
    """Two experts and three laymen vote with weights; the right option is always `yes`."""

    name = "panel"
    summary = "weighted experts"
    weights: tuple[int, ...] = ()
    default_agents = len(CHANCES)
    trials = 400

    def populate(self, model: Any) -> list[Population]:
        self.right = self.seen = 0
        return [Population("expert", Experts(model, self.agents))]

    def stages(self, board: Any) -> Any:
        draws = self.random.everyone("belief", round=board.round).random((self.trials, self.agents))
        beliefs = (draws >= np.array(CHANCES)).astype(np.uint8)
        seats = [index for index, weight in enumerate(self.weights) if weight]
        weights = [weight for weight in self.weights if weight]
        beliefs[:, [index for index in range(self.agents) if index not in seats]] = 255
        trial = Proposal(options=("yes", "no"), electorate=seats, weights=weights)
        closed = yield Stage(
            "vote", ("expert",), (trial,) * self.trials, votes=True, brief={"beliefs": beliefs}
        )
        self.right += sum(decided.option == "yes" for decided in closed.decisions)
        self.seen += len(closed.decisions)

    def metrics(self) -> dict[str, float]:
        return {"correct": self.right / max(1, self.seen)}


# integer weights (log odds x 10,000), P(correct), source
WEIGHTS = [
    ((1, 0, 0, 0, 0), 0.9, "the expert alone; Shapley and Grofman 1984"),
    ((1, 1, 1, 1, 1), 0.87696, "one vote each; Shapley and Grofman 1984 (.877)"),
    ((21972, 21972, 4055, 4055, 4055), 0.92664, "log odds; Nitzan and Paroush 1982 (.927)"),
]


@pytest.mark.parametrize(("weights", "correct", "source"), WEIGHTS)
def test_weighted_votes_are_right_as_often_as_predicted(
    judge: Judge, weights: tuple[int, ...], correct: float, source: str
) -> None:
    kind = type("Weighed", (Panel,), {"weights": weights})

    summary = judge(kind, rounds=10, rule=plurality(), seed=3).summary

    assert near(summary["metrics"]["correct"], correct, 4000)


@pytest.mark.parametrize(
    "rule", [None, threshold(51), first_to_k(3), ahead_by_k(2), plurality()], ids=repr
)
def test_every_trial_is_decided_once_in_the_round_in_which_it_opened(
    judge: Judge, rule: Rule | None
) -> None:
    result = judge(agents=9, trials=55, trials_per_round=10, rule=rule)

    records = list(read_log(result.path / "events.log"))
    opened = {record.proposal: record.round for record in records if isinstance(record, Opened)}
    decided = [record for record in records if isinstance(record, Decided)]
    assert len(opened) == len(decided) == 55
    assert {record.proposal: record.round for record in decided} == opened
    assert result.summary["rounds"] == 6
    consensus = result.summary["consensus"]
    assert sum(consensus[o] for o in ("accepted", "rejected", "expired", "vetoed")) == 55


def test_jurors_that_err_together_are_worth_fewer(judge: Judge) -> None:
    consensus = judge(agents=101, correlation=0.1, trials=10).summary["consensus"]

    assert consensus["eligible_agents"] == 101
    assert consensus["effective_voters"] == pytest.approx(101 / 11, abs=1e-3)


def test_nobody_abstains(judge: Judge) -> None:
    result = judge(agents=9, trials=55)

    assert set(result.summary["abstentions"].values()) == {0}
    assert "abstain" not in set(result.ballots["choice"])


def test_the_table_of_trials_agrees_with_the_metrics(judge: Judge) -> None:
    result = judge(agents=9, trials=200, competence=0.7, rule=threshold(70))

    trials, metrics = result.tables["trials"], result.summary["metrics"]
    assert (trials["truth"] == trials["verdict"]).mean() == pytest.approx(metrics["correct"])
    assert trials["verdict"].isna().mean() == pytest.approx(metrics["deadlock"])


def test_twenty_thousand_trials_of_a_hundred_jurors_stay_quick(judge: Judge) -> None:
    result = judge(agents=100, trials=20_000)

    summary = result.summary
    assert summary["timing"]["wall_s"] < 30  # about 3 s on an idle machine
    assert near(summary["metrics"]["correct"], 0.9336802341811182, 20_000)
    assert len(result.ballots) == 2_000_000
    assert len(summary["decisions"]) == 100


def test_the_competence_of_the_jury_is_the_one_that_is_tested() -> None:
    assert Competence(0.6, 0.1).at_least(51, 101) == pytest.approx(0.728068031895323)
