"""Session events to an MQTT broker, for other programs. The only importer of aiomqtt.

Topics are `softswitch/v1/<node>/calls/<call_id>/<event>` with <event> started, answered, turn, finished or
held, `softswitch/v1/<node>/trunks/<trunk>/changed` and `softswitch/v1/<node>/actions/<id>/<state>`. Payloads
are JSON objects; QoS is 1: events come in order, and some come twice after a lost connection. A call never
waits for the broker: events go through a bounded outbox, and when that is full the oldest are dropped and
counted.
"""

import asyncio
import contextlib
import itertools
import json
import random
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import NamedTuple
from urllib.parse import urlsplit

import aiomqtt
import structlog

from softswitch.errors import SoftswitchError
from softswitch.events import (
    ActionEnded,
    CallAnswered,
    CallFinished,
    CallStarted,
    DiallingHeld,
    SessionEvent,
    TrunkChanged,
    TurnFinished,
)
from softswitch.sections import Mqtt

FIRST_DELAY, LAST_DELAY = 0.5, 30.0
"""Seconds between attempts to connect: doubled from the first to the last, with jitter."""
WINDOW = 10
"""Events under way at once, so that a distant broker's round trip is not paid for each."""

_NAMES = {
    CallStarted: "started",
    CallAnswered: "answered",
    TurnFinished: "turn",
    CallFinished: "finished",
    DiallingHeld: "held",
}
Event = SessionEvent | TrunkChanged | ActionEnded
_log = structlog.get_logger(__name__)


class Message(NamedTuple):
    """`done` is set when somebody waits for the broker to have it."""

    topic: str
    payload: bytes
    done: asyncio.Future[None] | None = None


def encode(event: Event, node: str) -> Message | None:
    """An event's topic and JSON payload; None for what only the node itself needs (saved state)."""
    if isinstance(event, TrunkChanged):
        payload = {"event": "changed", "node": node} | asdict(event)
        return Message(f"softswitch/v1/{node}/trunks/{event.trunk}/changed", json.dumps(payload).encode())
    if isinstance(event, ActionEnded):
        payload = {"event": event.state, "node": node} | asdict(event)
        topic = f"softswitch/v1/{node}/actions/{event.action_id}/{event.state}"
        return Message(topic, json.dumps(payload).encode())
    name = _NAMES.get(type(event))
    if name is None:
        return None
    fields = asdict(event)
    fields |= fields.pop("info", {})
    fields.pop("signalled", None)  # what the INVITE carried, signed identities and all
    topic = f"softswitch/v1/{node}/calls/{fields['call_id']}/{name}"
    return Message(topic, json.dumps({"event": name, "node": node} | fields).encode())


class MqttPublisher:
    """Give it events with `take`; `run` it as a task for as long as the node lives.

    `dropped` counts events lost to a full outbox; `depth` is how many the broker
    has not acknowledged; `connected` says whether the
    broker is there.
    """

    def __init__(self, settings: Mqtt, node: str) -> None:
        """Raises SoftswitchError when the password or the authorities can't be read."""
        self.node = node
        self.dropped = 0
        self.connected = False
        self._broker = urlsplit(settings.url)
        self._username = settings.username or None
        self._password = _password(settings)
        self._tls = _tls(settings)
        self._outbox: deque[Message] = deque()
        self._limit = settings.outbox
        self._under_way: dict[int, Message] = {}
        self._numbers = itertools.count()
        self._filled = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()

    @property
    def depth(self) -> int:
        return len(self._outbox) + len(self._under_way)

    def take(self, event: Event) -> None:
        """Put an event into the outbox; never waits."""
        message = encode(event, self.node)
        if message is None:
            return
        self._put(message)

    async def deliver(self, topic: str, payload: bytes) -> None:
        """Publish something else than an event, and wait until the broker has it.

        Raises SoftswitchError when the broker is away; what is waited for no longer is not sent again.
        """
        if not self.connected:
            raise SoftswitchError(f"the broker {self._broker.hostname} is away")
        message = Message(topic, payload, asyncio.get_running_loop().create_future())
        self._put(message)
        assert message.done
        await message.done

    def _put(self, message: Message) -> None:
        self._outbox.append(message)
        self._trim()
        self._filled.set()
        self._settled.clear()

    def _trim(self) -> None:
        while len(self._outbox) > self._limit:
            message = self._outbox.popleft()
            self.dropped += 1
            if message.done and not message.done.done():
                message.done.set_exception(
                    SoftswitchError("more waits for the broker than mqtt.outbox holds")
                )

    async def flush(self, seconds: float) -> bool:
        """Wait until the broker has acknowledged everything, at most so long; whether it has."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._settled.wait(), seconds)
        return self._settled.is_set()

    async def run(self) -> None:
        """Connect, publish, and connect again after each failure, until cancelled."""
        delay = FIRST_DELAY
        while True:
            try:
                async with self._connection() as client:
                    delay = FIRST_DELAY
                    await self._publish_until_lost(client)
            except* aiomqtt.MqttError as errors:
                _log.warning("broker away", broker=self._broker.hostname, error=_first(errors))
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))
            delay = min(delay * 2, LAST_DELAY)

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[aiomqtt.Client]:
        client = aiomqtt.Client(
            self._broker.hostname or "",
            self._broker.port or (8883 if self._tls else 1883),
            username=self._username,
            password=self._password,
            tls_context=self._tls,
            timeout=10,
            keepalive=15,
            # Small messages would wait for the broker's delayed TCP acknowledgement: 40 ms.
            socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
        )
        async with client:
            self.connected = True
            _log.info("broker connected", broker=self._broker.hostname)
            try:
                yield client
            finally:
                self.connected = False

    async def _publish_until_lost(self, client: aiomqtt.Client) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_watch(client))
                for _ in range(WINDOW):
                    tasks.create_task(self._publish(client))
        finally:
            # What the broker may not have goes back to the front: it is older than all that came since.
            self._outbox.extendleft(reversed(self._under_way.values()))
            self._under_way.clear()
            self._trim()

    async def _publish(self, client: aiomqtt.Client) -> None:
        while True:
            while not self._outbox:
                self._filled.clear()
                await self._filled.wait()
            number = next(self._numbers)
            message = self._under_way[number] = self._outbox.popleft()
            if not (message.done and message.done.done()):  # or nobody waits for it any more
                await client.publish(message.topic, message.payload, qos=1)
            del self._under_way[number]
            if message.done and not message.done.done():
                message.done.set_result(None)
            if not self.depth:
                self._settled.set()


async def _watch(client: aiomqtt.Client) -> None:
    """Notice a lost connection while nothing is published: iterating raises MqttError then."""
    async for _ in client.messages:
        pass


def _first(errors: BaseExceptionGroup[Exception]) -> str:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error)


def _password(settings: Mqtt) -> str | None:
    if settings.password_file is None:
        return None
    try:
        return settings.password_file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except OSError as error:
        raise SoftswitchError(
            f"mqtt.password_file {settings.password_file}: {error.strerror}; "
            "make it readable for the user that runs softswitch"
        ) from None


def _tls(settings: Mqtt) -> ssl.SSLContext | None:
    if not settings.url.startswith("mqtts:"):
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        raise SoftswitchError(
            f"mqtt.ca_file {settings.ca_file}: {error.strerror or error}; give a PEM file of certificates"
        ) from None
