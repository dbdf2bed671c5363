"""What the modules of the command line share: the app, its exit codes, and how things are said."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

DONE, FAILED, BAD_USAGE, STOPPED = 0, 1, 2, 3
RUNS = Path("runs")
RUNS_HELP = "where runs are kept; may be given several times"
ORDER = (
    *("run", "new", "resume", "fork", "list", "show", "explain", "compare", "sweep"),
    *("replay", "report"),
    *("pause", "step", "unpause", "stop", "approve", "veto", "inject", "dashboard"),
)
"""How `--help` lists the commands; the others follow."""

RunName = Annotated[str, typer.Argument(help="a run's id, its beginning, or its path")]
RunFolders = Annotated[list[Path] | None, typer.Option("--runs", help=RUNS_HELP)]


class Ordered(TyperGroup):
    """Lists commands by what people do with a run, not by where they are written."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands in the order in which they are shown."""
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))


app = typer.Typer(
    cls=Ordered,
    help="Simulate swarms that decide together on a shared blackboard.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def find_run(run: str, roots: list[Path] | None) -> Any:
    """Return the run directory that a name on the command line means."""
    from blackboard import RunDirectory

    return RunDirectory.find(run, roots=roots or [RUNS])


def present(result: Any, *, as_json: bool) -> None:
    """Print what a run came to; stopped, say how it goes on."""
    from .lengths import turn_name, turns
    from .report_card import is_broken_off, text_card

    summary = result.summary
    typer.echo(json.dumps(summary, indent=1) if as_json else text_card(summary, result.path))
    if summary["status"] == "failed" and (missing := summary.get("unanswered")):
        tell(
            f"no model answered any of {missing['questions']:,} questions; {missing['first']}; "
            "nobody is asked again by `resume`: run it anew"
        )
        raise typer.Exit(FAILED)
    if summary["status"] == "failed" and (undone := summary.get("left_undone")):
        tell(undone)
        raise typer.Exit(FAILED)
    if summary["status"] == "stopped":
        turn, ended = turn_name(summary), turns(summary)
        where = f"in {turn} {ended + 1}" if is_broken_off(summary) else f"after {turn} {ended}"
        tell(f"stopped {where}: {_goes_on(summary, result.path)}")
        raise typer.Exit(STOPPED)


def _goes_on(summary: Any, path: Path) -> str:
    """Say how a run goes on that a person or its budget stopped."""
    from .team_card import with_more

    if summary.get("stopped_by") is None:
        return f"`swarmboard resume {path}` goes on"
    return with_more(summary, path)


def tell(line: str) -> None:
    """Say something to people while a command goes on."""
    typer.echo(f"swarmboard: {line}", err=True)


def stoppable[T](act: Callable[[], T]) -> T:
    """Say what a second Ctrl-C left, which typer would keep to itself."""
    from .stop import StoppedRehearsing

    try:
        return act()
    except StoppedRehearsing as stopped:
        raise typer.Exit(say(stopped, STOPPED)) from stopped
    except KeyboardInterrupt as error:
        raise typer.Exit(say("stopped at once" + left_behind(error), STOPPED)) from error


def say(message: object, code: int) -> int:
    """Say how a command ended, and return its exit code."""
    typer.echo(f"swarmboard: {message}", err=True)
    return code


def left_behind(error: BaseException) -> str:
    """Return where a run left what it had done, as its error says."""
    return "".join(f"; {note}" for note in getattr(error, "__notes__", ()))
