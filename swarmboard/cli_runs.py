"""Commands about runs that are kept: resume, fork, list, show, replay, compare, explain."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .cli_app import RUNS, RunFolders, RunName, app, find_run, present, stoppable, tell


@app.command()
def resume(
    run: RunName,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="take it from a runner that still leads it")
    ] = False,
    board: Annotated[str | None, typer.Option(help="another board than the run was on")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as JSON")] = False,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="no progress bar")] = False,
    runs: RunFolders = None,
) -> None:
    """Go on with a run that was stopped or killed, to the digest it would have reached."""
    from .progress import Progress
    from .resuming import resume as go_on

    directory = find_run(run, runs)
    with Progress(is_shown=not no_progress and sys.stderr.isatty(), rounds=None) as progress:
        result = stoppable(
            lambda: go_on(
                directory,
                take_over=take_over,
                board=board,
                watch=progress.update,
                tell=tell,
                hooks=progress.hooks,
            )
        )
    present(result, as_json=as_json)


@app.command()
def fork(
    run: RunName,
    at_round: Annotated[
        int, typer.Option(min=0, help="the last round, or instant, both have in common")
    ],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="what is different")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="the child's run directory")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as JSON")] = False,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="no progress bar")] = False,
    runs: RunFolders = None,
) -> None:
    """Start a child of a run from the end of a round, with other options from there on."""
    from .config import parse_settings
    from .forking import fork as split
    from .progress import Progress

    directory, changes = find_run(run, runs), parse_settings(settings or [])
    with Progress(is_shown=not no_progress and sys.stderr.isatty(), rounds=None) as progress:
        result = stoppable(
            lambda: split(
                directory,
                at_round=at_round,
                changes=changes,
                out=out,
                watch=progress.update,
                tell=tell,
                hooks=progress.hooks,
            )
        )
    present(result, as_json=as_json)


@app.command("list")
def list_runs(
    runs: RunFolders = None,
) -> None:
    """List runs, oldest first."""
    from blackboard import BadInput, RunDirectory

    folders = runs or [RUNS]
    found = RunDirectory.all(*folders)
    if not found:
        where = ", ".join(f"{folder}/" for folder in folders)
        typer.echo(f"no runs in {where} yet: `swarmboard run grid-dispatch` makes one")
    for directory in found:
        try:
            summary = directory.read_json("summary.json") or {}
            config = directory.read_json("config.json") or {}
        except BadInput as error:
            typer.echo(f"{directory.run_id}  {error}")
            continue
        typer.echo(
            f"{directory.run_id}  {summary.get('scenario') or config.get('scenario', '?'):<18} "
            f"{summary.get('status', 'unfinished'):<10} "
            f"{_length(summary):<15}  {(summary.get('digest') or '')[:12]}"
            + ("" if directory.path.name == directory.run_id else f"  {directory.path}")
        )


def _length(summary: Mapping[str, Any]) -> str:
    """Return how many rounds or instants a run took, as one column of the list."""
    from .lengths import turn_name, turns

    return f"{turns(summary):>6} {turn_name(summary)}s" if summary else "     - rounds"


@app.command()
def show(
    run: RunName,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as JSON")] = False,
    runs: RunFolders = None,
) -> None:
    """Show what a run came to; one that goes on: where it stands, and whom it waits for."""
    from blackboard import BadInput

    from .reaching import is_led
    from .report_card import text_card
    from .standing import live_state, state_text

    directory = find_run(run, runs)
    if is_led(directory):
        now = live_state(directory)
        typer.echo(json.dumps(now.as_json(), indent=1) if as_json else state_text(directory, now))
        return
    summary = directory.read_json("summary.json")
    if summary is None:
        raise BadInput(
            f"the run {directory.path} has no summary, as it was killed: "
            f"`swarmboard resume {directory.path}` goes on"
        )
    typer.echo(json.dumps(summary, indent=1) if as_json else text_card(summary, directory.path))


@app.command()
def replay(
    run: RunName,
    to_round: Annotated[
        int | None, typer.Option(min=0, help="stop after this round, or instant")
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="execute it again, too")] = False,
    runs: RunFolders = None,
) -> None:
    """Read a run again from its log: digest, decisions and tables."""
    from .replaying import report

    directory = find_run(run, runs)
    typer.echo(report(directory, to_round=to_round, must_verify=verify))


@app.command()
def compare(
    first: RunName,
    second: Annotated[str, typer.Argument(help="another's")],
    runs: RunFolders = None,
) -> None:
    """Say what two runs were asked, what came of them, and where they part."""
    from .comparing import compare as differences

    typer.echo(differences(find_run(first, runs), find_run(second, runs)))


@app.command("explain")
def explain_decision(
    run: RunName,
    proposal: Annotated[
        str | None, typer.Argument(help="its id, the beginning of it, or its round (instant)")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="AGENT", help="say what happens without this agent; repeatable"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the facts as JSON")] = False,
    runs: RunFolders = None,
) -> None:
    """Say why a proposal was decided as it was: causes, dissent, who could have turned it."""
    from .explaining import explain, explanation_json, explanation_text

    told = explain(find_run(run, runs), proposal, without=without or ())
    typer.echo(json.dumps(explanation_json(told), indent=1) if as_json else explanation_text(told))
