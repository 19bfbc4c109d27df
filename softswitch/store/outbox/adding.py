"""Actions enter the outbox: with the turn that promised them, or by themselves."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from softswitch.actions.action import idempotency_key
from softswitch.news import StateSaved
from softswitch.store.engine import transaction
from softswitch.store.outbox import ordering
from softswitch.store.outbox.tables import actions
from softswitch.store.tables import calls

_CALL = sa.bindparam("of_call", type_=sa.String)
_PLAN = sa.func.coalesce(sa.select(calls.c.plan).where(calls.c.call_id == _CALL).scalar_subquery(), "")
_BLOCKED = ordering.waits(sa.bindparam("of_key", type_=actions.c.order_key.type))


def _insert(insert: Any) -> Any:
    """What is there already stays as it is: a promise is one, however often it is written."""
    return insert.values(plan=_PLAN, blocked=_BLOCKED).on_conflict_do_nothing(
        index_elements=["idempotency_key"]
    )


_INSERTS: dict[str, Any] = {
    "sqlite": _insert(sqlite.insert(actions)),
    "postgresql": _insert(postgresql.insert(actions)),
}


def prepare(connection: sa.Connection, events: Iterable[object]) -> None:
    """To be called before the first of these events is applied in a transaction."""
    promises = (do for event in events if isinstance(event, StateSaved) for do in event.promised)
    ordering.lock(connection, (do.order for do in promises))


def promise(connection: sa.Connection, event: StateSaved) -> None:
    """Write down what a turn promised, with the turn."""
    rows = [
        _row(event.call_id, do.key, do.name, dict(do.arguments), do.order, event.at) for do in event.promised
    ]
    if rows:
        connection.execute(_INSERTS[connection.dialect.name], rows)


def add(
    url: str,
    name: str,
    arguments: Mapping[str, str],
    key: str,
    *,
    order_key: str = "",
    run_at: float = 0.0,
) -> bool:
    """Ask for an action without a call, once for each `key`; False when it was asked for before.

    `run_at` (Unix seconds) is the earliest time for it, by the database's clock; 0 for at once.
    """
    with transaction(url, writes=True) as connection:
        return add_within(connection, name, arguments, key, order_key=order_key, run_at=run_at)


def add_within(
    connection: sa.Connection,
    name: str,
    arguments: Mapping[str, str],
    key: str,
    *,
    order_key: str = "",
    run_at: float = 0.0,
    at: float = 0.0,
) -> bool:
    """The same as part of a transaction, which must not have locked another order key; `at` is now, 0 by this
    machine's clock.
    """
    row = _row(None, key, name, dict(arguments), order_key, at or time.time()) | {"run_at": run_at}
    ordering.lock(connection, [order_key])
    insert = _INSERTS[connection.dialect.name].returning(actions.c.id)
    return connection.execute(insert, row).first() is not None


def _row(
    call_id: str | None, key: str, name: str, arguments: dict[str, str], order_key: str, at: float
) -> dict[str, Any]:
    return {
        "call_id": call_id,
        "of_call": call_id,
        "of_key": order_key,
        "key": key,
        "name": name,
        "arguments": arguments,
        "order_key": order_key,
        "promised_at": at,
        "idempotency_key": idempotency_key(call_id or "", key),
    }
