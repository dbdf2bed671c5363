"""The command line. Each command imports what it needs when it is called."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

DONE, FAILED, BAD_USAGE, STOPPED = 0, 1, 2, 3

app = typer.Typer(
    help="Simulate swarms that decide together on a shared blackboard.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="a scenario's name, or your own file ./mine.py")],
    agents: Annotated[int | None, typer.Option(help="how many agents")] = None,
    structure: Annotated[str | None, typer.Option(help="see `swarmboard structures`")] = None,
    threshold: Annotated[str | None, typer.Option(help="percent that must agree")] = None,
    rounds: Annotated[int | None, typer.Option(help="the most rounds to take")] = None,
    seed: Annotated[int | None, typer.Option(help="the same seed repeats the run")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="a scenario's option")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="a TOML file with these options")] = None,
    board: Annotated[
        str | None, typer.Option(help="redis://, unix:// or memory://; default: bundled server")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="the run directory")] = None,
    workers: Annotated[int | None, typer.Option(help="worker processes")] = None,
    baseline: Annotated[str | None, typer.Option(help="`single` adds the matched run")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check, say what would run")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as JSON")] = False,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="no progress bar")] = False,
) -> None:
    """Run a scenario."""
    from .config import check_threshold, make_config, parse_settings, read_config
    from .progress import Progress
    from .report_card import text_card
    from .runner import execute, prepare

    values: dict[str, Any] = read_config(config) if config else {}
    given = {
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
    plan = prepare(make_config(values | {"scenario": scenario, "options": options}))
    if dry_run:
        typer.echo(_dry_run(plan))
        return
    with Progress(is_shown=not no_progress and sys.stderr.isatty(), rounds=plan.rounds) as progress:
        result = execute(plan, watch=progress.update)
    if as_json:
        typer.echo(json.dumps(result.summary, indent=1))
    else:
        typer.echo(text_card(result.summary, result.path))
    if result.summary["status"] == "stopped":
        raise typer.Exit(STOPPED)


@app.command("list")
def list_runs(
    runs: Annotated[Path, typer.Option(help="where runs are kept")] = Path("runs"),
) -> None:
    """List runs, oldest first."""
    from blackboard import RunDirectory

    found = list(RunDirectory.all(runs))
    if not found:
        typer.echo(f"no runs in {runs}/ yet: `swarmboard run grid-dispatch` makes one")
    for directory in found:
        summary = directory.read_json("summary.json") or {}
        config = directory.read_json("config.json") or {}
        typer.echo(
            f"{directory.path.name}  {config.get('scenario', '?'):<18} "
            f"{summary.get('status', 'unfinished'):<10} "
            f"{summary.get('rounds', '-')!s:>6} rounds  {summary.get('digest', '')[:12]}"
        )


@app.command()
def show(
    run: Annotated[str, typer.Argument(help="a run's id, its beginning, or its path")],
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as JSON")] = False,
) -> None:
    """Show what a run came to."""
    from blackboard import BadInput, RunDirectory

    from .report_card import text_card

    directory = RunDirectory.find(run)
    summary = directory.read_json("summary.json")
    if summary is None:
        raise BadInput(f"the run {directory.path} has no summary: it is running, or was killed")
    typer.echo(json.dumps(summary, indent=1) if as_json else text_card(summary, directory.path))


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
        app(standalone_mode=True)
    except BadInput as error:
        typer.echo(f"swarmboard: {error}", err=True)
        sys.exit(BAD_USAGE)
    except SwarmboardError as error:
        typer.echo(f"swarmboard: {error}", err=True)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        typer.echo("swarmboard: stopped", err=True)
        sys.exit(STOPPED)


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
