"""With many callers waiting and many served before, no query about them reads the whole table."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from figures import people_waiting
from figures.people_work import fill, hire
from figures.query_times import HOLDER
from postgres import postgres_cluster, shared_database_url

from softswitch.store import leases, migrate
from softswitch.store.engine import open_engine

__all__ = ["postgres_cluster", "shared_database_url"]


@pytest.fixture(scope="module")
def engine(shared_database_url: str) -> Iterator[sa.Engine]:
    migrate.upgrade(shared_database_url)
    hire(shared_database_url, 20)
    fill(shared_database_url, 500, HOLDER, 20_000)
    engine = open_engine(shared_database_url, writes=True)
    with engine.begin() as connection:
        now = leases.now_of(engine.dialect.name)
        leases.register(connection, HOLDER, HOLDER, now)
        connection.exec_driver_sql("ANALYZE waiting")
    yield engine
    engine.dispose()


def test_no_query_reads_the_whole_table(engine: sa.Engine) -> None:
    """Agents are few, and read whole on purpose."""
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    plans: list[str] = []

    def look(connection: sa.Connection, _: object, statement: str, parameters: object, *more: object) -> None:
        if "waiting" in statement and not statement.startswith("EXPLAIN"):
            rows = connection.exec_driver_sql(explain + statement, parameters).all()  # type: ignore[call-overload]
            plans.append(statement + "\n" + "\n".join(str(row[-1]) for row in rows))

    for work in people_waiting.queries(engine.dialect.name).values():
        with engine.begin() as connection:
            sa.event.listen(connection, "before_cursor_execute", look)
            work(connection)
    assert len(plans) > 10
    for plan in plans:
        assert "Seq Scan on waiting" not in plan, plan
        assert "SCAN waiting\n" not in f"{plan}\n", plan


def test_whole_tables_would_be_noticed(engine: sa.Engine) -> None:
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.begin() as connection:
        rows = connection.exec_driver_sql(explain + "SELECT id FROM waiting WHERE reason = 'x'").all()
    plan = "\n".join(str(row[-1]) for row in rows)
    assert "Seq Scan on waiting" in plan or plan == "SCAN waiting"
