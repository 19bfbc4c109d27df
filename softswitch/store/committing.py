"""Events into the database, each once: with them it is noted how far a node's run has got.

So an event is not written a second time when it was unknown whether a commit had come through, nor when a
node was killed between a commit and the end of its journal.
"""

import contextlib
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from softswitch.news import Announced, SessionEvent
from softswitch.store import messages
from softswitch.store.apply import apply
from softswitch.store.engine import open_engine, sqlite_file
from softswitch.store.journal import Frame
from softswitch.store.messages import Waiting
from softswitch.store.outbox import adding
from softswitch.store.tables import journals

log = structlog.get_logger(__name__)
PATIENCE_S = 1
"""For SQLite's lock. Who waits for it cannot write a journal meanwhile."""
CONNECT_S = 3

Encode = Callable[[SessionEvent | Announced, str], tuple[str, str] | None]
"""An event of a node as the topic and payload of a message; None for one that is not published."""
Work = Callable[[sa.Connection], Sequence[SessionEvent | Announced]]
"""Something else to write; what it gives is told with it."""

# These say that the event itself cannot be stored; whatever else a database says passes with time.
_FAULT_OF_THE_EVENT = (sa.exc.IntegrityError, sa.exc.DataError)


class Away(Exception):
    """Told before a commit: there is no database just now."""


def is_away(error: Exception) -> bool:
    """Whether the same may succeed later."""
    if isinstance(error, Away):
        return True
    return isinstance(error, sa.exc.DBAPIError) and not isinstance(error, _FAULT_OF_THE_EVENT)


def _reach(insert: Any) -> Any:
    new = insert.excluded
    return insert.on_conflict_do_update(index_elements=["node"], set_={"run": new.run, "number": new.number})


_REACH: dict[str, Any] = {
    "sqlite": _reach(sqlite.insert(journals)),
    "postgresql": _reach(postgresql.insert(journals)),
}


class Committer:
    """Writes in one thread; `abort` is for another. `before` is called in the thread before each commit."""

    def __init__(
        self, url: str, node: str, encode: Encode | None = None, before: Callable[[], None] = lambda: None
    ) -> None:
        self.engine = open_engine(url, writes=True, keep=True, busy=PATIENCE_S, connect=CONNECT_S)
        self.run = secrets.token_hex(16)
        self.locks = self.engine.dialect.name == "postgresql"
        """Whether what is written locks order keys."""
        file = sqlite_file(url)
        self._log = Path(f"{file}-wal") if file else None
        self.unsynced = False
        """Whether a power cut would take the last commits."""
        self.publishes = encode is not None
        self._node, self._encode, self._before = node, encode, before
        self._doubtful = False
        self._raw: Any = None

    def commit(
        self, items: Sequence[Frame | Work], runs: Mapping[str, int], *, lasts: bool = True
    ) -> Sequence[Waiting]:
        """Frames, and other things to write, in one transaction; the messages that were written with it.
        What `lasts` survives a power cut from here on, on SQLite too, where else `sync` sees to it.

        `runs` are those of the journal in their order, this one among them or not. Raises what the database
        does, LookupError for an event that has no call, and whatever a Work raises.
        """
        certain, self._doubtful = not self._doubtful and not runs, True
        self._before()
        try:
            with self._begin(lasts) as connection:
                self._raw = connection.connection.dbapi_connection
                reached = (-1, 0) if certain else self._reached(connection, runs)
                told = self._write(connection, items, lambda frame: self._at(frame, runs) <= reached)
                written = messages.add(connection, self._node, told) if told else ()
        finally:
            self._raw = None
        self._doubtful = False
        self.unsynced = not lasts and self._log is not None
        return written

    @contextlib.contextmanager
    def _begin(self, lasts: bool) -> Iterator[sa.Connection]:
        with self.engine.connect() as connection:
            if self._log:
                raw = connection.connection.dbapi_connection
                assert raw is not None
                raw.cursor().execute(f"PRAGMA synchronous = {'FULL' if lasts else 'NORMAL'}").close()
            with connection.begin():
                yield connection

    def sync(self) -> None:
        """Have what was committed without it survive a power cut. Raises OSError."""
        if self.unsynced and self._log:
            log_file = os.open(self._log, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fdatasync(log_file)
            finally:
                os.close(log_file)
        self.unsynced = False

    def pass_over(self, frame: Frame) -> None:
        """Note that it is settled: it can never be written."""
        with self.engine.begin() as connection:
            self._reach(connection, frame)

    def abort(self) -> None:
        """Have a transaction fail that a server does not answer any more."""
        raw = self._raw
        if raw is None or not hasattr(raw, "pgconn"):
            return
        with contextlib.suppress(OSError, ValueError):
            other = socket.socket(fileno=os.dup(raw.fileno()))
            with other:
                other.shutdown(socket.SHUT_RDWR)

    def _write(
        self, connection: sa.Connection, items: Sequence[Frame | Work], is_settled: Callable[[Frame], bool]
    ) -> list[tuple[str, str]]:
        left = [item for item in items if not isinstance(item, Frame) or not is_settled(item)]
        adding.prepare(connection, [item.event for item in left if isinstance(item, Frame)])
        told: list[tuple[str, str]] = []
        latest: Frame | None = None
        for item in left:
            if not isinstance(item, Frame):
                told += filter(None, map(self._message, item(connection)))
                continue
            apply(connection, item.event, self._node)
            if message := self._message(item.event):
                told.append(message)
            latest = item
        if latest:
            self._reach(connection, latest)
        return told

    def _at(self, frame: Frame, runs: Mapping[str, int]) -> tuple[int, int]:
        """Its place in the order of all."""
        return runs.get(frame.run, len(runs)), frame.number

    def _reached(self, connection: sa.Connection, runs: Mapping[str, int]) -> tuple[int, int]:
        """Up to where all is written."""
        query = sa.select(journals.c.run, journals.c.number).where(journals.c.node == self._node)
        row = connection.execute(query).first()
        if row is None or (row.run not in runs and row.run != self.run):
            return -1, 0
        return runs.get(row.run, len(runs)), row.number

    def _reach(self, connection: sa.Connection, frame: Frame) -> None:
        row = {"node": self._node, "run": frame.run, "number": frame.number}
        connection.execute(_REACH[connection.dialect.name], row)

    def _message(self, event: SessionEvent | Announced) -> tuple[str, str] | None:
        try:
            return self._encode(event, self._node) if self._encode else None
        except Exception as error:  # what cannot be told is recorded all the same
            log.error("event not told", event_type=type(event).__name__, error=type(error).__name__)
            return None
