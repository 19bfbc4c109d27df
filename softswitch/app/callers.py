"""What dialplans remember of callers from call to call, recalled before the first word."""

import asyncio
import logging

from softswitch.store import queries

log = logging.getLogger(__name__)
PATIENCE_S = 0.2
"""A caller waits no longer than this for what is remembered of him."""
AT_ONCE = 4
"""Queries under way; with a database that does not answer, more of them would only pile up."""


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
