"""The node's side of MQTT, wired: its messages go out, those of dead nodes too, and commands come in."""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any

from softswitch.app.desk import Desk
from softswitch.app.inheriting import Inheriting
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.publish.commands import Commands
from softswitch.publish.metrics import Metrics
from softswitch.publish.mqtt import Broker
from softswitch.publish.orders import Gate
from softswitch.publish.outgoing import Outgoing
from softswitch.store.mailbox import Mailbox
from softswitch.store.writer import Records

log = logging.getLogger(__name__)
BEGIN_S = 3.0
"""A database that does not answer by then is away."""
LAST_S = 2.0
"""A node that stops waits so long for the broker; what that does not have then waits for the next start."""


class Publishing:
    """Made with the node, then `open`, `begin`, `start`, and `close` before the records are closed."""

    def __init__(self, config: Config) -> None:
        """Raises SoftswitchError when a secret or a certificate can't be read."""
        self._config = config
        self.broker = self._broker = Broker(config.mqtt, config.node)
        self._gate = Gate(config.mqtt.commands) if config.mqtt.commands else None
        self._commands: Commands | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def open(self, records: Records, desk: Desk, metrics: Metrics) -> None:
        """Have what the records write published, and the desk do what is commanded."""
        config, broker = self._config, self._broker
        self._mailbox = Mailbox(config.database_url, config.node, records)
        self._outgoing = self._outgoing_of(config.node)
        self._inheriting = Inheriting(self._mailbox, self._outgoing_of)
        records.on_messages = self._outgoing.wake
        if self._gate:
            self._commands = Commands(config.node, self._gate, desk.ask, broker.publish)
            broker.subscribe(self._commands.topic, self._commands.take)
            metrics.watch("softswitch_mqtt_commands_total", lambda: dict(self._counted))
        metrics.watch("softswitch_mqtt_connected", lambda: float(broker.connected))
        metrics.watch("softswitch_mqtt_messages_taken_over_total", lambda: self._inheriting.taken_over)

    @property
    def _counted(self) -> dict[tuple[str, str], float]:
        return dict(self._commands.counted) if self._commands else {}

    @property
    def depth(self) -> int:
        """Messages of this node that the broker has not acknowledged."""
        return self._outgoing.depth

    @property
    def dropped(self) -> int:
        return self._outgoing.dropped + self._inheriting.dropped

    async def begin(self) -> None:
        """Before the first event is recorded; of a database that is away nobody is kept waiting."""
        beginning = asyncio.create_task(self._begin())
        await asyncio.wait([beginning], timeout=BEGIN_S)
        self._tasks.append(beginning)

    async def _begin(self) -> None:
        while True:
            try:
                return await self._outgoing.begin()
            except SoftswitchError as error:
                log.warning("messages of before are not counted: %s", error)
                await asyncio.sleep(BEGIN_S)

    def start(self) -> None:
        for work in (self._broker.run(), self._outgoing.run(), self._inheriting.run()):
            self._tasks.append(asyncio.create_task(work))

    async def deliver(self, topic: str, payload: bytes) -> None:
        """Publish something else than an event, and wait until the broker has it; SoftswitchError when it is
        away.
        """
        await self._broker.publish(topic, payload)

    def drain(self) -> Coroutine[Any, Any, None]:
        """The node takes no more calls."""
        return self._broker.say("draining")

    async def obey_no_more(self) -> None:
        if self._commands:
            await self._commands.close()

    async def close(self) -> None:
        """Let the broker have what is written, when it is there, and say that the node is gone."""
        if self._broker.connected:
            await self._outgoing.flush(LAST_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._broker.say("offline"), LAST_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._outgoing.close()
        await self._mailbox.close()

    def _outgoing_of(self, node: str) -> Outgoing:
        settings = self._config.mqtt
        return Outgoing(node, self._mailbox, self._broker, settings.outbox, settings.outbox_age)


def open_publishing(config: Config) -> Publishing | None:
    """None where no broker is configured: then nothing of all this is at work."""
    return Publishing(config) if config.mqtt.url else None
