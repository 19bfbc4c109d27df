"""Control's connection to the gateway: offers become lines, events reach their call, time is kept.

Control wakes once per 20 ms for all calls, a little after the media clock has ticked.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from softswitch.events import BridgeChanged, CallConfirmed, CallEnded, LegEvent
from softswitch.gateway import messages, wire
from softswitch.gateway.line import CallLine
from softswitch.gateway.rings import PTIME_MS, Node, Region

log = logging.getLogger(__name__)
PERIOD = PTIME_MS / 1000
AFTER_TICK = 0.004
"""The clock serves its ports in this time; then the new frames of all calls are there."""
RECONNECT_S = 0.05
OUTBOX_BYTES = 4 << 20
"""Beyond this much unread, the gateway counts as away."""

News = messages.Registered | messages.Probed | messages.Banned | messages.Referred
"""What the gateway says that is about no conversation."""


class Switch(Protocol):
    """What control makes of the gateway's news."""

    def on_offer(self, line: CallLine, established: bool, codec: str) -> None: ...

    def on_event(self, call_id: str, event: LegEvent) -> None: ...

    def on_refused(self, status: int, reason: str) -> None: ...

    def on_news(self, message: News) -> None: ...

    def on_gateway_lost(self) -> None: ...

    def on_ready(self, live_call_ids: set[str]) -> None: ...

    def on_tick(self) -> None: ...


class GatewayLink:
    """Keeps the connection for ever; while there is none, `connected` is False. `backlog` tells the seconds
    of callers' speech that wait to be decoded: beyond a limit the gateway takes no new calls.

    Everybody in `on_connect` is called right after each Hello: a new gateway knows nothing of what was sent
    to the one before it.
    """

    def __init__(
        self,
        socket_path: Path,
        region: Region,
        line_path: Path,
        switch: Switch,
        backlog: Callable[[], float],
    ) -> None:
        self._socket_path = socket_path
        self._region = region
        self._line_path = line_path
        self._switch = switch
        self._backlog = backlog
        self._writer: asyncio.StreamWriter | None = None
        self._lines: dict[str, CallLine] = {}
        self.on_connect: list[Callable[[], None]] = []
        self.connected = False

    async def run(self) -> None:
        """Serve until cancelled: messages as they come, and a tick per frame time."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_connection())
            tasks.create_task(self._keep_time())

    async def _keep_connection(self) -> None:
        while True:
            try:
                reader, self._writer = await asyncio.open_unix_connection(str(self._socket_path))
                self.send(messages.Hello(str(self._line_path)))
                for introduce in self.on_connect:
                    introduce()
                await self._receive(reader)
            except OSError as error:
                log.debug("gateway not there: %s", error)
            finally:
                self._lose()
            await asyncio.sleep(RECONNECT_S)

    async def _receive(self, reader: asyncio.StreamReader) -> None:
        decoder = wire.Decoder()
        while data := await reader.read(1 << 16):
            for message in decoder.feed(data):
                self._take(message)

    def _lose(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None
        for line in self._lines.values():
            line.let_go()
        self._lines.clear()
        if self.connected:
            self.connected = False
            self._switch.on_gateway_lost()

    def _take(self, message: messages.Message) -> None:
        match message:
            case messages.Offered():
                line = self._open(message)
                self._switch.on_offer(line, message.established, message.codec)
            case messages.Happened():
                self._note(message.call_id, message.event)
                self._switch.on_event(message.call_id, message.event)
                if isinstance(message.event, CallEnded) and (gone := self._lines.pop(message.call_id, None)):
                    gone.close()
            case messages.Refused():
                self._switch.on_refused(message.status, message.reason)
            case messages.Registered() | messages.Probed() | messages.Banned() | messages.Referred():
                self._switch.on_news(message)
            case messages.Ready():
                self.connected = True
                self._switch.on_ready(set(self._lines))

    def _open(self, offer: messages.Offered) -> CallLine:
        call_id = offer.info.call_id
        line = CallLine(offer.info, self._region, offer.slot, self.send, offer.telephone_event)
        line.kept = offer.kept
        self._lines[call_id] = line
        if offer.bridged_to:
            self._bridge(call_id, offer.bridged_to)
            self._bridge(offer.bridged_to, call_id)
        return line

    def _note(self, call_id: str, event: LegEvent) -> None:
        """What its line has to know of what happened to a call."""
        match event:
            case BridgeChanged():
                self._bridge(call_id, event.other)
            case CallConfirmed() if call_id in self._lines:
                self._lines[call_id].telephone_event = event.telephone_event

    def _bridge(self, call_id: str, other: str) -> None:
        if line := self._lines.get(call_id):
            line.hear(other, self._lines.get(other))

    def calls_by_trunk(self) -> Counter[tuple[str, str]]:
        """Calls that the gateway has, by trunk ("" for none) and direction ("in" or "out")."""
        return Counter((line.info.trunk, line.info.direction) for line in self._lines.values())

    def has_call(self, call_id: str) -> bool:
        return call_id in self._lines

    def send(self, message: messages.Message) -> None:
        if self._writer is None:
            return
        self._writer.write(wire.encode(message))
        if self._writer.transport.get_write_buffer_size() > OUTBOX_BYTES:
            log.error("the gateway reads nothing any more; it is connected to anew")
            self._writer.transport.abort()
            self._writer = None

    async def _keep_time(self) -> None:
        node = self._region.node
        while True:
            node[Node.CONTROL_AT_NS] = time.monotonic_ns()
            node[Node.BACKLOG_MS] = round(max(0.0, self._backlog()) * 1000)
            self._switch.on_tick()
            await asyncio.sleep(self._until_next_tick(time.monotonic()))

    def _until_next_tick(self, now: float) -> float:
        """Seconds until the media clock's next tick has been served; a frame time when it stands still."""
        ticked = self._region.node[Node.TICK_AT_NS] / 1e9
        if not ticked or now - ticked > 10 * PERIOD:
            return PERIOD
        elapsed = (now - ticked - AFTER_TICK) % PERIOD
        return PERIOD - elapsed
