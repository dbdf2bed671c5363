"""One call for all who ask the same at the same time."""

import asyncio
from collections.abc import Hashable

from msgspec.structs import replace

from .calls import Model, Reply, Request
from .request_keys import question_of


class SingleFlight:
    """A model that is asked once where several ask the same before the reply is there.

    The first to ask gets the reply as it came; to the others it says that it is shared, so that
    its tokens count once. An error reaches all of them. Where the first stops waiting, the next
    one asks in its place.
    """

    def __init__(self, inner: Model) -> None:
        self.inner = inner
        self._flights: dict[Hashable, asyncio.Future[Reply | None]] = {}
        """What is asked now; None comes of a call that its asker gave up."""

    async def complete(self, request: Request) -> Reply:
        """Answer one request, by the call of another where that is on its way."""
        key = question_of(request)
        while (flight := self._flights.get(key)) is not None:
            # Shielded, since who stops waiting must not stop the others.
            if (reply := await asyncio.shield(flight)) is not None:
                return replace(reply, is_shared=True)
        flight = asyncio.get_running_loop().create_future()
        self._flights[key] = flight
        try:
            reply = await self.inner.complete(request)
        except asyncio.CancelledError:
            self._land(key, None)
            raise
        except BaseException as error:
            self._land(key, error)
            raise
        self._land(key, reply)
        return reply

    def _land(self, key: Hashable, came: Reply | BaseException | None) -> None:
        """Tell those who wait what came, and let the next who asks begin a call of its own."""
        flight = self._flights.pop(key)
        if isinstance(came, BaseException):
            flight.set_exception(came)
            flight.exception()  # which marks it as seen: often nobody else waits
        else:
            flight.set_result(came)
