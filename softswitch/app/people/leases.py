"""That this process lives is told to others, and what others held who do not live any more is freed.

As in the outbox, a number that stands still says so, and no clock.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from softswitch.app.acting.leases import BEAT_S, LOOK_S, Watch
from softswitch.app.people.ledger import Ledger

log = logging.getLogger(__name__)
ORPHANS_S = 5.0
STAY_KNOWN_S = 600.0
"""Between two beats of a process that holds nothing, so that nobody forgets it."""


class Leases:
    """`holds` says whether this process holds anything; `renew` is called once it was taken for dead, `wake`
    when agents are free.
    """

    def __init__(
        self,
        ledger: Ledger,
        holds: Callable[[], bool],
        renew: Callable[[], None],
        wake: Callable[[], None],
    ) -> None:
        self._ledger, self._store = ledger, ledger.store
        self._holds, self._renew, self._wake = holds, renew, wake

    @property
    def works(self) -> tuple[Callable[[], Coroutine[Any, Any, None]], ...]:
        """Each to be called again and again."""
        return self._beat, self._look, self._find_orphans

    async def _beat(self) -> None:
        began = time.monotonic()
        await asyncio.sleep(BEAT_S)
        while not self._holds() and time.monotonic() - began < STAY_KNOWN_S:  # noqa: ASYNC110
            await asyncio.sleep(BEAT_S)
        if not await self._store.beat():
            log.warning("this process was taken for dead: its callers are held anew")
            await self._store.register()
            self._renew()

    async def _look(self) -> None:
        watch = Watch()
        while True:
            await asyncio.sleep(LOOK_S)
            for holder in watch.dead(await self._store.others()):
                await self._take_over(holder)

    async def _take_over(self, holder: str) -> None:
        left = await self._store.take_over(holder)
        self._ledger.figures.taken_over += len(left.agents) + len(left.callers)
        log.warning(
            "of the dead process %s %d agents are free again, and %d callers lost or to be called back",
            *(holder, len(left.agents), len(left.callers)),
        )
        for agent in left.agents:
            self._ledger.changed(agent, "busy" if agent.state == "wrap_up" else "ringing")
        self._ledger.lost(left.callers)
        self._wake()

    async def _find_orphans(self) -> None:
        await asyncio.sleep(ORPHANS_S)
        self._ledger.lost(await self._store.lose_orphans())
