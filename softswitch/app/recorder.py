"""From sessions to sinks: each event once to the records, the broker and the metrics.

A session never waits. SQL may not lose an event, so those that its writer has no room for wait here, in
order; when too many wait, the node takes no new calls until the database is back.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

from softswitch.news import Announced, SessionEvent
from softswitch.store.writer import Records

LIMIT = 20_000
"""Events that may wait before new calls are refused: some 4,000 calls' worth."""


class Recorder:
    def __init__(self, records: Records, sinks: list[Callable[[SessionEvent], None]]) -> None:
        self._records = records
        self._sinks = sinks
        self._waiting: deque[SessionEvent | Announced] = deque()
        self._filled = asyncio.Event()
        self._handing_over = asyncio.Lock()

    @property
    def depth(self) -> int:
        return len(self._waiting) + self._records.depth

    @property
    def rejected(self) -> int:
        """Events that can never be stored."""
        return self._records.rejected

    @property
    def is_away(self) -> bool:
        """Whether the database is locked or away."""
        return self._records.retrying

    @property
    def has_room(self) -> bool:
        return len(self._waiting) < LIMIT

    def emit(self, event: SessionEvent) -> None:
        self._waiting.append(event)
        self._filled.set()
        for sink in self._sinks:
            sink(event)

    def announce(self, event: Announced) -> None:
        """To be published in its turn, and nowhere recorded."""
        self._waiting.append(event)
        self._filled.set()

    async def run(self) -> None:
        """Hand events to the records in order, for ever."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            await self._hand_over()

    async def _hand_over(self) -> None:
        async with self._handing_over:
            while self._waiting:
                await self._records.submit(self._waiting[0])
                self._waiting.popleft()

    async def settle(self, seconds: float) -> None:
        """Wait until everything emitted is on disk, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hand_over()
                await self._records.drain()

    async def close(self) -> None:
        """Everything emitted is on disk when this returns."""
        await self._hand_over()
        await self._records.close()
