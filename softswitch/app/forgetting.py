"""Deletes by age, once a day: what dialplans remember of callers, calls and their turns, finished actions."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable

from softswitch.errors import SoftswitchError
from softswitch.publish.metrics import Metrics
from softswitch.sections.database import Database
from softswitch.store import forgetting, queries

log = logging.getLogger(__name__)
EVERY_S = 86_400.0
PAUSE_S = 0.1
"""Between two transactions: who writes a call's records waits for one at most."""


class Forgetting:
    def __init__(self, url: str, settings: Database, metrics: Metrics) -> None:
        self._url, self._settings = url, settings
        self.gone = Counter[str](callers=0, calls=0, actions=0)
        metrics.watch("softswitch_forgotten_total", lambda: dict(self.gone))

    async def run(self) -> None:
        """Now and every day, for ever."""
        while True:
            try:
                await self._once(time.time())
            except SoftswitchError as error:
                log.warning("nothing more is forgotten today: %s", error)
            await asyncio.sleep(EVERY_S)

    async def _once(self, now: float) -> None:
        before = Counter(self.gone)
        callers = await asyncio.to_thread(
            queries.forget_callers, self._url, now - self._settings.remember_callers
        )
        self.gone["callers"] += callers
        await self._all("calls", forgetting.forget_calls, now - self._settings.keep_calls)
        await self._all("actions", forgetting.forget_actions, now - self._settings.keep_calls)
        for what, count in (self.gone - before).items():
            log.info("forgotten for their age: %d %s", count, what)

    async def _all(self, what: str, forget: Callable[[str, float], int], before: float) -> None:
        while count := await asyncio.to_thread(forget, self._url, before):
            self.gone[what] += count
            await asyncio.sleep(PAUSE_S)
