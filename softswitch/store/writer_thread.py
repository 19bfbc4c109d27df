"""The one thread that writes records: in batches, in the order in which they were queued.

While the database is away, it writes events into a journal, and out of it again before anything newer.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

import sqlalchemy as sa
import structlog

from softswitch.errors import SoftswitchError
from softswitch.news import Announced
from softswitch.store import replaying
from softswitch.store.absence import Absence
from softswitch.store.committing import Away, Committer, is_away
from softswitch.store.entries import Entry
from softswitch.store.journal import Event, Frame, Journal
from softswitch.store.messages import Waiting

log = structlog.get_logger(__name__)

BATCH_LIMIT = 500
MOMENT_S = 1.0
"""A database that is away for longer is not waited for by events: they go into the journal."""
WORK_S = 5.0
"""Other work than events fails when the database is away and it has waited for so long."""
SYNC_S = 0.1
"""What was written without being synced is synced after so long, unless something else was before."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told in the thread what came of entries: `committed` with the events and messages that were
    written, and the age of the oldest entry; `kept` that they are in the journal; `rejected` that an event
    of the journal can never be stored.
    """

    committed: Callable[[Sequence[Entry], Sequence[Event], Sequence[Waiting], float], None]
    kept: Callable[[Sequence[Entry]], None]
    failed: Callable[[Entry, Exception], None]
    rejected: Callable[[], None]


class WriterThread:
    """`put` entries, then `end` and `join`. What is to be written when it is `abandoned` fails."""

    def __init__(self, committer: Committer, journal: Journal | None, told: Told) -> None:
        self._committer, self._journal, self._told = committer, journal, told
        self._queue: queue.SimpleQueue[Entry | None] = queue.SimpleQueue()  # bounded by who puts
        self._taken: deque[Entry] = deque()  # what the thread has of it, and has not settled
        self._number = 0
        self._abandoned = threading.Event()
        self._ending = False
        self._writing_since = 0.0
        self._thread = threading.Thread(target=self._work, name="records", daemon=True)
        self.away = Absence()
        self.lost = 0
        """Events that were abandoned."""

    @property
    def writing_s(self) -> float:
        """For how long the present transaction has been under way, in seconds."""
        since = self._writing_since
        return time.monotonic() - since if since else 0.0

    def start(self) -> None:
        self._thread.start()

    def put(self, entry: Entry) -> None:
        self._queue.put(entry)

    def end(self) -> None:
        """Nothing more is put."""
        self._queue.put(None)

    def abandon(self) -> None:
        """What cannot be written now is lost."""
        self._abandoned.set()

    def join(self) -> None:
        self._thread.join()

    # --- in the thread -----------------------------------------------------------------------------------

    def _work(self) -> None:
        while not (self._ending and not self._taken):
            self._take()
            if self._abandoned.is_set():
                break
            if not self.away.due_s:
                self._try()
            self._spill()
            self._give_up_work()
        self.lost = sum(entry.is_event for entry in self._taken)
        self._fail(self._taken, "not recorded: the database stayed away until the end")
        if self._journal:
            self._journal.close()

    def _take(self) -> None:
        """What is queued, as far as there is time to wait for it."""
        if self._ending:
            self._abandoned.wait(self.away.due_s)
            return
        try:
            timeout = self._patience()
            entry = self._queue.get(block=timeout != 0, timeout=timeout)
            while entry is not None:
                self._number += 1
                entry.number = self._number
                self._taken.append(entry)
                entry = self._queue.get_nowait()
            self._ending = True
        except queue.Empty:
            pass

    def _patience(self) -> float | None:
        """For how long something new may be waited for; None: for ever."""
        if self._taken or self._has_journal or self.away:
            return self.away.due_s
        return SYNC_S if self._committer.unsynced else None

    @property
    def _has_journal(self) -> bool:
        return self._journal is not None and self._journal.pending > 0

    def _try(self) -> None:
        """Write what is next: of the journal as long as it has something. Of a database that was away it is
        found out that it is back, though there is nothing to write.
        """
        if not (self._has_journal or self._taken or self.away):
            self._sync()
            return
        self._writing_since = time.monotonic()
        try:
            self._write_next()
        except (sa.exc.DBAPIError, Away, OSError) as error:
            self.away.failed(error)
        else:
            self._is_there()
        finally:
            self._writing_since = 0.0

    def _is_there(self) -> None:
        self.away.over(self._journal.pending if self._journal else 0)

    def _sync(self) -> None:
        try:
            self._committer.sync()
        except OSError as error:
            log.error("the database's log cannot be synced", error=error.strerror)

    def _write_next(self) -> None:
        if self._journal and self._has_journal:
            replaying.replay(self._committer, self._journal, self._replayed, self._told.rejected)
        elif self._taken:
            self._write(self._next_batch())
        else:
            self._committer.commit((), {})

    def _replayed(self, events: Sequence[Event], messages: Sequence[Waiting]) -> None:
        self._told.committed((), events, messages, 0.0)

    def _next_batch(self) -> Sequence[Entry]:
        """For one transaction. Events and other work both lock order keys, which a transaction may do only
        once (softswitch.store.outbox.ordering): SQLite has no such locks, and shares its commits among all.
        """
        batch = list(islice(self._taken, BATCH_LIMIT))
        if self._committer.locks and not all(entry.is_event for entry in batch):
            return list(takewhile(lambda entry: entry.is_event, batch)) or batch[:1]
        return batch

    def _write(self, batch: Sequence[Entry]) -> None:
        """Settle what is next. An event that cannot be stored does not take others with it."""
        try:
            lasts = any(entry.lasts for entry in batch)
            messages = self._committer.commit([self._item(entry) for entry in batch], {}, lasts=lasts)
        except Exception as error:
            if is_away(error):
                raise
            if len(batch) == 1:
                self._reject(self._taken.popleft(), error)
            else:
                for entry in batch:
                    self._write([entry])
            return
        for _ in batch:
            self._taken.popleft()
        self._is_there()  # before anybody hears of what was written
        events = [entry.event for entry in batch if not callable(entry.event)]
        self._told.committed(batch, events, messages, time.monotonic() - batch[0].submitted)

    def _item(self, entry: Entry) -> Frame | Callable[[sa.Connection], Sequence[Announced]]:
        return entry.work if callable(entry.event) else self._frame(entry.number, entry.event)

    def _frame(self, number: int, event: Event) -> Frame:
        return Frame(self._committer.run, number, event)

    def _reject(self, entry: Entry, error: Exception) -> None:
        if not callable(entry.event):
            replaying.log_rejected(entry.event, error)
        self._told.failed(entry, error)

    # --- while the database is away ----------------------------------------------------------------------

    def _spill(self) -> None:
        """Events into the journal, behind those that are in it; other work waits for the database."""
        if not self._journal or not self._taken or not self._is_to_spill:
            return
        events = [entry for entry in self._taken if entry.is_event]
        frames = [self._frame(each.number, each.event) for each in events if not callable(each.event)]
        kept = events[: self._journal.append(frames)]
        if kept:
            self._let_go(kept)
            self._told.kept(kept)

    @property
    def _is_to_spill(self) -> bool:
        if self._has_journal:
            return True
        return self.away.lasts_s >= MOMENT_S or (self._ending and bool(self.away))

    def _give_up_work(self) -> None:
        """Other work waits a while for a database that is away: then who asked for it hears so."""
        if not self.away:
            return
        late = time.monotonic() - WORK_S
        given_up = [entry for entry in self._taken if not entry.is_event and entry.submitted < late]
        self._let_go(given_up)
        self._fail(given_up, f"The database {self._committer.engine.url} is away: run softswitch db check")

    def _let_go(self, entries: Collection[Entry]) -> None:
        numbers = {entry.number for entry in entries}
        self._taken = deque(entry for entry in self._taken if entry.number not in numbers)

    def _fail(self, entries: Collection[Entry], why: str) -> None:
        for entry in entries:
            self._told.failed(entry, SoftswitchError(why))
