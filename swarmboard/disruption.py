"""What a run's faults do to its server and to the way there, done by the process that leads."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from blackboard import Board, Leader

from .config import RunConfig
from .health import Health
from .proxy import Proxy


class Disruption:
    """Kills the server and spoils the network; it outlives the server and all that went with it."""

    def __init__(self) -> None:
        self._cuts = self._mended = 0
        self._killed_in: set[int] = set()
        self._proxy: Proxy | None = None

    def strike(self, board: Board, leader: Leader, hits: str, kind: str, unit: int) -> bool:
        """Kill the bundled server where a fault says so, but once in a round.

        Returns whether what was struck is still to be found and mended.
        """
        if hits != "server":
            return True  # a worker sees to it by itself
        if leader.round in self._killed_in or board.server_pid is None:
            return False
        self._killed_in.add(leader.round)
        os.kill(board.server_pid, signal.SIGKILL)
        return True

    @contextmanager
    def way_to(self, board: Board, config: RunConfig) -> Iterator[str]:
        """Yield the URL by which workers reach a board; without any this process goes that way."""
        if not any(fault.hits == "network" for fault in config.faults):
            yield board.url
            return
        with Proxy(board.url) as proxy:
            self._proxy = proxy
            if config.workers == 1:
                board.go_through(proxy.url)
            try:
                yield proxy.url
            finally:
                self._proxy = None
                self._cuts += proxy.dropped
                self._mended += proxy.reconnected
                board.go_through(board.url)

    def spoil(self, health: Health | None, round: int) -> None:
        """Make the network as bad as it is to be in a round."""
        if self._proxy and health and health.injector:
            trouble = health.injector.network(round)
            self._proxy.drop = trouble.drop if trouble else 0.0
            self._proxy.delay_s = trouble.delay_s if trouble else 0.0

    def tell(self, health: Health | None) -> None:
        """Have the account of faults know what became of the network."""
        if health and health.injector and self._cuts:
            health.injector.cut_off(times=self._cuts, reconnected=self._mended)
