"""Running a scenario from its configuration to its run directory."""

import os
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents import Structure, structures
from blackboard import (
    BadInput,
    Board,
    EventLog,
    Leader,
    Rule,
    RunDirectory,
    ServerUnavailable,
    SwarmboardError,
    describe,
    threshold,
    write_tables,
)
from scenarios import Scenario, Setup

from .accounts import Accounts
from .catalog import find_scenario
from .config import RunConfig, check_options, check_threshold, make_config
from .model import SwarmModel
from .result import Result
from .stop import Stop
from .summary import baseline_summary, summarise
from .versions import versions

type Watch = Callable[[SwarmModel, Accounts], None]
"""Told after each round; what it does must not change the run."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked run, ready to start."""

    config: RunConfig
    scenario: type[Scenario]
    structure: Structure
    setup: Setup
    world: Scenario
    rounds: int


def run(
    scenario: str,
    *,
    agents: int | None = None,
    structure: str = "swarm",
    rule: Rule | None = None,
    consensus_threshold: float | None = None,
    rounds: int | None = None,
    seed: int = 0,
    board: str | None = None,
    out: Path | str | None = None,
    baseline: str | None = None,
    ballots: str = "sealed",
    watch: Watch | None = None,
    **options: Any,
) -> Result:
    """Run a scenario and return what came of it.

    Args:
        scenario: A name (`swarmboard scenarios`) or the path of your own file.
        agents: How many; None means the scenario's default.
        structure: Who acts when, sees what and decides (`swarmboard structures`).
        rule: When a proposal is accepted; None means the scenario's threshold.
        consensus_threshold: The same as a share: 0.8 is `threshold(80)`.
        rounds: The most rounds to take.
        seed: The same seed repeats the run, digest included.
        board: `redis://`, `unix://` or `memory://`; None means `$SWARMBOARD_URL`, else the
            bundled server.
        out: The run directory; None means `runs/<run id>`.
        baseline: `single` adds the matched run of one agent.
        ballots: `sealed` hides ballots until the voting round ends; `open` does not.
        watch: Called with the model and the accounts after each round.
        **options: The scenario's own options.

    Raises:
        BadInput: something given is wrong; the message names it and the next step.
    """
    if consensus_threshold is not None:
        rule = threshold(check_threshold(_percent(consensus_threshold)))
    values = {"scenario": scenario, "agents": agents, "structure": structure, "rounds": rounds}
    values |= {"seed": seed, "board": board, "out": out and Path(out), "baseline": baseline}
    config = make_config(values | {"ballots": ballots, "options": options})
    return execute(prepare(config, rule=rule), watch=watch)


def prepare(config: RunConfig, *, rule: Rule | None = None) -> Plan:
    """Check everything that can be checked before a run starts.

    Raises:
        BadInput: something is wrong; nothing has been touched.
    """
    kind = find_scenario(config.scenario)
    if config.structure not in kind.structures:
        raise BadInput(
            f"{kind.name} does not support the structure {config.structure!r}: "
            f"it supports {', '.join(kind.structures)}"
        )
    options, asked = kind.resolve(check_options(kind, config.options), config.agents)
    structure = structures()[config.structure]
    percent = config.threshold or kind.default_threshold
    agents = structure.size(asked)
    chosen = rule or threshold(percent)
    described = describe(chosen)
    is_threshold = described.startswith("threshold(")
    setup = Setup(
        options,
        agents,
        config.seed,
        config.structure,
        chosen,
        int(described[10:-1]) if is_threshold else None,
    )
    world = kind(setup)
    rounds = config.rounds or world.round_limit()
    return Plan(config, kind, structure, setup, world, rounds)


