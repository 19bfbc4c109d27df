"""The messages in SQL: their order, their numbers, and what queries cost when many wait."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from postgres import database_url, postgres_cluster, postgres_url

from softswitch.events import CallInfo
from softswitch.news import CallStarted
from softswitch.store import messages, migrate
from softswitch.store.engine import open_engine
from softswitch.store.tables import messages as table
from softswitch.store.tables import workers
from softswitch.store.writer import Records

__all__ = ["database_url", "postgres_cluster", "postgres_url"]
MANY = 100_000


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    migrate.upgrade(database_url)
    engine = open_engine(database_url, writes=True)
    yield engine
    engine.dispose()


def told(count: int) -> list[tuple[str, str]]:
    return [(f"topic/{number}", "{}") for number in range(count)]


def test_messages_are_read_in_the_order_in_which_they_were_written(engine: sa.Engine):
    with engine.begin() as connection:
        written = messages.add(connection, "n1", told(700)) + messages.add(connection, "n1", told(3))
        messages.add(connection, "n2", told(5))
    with engine.begin() as connection:
        read = messages.after(connection, "n1", 0, 1000)
        assert read == written
        assert [each.topic for each in read[:700]] == [topic for topic, _ in told(700)]
        assert messages.after(connection, "n1", written[9].id, 2) == written[10:12]
        assert messages.count(connection, "n1") == 703


def test_a_number_is_never_given_again(engine: sa.Engine):
    with engine.begin() as connection:
        first = messages.add(connection, "n1", told(3))
        messages.remove(connection, "n1", first[-1].id)
    with engine.begin() as connection:
        assert messages.count(connection, "n1") == 0
        assert messages.add(connection, "n1", told(1))[0].id > first[-1].id


def test_the_oldest_are_dropped_first_and_none_that_is_under_way(engine: sa.Engine):
    with engine.begin() as connection:
        written = messages.add(connection, "n1", told(10))
        other = messages.add(connection, "n2", told(10))
    with engine.begin() as connection:
        assert messages.trim(connection, "n1", written[1].id, 3, 0.0) == 3
        assert messages.after(connection, "n1", 0, 100) == [*written[:2], *written[5:]]
        assert messages.trim(connection, "n1", 0, -5, 9e9) == 7
        assert messages.after(connection, "n2", 0, 100) == other


def test_of_two_that_take_a_dead_nodes_messages_one_gets_them_until_it_is_back(engine: sa.Engine):
    with engine.begin() as connection:
        messages.add(connection, "dead", told(1))
        messages.add(connection, "n2", told(1))
        messages.beat(connection, "dead")
    with engine.begin() as connection:
        assert messages.others(connection, "n2") == [("dead", 0)]
        assert messages.others(connection, "n3") == [("dead", 0), ("n2", None)]
        assert messages.take_over(connection, "dead", 0, "n2")
        assert not messages.take_over(connection, "dead", 0, "n3")
        assert messages.take_over(connection, "n2", None, "n3")
        assert not messages.take_over(connection, "n2", None, "n4")
        assert messages.renew(connection, "dead", "n2")
        messages.beat(connection, "dead")
        assert not messages.renew(connection, "dead", "n2")
        assert connection.execute(sa.select(sa.func.count()).select_from(workers)).scalar() == 2


def test_no_query_reads_all_that_waits(engine: sa.Engine):
    with engine.begin() as connection:
        rows = [{"node": f"n{n % 3}", "topic": "t", "payload": "{}", "at": float(n)} for n in range(MANY)]
        connection.execute(sa.insert(table), rows)
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
        seen: list[str] = []
        plan = "EXPLAIN " if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "

        def explain(
            conn: sa.Connection, cursor: object, statement: str, parameters: object, *_: object
        ) -> None:
            if not statement.startswith("EXPLAIN"):
                rows = conn.connection.cursor().execute(plan + statement, parameters).fetchall()
                seen.append("\n".join(str(row) for row in rows))

        sa.event.listen(connection, "before_cursor_execute", explain)
        messages.after(connection, "n1", 500, 500)
        messages.remove(connection, "n1", 10)
        messages.trim(connection, "n1", 500, 10, 5.0)
        messages.others(connection, "n1")
        connection.rollback()
    assert len(seen) >= 8
    for said in seen:
        assert "Seq Scan on messages" not in said and "SCAN messages" not in said, said


async def test_what_cannot_be_told_is_recorded_all_the_same(database_url: str):
    def broken(*_: object) -> tuple[str, str] | None:
        raise ValueError("a bug")

    migrate.upgrade(database_url)
    records = Records(database_url, "n1", encode=broken)
    records.start()
    await records.record(CallStarted(CallInfo("a" * 32, "", "", "", "", 1.0), "plan", "v1", 1.0))
    await records.close()
    assert records.rejected == 0
