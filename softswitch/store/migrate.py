"""The schema brought to where this code needs it, under a lock, in one transaction: all of it or nothing."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from softswitch.config import bundled
from softswitch.errors import SoftswitchError
from softswitch.store.engine import first_line, open_engine, sqlite_file

LOCK_TIMEOUT_S = 60.0
ADVISORY_LOCK = 0x736F667473776368  # "softswch", so that no other program's lock is met by accident


@dataclass(frozen=True, slots=True)
class Status:
    """Where a database stands. `current` is None when it is empty or absent."""

    current: str | None
    head: str
    up_to_date: bool
    newer: bool  # made by a later softswitch: this one does not know its revision


def check(url: str) -> Status:
    """Compare the database with this code; changes nothing. Raises SoftswitchError when it is away."""
    file = sqlite_file(url)
    if file and not file.exists():
        return _status(None)
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return _status(_current(connection))
    except sa.exc.DBAPIError as error:
        raise _unusable(engine, error) from error
    finally:
        engine.dispose()


def upgrade(url: str, revision: str = "head") -> tuple[str, ...]:
    """Apply what is missing, data kept; the revisions applied, oldest first (none when up to date).

    Several starters may call it at once: one works, the others wait. Raises SoftswitchError when the
    database is newer than this code, away, or locked for longer than LOCK_TIMEOUT_S.
    """
    engine = open_engine(url, writes=True)
    file = sqlite_file(url)
    try:
        with ExitStack() as stack:
            if file:
                stack.enter_context(_file_lock(file))
            return _upgrade(stack.enter_context(engine.connect()), revision)
    except sa.exc.DBAPIError as error:
        raise _unusable(engine, error) from error
    finally:
        engine.dispose()


def alembic_config(connection: sa.Connection) -> Config:
    """What alembic's commands need to work on this connection, wherever the product is installed."""
    config = Config()
    config.set_main_option("script_location", str(bundled("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: sa.Connection, revision: str) -> tuple[str, ...]:
    if connection.dialect.name == "sqlite":
        _prepare_sqlite(connection)
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S:.0f}s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
        before = _current(connection)
        if _status(before).newer:
            raise SoftswitchError(
                f"The database is at revision {before}, which this softswitch does not know: "
                "install the newer softswitch that made it, or restore the backup from before"
            )
        command.upgrade(alembic_config(connection), revision)
        if (
            connection.dialect.name == "sqlite"
            and connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        ):
            raise RuntimeError("a migration left rows that refer to nothing; it was rolled back")
        return _between(before, _current(connection))


def _prepare_sqlite(connection: sa.Connection) -> None:
    """What has to be set outside of a transaction. WAL stays set in the file: readers and the writer
    do not wait for each other. Foreign keys must not notice the tables that a migration rebuilds.
    """
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA journal_mode = WAL")
    driver.execute("PRAGMA foreign_keys = OFF")


def _current(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _status(current: str | None) -> Status:
    script = _script()
    head = script.get_current_head()
    assert head is not None
    known = {revision.revision for revision in script.walk_revisions()}
    return Status(current, head, current == head, current is not None and current not in known)


def _between(before: str | None, after: str | None) -> tuple[str, ...]:
    newest_first = _script().iterate_revisions(after or "base", before or "base")
    return tuple(revision.revision for revision in newest_first)[::-1]


def _script() -> ScriptDirectory:
    return ScriptDirectory(str(bundled("migrations")))


def _unusable(engine: sa.Engine, error: sa.exc.DBAPIError) -> SoftswitchError:
    return SoftswitchError(
        f"The database {engine.url} cannot be used ({first_line(error)}): "
        "check database.url, and that the server or the folder is there and may be written"
    )


@contextmanager
def _file_lock(database: Path) -> Iterator[None]:
    """One starter at a time. The kernel frees the lock when its holder dies, however that happens."""
    path = database.with_name(database.name + ".lock")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SoftswitchError(
            f"{path} cannot be created ({error.strerror}): choose another data_dir or database.url"
        ) from error
    try:
        _wait_for(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise SoftswitchError(
                    f"Another process has held {path} for {LOCK_TIMEOUT_S:.0f} s: see who with fuser {path}"
                ) from None
        time.sleep(0.05)
