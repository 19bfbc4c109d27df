"""The operators' HTTP port: /metrics, /healthz and /readyz. HTTP/1.1 (RFC 9112), GET only, on asyncio."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import structlog

from softswitch.errors import SoftswitchError

MAX_HEADER = 8192
"""Bytes of request line and header fields; more is answered with 431."""
MAX_CONNECTIONS = 32
"""Connections at once; one more is cut off unread."""
TIMEOUT = 5.0
"""Seconds that a client has to send its request, and to take the reply."""

_TEXT = "text/plain; charset=utf-8"
_log = structlog.get_logger(__name__)

Check = Callable[[], str]
"""Why something is not ready, in a few words; "" when it is."""


async def _discard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read what a refused request still sends: closing before would reset the connection, the reply lost."""
    writer.write_eof()
    for _ in range(64):
        if not await reader.read(MAX_HEADER):
            return


@dataclass(frozen=True, slots=True)
class _Reply:
    status: HTTPStatus
    body: bytes = b""
    content_type: str = _TEXT

    def encode(self) -> bytes:
        body = self.body or f"{self.status.phrase}\n".encode()
        allow = "Allow: GET\r\n" if self.status is HTTPStatus.METHOD_NOT_ALLOWED else ""
        head = (
            f"HTTP/1.1 {self.status.value} {self.status.phrase}\r\nContent-Type: {self.content_type}\r\n"
            f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\n{allow}Connection: close\r\n\r\n"
        )
        return head.encode() + body


class MetricsServer:
    """Serves `render()` at /metrics, life at /healthz, and the checks given to `require` at /readyz."""

    def __init__(self, address: str, port: int, render: Callable[[], bytes], content_type: str) -> None:
        self._address, self._port = address, port
        self._render, self._content_type = render, content_type
        self._checks: dict[str, Check] = {}
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    def require(self, name: str, check: Check) -> None:
        """Let /readyz answer 503 while `check` gives a reason."""
        self._checks[name] = check

    async def start(self) -> None:
        """Listen. SoftswitchError when the port cannot be had."""
        try:
            self._server = await asyncio.start_server(
                self._accept, self._address, self._port, limit=MAX_HEADER
            )
        except OSError as error:
            raise SoftswitchError(
                f"cannot listen on {self._address}:{self._port} for metrics: {error.strerror}; "
                "choose another port with --set metrics.port=0 (a free one)"
            ) from None
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and cut the connections that are left."""
        if self._server is None:
            return
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    @property
    def port(self) -> int:
        """The port in use; after `start` never 0."""
        return self._port

    @property
    def url(self) -> str:
        host = f"[{self._address}]" if ":" in self._address else self._address
        return f"http://{host}:{self._port}"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The task is made here, not by asyncio: Python 3.11 logs an error for its own when it is cancelled.
        if len(self._connections) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(TIMEOUT):
                reply = await self._reply_to(reader)
                writer.write(reply.encode())
                await writer.drain()
                if 400 <= reply.status < 500:
                    await _discard(reader, writer)
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            writer.transport.abort()
        finally:
            writer.close()

    async def _reply_to(self, reader: asyncio.StreamReader) -> _Reply:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            return _Reply(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        words = head.split(b"\r\n", 1)[0].split(b" ")
        if len(words) != 3 or not words[1].startswith(b"/") or not words[2].startswith(b"HTTP/1."):
            return _Reply(HTTPStatus.BAD_REQUEST)
        if words[0] != b"GET":
            return _Reply(HTTPStatus.METHOD_NOT_ALLOWED)
        try:
            return self._get(words[1].partition(b"?")[0])
        except Exception:
            _log.exception("HTTP request failed", path=words[1].decode("ascii", "replace"))
            return _Reply(HTTPStatus.INTERNAL_SERVER_ERROR)

    def _get(self, path: bytes) -> _Reply:
        if path == b"/metrics":
            return _Reply(HTTPStatus.OK, self._render(), self._content_type)
        if path == b"/healthz":
            return _Reply(HTTPStatus.OK, b"alive\n")
        if path == b"/readyz":
            return self._readiness()
        return _Reply(HTTPStatus.NOT_FOUND)

    def _readiness(self) -> _Reply:
        reasons = [f"{name}: {reason}\n" for name, check in self._checks.items() if (reason := check())]
        if reasons:
            return _Reply(HTTPStatus.SERVICE_UNAVAILABLE, "".join(reasons).encode())
        return _Reply(HTTPStatus.OK, b"ready\n")
