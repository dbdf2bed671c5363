"""The command line. Each command imports what it needs when it is called."""

import json
import signal
import sys
from pathlib import Path
from textwrap import shorten
from typing import Annotated, Any

import typer

from . import cli_dashboard, cli_people, cli_report, cli_runs, cli_sweep
from .cli_app import (
    BAD_USAGE,
    DONE,
    FAILED,
    STOPPED,
    app,
    left_behind,
    present,
    say,
    stoppable,
    tell,
)
from .cli_dashboard import watched

__all__ = ["app", "cli_dashboard", "cli_people", "cli_report", "cli_runs", "cli_sweep", "main"]

NO_LIMIT = 2**31 - 1
"""So many rounds or instants stand for as many as it takes."""
INTERRUPTED = 130
"""What typer makes of a KeyboardInterrupt."""
USAGE_ERROR: Any = typer.BadParameter.__base__
"""Click's UsageError, wherever this version of typer keeps it."""


@app.command()
def run(
    scenario: Annotated[
        str | None, typer.Argument(help="a scenario's name, or your own file ./mine.py")
    ] = None,
    agents: Annotated[str | None, typer.Option(metavar="N", help="how many agents")] = None,
    structure: Annotated[str | None, typer.Option(help="see `swarmboard structures`")] = None,
    threshold: Annotated[str | None, typer.Option(help="percent that must agree")] = None,
    rounds: Annotated[
        str | None,
        typer.Option(metavar="N", help="the most rounds to take (event-driven: instants)"),
    ] = None,
    seed: Annotated[
        str | None, typer.Option(metavar="N", help="the same seed repeats the run")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="a scenario's option")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="a TOML file, or RUN/config.json to repeat a run")
    ] = None,
    board: Annotated[
        str | None, typer.Option(help="redis://, unix://, memory:// or bundled (default)")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="the run directory")] = None,
    workers: Annotated[str | None, typer.Option(metavar="N", help="worker processes")] = None,
    baseline: Annotated[
        str | None, typer.Option(help="add the matched run: single (of models: separate, chorus)")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check, say what would run")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as JSON")] = False,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="no progress bar")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="open the dashboard on the run; stays until Ctrl-C")
    ] = False,
) -> None:
    """Run a scenario."""
    # Numbers come as text, so that `RunConfig` refuses wrong ones with their value.
    from blackboard.errors import BadInput

    from .config import RUN_SETTINGS, check_threshold, make_config, parse_settings, read_config
    from .progress import Progress
    from .runner import execute, prepare

    values: dict[str, Any] = read_config(config) if config else {}
    if threshold is not None:
        values.pop("rule", None)
    given = {
        "scenario": scenario,
        "agents": agents,
        "structure": structure,
        "threshold": None if threshold is None else check_threshold(threshold),
        "rounds": rounds,
        "seed": seed,
        "board": board,
        "out": out,
        "workers": workers,
        "baseline": baseline,
    }
    values |= {name: value for name, value in given.items() if value is not None}
    options = {**values.get("options", {}), **parse_settings(settings or [])}
    values |= {name: options.pop(name) for name in RUN_SETTINGS if name in options}
    if "scenario" not in values:
        raise BadInput("run what? Name a scenario: `swarmboard scenarios` lists them")
    plan = prepare(make_config(values | {"options": options}))
    if dry_run:
        typer.echo(_dry_run(plan, as_json=as_json))
        return
    progress = Progress(is_shown=not no_progress and sys.stderr.isatty(), rounds=plan.rounds)

    def go(directory: Any = None) -> Any:
        with progress:
            return stoppable(
                lambda: execute(
                    plan,
                    watch=progress.update,
                    tell=tell,
                    directory=directory,
                    hooks=progress.hooks,
                )
            )

    if watch:
        watched(plan, go, as_json=as_json)
    else:
        present(go(), as_json=as_json)


