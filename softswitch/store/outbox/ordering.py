"""Actions of one order key are done in the order of their promises: all but the oldest unfinished one wait.

Whether an action waits behind another (`blocked`) is written down when it is added, and when the one before
it is finished: claiming then never looks at those that wait, however many they are. Adding and finishing of
one key must not happen at once, or each would overlook what the other does; SQLite has one writer, and on
PostgreSQL a lock of the key, held until the transaction ends, keeps them apart. A unique index has the
database refuse a second one that does not wait.
"""

import hashlib
from collections.abc import Iterable

import sqlalchemy as sa

from softswitch.store.outbox.tables import HEAD, ORDERED, actions

_KEY: sa.BindParameter[str] = sa.bindparam("of_key")
_LOCKS = sa.text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")
_FIRST = (
    sa.select(actions.c.id)
    .where(ORDERED, actions.c.order_key == _KEY)
    .order_by(actions.c.id)
    .limit(1)
    .scalar_subquery()
)
_HEAD = sa.exists(sa.select(1).where(HEAD, actions.c.order_key == _KEY).correlate(None))
_PROMOTE = sa.update(actions).where(actions.c.id == _FIRST, ~_HEAD).values(blocked=sa.false())


def lock(connection: sa.Connection, keys: Iterable[str]) -> None:
    """Nobody else adds or finishes actions of these keys until this transaction ends.

    To be taken once, and for all keys, before the transaction writes: they are locked in one order, so that
    two transactions never wait for each other.
    """
    if connection.dialect.name != "postgresql":
        return
    if numbers := sorted({_number(key) for key in keys if key}):
        connection.execute(_LOCKS, {"keys": numbers})


def promote(connection: sa.Connection, keys: Iterable[str]) -> None:
    """Where no action of a key can go or is under way, let the oldest go; the keys' locks must be held."""
    if wanted := sorted({key for key in keys if key}):
        connection.execute(_PROMOTE, [{"of_key": key} for key in wanted])


def waits(order_key: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether an action with this order key has to wait behind another."""
    older = sa.select(1).where(ORDERED, actions.c.order_key == order_key)
    return (order_key != "") & sa.exists(older.correlate(None))


def _number(key: str) -> int:
    digest = hashlib.sha256(b"softswitch actions of " + key.encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
