"""The records of calls, written by one thread: events wait in a bounded queue and are committed in batches.

One writer thread is what SQLite is fastest with (2,000 to 4,500 transactions/s against 250 to 340 through
an asyncio driver), and it keeps events in the order in which they were submitted on PostgreSQL too. While
the database is away, the thread writes events into a journal, and out of it again before anything newer.
"""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog

from softswitch.errors import SoftswitchError
from softswitch.news import Announced, SessionEvent, StateSaved
from softswitch.store import replaying
from softswitch.store.committing import Away, Committer, Encode, is_away
from softswitch.store.engine import first_line
from softswitch.store.journal import Event, Frame, Journal
from softswitch.store.messages import Waiting

log = structlog.get_logger(__name__)
Value = TypeVar("Value")

QUEUE_LIMIT = 10_000
BATCH_LIMIT = 500
FIRST_RETRY_S = 0.05
LAST_RETRY_S = 5.0
MOMENT_S = 1.0
"""A database that is away for longer is not waited for by events: they go into the journal."""
HANG_S = 5.0
"""A transaction that takes longer is given up: the server does not answer."""
WORK_S = 5.0
"""Other work than events fails when the database is away and it has waited for so long."""
CLOSE_TIMEOUT_S = 10.0
SYNC_S = 0.1
"""What was written without being synced is synced after so long, unless something else was before."""

Work = Callable[[sa.Connection], Value]
"""Something else to write: it may be run again when its transaction could not be committed."""
Tells = Callable[[Value], Sequence[Announced]]
"""What is to be told of it, by its value: in the same transaction, or not at all."""


