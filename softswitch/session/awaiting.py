"""What a session waits for on its caller's behalf: what comes of an action, within a budget.

The promise itself is not held here: it is written down with the turn, and kept whatever becomes of the call.
"""

import asyncio
import logging

from softswitch.events import Acted, Await
from softswitch.ports import Actor

log = logging.getLogger(__name__)


class Awaiting:
    """Without an `actor` nothing is done within calls: what was promised is noted, what is looked up late."""

    def __init__(self, call_id: str, plan: str, actor: Actor | None) -> None:
        self._call_id, self._plan, self._actor = call_id, plan, actor
        self._work: asyncio.Task[Acted] | None = None

    def begin(self, awaited: Await) -> None:
        """Wait for this, and for nothing else any more."""
        self.cancel()
        self._work = asyncio.create_task(self._outcome(awaited))

    @property
    def busy(self) -> bool:
        return self._work is not None

    def cancel(self) -> None:
        """Wait no longer."""
        if self._work:
            self._work.cancel()
            self._work = None

    def take(self) -> Acted | None:
        """What came of it, once it is known; to be had once."""
        if self._work is None or not self._work.done():
            return None
        acted, self._work = self._work.result(), None
        return acted

    async def _outcome(self, awaited: Await) -> Acted:
        try:
            if self._actor:
                async with asyncio.timeout(awaited.within):
                    return await self._actor.outcome(self._call_id, self._plan, awaited)
        except TimeoutError:
            pass
        except Exception as error:  # what is looked up may be a secret, which no log shall show
            log.error("while %s was waited for: %s", awaited.name, type(error).__name__)
        return Acted(awaited.key, "late" if awaited.look_up else "noted")
