"""The records of calls, written by one thread: events wait in a bounded queue and are committed in batches.

One writer thread is what SQLite is fastest with (2,000 to 4,500 transactions/s against 250 to 340 through
an asyncio driver), and it keeps events in the order in which they were submitted on PostgreSQL too.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from softswitch.errors import SoftswitchError
from softswitch.news import Announced, SessionEvent, StateSaved
from softswitch.store.committing import Committer, Encode
from softswitch.store.entries import Entry, Tells, Work
from softswitch.store.journal import Event, Journal
from softswitch.store.messages import Waiting
from softswitch.store.writer_thread import Told, WriterThread

Value = TypeVar("Value")

QUEUE_LIMIT = 10_000
HANG_S = 5.0
"""A transaction that takes longer is given up: the server does not answer."""
CLOSE_TIMEOUT_S = 10.0


class Records:
    """Where the sessions' events of `node` are recorded. Made, used and closed on one asyncio loop.

    `on_commit(events, seconds)` is called on the loop after each commit: how many, and how long ago the
    oldest of them was submitted. With `encode` a message for the broker is written with each event, in its
    transaction: what is recorded is published sometime, and nothing else is. Without a `journal` events wait
    in memory while the database is away. `before` is called in the thread before each commit.
    """

    def __init__(
        self,
        url: str,
        node: str = "",
        *,
        limit: int = QUEUE_LIMIT,
        on_commit: Callable[[int, float], None] | None = None,
        encode: Encode | None = None,
        journal: Journal | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        self._committer = Committer(url, node, encode, before)
        self._room = asyncio.Semaphore(limit)
        self._thread = WriterThread(self._committer, journal, self._told())
        self._on_commit = on_commit
        self._closed = False
        self._settled = asyncio.Event()
        self._settled.set()
        self._watch: asyncio.TimerHandle | None = None
        self.depth = 0  # events submitted, and neither committed nor in the journal
        self.last_commit_s = 0.0  # submission of the oldest event to its commit, last batch
        self.rejected = 0  # events that no retry could ever store
        self.on_promise: Callable[[], None] | None = None  # called on the loop when actions were promised
        self.on_saved: Callable[[StateSaved], None] | None = None  # each, once it is on disk
        self.on_waits: Callable[[list[str]], None] | None = None  # which calls began to wait
        self.on_messages: Callable[[Sequence[Waiting]], None] | None = None  # and with messages, once written

    @property
    def publishes(self) -> bool:
        """Whether messages for a broker are written with what is recorded."""
        return self._committer.publishes

    @property
    def retrying(self) -> bool:
        """Whether the database is locked or away: what is to be written waits."""
        return bool(self._thread.away)

    def start(self) -> None:
        """Begin to write. The schema must be up to date (softswitch.store.migrate)."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        self._look()

    async def submit(self, event: SessionEvent | Announced) -> asyncio.Future[None]:
        """Queue an event, waiting for room when the queue is full; the future is done once it is on disk:
        in the database, or in the journal, from where it gets there.

        The future fails with the database's error when the event can never be stored (a bug), and
        with SoftswitchError when close() gave up. Nobody has to look at it: failures are logged.
        """
        await self._room.acquire()
        if self._closed:
            self._room.release()
            raise RuntimeError("records are closed")
        return self._put(event)

    async def execute(
        self, work: Work[Value], *, lasts: bool = True, tells: Tells[Value] | None = None
    ) -> Value:
        """Have the writer do something else in its turn; its value once that is on disk. What need not last
        through a power cut is not synced before, on SQLite, but within writer_thread.SYNC_S.

        Raises what `work` raises, and SoftswitchError when the database stays away or close() gave up.
        """
        await self._room.acquire()
        if self._closed:
            self._room.release()
            raise SoftswitchError("the records are closed: the node stops")
        value: Value = await self._put(work, lasts, tells)
        return value

    def _put(
        self, event: SessionEvent | Announced | Work[Any], lasts: bool = True, tells: Tells[Any] | None = None
    ) -> asyncio.Future[Any]:
        entry = Entry(event, self._loop.create_future(), time.monotonic(), lasts=lasts, tells=tells)
        self.depth += 1
        self._settled.clear()
        self._thread.put(entry)
        return entry.done

    async def record(self, event: SessionEvent | Announced) -> None:
        """Submit an event and wait until it is on disk: then it survives kill -9 and a power cut."""
        # The event is written whether or not the caller is cancelled while it waits.
        await asyncio.shield(await self.submit(event))

    async def drain(self) -> None:
        """Wait until everything submitted so far, and while waiting, is settled."""
        await self._settled.wait()

    async def close(self, patience: float = CLOSE_TIMEOUT_S) -> None:
        """Write what is queued, then end the thread; those who submit must have stopped before. Raises
        SoftswitchError when the database stayed away for `patience` seconds and there was no journal to
        take the events: they are lost, and their futures say so.
        """
        if self._closed:
            return
        self._closed = True
        await self._end_thread(patience)
        if self._thread.lost:
            raise SoftswitchError(
                f"The database {self._committer.engine.url} stayed away for {patience:g} s and "
                f"{self._thread.lost} events were not recorded: see that it can be reached and written, "
                "then start again"
            )

    async def _end_thread(self, patience: float) -> None:
        self._thread.end()
        try:
            await asyncio.wait_for(self.drain(), patience)
        except TimeoutError:
            self._thread.abandon()
        finally:
            await asyncio.to_thread(self._thread.join)
            if self._watch:
                self._watch.cancel()
            self._committer.engine.dispose()

    def _look(self) -> None:
        """Every second: a server that does not answer must not be waited for."""
        if self._thread.writing_s > HANG_S:
            self._committer.abort()
        self._watch = self._loop.call_later(1.0, self._look)

    # --- on the loop, told by the thread ---------------------------------------------------------------

    def _told(self) -> Told:
        return Told(
            committed=self._on_loop(self._committed),
            kept=self._on_loop(self._acknowledge),
            failed=self._on_loop(self._failed),
            rejected=self._on_loop(self._count_rejected),
        )

    def _on_loop(self, hear: Callable[..., None]) -> Callable[..., None]:
        def tell(*told: object) -> None:
            self._loop.call_soon_threadsafe(hear, *told)

        return tell

    def _committed(
        self, batch: Sequence[Entry], events: Sequence[Event], told: Sequence[Waiting], seconds: float
    ) -> None:
        """Entries, or events of the journal."""
        if batch:
            self.last_commit_s = seconds
        if told and self.on_messages:
            self.on_messages(told)
        self._acknowledge(batch)
        if batch and self._on_commit:
            self._on_commit(len(batch), seconds)
        saved = [event for event in events if isinstance(event, StateSaved)]
        if self.on_promise and any(event.promised for event in saved):
            self.on_promise()
        waits = [event.call_id for event in saved if event.waits]
        if self.on_waits and waits:
            self.on_waits(waits)

    def _acknowledge(self, batch: Sequence[Entry]) -> None:
        for entry in batch:
            if not entry.done.done():
                entry.done.set_result(entry.result)
            if self.on_saved and isinstance(entry.event, StateSaved):
                self.on_saved(entry.event)
        self._settle(len(batch))

    def _failed(self, entry: Entry, error: Exception) -> None:
        self.rejected += entry.is_event
        if not entry.done.done():
            entry.done.set_exception(error)
            entry.done.exception()  # logged already: asyncio need not complain that nobody looked
        self._settle(1)

    def _settle(self, count: int) -> None:
        self.depth -= count
        for _ in range(count):
            self._room.release()
        if not self.depth:
            self._settled.set()

    def _count_rejected(self) -> None:
        self.rejected += 1
