"""Hosting an endpoint: a thread with an event loop and a loopback port of its own."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from .endpoint import Endpoint

HOST = "127.0.0.1"
_BACKLOG = 4096
_START_S = 10.0


@contextmanager
def serving(endpoint: Endpoint, *, port: int = 0) -> Iterator[str]:
    """Serve an endpoint in a thread; yields the URL that clients use as `api_base`."""
    listener = socket.create_server((HOST, port), backlog=_BACKLOG)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="stub-server", daemon=True)
    thread.start()
    try:
        start = asyncio.run_coroutine_threadsafe(_start(endpoint, listener), loop)
        runner = start.result(_START_S)
        try:
            yield f"http://{HOST}:{listener.getsockname()[1]}/v1"
        finally:
            asyncio.run_coroutine_threadsafe(_stop(endpoint, runner), loop).result(_START_S)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        listener.close()


async def _start(endpoint: Endpoint, listener: socket.socket) -> web.AppRunner:
    """Start to serve; a handler whose client has gone is cancelled, as it would hang for ever."""
    runner = web.AppRunner(
        endpoint.app(), access_log=None, handler_cancellation=True, shutdown_timeout=0.5
    )
    await runner.setup()
    await web.SockSite(runner, listener, backlog=_BACKLOG).start()
    return runner


async def _stop(endpoint: Endpoint, runner: web.AppRunner) -> None:
    endpoint.close()
    await runner.cleanup()
    await asyncio.get_running_loop().shutdown_asyncgens()
