"""Bayesian optimisation: settings are proposed in batches by Optuna's TPE sampler."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from itertools import islice
from typing import Any

from blackboard import BadInput

from ..adaptive_config import SearchConfig
from ..axes import Axis, Given
from ..jobs import StudyPlan
from ..study_file import Range
from .courses import Course, Outcome, Visited, grow, visited
from .ranking import rank_rows, ranked, told

AT_RANDOM = 10
"""So many settings are drawn at random before the sampler learns from what came of them."""


def check_search() -> None:
    """Refuse a search where its library is missing.

    Raises:
        BadInput: Optuna is not installed.
    """
    if find_spec("optuna") is None:
        raise BadInput("[search] needs Optuna: pip install 'swarmboard[search]'")


def courses(plan: StudyPlan, asked: SearchConfig, *, replicates: int) -> Iterator[Course]:
    """Yield the one course of a search."""
    yield _course(plan, asked, replicates)


def at_random(asked: SearchConfig) -> int:
    """Return how many settings are drawn at random."""
    return min(asked.trials, max(AT_RANDOM, asked.batch))


def _course(plan: StudyPlan, asked: SearchConfig, replicates: int) -> Course:
    proposer = _Proposer(plan.points.axes, asked, seed=plan.config.seed)
    places: dict[str, Visited] = {}
    drawn = [proposer.drawn(given) for given in islice(plan.points, at_random(asked))]
    tried = 0
    while tried < asked.trials:
        batch = [*drawn] or proposer.propose(min(asked.batch, asked.trials - tried))
        drawn.clear()
        here = [_place(plan, given, places) for given, _ in batch]
        yield from grow(list({place.point.number: place for place in here}.values()), replicates)
        for place, (_, marks) in zip(here, batch, strict=True):
            proposer.learn(marks, place.sample(asked.by).mean)
        tried += len(batch)
    stops = [place.stop(f"tried: {told(place, asked.by)}") for place in places.values()]
    best = ranked(list(places.values()), asked.by, asked.best)
    return Outcome(stops, rank_rows(best, asked.by))


def _place(plan: StudyPlan, given: Given, places: dict[str, Visited]) -> Visited:
    """Return a setting's place: the same for the same setting, numbered as they come."""
    place = visited(plan, given, len(places))
    return places.setdefault(place.point.canonical, place)


class _Proposer:
    """Proposes settings; the same ones for the same seed and the same outcomes."""

    def __init__(self, axes: Sequence[Axis], asked: SearchConfig, *, seed: int) -> None:
        check_search()
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._axes, self._optuna = axes, optuna
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # options that the library calls experimental
            sampler = optuna.samplers.TPESampler(
                seed=seed % 2**32, n_startup_trials=0, multivariate=True, constant_liar=True
            )
        self._study = optuna.create_study(
            sampler=sampler, direction="minimize" if asked.best == "low" else "maximize"
        )
        self._space = {axis.name: self._distribution(axis) for axis in axes}
        self._asked: list[Any] = []

    def drawn(self, given: Given) -> tuple[Given, Any]:
        """Return a setting that was drawn at random, and its marks for `learn`."""
        return given, {axis.name: _mark(axis, given[axis.name]) for axis in self._axes}

    def propose(self, many: int) -> list[tuple[Given, Any]]:
        """Return settings that promise much, each with its trial for `learn`."""
        trials = [self._study.ask(self._space) for _ in range(many)]
        return [(self._given(trial.params), trial) for trial in trials]

    def learn(self, marks: Any, value: float | None) -> None:
        """Take what came of a setting; None where none of its runs has a value."""
        state = self._optuna.trial.TrialState
        if not isinstance(marks, Mapping):
            self._study.tell(marks, value, state=state.FAIL if value is None else state.COMPLETE)
        elif value is not None:
            self._study.add_trial(
                self._optuna.trial.create_trial(
                    params=dict(marks), distributions=self._space, value=value
                )
            )

    def _given(self, marks: Mapping[str, Any]) -> Given:
        """Return a setting; None stands for a parameter that does not apply beside the others."""
        drawn = {axis.name: _at(axis, marks[axis.name]) for axis in self._axes}
        given: dict[str, Any] = {}
        left = list(self._axes)
        while left:  # each behind those that its condition names
            axis = next(one for one in left if given.keys() >= one.when.keys())
            given[axis.name] = drawn[axis.name] if axis.applies(given) else None
            left.remove(axis)
        return {axis.name: given[axis.name] for axis in self._axes}

    def _distribution(self, axis: Axis) -> Any:
        kinds = self._optuna.distributions
        if not isinstance(axis.entry, Range):
            return kinds.CategoricalDistribution(range(len(axis.values)))
        if axis.size is not None:
            return kinds.IntDistribution(0, axis.size - 1)
        low, high = axis.ends
        is_log = axis.entry.scale != "linear"
        kind = kinds.IntDistribution if axis.is_whole else kinds.FloatDistribution
        return kind(low, high, log=is_log)


def _mark(axis: Axis, value: Any) -> Any:
    """Return what stands for a value: itself, or its place among those there are."""
    if axis.size is None:
        return axis.ends[0] if value is None else value
    return 0 if value is None else axis.values.index(value)


def _at(axis: Axis, mark: Any) -> Any:
    return mark if axis.size is None else axis.values[mark]
