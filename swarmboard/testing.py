"""What tests of your own need: the conformance test for scenarios, and stand-ins for models.

Does your scenario keep the contracts that all of Swarmboard uses? In a test file of your own:

    @pytest.mark.parametrize("check", scenario_checks("my_market.py"), ids=str)
    def test_it_keeps_the_contract(check):
        check()

or `check_scenario("my_market.py")` for all of them at once.

Models that need no network: `ScriptedModel` says what it is told to and fails when its script
runs out, `PlantedModel` is right, correlated, drifting or contradictory as often as it is planted
to be, and `stub_server` is an OpenAI-compatible server with latency and faults.
"""

import gc
import json
import math
import sys
import weakref
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents import PlantedModel, structures
from blackboard import (
    BadInput,
    Decided,
    InvalidAction,
    Note,
    RunDirectory,
    SwarmboardError,
    describe,
    recount,
)
from scenarios import Scenario

from .conformance import SUMMARY_NAMES, sabotaged
from .doubles.scripted import ScriptedModel, ScriptEnded
from .forking import fork
from .lengths import turns
from .trials import Subject, Trial

if TYPE_CHECKING:
    from .doubles.stub_server import stub_server

__all__ = [
    "Check",
    "PlantedModel",
    "ScriptEnded",
    "ScriptedModel",
    "check_scenario",
    "scenario_checks",
    "stub_server",
]

STORES = ("memory://",) if sys.platform == "win32" else ("memory://", "bundled")


@dataclass(frozen=True, slots=True)
class Check:
    """One contract; calling it runs the scenario and raises AssertionError if it is broken."""

    name: str
    act: Callable[[], None]

    def __call__(self) -> None:
        """Check it."""
        try:
            self.act()
        except BadInput:
            raise
        except SwarmboardError as error:
            raise AssertionError(f"{self.name}: {error}") from error

    def __str__(self) -> str:
        return self.name


def __getattr__(name: str) -> Any:
    """Return the stub server, whose web framework takes half a second to import."""
    if name == "stub_server":
        from .doubles.stub_server import stub_server

        return stub_server
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def check_scenario(scenario: type[Scenario] | str | Path, **terms: Any) -> None:
    """Check all contracts, and raise at the first that is broken.

    Args:
        scenario: Its class, its name, or its file.
        **terms: As for `scenario_checks`.

    Raises:
        AssertionError: names the contract, the value seen and the next step.
        BadInput: the scenario cannot be found, or an option is wrong.
    """
    for check in scenario_checks(scenario, **terms):
        check()


def scenario_checks(
    scenario: type[Scenario] | str | Path,
    *,
    stores: Sequence[str] = STORES,
    agents: int | None = None,
    rounds: int = 3,
    **options: Any,
) -> list[Check]:
    """Return the named checks of a scenario, ready to parametrise a test.

    Args:
        scenario: Its class, its name, or its file.
        stores: The boards on which its digest must be the same.
        agents: How many; None means the scenario's default.
        rounds: The most rounds of each run; of an event-driven one a hundred instants for each.
        **options: The scenario's own options.
    """
    subject = Subject(scenario, agents=agents, rounds=rounds, options=options)
    checks = [
        Check(check.__name__.strip("_").replace("_", "-"), partial(check, subject))
        for check in (
            _options_are_described,
            _same_seed_repeats,
            _other_seed_runs,
            _summary_is_complete,
            _figures_are_finite,
            _tables_have_columns,
            _log_recounts,
            _goes_on_from_its_state,
            _failing_agent_abstains,
            _model_is_released,
        )
    ]
    for other in stores[1:]:
        checks.append(Check(f"same-on-{other}", partial(_same_on, subject, stores[0], other)))
    for structure in subject.kind.structures:
        checks.append(Check(f"{structure}-runs", partial(_structure_runs, subject, structure)))
    return checks


def _require(is_kept: bool, broken: str) -> None:
    if not is_kept:
        raise AssertionError(broken)


def _options_are_described(subject: Subject) -> None:
    known = set(structures())
    unknown = [name for name in subject.kind.structures if name not in known]
    _require(
        bool(subject.kind.structures) and not unknown,
        f"structures={subject.kind.structures!r}: name some of {', '.join(sorted(known))}",
    )
    _require(
        "\n" not in subject.kind.summary,
        f"summary={subject.kind.summary!r} has several lines: lists show it as one",
    )
    for name, option in subject.kind.Options.model_fields.items():
        _require(
            bool(option.description),
            f"the option {name!r} has no description: Field(..., description='what it is (unit)')",
        )
        _require(
            not option.is_required(),
            f"the option {name!r} has no default: a scenario runs without any --set",
        )


def _same_seed_repeats(subject: Subject) -> None:
    _require_same(
        subject.trial(),
        subject.fresh(),
        "two runs of one seed",
        "draw from self.random alone, and decide by no set, clock or global",
    )


def _require_same(first: Trial, second: Trial, what: str, advice: str) -> None:
    """Compare digests, and where they differ name the round in which the logs part."""
    one, other = first.summary["digest"], second.summary["digest"]
    if one == other:
        return
    place = "their length"
    for here, there in zip(first.records(), second.records(), strict=False):
        if repr(here) != repr(there) and here.event_class != "operational":
            kind = type(here).__name__.lower()
            place = f"round {here.round}, stage {here.stage} (the record {kind!r})"
            break
    raise AssertionError(
        f"{what} have the digests {one[:12]} and {other[:12]}, which part in {place}: {advice}"
    )


