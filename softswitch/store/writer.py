"""The records of calls, written by one thread: events wait in a bounded queue and are committed in batches.

One writer thread is what SQLite is fastest with (2,000 to 4,500 transactions/s against 250 to 340 through
an asyncio driver), and it keeps events in the order in which they were submitted on PostgreSQL too.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog

from softswitch.errors import SoftswitchError
from softswitch.events import Announced, SessionEvent, StateSaved
from softswitch.store import messages
from softswitch.store.apply import apply
from softswitch.store.engine import first_line, open_engine
from softswitch.store.messages import Waiting
from softswitch.store.outbox import adding

log = structlog.get_logger(__name__)
Value = TypeVar("Value")

QUEUE_LIMIT = 10_000
BATCH_LIMIT = 500
FIRST_RETRY_S = 0.05
LAST_RETRY_S = 5.0
CLOSE_TIMEOUT_S = 10.0

# These say that the event itself cannot be stored; whatever else a database says passes with time.
_FAULT_OF_THE_EVENT = (sa.exc.IntegrityError, sa.exc.DataError)


Work = Callable[[sa.Connection], Value]
"""Something else to write: it may be run again when its transaction could not be committed."""
Encode = Callable[[SessionEvent | Announced, str], tuple[str, str] | None]
"""An event of a node as the topic and payload of a message; None for one that is not published."""


@dataclass(slots=True)
class _Entry:
    event: SessionEvent | Announced | Work[Any]
    done: asyncio.Future[Any]
    submitted: float
    result: Any = None


class _Abandoned(Exception):
    """close() gave up on a database that stays away."""


class Records:
    """Where the sessions' events of `node` are recorded. Made, used and closed on one asyncio loop.

    `on_commit(events, seconds)` is called on the loop after each commit: how many, and how long ago the
    oldest of them was submitted. With `encode` a message for the broker is written with each event, in its
    transaction: what is recorded is published sometime, and nothing else is.
    """

    def __init__(
        self,
        url: str,
        node: str = "",
        *,
        limit: int = QUEUE_LIMIT,
        on_commit: Callable[[int, float], None] | None = None,
        encode: Encode | None = None,
    ) -> None:
        self._engine = open_engine(url, writes=True, keep=True)
        self._node = node
        self._room = asyncio.Semaphore(limit)
        self._queue: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()  # bounded by _room
        self._abandoned = threading.Event()
        self._thread = threading.Thread(target=self._work, name="records", daemon=True)
        self._on_commit = on_commit
        self._encode = encode
        self._closed = False
        self._settled = asyncio.Event()
        self._settled.set()
        self.depth = 0  # events submitted and not yet committed
        self.last_commit_s = 0.0  # submission of the oldest event to its commit, last batch
        self.rejected = 0  # events that no retry could ever store
        self.retrying = False  # the database is locked or away; events wait
        self.on_promise: Callable[[], None] | None = None  # called on the loop when actions were promised
        self.on_waits: Callable[[list[str]], None] | None = None  # which calls began to wait
        self.on_messages: Callable[[Sequence[Waiting]], None] | None = None  # and with messages, once written

    def start(self) -> None:
        """Begin to write. The schema must be up to date (softswitch.store.migrate)."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def submit(self, event: SessionEvent | Announced) -> asyncio.Future[None]:
        """Queue an event, waiting for room when the queue is full; the future is done once it is on disk.

        The future fails with the database's error when the event can never be stored (a bug), and
        with SoftswitchError when close() gave up. Nobody has to look at it: failures are logged.
        """
        await self._room.acquire()
        if self._closed:
            self._room.release()
            raise RuntimeError("records are closed")
        return self._put(event)

    async def execute(self, work: Work[Value]) -> Value:
        """Have the writer do something else in its turn; its value once that is on disk.

        Raises what `work` raises, and SoftswitchError when close() gave up.
        """
        await self._room.acquire()
        if self._closed:
            self._room.release()
            raise SoftswitchError("the records are closed: the node stops")
        value: Value = await self._put(work)
        return value

    def _put(self, event: SessionEvent | Announced | Work[Any]) -> asyncio.Future[Any]:
        entry = _Entry(event, self._loop.create_future(), time.monotonic())
        self.depth += 1
        self._settled.clear()
        self._queue.put(entry)
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
        SoftswitchError when the database stayed away for `patience` seconds: the events not written
        are lost, and their futures say so.
        """
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        try:
            await asyncio.wait_for(self.drain(), patience)
        except TimeoutError:
            lost = self.depth
            self._abandoned.set()
            raise SoftswitchError(
                f"The database {self._engine.url} stayed away for {patience:g} s and {lost} events were not "
                "recorded: see that it can be reached and written, then start again"
            ) from None
        finally:
            await asyncio.to_thread(self._thread.join)
            self._engine.dispose()

    # --- on the loop, told by the thread ---------------------------------------------------------------

    def _tell(self, callback: Callable[..., None], *arguments: object) -> None:
        self._loop.call_soon_threadsafe(callback, *arguments)

    def _committed(self, batch: Sequence[_Entry], told: Sequence[Waiting], seconds: float) -> None:
        self.last_commit_s = seconds
        if told and self.on_messages:
            self.on_messages(told)
        for entry in batch:
            if not entry.done.done():
                entry.done.set_result(entry.result)
        self._settle(len(batch))
        if self._on_commit:
            self._on_commit(len(batch), seconds)
        if self.on_promise and any(
            isinstance(each.event, StateSaved) and each.event.promised for each in batch
        ):
            self.on_promise()
        waits = [
            each.event.call_id for each in batch if isinstance(each.event, StateSaved) and each.event.waits
        ]
        if self.on_waits and waits:
            self.on_waits(waits)

    def _failed(self, entry: _Entry, error: Exception) -> None:
        self.rejected += not callable(entry.event)
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

    # --- in the thread -----------------------------------------------------------------------------------

    def _work(self) -> None:
        ending = False
        while not ending:
            batch, ending = self._next_batch()
            self._write(batch)

    def _next_batch(self) -> tuple[list[_Entry], bool]:
        """What waits, at least one entry; and whether the end was reached."""
        batch: list[_Entry] = []
        try:
            while len(batch) < BATCH_LIMIT:
                entry = self._queue.get(block=not batch)
                if entry is None:
                    return batch, True
                batch.append(entry)
        except queue.Empty:
            pass
        return batch, False

    def _write(self, batch: Sequence[_Entry]) -> None:
        """Settle every entry, in order. One that cannot be stored does not take others with it."""
        if not batch:
            return
        try:
            told = self._commit_with_retries(batch)
        except _Abandoned as error:
            for entry in batch:
                self._tell(self._failed, entry, SoftswitchError(str(error)))
        except Exception as error:
            if len(batch) == 1:
                # The event's text is what a caller said: it does not belong in a log.
                if not callable(batch[0].event):
                    name = type(batch[0].event).__name__
                    log.error("event not recorded", event_type=name, error=type(error).__name__)
                self._tell(self._failed, batch[0], error)
            else:
                for entry in batch:
                    self._write([entry])
        else:
            self._tell(self._committed, batch, told, time.monotonic() - batch[0].submitted)

    def _commit_with_retries(self, batch: Sequence[_Entry]) -> Sequence[Waiting]:
        """The messages that were written with it."""
        delay = FIRST_RETRY_S
        while not self._abandoned.is_set():
            try:
                told = self._commit(batch)
            except _FAULT_OF_THE_EVENT:
                raise
            except sa.exc.DBAPIError as error:
                self._wait(delay, error)
                delay = min(delay * 2, LAST_RETRY_S)
            else:
                if self.retrying:
                    log.info("database back", written=len(batch))
                self.retrying = False
                return told
        raise _Abandoned("not recorded: the database stayed away until the end")

    def _commit(self, batch: Sequence[_Entry]) -> Sequence[Waiting]:
        told: list[tuple[str, str]] = []
        with self._engine.begin() as connection:
            adding.prepare(connection, [entry.event for entry in batch])
            for entry in batch:
                if callable(entry.event):
                    entry.result = entry.event(connection)
                    continue
                apply(connection, entry.event, self._node)
                if message := self._message(entry.event):
                    told.append(message)
            return messages.add(connection, self._node, told) if told else ()

    def _message(self, event: SessionEvent | Announced) -> tuple[str, str] | None:
        try:
            return self._encode(event, self._node) if self._encode else None
        except Exception as error:  # what cannot be told is recorded all the same
            log.error("event not told", event_type=type(event).__name__, error=type(error).__name__)
            return None

    def _wait(self, delay: float, error: sa.exc.DBAPIError) -> None:
        if not self.retrying:
            log.warning("database away, events wait", error=first_line(error))
        self.retrying = True
        self._abandoned.wait(delay)
