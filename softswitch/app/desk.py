"""The node's desk: what commands ask of a running node, over a Unix socket of its own.

One JSON object per line each way. `{"do": NAME, ...}` is answered with any number of `{"progress": {...}}`,
then `{"ok": true, "result": ...}` or `{"ok": false, "error": "a sentence"}`. The next request may follow on
the same connection. Only the user who runs the node may ask: the socket's mode is 0600.
"""

import asyncio
import json
import logging
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from softswitch.errors import SoftswitchError

log = logging.getLogger(__name__)
SOCKET = "control.sock"
LINE_LIMIT = 64 << 10
MOST_CLIENTS = 16
OUTBOX_BYTES = 1 << 20
"""A client that leaves this much unread is let go."""

Tell = Callable[[dict[str, Any]], None]
Handler = Callable[[dict[str, Any], Tell], Awaitable[Any]]
"""Takes the request and something to tell progress with; gives the result, which must fit in JSON.

SoftswitchError is an answer too: its sentence. The handler is cancelled when its client goes away: what must
be finished nevertheless belongs in a task of its own.
"""


class Desk:
    """Register every handler, then `open`; `close` ends what is under way."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handlers: dict[str, Handler] = {}
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    def register(self, name: str, handler: Handler) -> None:
        if name in self._handlers:
            raise ValueError(f"the desk has a handler for {name} already")
        self._handlers[name] = handler

    async def open(self) -> None:
        """Listen from here on. A socket that a killed node left behind is replaced."""
        self._server = await asyncio.start_unix_server(
            self._welcome, sock=_bound(self._path), limit=LINE_LIMIT
        )

    async def close(self) -> None:
        if self._server is None:
            return
        self._server.close()
        self._path.unlink(missing_ok=True)
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            if len(self._clients) > MOST_CLIENTS:
                _write(
                    writer, _failure(f"the node serves {MOST_CLIENTS} commands at once already; try again")
                )
            else:
                await self._serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client went away, or the node stops
        finally:
            self._clients.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request after the other, until the client leaves."""
        following = asyncio.ensure_future(_next_line(reader))
        try:
            while line := await following:
                following = asyncio.ensure_future(_next_line(reader))
                answering = asyncio.ensure_future(self._answer(line, writer))
                await self._until_answered(answering, following)
                await writer.drain()
        except _TooLong:
            _write(writer, _failure(f"a request has {LINE_LIMIT} bytes at most"))
        finally:
            following.cancel()

    async def _until_answered(
        self, answering: asyncio.Future[None], following: asyncio.Future[bytes]
    ) -> None:
        """Waits for the answer, and cancels it when the client leaves before it is there."""
        try:
            await asyncio.wait((answering, following), return_when=asyncio.FIRST_COMPLETED)
            if not answering.done() and _has_left(following):
                return
            await answering
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            request = json.loads(line)
            name = request["do"]
        except (ValueError, TypeError, KeyError, RecursionError):
            _write(writer, _failure('expected one JSON object per line, such as {"do": "trunk.status"}'))
            return
        _write(writer, await self.ask(name, request, lambda progress: _write(writer, {"progress": progress})))

    async def ask(
        self, name: object, request: dict[str, Any], tell: Tell = lambda progress: None
    ) -> dict[str, Any]:
        """What the handler of that name says: {"ok": true, "result": …} or {"ok": false, "error": …}."""
        handler = self._handlers.get(name) if isinstance(name, str) else None
        if handler is None:
            return _failure(f"this node has no answer to {str(name)[:40]!r}; is it of another version?")
        try:
            result = await handler(request, tell)
            json.dumps(result)
        except SoftswitchError as error:
            return _failure(str(error))
        except Exception:  # one command's bug is neither another's nor a call's
            log.exception("while a command asked for %s", name)
            return _failure("a bug in the node: the node's log has the details")
        return {"ok": True, "result": result}


class _TooLong(Exception):
    pass


async def _next_line(reader: asyncio.StreamReader) -> bytes:
    """Empty when the client has left."""
    try:
        return await reader.readline()
    except ValueError:
        raise _TooLong from None


def _has_left(following: asyncio.Future[bytes]) -> bool:
    return following.done() and (following.exception() is not None or not following.result())


def _failure(sentence: str) -> dict[str, Any]:
    return {"ok": False, "error": sentence}


def _write(writer: asyncio.StreamWriter, line: dict[str, Any]) -> None:
    if writer.transport.get_write_buffer_size() > OUTBOX_BYTES:
        writer.transport.abort()
        return
    writer.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")


def _bound(path: Path) -> socket.socket:
    """A socket at `path` that nobody else may open at any moment: it takes its place when it is private."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(str(fresh))
        fresh.chmod(0o600)
        fresh.replace(path)
    except OSError as error:
        bound.close()
        raise SoftswitchError(
            f"cannot listen for commands at {path}: {error}. Set data_dir to a short path that is yours"
        ) from None
    return bound
