"""The connection to an MQTT broker: publishes, subscribes, and says that the node is there. MQTT 3.1.1, which
every broker speaks. The only importer of aiomqtt.
"""

import asyncio
import contextlib
import math
import random
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from importlib.metadata import version
from typing import Literal
from urllib.parse import urlsplit

import aiomqtt
import structlog

from softswitch.errors import SoftswitchError
from softswitch.publish import topics
from softswitch.publish.topics import Message, Presence
from softswitch.secret_file import first_line
from softswitch.sections.mqtt import Mqtt

FIRST_DELAY, LAST_DELAY = 0.5, 10.0
"""Seconds between attempts to connect: doubled from the first to the last, with jitter."""
ACKNOWLEDGE_S = 10.0
"""A broker that acknowledges nothing for so long is left, and connected to anew."""
MOST_HEARD = 100
"""Messages that were received and not looked at yet; more are dropped."""
MOST_UNDER_WAY = 1000
State = Literal["online", "draining", "offline"]

_log = structlog.get_logger(__name__)


class Broker:
    """`run` it as a task for as long as the node lives; `say` "offline" before that task is cancelled.

    The retained presence of the node is published at each connection, and the broker says `offline` for it
    when the connection is lost.
    """

    def __init__(self, settings: Mqtt, node: str) -> None:
        """Raises SoftswitchError when the password or the authorities can't be read."""
        self.node = node
        self.state: State = "online"
        self._broker = urlsplit(settings.url)
        self._username = settings.username or None
        self._password = _password(settings)
        self._tls = _tls(settings)
        self._client: aiomqtt.Client | None = None
        self._ready = asyncio.Event()
        self._stuck = asyncio.Event()
        self._whole = asyncio.Event()
        self._whole.set()
        self._waiting: set[asyncio.Timeout] = set()
        self._subscriptions: dict[str, Callable[[str, bytes, bool], None]] = {}

    @property
    def connected(self) -> bool:
        return self._client is not None

    async def ready(self) -> None:
        """Returns when the broker is connected."""
        await self._ready.wait()

    def cut(self) -> None:
        """Be without the broker until `mend`, as if it could not be reached."""
        self._whole.clear()
        self._stuck.set()

    def mend(self) -> None:
        self._whole.set()

    def subscribe(self, topic: str, heard: Callable[[str, bytes, bool], None]) -> None:
        """Before `run`: what is published below `topic` is told as topic, payload, and whether it was
        retained.
        """
        self._subscriptions[topic] = heard

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish with QoS 1, and return when the broker has it. Raises SoftswitchError when it is away."""
        client = self._client
        if client is None:
            raise SoftswitchError(f"the broker {self._broker.hostname} is away")
        if len(self._waiting) >= MOST_UNDER_WAY:
            raise SoftswitchError(f"the broker {self._broker.hostname} does not keep up")
        patience = asyncio.timeout(ACKNOWLEDGE_S)
        try:
            async with patience:
                self._waiting.add(patience)
                await client.publish(topic, payload, qos=1, retain=retain, timeout=math.inf)
        except TimeoutError:
            if self._client is client:
                self._stuck.set()
            raise SoftswitchError(f"the broker {self._broker.hostname} did not acknowledge") from None
        except (aiomqtt.MqttError, ValueError) as error:
            raise SoftswitchError(f"the broker {self._broker.hostname} takes no {topic}: {error}") from None
        finally:
            self._waiting.discard(patience)

    async def say(self, state: State) -> None:
        """The node is in another state from now on; told at once when the broker is there."""
        self.state = state
        message = self._presence(state)
        with contextlib.suppress(SoftswitchError):
            await self.publish(message.topic, message.payload.encode(), retain=True)

    async def run(self) -> None:
        """Connect, serve, and connect again after each failure, until cancelled."""
        delay = FIRST_DELAY
        # asyncio forgets a cancellation that comes together with the end of a connection, but for its count.
        while not _is_cancelled():
            try:
                await self._whole.wait()
                async with self._connection() as client:
                    delay = FIRST_DELAY
                    await self._serve(client)
            except aiomqtt.MqttError as error:
                _log.warning("broker away", broker=self._broker.hostname, error=str(error))
            except Exception:  # a bug here is no reason to end calls
                _log.exception("while connected to the broker")
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))
            delay = min(delay * 2, LAST_DELAY)

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[aiomqtt.Client]:
        last_will = self._presence("offline")
        client = aiomqtt.Client(
            self._broker.hostname or "",
            self._broker.port or (8883 if self._tls else 1883),
            username=self._username,
            password=self._password,
            tls_context=self._tls,
            protocol=aiomqtt.ProtocolVersion.V311,
            will=aiomqtt.Will(last_will.topic, last_will.payload, qos=1, retain=True),
            timeout=10,
            keepalive=15,
            max_queued_incoming_messages=MOST_HEARD,
            # Small messages would wait for the broker's delayed TCP acknowledgement: 40 ms.
            socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
        )
        client.pending_calls_threshold = MOST_UNDER_WAY
        async with client:
            yield client

    async def _serve(self, client: aiomqtt.Client) -> None:
        """Until the connection is lost."""
        for topic in self._subscriptions:
            await client.subscribe(topic, qos=1)
        self._client = client
        self._stuck.clear()
        # No task group: one that ends while it is waited for leaves its task cancelled, in Python 3.11.
        ends = [asyncio.ensure_future(self._listen(client)), asyncio.ensure_future(self._leave_when_stuck())]
        try:
            await self.say(self.state)
            _log.info("broker connected", broker=self._broker.hostname)
            self._ready.set()
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            self._client = None
            self._ready.clear()
            for patience in self._waiting:
                if not patience.expired():
                    patience.reschedule(0.0)  # nobody will acknowledge it any more
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)

    async def _listen(self, client: aiomqtt.Client) -> None:
        """Also notices a lost connection while nothing is published: iterating raises MqttError then."""
        async for message in client.messages:
            for topic, heard in self._subscriptions.items():
                if message.topic.matches(topic):
                    payload = message.payload if isinstance(message.payload, bytes) else b""
                    heard(str(message.topic), payload, message.retain)

    async def _leave_when_stuck(self) -> None:
        await self._stuck.wait()
        raise aiomqtt.MqttError(f"nothing acknowledged in {ACKNOWLEDGE_S:g} s")

    def _presence(self, state: State) -> Message:
        return topics.presence(self.node, Presence(state, version("softswitch"), time.time()))


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _password(settings: Mqtt) -> str | None:
    if settings.password_file is None:
        return None
    return first_line(settings.password_file, setting="mqtt.password_file", what="password", least=0)


def _tls(settings: Mqtt) -> ssl.SSLContext | None:
    if not settings.url.startswith("mqtts:"):
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        raise SoftswitchError(
            f"mqtt.ca_file {settings.ca_file}: {error.strerror or error}; give a PEM file of certificates"
        ) from None