@app.command()
def scenarios(
    as_json: Annotated[bool, typer.Option("--json", help="with the options' schema")] = False,
) -> None:
    """List scenarios and their options."""
    from .listing import scenario_schemas, scenario_text

    typer.echo(json.dumps(scenario_schemas(), indent=1) if as_json else scenario_text())


@app.command()
def structures() -> None:
    """List coordination structures."""
    from agents import structures as known

    for structure in known().values():
        typer.echo(f"{structure.name:<12} {structure.summary}")


@app.command()
def new(name: Annotated[str, typer.Argument(help="the scenario's name, e.g. my-market")]) -> None:
    """Make a scenario of your own: a runnable file and its test."""
    from .scaffold import scaffold

    for path in scaffold(name, Path()):
        typer.echo(f"wrote {path}")
    typer.echo(f"next: swarmboard run ./{name.replace('-', '_')}.py")


@app.command()
def doctor(
    board: Annotated[str | None, typer.Option(help="the board to examine")] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="examine a file for a scenario instead")
    ] = None,
) -> None:
    """Say which server and packages are in use, and whether a round trip works; or check a file."""
    if data is not None:
        from .data_check import check_data

        raise typer.Exit(check_data(data))
    from .doctor import examine

    report, is_well = examine(board)
    typer.echo(report)
    if not is_well:
        raise typer.Exit(FAILED)


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line and end with its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)  # a run that has begun ends in order instead
    try:
        code = app(standalone_mode=False, prog_name="swarmboard")
    except USAGE_ERROR as error:
        code = _refuse_usage(error)
    except Exception as error:
        code = _fail(error)
    if code == INTERRUPTED:
        code = say("stopped", STOPPED)
    if code == STOPPED:  # which a second wish to stop does not change
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
    sys.exit(code if isinstance(code, int) else DONE)


def _fail(error: Exception) -> int:
    """Say in one line what went wrong.

    Errors are told apart here, not in `main`, so that `--help` need not load what defines them.
    """
    from blackboard.errors import BadInput, SwarmboardError

    if isinstance(error, SwarmboardError):
        return say(error, BAD_USAGE if isinstance(error, BadInput) else FAILED)
    if not left_behind(error):
        raise error  # not a run's failure but a defect of ours
    why = f"the run failed: {type(error).__name__}: {error}"
    return say(why + left_behind(error), FAILED)


def _refuse_usage(error: Any) -> int:
    """Say in one line what is wrong with the arguments; asked nothing, show the help."""
    message = str(error.format_message())
    if "\n" in message:
        typer.echo(message)
        return BAD_USAGE
    command = error.ctx.command_path if error.ctx else "swarmboard"
    return say(f"{message.rstrip('.')}; `{command} --help` says what it takes", BAD_USAGE)


def _limit(plan: Any) -> str:
    """Say how long a run may be, in its own words."""
    if not plan.scenario.is_event_driven:
        return f"at most {plan.rounds:,} rounds"
    if plan.rounds >= NO_LIMIT:
        return "until nothing is to come in simulated time"
    return f"at most {plan.rounds:,} instants of simulated time"


def _dry_run(plan: Any, *, as_json: bool) -> str:
    from .foretelling import foretold, foretold_figures

    if as_json:
        would_run = {
            "scenario": plan.scenario.name,
            "agents": plan.setup.agents,
            "structure": plan.structure.name,
            "seed": plan.config.seed,
            "rounds": plan.rounds,
        }
        return json.dumps(would_run | foretold_figures(plan), indent=1)
    options = plan.setup.options.model_dump(exclude_defaults=True)
    given = [f"{name}={shorten(str(value), 60)}" for name, value in options.items()]
    chosen = ", ".join(given) or "all defaults"
    first, *rest = foretold(plan).splitlines()
    would = (
        f"would run {plan.scenario.name} ({chosen}): {plan.setup.agents:,} agents, structure "
        f"{plan.structure.name}, seed {plan.config.seed}, {_limit(plan)}; {first}"
    )
    return "\n".join([would, *rest])


if __name__ == "__main__":
    main()
