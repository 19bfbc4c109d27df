"""Look-ups in databases of the operator's: one query at a time, in a transaction that cannot write.

PostgreSQL is told so when the transaction begins, SQLite when the file is opened; neither reads more rows or
takes longer than it is told.
"""

import sqlite3
import time
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from softswitch.errors import SoftswitchError
from softswitch.store.engine import POSTGRESQL_CONNECT_S, POSTGRESQL_SILENCE_MS, first_line

STEPS = 10_000
"""Of SQLite's machine, between two looks at the time: about a millisecond."""
KEPT = 4
"""Connections that stay open when nothing is looked up: it is somebody else's database."""
RECYCLE_S = 600
READ_ONLY = "-c default_transaction_read_only=on"
"""So that a transaction which another one was ended for could not write either."""

Value = str | int | float | bool | None


class Away(SoftswitchError):
    """The database cannot be asked now, or does not answer in time."""


class Wrong(SoftswitchError):
    """The query cannot be answered, however often it is asked."""


class Database:
    """One database, which threads may ask at the same time, `connections` of them. `close` it."""

    def __init__(self, url: str, connections: int) -> None:
        parsed = _parse(url)
        self._is_sqlite = parsed.get_backend_name() == "sqlite"
        pool: dict[str, Any] = {
            "poolclass": sa.QueuePool,
            "pool_size": min(KEPT, connections),
            "max_overflow": max(0, connections - KEPT),
            "pool_pre_ping": True,
            "pool_recycle": RECYCLE_S,
        }
        self._engine = _sqlite(parsed, pool) if self._is_sqlite else _postgresql(parsed, pool)

    def rows(
        self, query: str, values: Mapping[str, Value], most: int, seconds: float
    ) -> list[dict[str, Any]]:
        """The first rows, what JSON does not have as text. Blocks. Raises Away or Wrong."""
        try:
            with self._engine.connect() as connection:
                self._limit(connection, seconds)
                # Drivers hold all that is found, so it is the database that is told how much to find; what
                # is no SELECT cannot stand here at all.
                statement = sa.text(f"SELECT * FROM (\n{query}\n) AS found LIMIT {most:d}")
                found = connection.execute(statement, dict(values)).mappings()
                return [{name: _plain(value) for name, value in row.items()} for row in found]
        except sa.exc.SQLAlchemyError as error:
            raise (Away if _may_pass(error) else Wrong)(_told(error)) from None

    def close(self) -> None:
        self._engine.dispose()

    def _limit(self, connection: sa.Connection, seconds: float) -> None:
        if not self._is_sqlite:
            connection.execute(
                sa.text("SELECT set_config('statement_timeout', :ms, true)"),
                {"ms": str(max(1, round(seconds * 1000)))},
            )
            return
        until = time.monotonic() + seconds
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_progress_handler(lambda: time.monotonic() > until, STEPS)


def _parse(url: str) -> URL:
    """The URL is a secret: it is in no message."""
    try:
        parsed = make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise Away("its database has no URL such as postgresql://user:password@host/name") from None
    match parsed.get_backend_name():
        case "sqlite" if parsed.database:
            return parsed
        case "postgresql":
            return parsed.set(drivername="postgresql+psycopg")
        case _:
            raise Away("its database is neither PostgreSQL nor SQLite")


def _sqlite(url: URL, pool: Mapping[str, Any]) -> sa.Engine:
    file = Path(url.database or "").absolute()

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{file.as_uri()}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
        )
        connection.execute("PRAGMA query_only = ON")
        return connection

    return sa.create_engine("sqlite://", creator=connect, **pool)


def _postgresql(url: URL, pool: Mapping[str, Any]) -> sa.Engine:
    told = url.query.get("options", "")
    options = {
        "application_name": "softswitch",
        "options": f"{told if isinstance(told, str) else ' '.join(told)} {READ_ONLY}",
        "connect_timeout": POSTGRESQL_CONNECT_S,
        "tcp_user_timeout": POSTGRESQL_SILENCE_MS,
    }
    read_only = {"postgresql_readonly": True}
    try:
        return sa.create_engine(url, connect_args=options, execution_options=read_only, **pool)
    except ModuleNotFoundError:
        raise Away("PostgreSQL's driver is not installed: run pip install 'softswitch[postgres]'") from None


def _may_pass(error: sa.exc.SQLAlchemyError) -> bool:
    """SQLite's driver says of a wrong query too that it is an operational error."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else None
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        return code not in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_MISMATCH)
    return isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError | sa.exc.TimeoutError)


def _told(error: sa.exc.SQLAlchemyError) -> str:
    """What the database said, without statement and parameters."""
    return first_line(error) if isinstance(error, sa.exc.DBAPIError) else type(error).__name__


def _plain(value: Any) -> Any:
    """As JSON has it; None for what has no text."""
    match value:
        case Decimal():
            return f"{value:f}"
        case datetime() | date() | time_of_day():
            return value.isoformat()
        case UUID() | timedelta():
            return str(value)
        case bytes() | memoryview():
            return None
        case _:
            return value
