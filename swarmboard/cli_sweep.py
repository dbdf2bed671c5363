"""The command that carries out a study: many runs over a parameter space."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from .cli_app import DONE, FAILED, STOPPED, app, say, tell

_POINTS_SHOWN = 10


@app.command()
def sweep(
    study: Annotated[Path, typer.Argument(metavar="STUDY.toml", help="the study file")],
    engine: Annotated[
        str, typer.Option(help="local (processes of this machine), ray, or serial")
    ] = "local",
    jobs: Annotated[
        str | None, typer.Option(metavar="N", help="runs at a time (default: one a processor)")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="the study directory; one that exists is gone on with"),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="do failed runs again")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask about large studies")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check, say what would run")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print what came of it as JSON")] = False,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="no progress bar")] = False,
) -> None:
    """Carry out a study: every point of a design, with replicates; go on where it was."""
    from blackboard import BadInput, Stopped

    from .studies import ASKS_ABOVE, carry_out_study, engine_of, make_ready, read_plan
    from .studies.progress_bar import ProgressBar

    if jobs is not None and not (jobs.isdigit() and int(jobs) > 0):
        raise BadInput(f"--jobs {jobs}: a whole number of at least 1 is needed")
    plan, text = read_plan(study)
    chosen = engine_of(plan.config, engine, int(jobs) if jobs else None)
    if dry_run:
        typer.echo(_foretold(plan, as_json=as_json))
        return
    if plan.most > ASKS_ABOVE and not yes:
        _ask(plan.most, study)
    directory = make_ready(plan, chosen, out)
    try:
        with ProgressBar(is_shown=not no_progress and sys.stderr.isatty()) as bar:
            carry_out_study(
                plan,
                directory,
                chosen,
                text=text,
                retry_failed=retry_failed,
                watch=bar,
                begin=_say_before,
            )
    except Stopped as stopped:
        _present(directory, plan, as_json=as_json)
        raise typer.Exit(say(stopped, STOPPED)) from stopped
    if _present(directory, plan, as_json=as_json):
        raise typer.Exit(FAILED)
    raise typer.Exit(DONE)


def _ask(runs: int, study: Path) -> None:
    """Ask whether so many runs are meant.

    Raises:
        BadInput: nobody is there to be asked.
    """
    from blackboard import BadInput

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise BadInput(f"{study} has {runs:,} runs: give --yes if that is meant")
    if not typer.confirm(f"{study} has {runs:,} runs; go on?", err=True):
        raise typer.Exit(say("nothing was run", STOPPED))


def _say_before(taken: Any) -> None:
    """Say what a study has done before."""
    if taken.done or taken.failed:
        failed = f", {taken.failed:,} failed (--retry-failed does them again)"
        tell(f"going on: {taken.done:,} runs done before{failed if taken.failed else ''}")
    if taken.left_out:
        tell(
            f"{taken.left_out:,} runs on disk are not of the study as it is now: its table leaves "
            "them out"
        )


def _present(directory: Any, plan: Any, *, as_json: bool) -> int:
    """Print what came of a study, and return how many of its runs failed."""
    from .studies.report_names import unknown_columns

    table = directory.table()
    statuses = table.column("status").to_pylist() if table.num_rows else []
    failed = statuses.count("failed")
    done, runs = len(statuses) - failed, max(plan.count, len(statuses))
    target = directory.path / "table.parquet"
    found = _found(directory) if plan.policy else []
    if as_json:
        came_of: dict[str, Any] = {
            "path": str(directory.path),
            "runs": runs,
            "done": done,
            "failed": failed,
        }
        came_of |= {"found": found} if plan.policy else {}
        typer.echo(json.dumps(came_of | {"table": str(target)}, indent=1))
        return failed
    typer.echo(f"{done:,} of {runs:,} runs done, {failed:,} failed: {target}")
    for line in unknown_columns(plan.config.report, table.column_names) if done else ():
        tell(f"{line} (the study file has to be mended before there is a report)")
    for one in found[:_POINTS_SHOWN]:
        typer.echo(_found_line(one, directory.describe()["varied"]))
    if len(found) > _POINTS_SHOWN:
        typer.echo(f"... and {len(found) - _POINTS_SHOWN:,} more in study.json")
    if failed:
        row = table.slice(statuses.index("failed"), 1).to_pylist()[0]
        named = _named(row, directory.describe()["varied"])
        typer.echo(
            f"the first that failed: {row['key']}{f' ({named})' if named else ''}: {row['error']} "
            "(failures/ has the tracebacks; --retry-failed does it again)"
        )
    return failed


def _found(directory: Any) -> list[dict[str, Any]]:
    """Return what an adaptive study has found."""
    found: list[dict[str, Any]] = directory.describe().get("adaptive", {}).get("found", [])
    return found


def _found_line(row: dict[str, Any], varied: list[str]) -> str:
    return f"{_named(row, varied, between=' ')}: {row['said']}".removeprefix(": ")


def _named(row: dict[str, Any], varied: list[str], *, between: str = ", ") -> str:
    """Return the parameters of a row, where they apply."""
    return between.join(f"{name}={row[name]}" for name in varied if row.get(name) is not None)


def _foretold(plan: Any, *, as_json: bool) -> str:
    """Say which points and runs a study has."""
    from itertools import islice

    first = next(plan.jobs())
    config = plan.config
    if as_json:
        would = {
            "points": plan.points.count,
            "replicates": config.replicates,
            "runs": plan.count,
        }
        if plan.policy:
            would["runs_at_most"] = plan.most
        would |= {"first": {"key": first.key, "seed": first.seed, "varied": dict(first.varied)}}
        return json.dumps(would, indent=1)
    lines = [
        f"would run {', '.join(config.scenarios)}: {_size(plan)}, seed {config.seed}, "
        f"{config.streams} streams",
    ]
    for number, given in enumerate(islice(plan.points, _POINTS_SHOWN)):
        cells = plan.points.cells(given)
        named = [f"{name}={value}" for name, value in cells.items() if value is not None]
        lines.append(f"  point {number}: {', '.join(named)}")
    if plan.points.count > _POINTS_SHOWN:
        lines.append(f"  ... and {plan.points.count - _POINTS_SHOWN:,} more")
    lines.append(f"first run: key {first.key}, seed {first.seed}")
    lines.append(_estimate(plan, first))
    return "\n".join(lines)


def _size(plan: Any) -> str:
    """Say how many runs a study has, or between which numbers."""
    points, config = plan.points.count, plan.config
    if plan.policy is None:
        return (
            f"{_many(points, 'point')} ({config.design}) x "
            f"{_many(config.replicates, 'replicate')} = {_many(plan.count, 'run')}"
        )
    runs = f"{plan.count:,}" if plan.count == plan.most else f"{plan.count:,} to {plan.most:,}"
    return f"{plan.policy.said}; points are chosen among {points:,}: {runs} runs"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _estimate(plan: Any, first: Any) -> str:
    """Say how long a study may take, and what its first run may ask of models."""
    from .config import make_config
    from .foretelling import foretold
    from .runner import prepare

    limit = plan.config.timeout_s
    time = "no limit to a run's time (timeout_s)"
    if limit is not None:
        hours = plan.most * limit / 3600
        most = f"{hours:,.1f} hours" if hours >= 1 else f"{hours * 60:,.1f} minutes"
        time = f"at most {limit:g} s a run (timeout_s): {most} on one processor"
    calls = foretold(prepare(make_config(dict(first.values)))).replace("\n", "\n  ")
    return f"{time}\nthe first run: {calls}"
