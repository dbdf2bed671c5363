"""People's commands: hands on a run that goes on, each of which stands in its log."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from .cli_app import RunFolders, RunName, app, find_run

ByName = Annotated[str | None, typer.Option(metavar="NAME", help="who you are; default: login")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="why; it stands in the log")]
ProposalName = Annotated[str, typer.Argument(help="its id, as `swarmboard show RUN` says it")]


@app.command()
def pause(run: RunName, by: ByName = None, reason: Reason = "", runs: RunFolders = None) -> None:
    """Hold a run before its next stage, or instant."""
    _command("pause", run, by, reason, runs)


@app.command()
def step(run: RunName, by: ByName = None, reason: Reason = "", runs: RunFolders = None) -> None:
    """Let a run take one stage, or instant, then hold it again."""
    _command("step", run, by, reason, runs)


@app.command()
def unpause(run: RunName, by: ByName = None, reason: Reason = "", runs: RunFolders = None) -> None:
    """Let a paused run go on."""
    _command("unpause", run, by, reason, runs)


@app.command()
def stop(run: RunName, by: ByName = None, reason: Reason = "", runs: RunFolders = None) -> None:
    """End a run before its next stage, or instant; `resume` goes on with it."""
    _command("stop", run, by, reason, runs)


@app.command()
def approve(
    run: RunName,
    proposal: ProposalName,
    by: ByName = None,
    reason: Reason = "",
    runs: RunFolders = None,
) -> None:
    """Let a proposal be executed that waits for a person; the first answer stands."""
    _answer("approve", run, proposal, by, reason, runs)


@app.command()
def veto(
    run: RunName,
    proposal: ProposalName,
    by: ByName = None,
    reason: Reason = "",
    runs: RunFolders = None,
) -> None:
    """Forbid an open proposal, whatever its impact; the first answer stands."""
    _answer("veto", run, proposal, by, reason, runs)


@app.command()
def inject(
    run: RunName,
    entry: Annotated[str, typer.Option(metavar="JSON", help="kind, payload, layer, reasons ...")],
    by: ByName = None,
    reason: Reason = "",
    runs: RunFolders = None,
) -> None:
    """Put an entry on a run's board in your name."""
    from .people import inject as put_in

    _say(run, runs, by, lambda directory, name: put_in(directory, entry, by=name, reason=reason))


def _command(act: str, run: str, by: str | None, reason: str, runs: list[Path] | None) -> None:
    from .people import command

    _say(run, runs, by, lambda directory, name: command(directory, act, by=name, reason=reason))


def _answer(
    said: str, run: str, proposal: str, by: str | None, reason: str, runs: list[Path] | None
) -> None:
    from .people import answer

    _say(
        run,
        runs,
        by,
        lambda directory, name: answer(directory, proposal, said, by=name, reason=reason),
    )


def _say(run: str, runs: list[Path] | None, by: str | None, act: "Callable[..., str]") -> None:
    """Act on a run in a person's name, and say what will happen."""
    from .people import name_of

    typer.echo(act(find_run(run, runs), name_of(by)))
