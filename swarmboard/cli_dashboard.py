"""The command that serves the dashboard."""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from .cli_app import RUNS, app, present, tell

SCHEMES = ("redis", "rediss", "unix")
"""How the address of a board begins that other processes can reach."""


@app.command()
def dashboard(
    board: Annotated[
        str | None, typer.Option(help="where runs started from a page keep their board")
    ] = None,
    runs: Annotated[
        Path, typer.Option(metavar="DIR", help="the folder whose runs are shown")
    ] = RUNS,
    host: Annotated[
        str, typer.Option(help="the address to listen on; 0.0.0.0 lets other machines in")
    ] = "127.0.0.1",
    port: Annotated[str, typer.Option(metavar="P", help="0 takes any that is free")] = "8765",
    token: Annotated[
        str | None,
        typer.Option(
            envvar="SWARMBOARD_TOKEN",
            show_envvar=True,
            help="what visitors have to bring; made by itself where other machines can come",
        ),
    ] = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """See consensus form: serve live and finished runs to a browser."""
    from viz import Dashboard, listen, serve

    _check(board, runs)
    address = listen(host, _number(port), token)
    until = _end_of_input() if with_parent else None

    def ready() -> None:
        typer.echo(f"dashboard   {address.url()}")
        if elsewhere := address.url_elsewhere():
            typer.echo(f"elsewhere   {elsewhere}")
        typer.echo(f"runs        {runs}{'' if runs.exists() else ' (none yet)'}; Ctrl-C ends")

    serve(Dashboard(address, runs, board), ready=ready, until=until)


def _number(port: str) -> int:
    from blackboard import BadInput

    try:
        return int(port)
    except ValueError as error:
        raise BadInput(f"--port {port!r}: a number from 0 to 65535 is needed") from error


def watched(plan: Any, go: Callable[[Any], Any], *, as_json: bool) -> None:
    """Run a plan with a dashboard beside it, which stays until Ctrl-C once the run has ended.

    The run that a person has stopped has been seen: then the dashboard ends with it.
    """
    from blackboard import RunDirectory

    from .watching import check_watchable, watching

    check_watchable(plan.config.board or os.environ.get("SWARMBOARD_URL"))
    directory = RunDirectory.create(plan.config.out)
    with watching(directory.path, tell) as shown:
        present(go(directory), as_json=as_json)
        sys.stdout.flush()
        tell("the run has ended; its page stays until Ctrl-C")
        shown.stay()


def _check(board: str | None, runs: Path) -> None:
    """Refuse a board that no other process can reach, and what is no folder."""
    from blackboard import BadInput

    if board == "memory://":
        raise BadInput(
            "--board memory:// is in the memory of each run, where no page can see it: name a "
            "server, or leave it away for the bundled one"
        )
    if board not in (None, "bundled") and board.partition("://")[0] not in SCHEMES:
        raise BadInput(
            f"--board {board!r} is no board: redis://HOST:PORT, rediss://, unix://PATH or bundled"
        )
    if board not in (None, "bundled"):
        _check_address(str(board))
    if runs.exists() and not runs.is_dir():
        raise BadInput(f"--runs {runs} is a file: name the folder in which runs are kept")


def _check_address(board: str) -> None:
    """Refuse an address that nobody can ask, such as one whose port is no number."""
    from urllib.parse import urlsplit

    from blackboard import BadInput

    try:
        parts = urlsplit(board)
        _ = parts.port  # which is read only now
    except ValueError as error:
        # What stands in front of an @ may be a password, which is not said again.
        said = board.partition("://")[0] + "://" + board.partition("://")[2].rpartition("@")[2]
        raise BadInput(f"--board {said!r}: {error}; redis://HOST:PORT is needed") from error


def _end_of_input() -> threading.Event:
    """Return an event that is set when the process at the other end of stdin is gone."""
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.buffer.read()
        ended.set()

    threading.Thread(target=wait, daemon=True, name="with-parent").start()
    return ended
