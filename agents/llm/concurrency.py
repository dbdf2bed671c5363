"""How many calls of a tier may be in flight; the rest queue instead of being refused."""

import asyncio
import time
from collections.abc import Callable

from .calls import Model, Reply, Request


class Bounded:
    """Lets at most `limit` calls through at a time, first come first served.

    A thousand agents asked at once would open a thousand sockets; limits that refuse instead of
    queueing would turn most of them into errors.

    Args:
        inner: The model that is asked.
        limit: How many calls at a time.
        clock: Seconds that never go back.
    """

    def __init__(
        self, inner: Model, limit: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if limit < 1:
            raise ValueError(f"the limit must be at least 1, got {limit}")
        self._inner, self.limit = inner, limit
        self.in_flight = 0
        self.most_in_flight = 0
        """The most calls that were in flight at a time so far."""
        self.replied_at: float | None = None
        """When a call brought its reply the last time, by the clock."""
        self._clock = clock
        self._semaphore: asyncio.Semaphore | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def complete(self, request: Request) -> Reply:
        """Answer one request when its turn has come."""
        async with self._places():
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            try:
                reply = await self._inner.complete(request)
                self.replied_at = self._clock()
                return reply
            finally:
                self.in_flight -= 1

    def _places(self) -> asyncio.Semaphore:
        """Return the semaphore of the running loop: one that others wait on cannot be shared."""
        loop = asyncio.get_running_loop()
        if self._semaphore is None or self._loop is not loop:
            self._semaphore, self._loop = asyncio.Semaphore(self.limit), loop
        return self._semaphore
