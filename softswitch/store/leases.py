"""Who is alive of those who hold actions, agents or callers: each function within the caller's transaction.

No clock decides that. A worker's lease is its row in `workers` with a number that it raises again and again
while it holds something; others, who look at that number, find it dead when it stands still for a time that
they measure with their own monotonic clock. A clock that jumps, on a node or on the database's machine, makes
nobody dead. One that was found dead can claim nothing more until it has registered anew.
"""

from typing import NamedTuple

import sqlalchemy as sa

from softswitch.store.tables import workers

Now = sa.ColumnElement[float]
"""The time of day in SQL: the database's own clock where there is one."""


class Beat(NamedTuple):
    """A worker that holds something, and its number; None when it is not registered (any more)."""

    holder: str
    beat: int | None


def now_of(dialect: str) -> Now:
    """PostgreSQL's clock is one for all nodes; SQLite's is that of the machine where its file lies."""
    if dialect == "postgresql":
        return sa.extract("epoch", sa.func.clock_timestamp()).cast(sa.Double)
    return (sa.func.julianday("now", type_=sa.Double) - 2440587.5) * 86400.0


def register(connection: sa.Connection, holder: str, node: str, now: Now) -> None:
    """Make a worker known; only one that is can claim."""
    row = sa.insert(workers).values(holder=holder, node=node, beat=0, at=now)
    connection.execute(row)


def leave(connection: sa.Connection, holder: str) -> None:
    connection.execute(sa.delete(workers).where(workers.c.holder == holder))


def beat(connection: sa.Connection, holder: str, now: Now) -> bool:
    """Renew the lease on everything that is held; False when others have found this worker dead."""
    alive = sa.update(workers).where(workers.c.holder == holder)
    return connection.execute(alive.values(beat=workers.c.beat + 1, at=now)).rowcount > 0
