"""One call for all who ask the same at the same time."""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass

from msgspec.structs import replace

from .calls import Model, Reply, Request
from .request_keys import question_of


@dataclass(slots=True)
class _Flight:
    """A call in the air, and how many wait for it."""

    call: asyncio.Task[Reply]
    waiting: int = 0


class SingleFlight:
    """A model that is asked once where several ask the same before the reply is there.

    The first to ask gets the reply as it came; to the others it says that it is shared, so that
    its tokens count once. An error reaches all of them. Who stops waiting stops nobody else; when
    nobody is left, the call is given up.
    """

    def __init__(self, inner: Model) -> None:
        self.inner = inner
        self._flights: dict[Hashable, _Flight] = {}

    async def complete(self, request: Request) -> Reply:
        """Answer one request, by the call of another where that is on its way."""
        key = question_of(request)
        flight = self._flights.get(key)
        is_first = flight is None
        if flight is None:
            flight = _Flight(asyncio.ensure_future(self._call(key, request)))
            self._flights[key] = flight
        flight.waiting += 1
        try:
            reply = await asyncio.shield(flight.call)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.call.done():
                self._land(key, flight.call)
                flight.call.cancel()
        return reply if is_first else replace(reply, is_shared=True)

    async def _call(self, key: Hashable, request: Request) -> Reply:
        try:
            return await self.inner.complete(request)
        finally:
            self._land(key, asyncio.current_task())

    def _land(self, key: Hashable, call: asyncio.Task[Reply] | None) -> None:
        """Let the next who asks the same begin a call of its own."""
        flight = self._flights.get(key)
        if flight is not None and flight.call is call:
            del self._flights[key]
