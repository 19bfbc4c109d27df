"""Control's connection as the gateway has it."""

import logging
import socket

from softswitch.errors import SoftswitchError
from softswitch.gateway import messages, wire

log = logging.getLogger(__name__)
OUTBOX_BYTES = 4 << 20
"""Beyond this much unread, control counts as away."""


class ControlSocket:
    """Control's connection, never waited for. One at a time: a new one replaces the old."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._listener.setblocking(False)
        self._connection: socket.socket | None = None
        self._decoder = wire.Decoder()
        self._outbox = bytearray()

    @property
    def connected(self) -> bool:
        return self._connection is not None

    def send(self, message: messages.Message) -> None:
        if self._connection is not None:
            self._outbox += wire.encode(message)

    def receive(self) -> list[messages.Message]:
        """The messages that have come; closes the connection when control has gone."""
        self._accept()
        if self._connection is None:
            return []
        try:
            data = self._connection.recv(1 << 16)
            if not data:
                self.close()
            return self._decoder.feed(data)
        except BlockingIOError:
            return []
        except (OSError, ValueError, SoftswitchError) as error:
            log.warning("control's connection: %s", error)
            self.close()
            return []

    def flush(self) -> None:
        """Write what the socket takes."""
        if not self._outbox or self._connection is None:
            return
        try:
            sent = self._connection.send(self._outbox)
            del self._outbox[:sent]
        except BlockingIOError:
            if len(self._outbox) > OUTBOX_BYTES:
                self.close()
        except OSError:
            self.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return
        self.close()
        connection.setblocking(False)
        self._connection = connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._decoder = wire.Decoder()
        self._outbox.clear()
