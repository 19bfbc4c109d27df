"""Jobs in SQL: which time of each is done with. One transaction looks, decides and promises, so that of many
nodes one does, and a node that dies in it has done nothing.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from softswitch.actions.jobs import Job, decide, key
from softswitch.store.engine import transaction
from softswitch.store.leases import Now
from softswitch.store.outbox import adding
from softswitch.store.outbox.tables import jobs

_NEW: dict[str, Any] = {"sqlite": sqlite.insert(jobs), "postgresql": postgresql.insert(jobs)}


def promise_due(connection: sa.Connection, name: str, job: Job, now: Now) -> float:
    """Promise what is due of a job; the database's time, by which that was decided."""
    new = _NEW[connection.dialect.name].values(name=name).on_conflict_do_nothing()
    connection.execute(new)  # so that there is a row to lock: nodes take turns
    done = sa.select(jobs.c.due).where(jobs.c.name == name).with_for_update()
    known = connection.execute(done).scalar()
    at = float(connection.execute(sa.select(now)).scalar_one())
    if decision := decide(job, known, at):
        if decision.promise:
            promise = key(name, decision.due)
            adding.add_within(connection, job.action, job.arguments, promise, order_key=job.order_by, at=at)
        connection.execute(sa.update(jobs).where(jobs.c.name == name).values(due=decision.due))
    return at


def done(url: str) -> Mapping[str, float]:
    """By job, the time that is done with."""
    with transaction(url) as connection:
        rows = connection.execute(sa.select(jobs.c.name, jobs.c.due).where(jobs.c.due.is_not(None)))
        return {row.name: row.due for row in rows}
