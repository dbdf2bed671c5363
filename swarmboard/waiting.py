"""Waiting on an event loop for what runs in a thread of its own, and has to come to its end."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future


def in_thread[T](work: Callable[[], T]) -> asyncio.Future[T]:
    """Start work in a thread of its own, which does not keep the process from ending."""
    done: Future[T] = Future()
    done.set_running_or_notify_cancel()

    def carry_out() -> None:
        try:
            result = work()
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(result)

    threading.Thread(target=carry_out, name="swarmboard-decide", daemon=True).start()
    return asyncio.wrap_future(done)


async def to_its_end[T](future: asyncio.Future[T], *, on_cancel: Callable[[], None]) -> T:
    """Await what must not be left halfway: a cancellation takes effect when it has ended.

    Args:
        future: What is awaited.
        on_cancel: Called at each cancellation, to have it end sooner.
    """
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError as error:
            cancelled = error
            on_cancel()
    if cancelled:
        if not future.cancelled() and (failure := future.exception()):
            cancelled.add_note(f"meanwhile: {type(failure).__name__}: {failure}")
        raise cancelled
    return future.result()
