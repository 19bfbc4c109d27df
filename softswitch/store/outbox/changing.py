"""What an operator does to actions: try again, cancel, purge; in steps, so that nothing is held up long."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from softswitch.store.engine import transaction
from softswitch.store.leases import now_of
from softswitch.store.outbox import ordering
from softswitch.store.outbox.looking import Filter
from softswitch.store.outbox.tables import ORDERED, actions

STEP = 500
RETRIED = ("dead", "failed", "cancelled")
CANCELLED = ("queued", "failed")
PURGED = ("done", "dead", "cancelled")

_ID: sa.BindParameter[int] = sa.bindparam("of_id")
_ONE = sa.update(actions).where(actions.c.id == _ID)


def found(url: str, wanted: Filter, states: Sequence[str]) -> list[int]:
    """The numbers of all that fit and are in one of these states, oldest first."""
    query = sa.select(actions.c.id).where(*wanted.conditions(), actions.c.state.in_(states))
    with transaction(url) as connection:
        return list(connection.scalars(query.order_by(actions.c.id)))


def retry(url: str, numbers: Sequence[int]) -> Iterator[int]:
    """Queue actions anew that are dead, cancelled, or wait for their next try: as if just promised, with all
    their tries before them. How many that were, after each step; others are left alone.
    """
    for step in _steps(numbers):
        with transaction(url, writes=True) as connection:
            rows = _locked(connection, step, RETRIED)
            for row in rows:
                connection.execute(_ONE.values(**_anew(row.order_key)), {"of_id": row.id})
            ordering.promote(connection, (row.order_key for row in rows))
        yield len(rows)


def cancel(url: str, numbers: Sequence[int]) -> Iterator[int]:
    """Give up actions that are not under way; how many that were, after each step."""
    for step in _steps(numbers):
        with transaction(url, writes=True) as connection:
            rows = _locked(connection, step, CANCELLED)
            now = now_of(connection.dialect.name)
            end = {"state": "cancelled", "finished_at": now, "failed_at": None, "blocked": sa.false()}
            wanted = actions.c.id.in_([row.id for row in rows])
            connection.execute(sa.update(actions).where(wanted).values(end))
            ordering.promote(connection, (row.order_key for row in rows))
        yield len(rows)


def purge(url: str, numbers: Sequence[int]) -> Iterator[int]:
    """Delete actions that are finished; how many that were, after each step."""
    for step in _steps(numbers):
        gone = sa.delete(actions).where(actions.c.id.in_(step), actions.c.state.in_(PURGED))
        with transaction(url, writes=True) as connection:
            count = connection.execute(gone).rowcount
        yield count


def _steps(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[start : start + STEP] for start in range(0, len(numbers), STEP))


def _locked(
    connection: sa.Connection, numbers: Sequence[int], states: Sequence[str]
) -> Sequence[sa.Row[int, str]]:
    """Those of them that are in one of these states, and stay so until the transaction ends."""
    of_numbers = sa.select(actions.c.id, actions.c.order_key).where(actions.c.id.in_(numbers))
    ordering.lock(connection, (row.order_key for row in connection.execute(of_numbers)))
    still = of_numbers.where(actions.c.state.in_(states)).order_by(actions.c.id)
    # What a worker takes at this moment is not waited for: it is under way.
    return connection.execute(still.with_for_update(skip_locked=True)).all()


def _anew(order_key: str) -> dict[str, object]:
    """Where others of its key are unfinished it waits for them; `promote` says which one goes first."""
    others = sa.select(1).where(ORDERED, actions.c.order_key == order_key)
    return {
        "state": "queued",
        "blocked": sa.exists(others.correlate(None)) if order_key else sa.false(),
        "attempts": 0,
        "run_at": 0.0,
        "failed_at": None,
        "finished_at": None,
        "leased_by": "",
        "error": "",
    }
