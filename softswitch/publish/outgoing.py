"""A node's messages on their way to the broker, in the order in which they were recorded.

While the broker keeps up, messages are handed over in memory once they are written; when it does not, they
are read from the store in pages until nothing is left there. A few are under way at once, and what the broker
has acknowledged is removed from the store now and then. After a lost connection, and after a restart,
everything from the oldest message that was not acknowledged on is published again: at least once, and never
out of order.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol

import structlog

from softswitch.errors import SoftswitchError

PAGE = 500
"""Messages held in memory at once."""
WINDOW = 10
"""Messages under way at once, so that a distant broker's round trip is not paid for each."""
TIDY_S = 1.0
"""Between two looks at what can be removed and what must be dropped: one transaction for each, at most."""
AWAY_S = 0.5
LAST_S = 2.0

_log = structlog.get_logger(__name__)


class Waiting(Protocol):
    """A message that the broker does not have yet."""

    @property
    def id(self) -> int: ...
    @property
    def topic(self) -> str: ...
    @property
    def payload(self) -> str: ...


class Source(Protocol):
    """Where messages wait. Every method raises SoftswitchError when it is away."""

    async def after(self, node: str, number: int, limit: int) -> Sequence[Waiting]: ...
    async def count(self, node: str) -> int: ...
    async def remove(self, node: str, number: int) -> None: ...
    async def trim(self, node: str, number: int, excess: int, older_than: float) -> int: ...


class Broker(Protocol):
    async def ready(self) -> None:
        """Returns when there is a connection."""

    async def publish(self, topic: str, payload: bytes) -> None:
        """Returns when the broker has it; SoftswitchError when it is away."""


class Outgoing:
    """The messages of one node: `begin`, `run`, and `wake` it when some were written; `close` after a cancel.

    `limit` and `age` (seconds) bound what waits: beyond them the oldest are dropped, and counted in
    `dropped`. `depth` is how many the broker has not acknowledged, `published` how many it has.
    """

    def __init__(self, node: str, source: Source, broker: Broker, limit: int, age: float) -> None:
        self.node = node
        self.depth = 0
        self.dropped = 0
        self.published = 0
        self._source = source
        self._broker = broker
        self._limit = limit
        self._age = age
        self._taken = 0  # the number of the last message that was read
        self._acked = 0  # and of the last one that the broker has, with all before it
        self._removed = 0
        self._dropping = False
        self._fresh: deque[Waiting] = deque()
        self._keeps_up = False  # everything beyond `_taken` is in `_fresh`, and not in the store alone
        self._woken = asyncio.Event()
        self._drained = asyncio.Event()

    def wake(self, written: Sequence[Waiting]) -> None:
        """These were written, and wait."""
        self.depth += len(written)
        if len(self._fresh) + len(written) > PAGE:
            self._fall_back()
        elif self._keeps_up:
            self._fresh.extend(each for each in written if each.id > self._taken)
        self._drained.clear()
        self._woken.set()

    def _fall_back(self) -> None:
        """Read from the store again."""
        self._keeps_up = False
        self._fresh.clear()

    async def begin(self) -> None:
        """Before anything more is written: what is there already waits too. SoftswitchError when the database
        is away.
        """
        self.depth = await self._source.count(self.node)

    async def run(self) -> None:
        """Publish for as long as the node lives."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._for_ever(self._advance))
            tasks.create_task(self._for_ever(self._tidy))

    async def flush(self, seconds: float | None = None) -> bool:
        """Wait until the broker has all that is written, at most so long; whether it has."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._drained.wait(), seconds)
        return self._drained.is_set()

    async def close(self) -> None:
        """Remove what was acknowledged, so that the next start does not publish it again."""
        with contextlib.suppress(SoftswitchError, TimeoutError):
            await asyncio.wait_for(self._remove(), LAST_S)

    async def _for_ever(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            await _patiently(work)

    # --- publishing ---------------------------------------------------------------------------------------

    async def _advance(self) -> None:
        """Publish what comes next; when there is nothing, wait for it."""
        await self._broker.ready()
        self._woken.clear()
        if self._keeps_up:
            page: Sequence[Waiting] = tuple(self._fresh)
            self._fresh.clear()
        else:
            page = await self._source.after(self.node, self._taken, PAGE)
        if page:
            await self._publish(page)
        elif not self._woken.is_set():  # by something that was written while the page was read
            self._keeps_up = True
            self._drained.set()
            await self._woken.wait()

    async def _publish(self, page: Sequence[Waiting]) -> None:
        under_way: deque[tuple[int, asyncio.Task[None]]] = deque()
        self._taken = page[-1].id
        try:
            for each in page:
                if len(under_way) == WINDOW:
                    await self._acknowledged(under_way)
                sending = self._broker.publish(each.topic, each.payload.encode())
                under_way.append((each.id, asyncio.ensure_future(sending)))
            while under_way:
                await self._acknowledged(under_way)
        except BaseException:
            self._fall_back()
            raise
        finally:
            self._taken = self._acked
            for _, task in under_way:
                task.cancel()
            await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)

    async def _acknowledged(self, under_way: deque[tuple[int, asyncio.Task[None]]]) -> None:
        number, task = under_way[0]
        await task
        under_way.popleft()
        self._acked = number
        self.depth -= 1
        self.published += 1

    # --- tidying ------------------------------------------------------------------------------------------

    async def _tidy(self) -> None:
        await asyncio.sleep(TIDY_S)
        await self._remove()
        if not self.depth:
            return
        excess = self.depth - self._limit
        dropped = await self._source.trim(self.node, self._taken, excess, time.time() - self._age)
        if dropped and not self._dropping:
            _log.warning("messages are dropped: more wait for the broker, or longer, than they may")
        self._dropping = dropped > 0
        if dropped:
            self._fall_back()
        self.dropped += dropped
        self.depth -= dropped

    async def _remove(self) -> None:
        acked = self._acked
        if acked > self._removed:
            await self._source.remove(self.node, acked)
            self._removed = acked


async def _patiently(work: Callable[[], Awaitable[None]]) -> None:
    """Until it went well: a broker or a database that is away comes back."""
    while True:
        try:
            await work()
        except SoftswitchError:
            await asyncio.sleep(AWAY_S)
        except Exception:  # a bug here is no reason to end calls
            _log.exception("while publishing messages")
            await asyncio.sleep(AWAY_S)
        else:
            return