def _other_seed_runs(subject: Subject) -> None:
    summary = subject.trial(seed=2).summary
    _require(summary["status"] == "done", f"with seed 2 the run ended {summary['status']!r}")


def _same_on(subject: Subject, store: str, other: str) -> None:
    _require_same(
        subject.trial(store=store),
        subject.trial(store=other),
        f"runs on {store} and {other}",
        "let nothing depend on the store's url or speed",
    )


def _summary_is_complete(subject: Subject) -> None:
    summary = subject.trial().summary
    for place, names in SUMMARY_NAMES.items():
        part = summary if place == "" else summary[place]
        missing = [name for name in names if part is not None and name not in part]
        _require(not missing, f"summary.json lacks {', '.join(missing)} {place and f'in {place}'}")
    try:
        json.dumps(summary, allow_nan=False)
    except ValueError as error:
        raise AssertionError(f"summary.json is no plain JSON: {error}") from error


def _figures_are_finite(subject: Subject) -> None:
    summary = subject.trial().summary
    figures = {f"metrics()[{name!r}]": value for name, value in summary["metrics"].items()}
    yardstick = summary["yardstick"] or {}
    for name in ("value", "ours", "gap_percent", "certificate_percent"):
        figures[f"yardstick().{name}"] = yardstick.get(name)
    for name, value in yardstick.get("expected", {}).items():
        figures[f"yardstick().expected[{name!r}]"] = value
    for name, value in figures.items():
        is_number = isinstance(value, int | float) and math.isfinite(value)
        _require(
            value is None or is_number,
            f"{name} is {value!r}: give a finite number, or None where there is none",
        )


def _tables_have_columns(subject: Subject) -> None:
    import pyarrow.parquet as pq

    trial = subject.trial()
    for path in (trial.path / "results").glob("*.parquet"):
        table = pq.read_table(path)
        _require(bool(table.num_columns), f"the table {path.stem!r} has no columns: give it names")


def _log_recounts(subject: Subject) -> None:
    trial = subject.trial()
    outcomes: Counter[str] = Counter()
    try:
        for logged, again in recount(trial.records(), known=[trial.rule] if trial.rule else ()):
            outcomes[logged.outcome] += 1
            _require(
                logged.by not in (None, "veto") or again == logged,
                f"the decision on {logged.proposal} is {logged.outcome} with {logged.weights}, but "
                f"counting its ballots again with {describe(trial.rule)} gives {again}: a rule is "
                "a pure function of the tally",
            )
    except InvalidAction:  # a proposal's own rule cannot be read back from its name
        outcomes = Counter(r.outcome for r in trial.records() if isinstance(r, Decided))
    told = {name: trial.summary["consensus"][name] for name in outcomes}
    _require(told == dict(outcomes), f"the summary counts {told}, the log has {dict(outcomes)}")


def _goes_on_from_its_state(subject: Subject) -> None:
    whole = subject.fresh(snapshot_every=1)
    for record in whole.records():
        if isinstance(record, Note) and record.name == "no-snapshots":
            raise AssertionError(f"no snapshot can be taken: {record.detail['why']}")
    at_round = turns(whole.summary) // 2
    if not at_round:
        return  # one round has no middle
    directory = RunDirectory.find(str(whole.path))
    values: dict[str, Any] = {"at_round": at_round, "changes": {}, "out": subject.place()}
    child = fork(directory, kind=subject.kind, rule=whole.rule, **values)
    for name in ("digest", "metrics", "yardstick"):
        _require(
            child.summary[name] == whole.summary[name],
            f"taken up from its state after round {at_round}, {name} is "
            f"{child.summary[name]!r:.200} instead of {whole.summary[name]!r:.200}: something that "
            "it remembers is not in state(), or restore() does not bring it back",
        )


def _failing_agent_abstains(subject: Subject) -> None:
    kind, fired = sabotaged(subject.kind)
    try:
        summary = subject.fresh(kind=kind).summary
    except BadInput:
        raise
    except Exception as error:
        raise AssertionError(
            f"one agent raised in a vote, and the run broke off with {type(error).__name__}: "
            f"{error}; the scenario has to go on without that agent's ballot"
        ) from error
    counted = summary["abstentions"]["error"]
    _require(
        counted > 0 or not fired,
        f"agent {fired} raised in a vote and {counted} abstentions by error were counted: let "
        "exceptions of agents pass",
    )


def _model_is_released(subject: Subject) -> None:
    seen: list[weakref.ref[Any]] = []
    subject.fresh(watch=lambda model, _: seen.append(weakref.ref(model)))
    gc.collect()
    _require(
        all(model() is None for model in seen[:1]),
        "the model is alive after its run: keep no agent, model or view in a global, a class "
        "attribute or a cache",
    )


def _structure_runs(subject: Subject, structure: str) -> None:
    summary = subject.trial(structure=structure).summary
    _require(
        summary["status"] == "done" and summary["structure"] == structure,
        f"with the structure {structure!r} the run ended {summary['status']!r}",
    )