@dataclass(slots=True, eq=False)
class _Entry:
    event: SessionEvent | Announced | Work[Any]
    done: asyncio.Future[Any]
    submitted: float
    result: Any = None
    number: int = 0
    lasts: bool = True
    tells: Tells[Any] | None = None

    def work(self, connection: sa.Connection) -> Sequence[Announced]:
        assert callable(self.event)
        self.result = self.event(connection)
        return self.tells(self.result) if self.tells else ()


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
        self._journal = journal
        self._room = asyncio.Semaphore(limit)
        self._queue: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()  # bounded by _room
        self._taken: deque[_Entry] = deque()  # what the thread has of it, and has not settled
        self._number = 0
        self._abandoned = threading.Event()
        self._thread = threading.Thread(target=self._work, name="records", daemon=True)
        self._on_commit = on_commit
        self._closed = False
        self._ending = False
        self._settled = asyncio.Event()
        self._settled.set()
        self._writing_since = 0.0
        self._away_since = 0.0  # 0 while the database is there
        self._retry_at, self._delay = 0.0, FIRST_RETRY_S
        self._lost = 0
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
        return self._away_since > 0

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
        through a power cut is not synced before, on SQLite, but within SYNC_S.

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
        entry = _Entry(event, self._loop.create_future(), time.monotonic(), lasts=lasts, tells=tells)
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
        SoftswitchError when the database stayed away for `patience` seconds and there was no journal to
        take the events: they are lost, and their futures say so.
        """
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        try:
            await asyncio.wait_for(self.drain(), patience)
        except TimeoutError:
            self._abandoned.set()
        finally:
            await asyncio.to_thread(self._thread.join)
            if self._watch:
                self._watch.cancel()
            self._committer.engine.dispose()
        if self._lost:
            raise SoftswitchError(
                f"The database {self._committer.engine.url} stayed away for {patience:g} s and {self._lost} "
                "events were not recorded: see that it can be reached and written, then start again"
            )

    # --- on the loop, told by the thread ---------------------------------------------------------------

    def _tell(self, callback: Callable[..., None], *arguments: object) -> None:
        self._loop.call_soon_threadsafe(callback, *arguments)

    def _look(self) -> None:
        """Every second: a server that does not answer must not be waited for."""
        if self._writing_since and time.monotonic() - self._writing_since > HANG_S:
            self._committer.abort()
        self._watch = self._loop.call_later(1.0, self._look)

    def _committed(
        self, batch: Sequence[_Entry], events: Sequence[Event], told: Sequence[Waiting], seconds: float
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

    def _acknowledge(self, batch: Sequence[_Entry]) -> None:
        for entry in batch:
            if not entry.done.done():
                entry.done.set_result(entry.result)
            if self.on_saved and isinstance(entry.event, StateSaved):
                self.on_saved(entry.event)
        self._settle(len(batch))

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
        while not (self._ending and not self._taken):
            self._take()
            if self._abandoned.is_set():
                break
            if time.monotonic() >= self._retry_at:
                self._try()
            self._spill()
            self._give_up_work()
        for entry in self._taken:
            self._lost += not callable(entry.event)
            told = "not recorded: the database stayed away until the end"
            self._tell(self._failed, entry, SoftswitchError(told))
        if self._journal:
            self._journal.close()

    def _take(self) -> None:
        """What is queued, as far as there is time to wait for it."""
        due = self._retry_at - time.monotonic()
        busy = bool(self._taken or self._has_journal or self._away_since)
        if self._ending:
            self._abandoned.wait(max(0.0, due))
            return
        try:
            timeout = max(0.0, due) if busy else SYNC_S if self._committer.unsynced else None
            entry = self._queue.get(block=timeout != 0, timeout=timeout)
            while entry is not None:
                self._number += 1
                entry.number = self._number
                self._taken.append(entry)
                entry = self._queue.get_nowait()
            self._ending = True
        except queue.Empty:
            pass

    @property
    def _has_journal(self) -> bool:
        return self._journal is not None and self._journal.pending > 0

    def _try(self) -> None:
        """Write what is next: of the journal as long as it has something. Of a database that was away it is
        found out that it is back, though there is nothing to write.
        """
        if not (self._has_journal or self._taken or self._away_since):
            self._sync()
            return
        self._writing_since = time.monotonic()
        try:
            if self._has_journal:
                self._replay()
            elif self._taken:
                self._write(BATCH_LIMIT)
            else:
                self._committer.commit((), {})
        except (sa.exc.DBAPIError, Away, OSError) as error:
            self._go_without(error)
        else:
            self._delay, self._retry_at = FIRST_RETRY_S, 0.0
            if self._away_since:
                log.info("database back", journal=self._journal.pending if self._journal else 0)
            self._away_since = 0.0
        finally:
            self._writing_since = 0.0

    def _sync(self) -> None:
        try:
            self._committer.sync()
        except OSError as error:
            log.error("the database's log cannot be synced", error=error.strerror)

    def _go_without(self, error: Exception) -> None:
        if not self._away_since:
            told = first_line(error) if isinstance(error, sa.exc.DBAPIError) else str(error)
            log.warning("database away, events wait", error=told)
            self._away_since = time.monotonic()
        self._retry_at = time.monotonic() + self._delay
        self._delay = min(self._delay * 2, LAST_RETRY_S)

    def _write(self, most: int) -> None:
        """Settle what is next. An event that cannot be stored does not take others with it."""
        batch = list(islice(self._taken, most))
        try:
            lasts = any(entry.lasts for entry in batch)
            told = self._committer.commit([self._item(entry) for entry in batch], {}, lasts=lasts)
        except Exception as error:
            if is_away(error):
                raise
            if len(batch) == 1:
                self._reject(self._taken.popleft(), error)
            else:
                for _ in batch:
                    self._write(1)
            return
        for _ in batch:
            self._taken.popleft()
        events = [entry.event for entry in batch if not callable(entry.event)]
        self._tell(self._committed, batch, events, told, time.monotonic() - batch[0].submitted)

    def _item(self, entry: _Entry) -> Frame | Callable[[sa.Connection], Sequence[Announced]]:
        if callable(entry.event):
            return entry.work
        return Frame(self._committer.run, entry.number, entry.event)

    def _reject(self, entry: _Entry, error: Exception) -> None:
        if not callable(entry.event):
            replaying.log_rejected(entry.event, error)
        self._tell(self._failed, entry, error)

    # --- the journal --------------------------------------------------------------------------------------

    def _give_up_work(self) -> None:
        """Other work waits a while for a database that is away: then who asked for it hears so."""
        late = time.monotonic() - WORK_S
        given_up = [entry for entry in self._taken if callable(entry.event) and entry.submitted < late]
        if not (given_up and self._away_since):
            return
        self._taken = deque(entry for entry in self._taken if entry not in given_up)
        for entry in given_up:
            told = f"The database {self._committer.engine.url} is away: run softswitch db check"
            self._tell(self._failed, entry, SoftswitchError(told))

    def _spill(self) -> None:
        """Events into the journal, behind those that are in it; other work waits for the database."""
        if not self._journal or not self._taken or not self._is_to_spill:
            return
        events = [entry for entry in self._taken if not callable(entry.event)]
        frames = [item for entry in events if isinstance(item := self._item(entry), Frame)]
        kept = self._journal.append(frames)
        safe = events[:kept]
        numbers = {entry.number for entry in safe}
        self._taken = deque(entry for entry in self._taken if entry.number not in numbers)
        if safe:
            self._tell(self._acknowledge, safe)

    @property
    def _is_to_spill(self) -> bool:
        if self._has_journal:
            return True
        away = time.monotonic() - self._away_since if self._away_since else 0.0
        return away >= MOMENT_S or (self._ending and away > 0)

    def _replay(self) -> None:
        assert self._journal

        def written(events: Sequence[Event], told: Sequence[Waiting]) -> None:
            self._tell(self._committed, (), events, told, 0.0)

        replaying.replay(self._committer, self._journal, written, lambda: self._tell(self._count_rejected))

    def _count_rejected(self) -> None:
        self.rejected += 1
