"""Messages that dead nodes left behind are published by those that live.

Every node's messages have a lease, a number that moves on while somebody publishes them. Where it stands
still, by the looker's own clock, one of the others takes it, publishes what is there, and lets go. A node
that comes back takes its own messages at once: some may come twice then, as after any lost connection.
"""

import asyncio
import logging
from collections.abc import Callable

from softswitch.app.acting.leases import Watch
from softswitch.errors import SoftswitchError
from softswitch.publish.outgoing import Outgoing
from softswitch.store.mailbox import Mailbox

log = logging.getLogger(__name__)
LOOK_S = 5.0
"""Between two beats, and two looks at those of others."""
DEAD_S = 30.0
"""A control process that is started again is back long before: its calls, which live on, keep their order."""


class Inheriting:
    """`run` it. `taken_over` counts messages of dead nodes; `dropped` those of them that were too many."""

    def __init__(self, mailbox: Mailbox, outgoing_of: Callable[[str], Outgoing]) -> None:
        self.taken_over = 0
        self._mailbox = mailbox
        self._outgoing_of = outgoing_of
        self._heirs: dict[str, tuple[Outgoing, asyncio.Task[None]]] = {}
        self._dropped = 0

    @property
    def dropped(self) -> int:
        return self._dropped + sum(outgoing.dropped for outgoing, _ in self._heirs.values())

    async def run(self) -> None:
        """Until cancelled. A database that is away is waited for."""
        watch = Watch(dead_s=DEAD_S, most_gap_s=2 * LOOK_S)
        try:
            while True:
                try:
                    await self._look(watch)
                except SoftswitchError as error:
                    log.warning("messages of dead nodes are not looked for: %s", error)
                except Exception:  # a bug here is no reason to end calls
                    log.exception("while looking for messages of dead nodes")
                await asyncio.sleep(LOOK_S)
        finally:
            for _, task in self._heirs.values():
                task.cancel()
            await asyncio.gather(*(task for _, task in self._heirs.values()), return_exceptions=True)

    async def _look(self, watch: Watch) -> None:
        await self._mailbox.beat()
        for node, (_, task) in list(self._heirs.items()):
            if task.done() or not await self._mailbox.renew(node):
                await self._let_go(node)
        others = await self._mailbox.others()
        beats = dict(others)
        for node in watch.dead(others):
            if node not in self._heirs and await self._mailbox.take_over(node, beats[node]):
                self._take(node)

    def _take(self, node: str) -> None:
        log.warning("the messages of the dead node %s are taken over", node)
        outgoing = self._outgoing_of(node)
        self._heirs[node] = outgoing, asyncio.create_task(self._publish(outgoing))

    async def _publish(self, outgoing: Outgoing) -> None:
        """Until everything is published."""
        await outgoing.begin()
        running = asyncio.create_task(outgoing.run())
        try:
            await outgoing.flush()
            self.taken_over += outgoing.published
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await outgoing.close()

    async def _let_go(self, node: str) -> None:
        outgoing, task = self._heirs.pop(node)
        self._dropped += outgoing.dropped
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
