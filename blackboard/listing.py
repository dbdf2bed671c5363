"""The runs whose boards a server keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST_SCANS = 500
"""Looks at a server's keys, a thousand at a time, before a list is given up as it is."""


@dataclass(frozen=True, slots=True)
class RunOnBoard:
    """A run as its board knows it."""

    run_id: str
    status: str
    """new, running, paused, or how it ended."""
    round: int
    """The round or instant that it is in."""
    agents: int
    is_led: bool
    """Whether a runner holds its lease now."""


def runs_on(url: str) -> list[RunOnBoard]:
    """Return the runs that a server keeps, newest first; a run that ended stays for a day.

    Raises:
        ServerUnavailable: there is no server at the URL.
        SwarmboardError: it does not let its keys be listed.
    """
    from .redis_store import list_boards  # redis is imported by those who use a server

    found = [
        RunOnBoard(run, meta.status, meta.round, meta.agents, is_led)
        for run, meta, is_led in list_boards(url, most_scans=MOST_SCANS)
    ]
    return sorted(found, key=lambda run: run.run_id, reverse=True)


def check_reachable(url: str) -> None:
    """Refuse a server that cannot keep a board, before anything is written to it.

    Args:
        url: Of the server; `memory://` is always there.

    Raises:
        ServerTooOld: it is older than Redis 7.0 or has no Functions.
        ServerUnavailable: it cannot be reached, or refuses this user.
    """
    if url == "memory://":
        return
    from .server_info import check_server
    from .wire import connect

    client: Any = connect(url, client_name="checking")
    try:
        check_server(client)
    finally:
        client.close()


def forget_runs(url: str, runs: Sequence[str]) -> None:
    """Delete what ended runs left on a server, without waiting until it expires.

    Args:
        url: Of the server; `memory://` keeps nothing of a run that has ended.
        runs: Their names on the server.

    Raises:
        ServerUnavailable: there is no server at the URL.
        SwarmboardError: it does not let its keys be listed or deleted.
    """
    if url == "memory://":
        return
    from .redis_store import RedisStore  # redis is imported by those who use a server

    for run in runs:
        store = RedisStore(url, run, name="forgetting")
        try:
            store.forget()
        finally:
            store.close()
