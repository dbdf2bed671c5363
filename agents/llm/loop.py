"""One event loop per process, in a thread of its own, on which all models are asked.

A loop per call would leak sockets: HTTP clients belong to the loop that made them.
"""

import asyncio
import atexit
import concurrent.futures
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any


class EventLoopThread:
    """A daemon thread with one persistent asyncio loop."""

    def __init__(self) -> None:
        self.process = os.getpid()
        """Where it runs; threads do not survive a fork."""
        self.loop = asyncio.new_event_loop()
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._serve, name="swarmboard-models", daemon=True)
        self._thread.start()

    @property
    def is_usable(self) -> bool:
        """Whether it takes work in this process."""
        return self.process == os.getpid() and not self.loop.is_closed()

    def run[T](self, coroutine: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Start a coroutine on the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def wait[T](
        self,
        future: concurrent.futures.Future[T],
        *,
        every_s: float = 1.0,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> T:
        """Wait for a coroutine's result, and call `meanwhile` every so often.

        The caller stays in charge: an interrupt, or an error of `meanwhile`, cancels the
        coroutine and is raised at once.
        """
        try:
            while not concurrent.futures.wait((future,), timeout=every_s).done:
                meanwhile()
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """Cancel what is still running and end the thread; closing twice is fine."""
        with self._closing:
            if not self.is_usable:
                return
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join()
            self.loop.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        unfinished = asyncio.all_tasks(self.loop)
        for task in unfinished:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*unfinished, return_exceptions=True))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())


_threads: list[EventLoopThread] = []
"""The process's thread, last; before it those of parent processes, which a fork leaves behind."""
_starting = threading.Lock()


def shared_loop() -> EventLoopThread:
    """Return the process's event loop, started when it is first asked for."""
    with _starting:
        if not _threads or not _threads[-1].is_usable:
            _threads[:] = [thread for thread in _threads if thread.process != os.getpid()]
            _threads.append(EventLoopThread())
            atexit.register(_threads[-1].close)
        return _threads[-1]
