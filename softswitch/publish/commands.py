"""Commands over MQTT are carried out, and answered at `softswitch/v1/NODE/replies/ID`.

What a command does is none of this room's business: `ask` does it. Every command is counted by what came of
it; what was signed is logged as well, with its user.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, get_args

import structlog

from softswitch.errors import SoftswitchError
from softswitch.publish import topics
from softswitch.publish.buckets import Bucket
from softswitch.publish.orders import Gate, Order, Refusal
from softswitch.publish.topics import Message, Reply
from softswitch.sections.mqtt import Command

MOST_RUNNING = 100
"""Commands under way at once; one that dials takes as long as it rings."""
NAMELESS = "unknown"
"""The id of a reply to what has none."""
STRANGERS_RATE, STRANGERS_BURST = 1.0, 10.0
"""Replies a second to what nobody known has signed: a flood is not worth more."""

Ask = Callable[[str, dict[str, Any]], Awaitable[Mapping[str, Any]]]
"""Does a command, by name and arguments: {"ok": true, "result": …} or {"ok": false, "error": a sentence}."""
Send = Callable[[str, bytes], Awaitable[None]]

_log = structlog.get_logger(__name__)


class Commands:
    """Feed it with `take`; `close` ends what is under way. `counted` by command and what came of it."""

    def __init__(self, node: str, gate: Gate, ask: Ask, send: Send) -> None:
        self.counted: Counter[tuple[str, str]] = Counter()
        self._node = node
        self._gate = gate
        self._ask = ask
        self._send = send
        self._strangers = Bucket(STRANGERS_RATE, STRANGERS_BURST)
        self._running: set[asyncio.Task[None]] = set()

    @property
    def topic(self) -> str:
        """The topics of all commands to this node."""
        return f"{topics.ROOT}/{self._node}/commands/+"

    def take(self, topic: str, payload: bytes, retained: bool) -> None:
        """A message to one of the topics; never waits."""
        name = topic.rpartition("/")[2]
        try:
            if retained:
                raise Refusal("refused", "a command must not be retained")
            if len(self._running) >= MOST_RUNNING:
                raise Refusal("limited", f"{MOST_RUNNING} commands are under way; try again")
            order = self._gate.open(topic, payload)
        except Refusal as refusal:
            self._refuse(name, refusal)
        else:
            _log.info("command", command=name, user=order.user, id=order.id)
            self._start(self._carry_out(name, order))

    async def close(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _carry_out(self, name: str, order: Order) -> None:
        answer = await self._ask(name, order.arguments)
        self._count(name, "done" if answer["ok"] else "failed")
        ok, error = bool(answer["ok"]), str(answer.get("error", ""))
        await self._reply(Reply(order.id, name, ok, answer.get("result"), error, time.time()))

    def _refuse(self, name: str, refusal: Refusal) -> None:
        """A command that came twice was answered before: brokers may deliver twice."""
        self._count(name, refusal.fault)
        if refusal.fault == "repeated" or not self._strangers.take():
            return
        _log.warning("command not taken", command=name[:40], why=str(refusal))
        reply = Reply(refusal.id or NAMELESS, name[:40], False, None, str(refusal), time.time())
        if len(self._running) < 2 * MOST_RUNNING:
            self._start(self._reply(reply))

    async def _reply(self, reply: Reply) -> None:
        message: Message = topics.reply(self._node, reply)
        try:
            await self._send(message.topic, message.payload.encode())
        except SoftswitchError as error:
            _log.warning("command not answered", id=reply.id, why=str(error))

    def _count(self, name: str, result: str) -> None:
        self.counted[name if name in get_args(Command) else "other", result] += 1

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
