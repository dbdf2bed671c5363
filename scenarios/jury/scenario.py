"""Jurors judge trials whose answer is known: how often is a threshold vote right?"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from agents import Cohort, Competence, Population, Stage, Stages
from blackboard import Proposal, View, VoteBlock

from ..base import Scenario, ScenarioOptions, Yardstick

ANSWERS = ("guilty", "innocent")


class JuryOptions(ScenarioOptions):
    """Who judges, and how much."""

    competence: float = Field(0.85, ge=0, le=1, description="chance that a juror is right (0-1)")
    correlation: float = Field(0.0, ge=0, le=1, description="how much jurors err together (0-1)")
    trials: int = Field(1000, ge=1, description="trials, each one proposal")
    trials_per_round: int = Field(100, ge=1, le=5000, description="trials judged at a time")


class Jurors(Cohort):
    """Each juror votes for what it believes, on every open trial."""

    def vote(self, view: View) -> list[VoteBlock]:
        """Vote as judged: `beliefs` holds an option per trial and juror."""
        beliefs = view.brief["beliefs"]
        return [VoteBlock(beliefs[i], trial.id) for i, trial in enumerate(view.proposals)]


class Jury(Scenario):
    """Condorcet's jury under any rule, with independent or correlated jurors."""

    name = "jury"
    summary = "a jury of known competence votes on trials with known answers"
    Options = JuryOptions
    changeable = ("trials", "trials_per_round")
    default_rounds = 1_000_000

    def populate(self, model: Any) -> Sequence[Population]:
        """Create the jurors."""
        self.competence = Competence(self.options.competence, self.options.correlation)
        self.truth: list[int] = []
        self.verdicts: list[tuple[str, str, str | None]] = []
        return [Population("juror", Jurors(model, self.agents), competence=self.competence)]

    def stages(self, board: View) -> Stages:
        """Put the round's trials to the vote."""
        count = min(self.options.trials_per_round, self.options.trials - len(self.truth))
        truth = self.random.everyone("truth", round=board.round).integers(0, 2, count)
        right = self.competence.right(self.random, count, self.agents, round=board.round)
        beliefs = np.where(right, truth[:, None], 1 - truth[:, None]).astype(np.uint8)
        trials = tuple(Proposal(options=ANSWERS) for _ in range(count))
        closed = yield Stage("vote", ("juror",), trials, votes=True, brief={"beliefs": beliefs})
        self.truth += truth.tolist()
        self.verdicts += [(d.proposal, d.outcome, d.option) for d in closed.decisions]

    def is_done(self) -> bool:
        """Say whether all trials are judged."""
        return len(self.truth) >= int(self.options.trials)

    def state(self) -> Any:
        """Return the answers so far, and what became of the trials."""
        return {"truth": list(self.truth), "verdicts": list(self.verdicts)}

    def restore(self, state: Any) -> None:
        """Go on after those trials."""
        self.truth, self.verdicts = list(state["truth"]), list(state["verdicts"])

    def metrics(self) -> Mapping[str, float | None]:
        """Return the shares of trials judged rightly, wrongly and not at all."""
        if not self.verdicts:
            return dict.fromkeys(("correct", "wrong", "deadlock"))
        answers = [ANSWERS[code] for code in self.truth]
        decided = [option for _, _, option in self.verdicts]
        trials = len(decided)
        correct = sum(a == d for a, d in zip(answers, decided, strict=True))
        deadlock = decided.count(None)
        wrong = len(decided) - correct - deadlock
        return {"correct": correct / trials, "wrong": wrong / trials, "deadlock": deadlock / trials}

    def yardstick(self) -> Yardstick:
        """Hold the shares against the exact (beta-)binomial, where the rule is a threshold."""
        ours = self.metrics()["correct"]
        expected = self._closed_form(self.setup.threshold_percent)
        gap = None if ours is None else 100 * (1 - ours)
        return Yardstick("known answers", 1.0, ours, gap, expected=expected, evidence="exact")

    def truths(self) -> Mapping[str, str]:
        """Return the right answer of every trial."""
        trials = zip(self.verdicts, self.truth, strict=True)
        return {name: ANSWERS[code] for (name, _, _), code in trials}

    def tables(self) -> Mapping[str, Mapping[str, ArrayLike]]:
        """Return one row a trial."""
        names, outcomes, options = zip(*self.verdicts, strict=True) if self.verdicts else ([],) * 3
        truth = [ANSWERS[code] for code in self.truth]
        return {"trials": {"trial": names, "truth": truth, "outcome": outcomes, "verdict": options}}

    def _closed_form(self, percent: int | None) -> Mapping[str, float]:
        if percent is None:
            return {}
        needed = -(-percent * self.agents // 100)
        alone = max(needed, self.agents - needed + 1)  # the other side must miss it
        against = Competence(1 - self.competence.mean, self.competence.correlation)
        correct = self.competence.at_least(alone, self.agents)
        wrong = against.at_least(alone, self.agents)
        deadlock = max(0.0, round(1 - correct - wrong, 12))
        return {"correct": correct, "wrong": wrong, "deadlock": deadlock}
