"""Messages for the MQTT broker, written with the events that they tell of, until the broker has them.

All messages of a node are written by one thread, its records' writer, so that their numbers ascend in the
order of their commits: whoever has read up to a number has missed none below it. The lease on a node's
messages is a row of `workers`, which moves on while somebody publishes them.
"""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from softswitch.store.leases import Beat, now_of
from softswitch.store.tables import messages, workers

TRIMMED_AT_ONCE = 5000
AGED_AT_ONCE = 500
_LEASE = "mqtt:"
_ADD = sa.insert(messages).returning(messages.c.id, sort_by_parameter_order=True)
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Waiting(NamedTuple):
    """A message that the broker does not have yet."""

    id: int
    topic: str
    payload: str


def add(connection: sa.Connection, node: str, told: Sequence[tuple[str, str]]) -> list[Waiting]:
    """Write messages, each a topic and a payload, in their order; the same with their numbers."""
    at = time.time()
    rows = [{"node": node, "topic": topic, "payload": payload, "at": at} for topic, payload in told]
    numbers = connection.scalars(_ADD, rows)
    return [Waiting(number, *each) for number, each in zip(numbers, told, strict=True)]


def after(connection: sa.Connection, node: str, number: int, limit: int) -> list[Waiting]:
    """A node's next messages beyond the one with that number, oldest first."""
    row = sa.select(messages.c.id, messages.c.topic, messages.c.payload)
    found = row.where(messages.c.node == node, messages.c.id > number).order_by(messages.c.id).limit(limit)
    return [Waiting(*each) for each in connection.execute(found)]


def remove(connection: sa.Connection, node: str, number: int) -> None:
    """Forget a node's messages up to that number: the broker has them."""
    connection.execute(sa.delete(messages).where(messages.c.node == node, messages.c.id <= number))


def count(connection: sa.Connection, node: str) -> int:
    return connection.execute(sa.select(sa.func.count()).where(messages.c.node == node)).scalar_one()


def trim(connection: sa.Connection, node: str, number: int, excess: int, older_than: float) -> int:
    """Drop of the messages beyond that number the oldest, `excess` of them, and those written before a time
    (Unix seconds); how many. In steps, so that the writer is not held up.
    """
    beyond = sa.select(messages.c.id, messages.c.at).where(messages.c.node == node, messages.c.id > number)
    oldest = connection.execute(
        beyond.order_by(messages.c.id).limit(max(AGED_AT_ONCE, min(excess, TRIMMED_AT_ONCE)))
    )
    last = number
    for position, row in enumerate(oldest):
        if position >= excess and row.at >= older_than:
            break
        last = row.id
    if last == number:
        return 0
    gone = sa.delete(messages).where(messages.c.node == node, messages.c.id > number, messages.c.id <= last)
    return connection.execute(gone).rowcount


# --- whose they are ---------------------------------------------------------------------------------------


def beat(connection: sa.Connection, node: str) -> None:
    """A node that lives publishes its own messages, whoever has taken them over meanwhile."""
    now = now_of(connection.dialect.name)
    row = {"holder": _LEASE + node, "node": node, "beat": 0, "at": now}
    insert = _INSERTS[connection.dialect.name](workers).values(row)
    moved = {"node": node, "beat": workers.c.beat + 1, "at": now}
    connection.execute(insert.on_conflict_do_update(index_elements=["holder"], set_=moved))


def others(connection: sa.Connection, node: str) -> list[Beat]:
    """The other nodes that have messages, and the number of their lease."""
    found: list[Beat] = []
    name = ""
    while name := _next_node(connection, name):
        if name != node:
            lease = sa.select(workers.c.beat).where(workers.c.holder == _LEASE + name)
            found.append(Beat(name, connection.execute(lease).scalar()))
    return found


def _next_node(connection: sa.Connection, name: str) -> str:
    """By the index: asked for all nodes at once, a database reads every message."""
    least = sa.select(sa.func.min(messages.c.node)).where(messages.c.node > name)
    return connection.execute(least).scalar() or ""


def take_over(connection: sa.Connection, dead: str, seen: int | None, node: str) -> bool:
    """Take the lease on a dead node's messages, unless it has moved on since its number was `seen`: of
    several nodes that try one succeeds.
    """
    now = now_of(connection.dialect.name)
    if seen is None:
        insert = _INSERTS[connection.dialect.name](workers)
        row = insert.values({"holder": _LEASE + dead, "node": node, "beat": 0, "at": now})
        mine = row.on_conflict_do_nothing(index_elements=["holder"]).returning(workers.c.holder)
        return connection.execute(mine).first() is not None
    lease = sa.update(workers).where(workers.c.holder == _LEASE + dead, workers.c.beat == seen)
    return connection.execute(lease.values(node=node, beat=seen + 1, at=now)).rowcount > 0


def renew(connection: sa.Connection, dead: str, node: str) -> bool:
    """Keep a lease that was taken over; False when it is lost: the node is back."""
    lease = sa.update(workers).where(workers.c.holder == _LEASE + dead, workers.c.node == node)
    moved = lease.values(beat=workers.c.beat + 1, at=now_of(connection.dialect.name))
    return connection.execute(moved).rowcount > 0
