"""The command line. Each command imports what it needs when it is called."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

DONE, FAILED, BAD_USAGE, STOPPED = 0, 1, 2, 3
INTERRUPTED = 130
"""What typer makes of a KeyboardInterrupt."""
USAGE_ERROR: Any = typer.BadParameter.__base__
"""Click's UsageError, wherever this version of typer keeps it."""
RUNS = Path("runs")
RUNS_HELP = "where runs are kept; may be given several times"

app = typer.Typer(
    help="Simulate swarms that decide together on a shared blackboard.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def run(
    scenario: Annotated[
        str | None, typer.Argument(help="a scenario's name, or your own file ./mine.py")
    ] = None,
    agents: Annotated[str | None, typer.Option(metavar="N", help="how many agents")] = None,
    structure: Annotated[str | None, typer.Option(help="see `swarmboard structures`")] = None,
    threshold: Annotated[str | None, typer.Option(help="percent that must agree")] = None,
    rounds: Annotated[str | None, typer.Option(metavar="N", help="the most rounds to take")] = None,
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
    baseline: Annotated[str | None, typer.Option(help="`single` adds the matched run")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check, say what would run")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as JSON")] = False,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="no progress bar")] = False,
) -> None:
    """Run a scenario."""
    # Numbers come as text, so that `RunConfig` refuses wrong ones with their value.
    from blackboard.errors import BadInput

    from .config import check_threshold, make_config, parse_settings, read_config
    from .progress import Progress
    from .report_card import text_card
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
    for name in ("ballots",):
        if name in options:
            values[name] = options.pop(name)
    if "scenario" not in values:
        raise BadInput("run what? Name a scenario: `swarmboard scenarios` lists them")
    plan = prepare(make_config(values | {"options": options}))
    if dry_run:
        typer.echo(_dry_run(plan))
        return
    with Progress(is_shown=not no_progress and sys.stderr.isatty(), rounds=plan.rounds) as progress:
        result = _stoppable(lambda: execute(plan, watch=progress.update))
    if as_json:
        typer.echo(json.dumps(result.summary, indent=1))
    else:
        typer.echo(text_card(result.summary, result.path))
    if result.summary["status"] == "stopped":
        raise typer.Exit(STOPPED)


@app.command("list")
def list_runs(
    runs: Annotated[list[Path] | None, typer.Option(help=RUNS_HELP)] = None,
) -> None:
    """List runs, oldest first."""
    from blackboard import RunDirectory

    folders = runs or [RUNS]
    found = RunDirectory.all(*folders)
    if not found:
        where = ", ".join(f"{folder}/" for folder in folders)
        typer.echo(f"no runs in {where} yet: `swarmboard run grid-dispatch` makes one")
    for directory in found:
        summary = directory.read_json("summary.json") or {}
        config = directory.read_json("config.json") or {}
        typer.echo(
            f"{directory.run_id}  {summary.get('scenario') or config.get('scenario', '?'):<18} "
            f"{summary.get('status', 'unfinished'):<10} "
            f"{summary.get('rounds', '-')!s:>6} rounds  {(summary.get('digest') or '')[:12]}"
            + ("" if directory.path.name == directory.run_id else f"  {directory.path}")
        )


@app.command()
def show(
    run: Annotated[str, typer.Argument(help="a run's id, its beginning, or its path")],
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as JSON")] = False,
    runs: Annotated[list[Path] | None, typer.Option(help=RUNS_HELP)] = None,
) -> None:
    """Show what a run came to."""
    from blackboard import BadInput, RunDirectory

    from .report_card import text_card

    directory = RunDirectory.find(run, roots=runs or [RUNS])
    summary = directory.read_json("summary.json")
    if summary is None:
        raise BadInput(f"the run {directory.path} has no summary: it is running, or was killed")
    typer.echo(json.dumps(summary, indent=1) if as_json else text_card(summary, directory.path))


@app.command()
def replay(
    run: Annotated[str, typer.Argument(help="a run's id, its beginning, or its path")],
    to_round: Annotated[int | None, typer.Option(min=0, help="stop after this round")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="execute it again, too")] = False,
    runs: Annotated[list[Path] | None, typer.Option(help=RUNS_HELP)] = None,
) -> None:
    """Read a run again from its log: digest, decisions and tables."""
    from blackboard import RunDirectory

    from .replaying import replay as read_again
    from .replaying import replay_text
    from .replaying import verify as execute_again

    directory = RunDirectory.find(run, roots=runs or [RUNS])
    found = read_again(directory, to_round=to_round)
    if verify:
        execute_again(directory, found)
    typer.echo(replay_text(found, is_verified=verify, is_whole=to_round is None))


@app.command()
def compare(
    first: Annotated[str, typer.Argument(help="a run's id, its beginning, or its path")],
    second: Annotated[str, typer.Argument(help="another's")],
    runs: Annotated[list[Path] | None, typer.Option(help=RUNS_HELP)] = None,
) -> None:
    """Say what two runs were asked, what came of them, and where they part."""
    from blackboard import RunDirectory

    from .comparing import compare as differences

    roots = runs or [RUNS]
    typer.echo(differences(*(RunDirectory.find(run, roots=roots) for run in (first, second))))


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
) -> None:
    """Say which server, versions and packages are in use, and whether a round trip works."""
    from .doctor import examine

    report, is_well = examine(board)
    typer.echo(report)
    if not is_well:
        raise typer.Exit(FAILED)


def main() -> None:
    """Run the command line and end with its exit code."""
    from blackboard.errors import BadInput, SwarmboardError

    try:
        code = app(standalone_mode=False, prog_name="swarmboard")
    except USAGE_ERROR as error:
        code = _refuse_usage(error)
    except BadInput as error:
        code = _say(error, BAD_USAGE)
    except SwarmboardError as error:
        code = _say(error, FAILED)
    except Exception as error:
        if not _note(error):
            raise  # not a run's failure but a defect of ours
        code = _say(f"the run failed: {type(error).__name__}: {error}" + _note(error), FAILED)
    if code == INTERRUPTED:
        code = _say("stopped", STOPPED)
    sys.exit(code if isinstance(code, int) else DONE)


def _stoppable[T](act: Callable[[], T]) -> T:
    """Say what a second Ctrl-C left, which typer would keep to itself."""
    try:
        return act()
    except KeyboardInterrupt as error:
        raise typer.Exit(_say("stopped at once" + _note(error), STOPPED)) from error


def _refuse_usage(error: Any) -> int:
    """Say in one line what is wrong with the arguments; asked nothing, show the help."""
    message = str(error.format_message())
    if "\n" in message:
        typer.echo(message)
        return BAD_USAGE
    command = error.ctx.command_path if error.ctx else "swarmboard"
    return _say(f"{message.rstrip('.')}; `{command} --help` says what it takes", BAD_USAGE)


def _say(message: object, code: int) -> int:
    typer.echo(f"swarmboard: {message}", err=True)
    return code


def _note(error: BaseException) -> str:
    """Return where a run left what it had done, as its error says."""
    return "".join(f"; {note}" for note in getattr(error, "__notes__", ()))


def _dry_run(plan: Any) -> str:
    options = plan.setup.options.model_dump(exclude_defaults=True)
    chosen = ", ".join(f"{name}={value}" for name, value in options.items()) or "all defaults"
    return (
        f"would run {plan.scenario.name} ({chosen}): {plan.setup.agents:,} agents, structure "
        f"{plan.structure.name}, seed {plan.config.seed}, at most {plan.rounds:,} rounds; "
        "0 model calls, 0 tokens, 0 USD"
    )


if __name__ == "__main__":
    main()