def execute(plan: Plan, *, watch: Watch | None = None) -> Result:
    """Run a plan, write its run directory, and return the result.

    A run that fails leaves `status: failed`, what it had done so far, and its traceback in
    `run.log`; the error is raised again.
    """
    directory = RunDirectory.create(plan.config.out)
    directory.write_json("config.json", _configuration(plan))
    began = time.perf_counter()
    accounts = Accounts()
    with _board(plan, directory) as (board, leader):
        status, model = _rounds(plan, leader, accounts, directory, watch)
        leader.finish(status)
        summary = summarise(plan, directory, model, accounts, status)
        summary["board"]["revision"] = leader.revision
    write_tables(directory.log, directory.path)
    for name, columns in model.world.tables().items():
        directory.write_result(name, columns)
    summary["timing"]["wall_s"] = round(time.perf_counter() - began, 4)
    if plan.config.baseline and status == "done":
        summary["baseline"] = _baseline(plan, directory)
    directory.write_json("summary.json", summary)
    model.remove_all_agents()
    return Result(directory)


def _rounds(
    plan: Plan,
    leader: Leader,
    accounts: Accounts,
    directory: RunDirectory,
    watch: Watch | None,
) -> tuple[str, SwarmModel]:
    """Run rounds until the scenario is done, its rounds are used up, or a person stops it."""
    try:
        with Stop() as stop:
            model = SwarmModel(plan.world, plan.structure, leader)
            while leader.round < plan.rounds and not model.world.is_done():
                if stop.is_asked:
                    return "stopped", model
                model.run_for(1)
                for closed in model.closed:
                    accounts.take(closed.records)
                leader.renew_if_due()
                if watch:
                    watch(model, accounts)
    except Exception as error:
        _report_failure(plan, directory, leader, error)
        raise
    return "done", model


def _report_failure(
    plan: Plan, directory: RunDirectory, leader: Leader, error: Exception
) -> None:
    """Leave the traceback, and a summary that says how far the run came."""
    with directory.messages.open("a", encoding="utf-8") as file:
        file.write(traceback.format_exc())
    try:
        leader.finish("failed")
    except SwarmboardError:
        pass  # the board is what failed; the log has what it took
    directory.write_json(
        "summary.json",
        {
            "run_id": directory.path.name,
            "scenario": plan.scenario.name,
            "structure": plan.structure.name,
            "seed": plan.config.seed,
            "status": "failed",
            "rounds": leader.round,
            "digest": leader.digest.hex,
            "error": str(error),
        },
    )


@contextmanager
def _board(plan: Plan, directory: RunDirectory) -> Iterator[tuple[Board, Leader]]:
    """Open the run's board and lead it; let go of both in every case."""
    url = plan.config.board or os.environ.get("SWARMBOARD_URL") or None
    kinds = plan.world.kinds
    data_dir = directory.path / "board"
    with EventLog(directory.log) as log:
        try:
            board = Board.open(url, run=directory.path.name, kinds=kinds, data_dir=data_dir)
        except ServerUnavailable as error:
            directory.discard()
            raise BadInput(str(error)) from error
        except BadInput:
            directory.discard()
            raise
        with board:
            sealed = plan.config.ballots == "sealed"
            leader = board.lead(rule=plan.setup.rule, sealed=sealed, log=log)
            directory.write_json("board.json", {"url": board.url, "pid": board.server_pid})
            yield board, leader
    (directory.path / "board.json").unlink(missing_ok=True)


def _baseline(plan: Plan, directory: RunDirectory) -> dict[str, Any]:
    """Run the same task with one agent, and return what the summary says of it."""
    values = plan.config.model_dump() | {
        "structure": "solo",
        "baseline": None,
        "out": directory.path / "baseline",
    }
    rule = plan.setup.rule if plan.setup.threshold_percent is None else None
    return baseline_summary(execute(prepare(make_config(values), rule=rule)).summary)


def _configuration(plan: Plan) -> Mapping[str, Any]:
    """Return everything that is needed to repeat the run."""
    config = plan.config.model_dump(mode="json", exclude={"out"})
    return config | {
        "agents": plan.setup.agents,
        "rounds": plan.rounds,
        "rule": describe(plan.setup.rule),
        "threshold": plan.setup.threshold_percent,
        "options": plan.setup.options.model_dump(mode="json"),
        "versions": versions(),
    }


def _percent(share: float) -> float:
    """Turn a share into percent, which has to come out whole."""
    percent = share * 100
    if abs(percent - round(percent)) > 1e-7:
        raise BadInput(f"consensus_threshold={share}: a whole number of percent is needed")
    return round(percent)
