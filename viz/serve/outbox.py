"""What is to be sent over one connection, in order, without whoever writes waiting for each."""

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable

MOST_HELD_BYTES = 4_000_000
"""Who writes waits while more than this has not been sent: the other side cannot take it."""
LOOK_S = 1.0
AT_ONCE = 4
"""Messages after which the loop may see whether the other side is gone: of the fifth that is
written to a lost connection asyncio complains in the log."""


class LineClosed(Exception):
    """Raised for whoever writes to a connection over which nothing can be sent any more."""


class Outbox:
    """Keeps messages from any thread, and has the connection's loop send all of them in one go.

    Args:
        send: Sends one message; called in the loop.
        loop: Of the connection.
        most_held_bytes: How much may wait to be sent before writing waits.
    """

    def __init__(
        self,
        send: Callable[[str | bytes], Awaitable[None]],
        loop: asyncio.AbstractEventLoop,
        *,
        most_held_bytes: int = MOST_HELD_BYTES,
    ) -> None:
        self._send, self._loop, self._most_held_bytes = send, loop, most_held_bytes
        self._loops_thread = threading.get_ident()
        self._queue: deque[str | bytes] = deque()
        self._changed = threading.Condition()
        self._is_sending = False
        self._task: asyncio.Task[None] | None = None
        self.held_bytes = 0
        """What has not been sent yet."""
        self.failure: Exception | None = None
        """Why nothing can be sent any more."""

    def put(self, message: str | bytes) -> None:
        """Have a message sent after all others; wait only where far too much is waiting.

        Raises:
            LineClosed: nothing can be sent any more.
        """
        with self._changed:
            self._check()
            self._queue.append(message)
            self.held_bytes += len(message)
            if not self._is_sending:
                self._is_sending = True
                self._wake()
            while self.held_bytes > self._most_held_bytes and not self._is_in_loop():
                self._changed.wait(LOOK_S)
                self._check()

    def _is_in_loop(self) -> bool:
        return threading.get_ident() == self._loops_thread

    def _check(self) -> None:
        if self.failure is not None or self._loop.is_closed():
            raise LineClosed from self.failure

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._begin)
        except RuntimeError as error:  # the loop was closed just now
            raise LineClosed from error

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._send_all())

    async def _send_all(self) -> None:
        sent = 0
        while (message := self._next()) is not None:
            sent += 1
            if sent % AT_ONCE == 0:
                await asyncio.sleep(0)
            try:
                await self._send(message)
            except Exception as error:  # whoever writes next is told of it
                with self._changed:
                    self.failure = error
                    self._queue.clear()
                    self.held_bytes = 0
                    self._changed.notify_all()
                return

    def _next(self) -> str | bytes | None:
        """Return what is to be sent next; None where there is nothing left."""
        with self._changed:
            if not self._queue:
                self._is_sending = False
                return None
            message = self._queue.popleft()
            self.held_bytes -= len(message)
            self._changed.notify_all()
            return message
