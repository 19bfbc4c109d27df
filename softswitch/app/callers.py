"""What dialplans remember of callers from call to call: recalled before the first word, forgotten in time."""

import asyncio
import logging
import time

from softswitch.errors import SoftswitchError
from softswitch.store import queries

log = logging.getLogger(__name__)
PATIENCE_S = 0.2
"""A caller waits no longer than this for what is remembered of him."""
AT_ONCE = 4
"""Queries under way; with a database that does not answer, more of them would only pile up."""
FORGET_EVERY_S = 86_400.0


class Callers:
    def __init__(self, url: str) -> None:
        self._url = url
        self._under_way: set[asyncio.Future[dict[str, str]]] = set()

    async def recall(self, plan: str, number: str) -> dict[str, str]:
        """Values by variable; nothing when the database is late or away: the call goes on without."""
        if len(self._under_way) >= AT_ONCE:
            log.warning("what is remembered of a caller is not read: the database is slow")
            return {}
        query = asyncio.ensure_future(asyncio.to_thread(queries.remembered, self._url, plan, number))
        self._under_way.add(query)
        query.add_done_callback(self._done)
        done, _ = await asyncio.wait([query], timeout=PATIENCE_S)
        if not done:
            log.warning("what is remembered of a caller came too late")
            return {}
        return {} if query.exception() else query.result()

    def _done(self, query: "asyncio.Future[dict[str, str]]") -> None:
        self._under_way.discard(query)
        if not query.cancelled() and (error := query.exception()):
            log.warning("what is remembered of a caller is not read: %s", type(error).__name__)

    async def forget(self, after_s: float) -> None:
        """Drop values that were last written longer ago than that: now and every day, for ever."""
        while True:
            try:
                count = await asyncio.to_thread(queries.forget_callers, self._url, time.time() - after_s)
                if count:
                    log.info("%d values remembered of callers were forgotten", count)
            except SoftswitchError as error:
                log.warning("callers are not forgotten today: %s", error)
            await asyncio.sleep(FORGET_EVERY_S)
