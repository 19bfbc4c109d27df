"""Work that is done again and again for as long as the node lives, whatever fails."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from softswitch.errors import SoftswitchError

log = logging.getLogger(__name__)
AWAY_S = 1.0
"""Until what has failed is tried again."""
Work = Callable[[], Awaitable[None]]


class Rhythm:
    """`what` waits while the database is away: the log says so once."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._trouble: set[str] = set()

    async def run(self, *works: Work) -> None:
        """Each by itself, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for work in works:
                tasks.create_task(self._again_and_again(work))

    async def _again_and_again(self, work: Work) -> None:
        while True:
            await self.once(work)

    async def once(self, work: Work) -> None:
        """Until it went well once."""
        name = getattr(work, "__qualname__", "")
        while True:
            try:
                await work()
            except SoftswitchError as error:
                if not self._trouble:
                    log.warning("%s: %s", self._what, error)
                self._trouble.add(name)
            except Exception:  # a bug here is no reason to end calls
                log.exception("in %s", name)
            else:
                self._trouble.discard(name)
                return
            await asyncio.sleep(AWAY_S)
