"""With many actions waiting, every query of the outbox goes by an index: the databases' own plans say so."""

from collections import defaultdict
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from figures import queue_waiting
from figures.queue_work import fill
from postgres import postgres_cluster, shared_database_url

from softswitch.store import migrate
from softswitch.store.engine import open_engine
from softswitch.store.outbox.tables import actions

__all__ = ["postgres_cluster", "shared_database_url"]
ACTIONS = 20_000
KEYED = ("autoindex_actions_2", "actions_idempotency_key_key")
BY = defaultdict[str, tuple[str, ...]](
    tuple,
    {"claim attended": KEYED, "attended": KEYED, "list of a key that nothing has": ("actions_ordered",)},
)
"""Where an index by state would do, and go through all that wait."""


@pytest.fixture(scope="module")
def engine(shared_database_url: str) -> Iterator[sa.Engine]:
    """Half of them wait behind another; one in ten is dead."""
    migrate.upgrade(shared_database_url)
    fill(shared_database_url, ACTIONS)
    engine = open_engine(shared_database_url, writes=True)
    with engine.begin() as connection:
        half = sa.update(actions).where(actions.c.id % 2 == 0, actions.c.id > 2)
        connection.execute(half.values(order_key="customer", blocked=sa.true()))
        dead = sa.update(actions).where(actions.c.id % 10 == 1)
        connection.execute(dead.values(state="dead", finished_at=1.0))
        connection.exec_driver_sql("ANALYZE actions")
    yield engine
    engine.dispose()


def plans(engine: sa.Engine, name: str) -> list[str]:
    """The plan of every statement that a query of that name makes; what it does is taken back."""
    found: list[str] = []
    work = queue_waiting.queries(engine.dialect.name)
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "

    def look(connection: sa.Connection, _: object, statement: str, parameters: object, *more: object) -> None:
        if "actions" in statement and not statement.startswith("EXPLAIN"):
            many = isinstance(parameters, list)
            one = parameters[0] if many else parameters  # type: ignore[index]
            rows = connection.exec_driver_sql(explain + statement, one).all()
            found.append("\n".join(str(row[-1]) for row in rows))

    with engine.connect() as connection, connection.begin() as transaction:
        if name == "finish":
            work["claim"](connection)
        sa.event.listen(connection, "before_cursor_execute", look)
        work[name](connection)
        transaction.rollback()
    return found


@pytest.mark.parametrize("name", queue_waiting.queries("sqlite"))
def test_no_query_reads_the_whole_table(engine: sa.Engine, name: str) -> None:
    for plan in plans(engine, name):
        assert "Seq Scan on actions" not in plan
        assert "SCAN actions\n" not in f"{plan}\n"
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan
        assert not BY[name] or any(index in plan for index in BY[name])


def test_whole_tables_would_be_noticed(engine: sa.Engine) -> None:
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.begin() as connection:
        rows = connection.exec_driver_sql(explain + "SELECT id FROM actions WHERE error = 'x'").all()
    plan = "\n".join(str(row[-1]) for row in rows)
    assert "Seq Scan on actions" in plan or plan == "SCAN actions"
