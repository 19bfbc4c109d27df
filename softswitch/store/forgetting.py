"""What has been over for long leaves the database: calls and all that was noted of them, finished work."""

import sqlalchemy as sa

from softswitch.store.engine import transaction
from softswitch.store.outbox.tables import actions
from softswitch.store.people.tables import waiting
from softswitch.store.tables import calls, turns

MOST = 500
"""In one transaction, which nothing else can be written beside on SQLite."""


def forget_calls(url: str, before: float, most: int = MOST) -> int:
    """Drop calls that were over `before` (Unix seconds), the oldest first, but for those of which something
    is still to be done; with their turns, actions and waits. How many calls that were.
    """
    pending = sa.exists().where(
        actions.c.call_id == calls.c.call_id,
        sa.or_(actions.c.finished_at.is_(None), actions.c.finished_at >= before),
    )
    waits = sa.exists().where(waiting.c.call_id == calls.c.call_id, waiting.c.ended_at.is_(None))
    old = (
        sa.select(calls.c.call_id)
        .where(calls.c.started_at < before, calls.c.ended_at < before, ~pending, ~waits)
        .order_by(calls.c.started_at)
        .limit(most)
        .with_for_update(skip_locked=True)  # another node may be at it
    )
    with transaction(url, writes=True) as connection:
        found = connection.scalars(old).all()
        for table in (turns, actions, waiting, calls):
            connection.execute(sa.delete(table).where(table.c.call_id.in_(found)))
    return len(found)


def forget_actions(url: str, before: float, most: int = MOST) -> int:
    """Drop actions of no call that were finished `before` (Unix seconds); how many."""
    old = (
        sa.select(actions.c.id)
        .where(actions.c.finished_at < before, actions.c.call_id.is_(None))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    with transaction(url, writes=True) as connection:
        found = connection.scalars(old).all()
        connection.execute(sa.delete(actions).where(actions.c.id.in_(found)))
    return len(found)
