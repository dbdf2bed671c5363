"""Sending to pages through an outbox, in place of a task of the server's loop for each message.

With ten pages these tasks, and the threads that waited for each, were four fifths of all that the
server did.
"""

from typing import Any

import solara.server.starlette as solara_server
from solara.server.websocket import WebSocketDisconnect

from .outbox import LineClosed, Outbox


class QueuedWebsocket(solara_server.WebsocketWrapper):
    """Leaves messages in an outbox."""

    def __init__(self, ws: Any, portal: Any) -> None:
        super().__init__(ws, portal)
        self._outbox = Outbox(self._send, self.event_loop)

    def send_text(self, data: str) -> None:
        """Have a text sent."""
        self._leave(data)

    def send_bytes(self, data: bytes) -> None:
        """Have bytes sent."""
        self._leave(data)

    def _leave(self, data: str | bytes) -> None:
        try:
            self._outbox.put(data)
        except LineClosed as error:
            raise WebSocketDisconnect from error

    async def _send(self, data: str | bytes) -> None:
        if isinstance(data, bytes):
            await self._send_bytes_exc(data)
        else:
            await self._send_text_exc(data)


def send_through_outboxes() -> None:
    """Have Solara send so to all pages that come from now on."""
    solara_server.WebsocketWrapper = QueuedWebsocket
