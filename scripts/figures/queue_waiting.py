"""How long the slowest query of the outbox takes with 100,000 actions waiting, half of them behind others."""

from collections.abc import Mapping

import sqlalchemy as sa

from figures.figure import Measurement, Spec
from figures.query_times import HOLDER, Query, slowest_on_both
from figures.queue_work import fill
from softswitch.actions.action import Action, idempotency_key
from softswitch.store import leases, migrate
from softswitch.store.engine import open_engine, sqlite_file
from softswitch.store.outbox import claiming, looking, ordering
from softswitch.store.outbox.claiming import Outcome
from softswitch.store.outbox.looking import Filter
from softswitch.store.outbox.tables import actions

WAITING = 100_000
BATCH = 20
ATTENDED = [idempotency_key("", str(number)) for number in range(20)]
"""Promises that callers wait for."""


def queries(dialect: str) -> Mapping[str, Query]:
    """What workers, turns, metrics and people ask, in an order in which each finds something to do."""
    now = leases.now_of(dialect)
    held: list[Action] = []
    ordered, other = Filter(("queued",), order_key="customer"), Filter(("queued",), order_key="nobody")

    def claim(connection: sa.Connection) -> None:
        held[:] = claiming.claim(connection, HOLDER, "note", BATCH, now)

    def finish(connection: sa.Connection) -> None:
        claiming.finish(connection, HOLDER, [Outcome(action, "done") for action in held], now)

    return {
        "due": lambda connection: claiming.due(connection, ["note", "other"], now),
        "claim": claim,
        "attended": lambda connection: looking.standing(connection, ATTENDED),
        "claim attended": lambda connection: claiming.claim_keys(connection, HOLDER, ATTENDED, now),
        "holders": claiming.holders,
        "beat": lambda connection: leases.beat(connection, HOLDER, now),
        "finish": finish,
        "promote": lambda connection: ordering.promote(connection, ["customer"]),
        "rebase": lambda connection: claiming.rebase(connection, now),
        "count": lambda connection: looking.count(connection, now),
        "list": lambda connection: looking.newest(connection, Filter(("dead", "queued")), 20),
        "list of a key": lambda connection: looking.newest(connection, ordered, 20),
        "list of a key that nothing has": lambda connection: looking.newest(connection, other, 20),
    }


def prepare(url: str) -> None:
    migrate.upgrade(url)
    fill(url, WAITING)
    engine = open_engine(url, writes=True)
    with engine.begin() as connection:
        half = sa.update(actions).where(actions.c.id % 2 == 0, actions.c.id > 2)
        connection.execute(half.values(order_key="customer", blocked=sa.true()))
        connection.execute(sa.update(actions).where(actions.c.id == 2).values(order_key="customer"))
    if not sqlite_file(url):
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE actions")
    engine.dispose()


QUERIES = Measurement(
    f"the queries of the outbox with {WAITING} actions waiting",
    (
        Spec("slowest query with 100,000 waiting, SQLite", "ms", at_most=10),
        Spec("slowest query with 100,000 waiting, PostgreSQL", "ms", at_most=10),
    ),
    lambda workshop: slowest_on_both(workshop, prepare, queries),
)
