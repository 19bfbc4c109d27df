"""Kind `sql` against SQLite and a real PostgreSQL: it finds, binds, ends in time and cannot write."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
from acting import action, integrations, run
from postgres import database_url, postgres_cluster, postgres_url
from stopwatch import Stopwatch

from softswitch.actions.action import Action, Done, Later, Refused, Result
from softswitch.actions.templates import Unfilled
from softswitch.errors import InvalidFile
from softswitch.store.engine import open_engine
from softswitch.store.lookup_sql import Away, Database, Wrong

__all__ = ["database_url", "postgres_cluster", "postgres_url"]

FOREVER = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS i FROM n"


@pytest.fixture
def shop(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with three customers."""
    engine = open_engine(database_url, writes=True)
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, phone TEXT, since DATE, "
            "credit NUMERIC(10, 2), good BOOLEAN, photo VARCHAR)",
            "INSERT INTO customers VALUES (1, 'Ann', '+441', '2020-02-03', 12.50, TRUE, NULL)",
            "INSERT INTO customers VALUES (2, 'Bob', '+442', '2021-02-03', 0, FALSE, NULL)",
            "INSERT INTO customers VALUES (3, 'O''Neill', '+441', '2022-02-03', 7, TRUE, NULL)",
        ):
            connection.execute(sa.text(statement))
    engine.dispose()
    monkeypatch.setenv("SHOP_URL", database_url)
    return database_url


def text(query: str, more: str = "most_rows: 1") -> str:
    return (
        "secrets: {shop: {env: SHOP_URL}}\nactions:\n  order:\n    kind: sql\n    timeout: 5s\n"
        f"    database: '{{secret:shop}}'\n    query: |\n      {query}\n    {more}\n"
    )


async def ask(query: str, given: Action | None = None, more: str = "most_rows: 1") -> Result:
    result: Result = await run(text(query, more), given or action(phone="+441"), grace=5.0)
    return result


def count(url: str) -> int:
    engine = open_engine(url)
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT count(*) FROM customers")).scalar_one()
    engine.dispose()
    return int(found)


async def test_a_row_is_found_by_the_callers_number(shop: str) -> None:
    found = await ask("SELECT id, name, since, credit, photo FROM customers WHERE phone = :phone ORDER BY id")
    assert isinstance(found, Done)
    assert found.result["credit"] in ("12.50", "12.5")
    told = {name: value for name, value in found.result.items() if name != "credit"}
    assert told == {"rows": "1", "id": "1", "name": "Ann", "since": "2020-02-03"}, "NULL is left out"


async def test_columns_get_names_and_further_rows_their_numbers(shop: str) -> None:
    query = "SELECT id, name FROM customers WHERE phone = :phone ORDER BY id"
    more = "most_rows: 5\n    result: {customer: name, second: 1.name, third: 2.name}"
    assert await ask(query, more=more) == Done({"rows": "2", "customer": "Ann", "second": "O'Neill"})


async def test_nobody_found_is_an_answer_too(shop: str) -> None:
    assert await ask("SELECT name FROM customers WHERE phone = :phone", action(phone="?")) == Done(
        {"rows": "0"}
    )


@pytest.mark.parametrize("said", ["' OR '1'='1", "x'; DROP TABLE customers; --", ":phone", "%", "\\'"])
async def test_what_a_caller_said_is_bound_and_never_pasted_in(shop: str, said: str) -> None:
    found = await ask("SELECT name FROM customers WHERE phone = :phone", action(phone=said))
    assert found == Done({"rows": "0"})
    assert count(shop) == 3


async def test_texts_numbers_and_casts_are_compared_with_columns(shop: str) -> None:
    numbers = "parameters: {n: '{n:number}', good: '{good:boolean}'}"
    query = "SELECT name FROM customers WHERE id = :n AND good = :good AND since < CAST(:day AS DATE)"
    if shop.startswith("sqlite"):
        query = "SELECT name FROM customers WHERE id = :n AND good = :good AND since < :day"
    given = action(n="1", good="yes", day="2021-01-01")
    assert await ask(query, given, numbers) == Done({"rows": "1", "name": "Ann"})
    # A number that comes as text is compared as the column's type.
    assert await ask("SELECT name FROM customers WHERE id = :n", action(n="2")) == Done(
        {"rows": "1", "name": "Bob"}
    )


async def test_no_more_rows_are_read_than_may_be(shop: str) -> None:
    watch = Stopwatch()
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i FROM n"
    assert await ask(many, more="most_rows: 100") == Done({"rows": "100", "i": "1"})
    assert watch.own_s < 4.0


async def test_a_query_that_takes_too_long_ends_with_its_time_and_gives_its_thread_back(shop: str) -> None:
    database = Database(shop, 1)
    watch = Stopwatch()
    with pytest.raises(Away, match=r"interrupted|statement timeout"):
        await asyncio.to_thread(database.rows, FOREVER, {}, 1, 0.3)
    assert watch.own_s < 3.0
    assert await asyncio.to_thread(database.rows, "SELECT 1 AS one", {}, 1, 5.0) == [{"one": 1}]
    database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO customers (id) VALUES (9)",
        "DELETE FROM customers",
        "DROP TABLE customers",
        "WITH gone AS (DELETE FROM customers RETURNING id) SELECT * FROM gone",
        "CREATE TABLE other (id INTEGER)",
    ],
)
def test_whatever_the_query_is_nothing_is_written(shop: str, statement: str) -> None:
    """The file of actions takes no such query; the database would not either."""
    database = Database(shop, 1)
    for query in (statement, f"SELECT 1) AS x; COMMIT; BEGIN; {statement}; SELECT * FROM (SELECT 1"):
        with pytest.raises(Wrong):
            database.rows(query, {}, 1, 5.0)
    database.close()
    assert count(shop) == 3


def test_the_connections_themselves_cannot_write(shop: str) -> None:
    database = Database(shop, 1)
    with pytest.raises(sa.exc.DBAPIError, match=r"read-?only"), database._engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM customers"))
    database.close()
    assert count(shop) == 3


async def test_a_query_that_is_wrong_is_refused_and_tells_no_values(shop: str) -> None:
    wrong = await ask("SELECT nothing FROM customers WHERE phone = :phone")
    assert isinstance(wrong, Refused)
    assert "nothing" in wrong.error
    assert "+441" not in wrong.error


async def test_an_argument_that_the_action_does_not_have_is_told(shop: str) -> None:
    with pytest.raises(Unfilled, match=r"no \{size\}"):
        await ask("SELECT name FROM customers WHERE id = :size")


async def test_a_database_that_is_away_is_tried_later_and_its_password_not_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for url in (
        "postgresql://ann:s3cret@127.0.0.1:9/shop",
        f"sqlite:///{tmp_path}/nowhere.db",
        "mysql://ann:s3cret@127.0.0.1/shop",
        "s3cret",
    ):
        monkeypatch.setenv("SHOP_URL", url)
        result = await ask("SELECT 1")
        assert isinstance(result, Later), url
        assert "s3cret" not in result.error
    assert not (tmp_path / "nowhere.db").exists(), "no file is made"


async def test_a_database_that_comes_back_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "shop.db"
    database = Database(f"sqlite:///{file}", 1)
    with pytest.raises(Away):
        database.rows("SELECT 1 AS one", {}, 1, 5.0)
    engine = open_engine(f"sqlite:///{file}", writes=True)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (id INTEGER)"))
    engine.dispose()
    assert database.rows("SELECT 1 AS one", {}, 1, 5.0) == [{"one": 1}]
    database.close()


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("database: '{secret:shop}'\n    query: DELETE FROM customers", "expected one SELECT"),
        ("database: '{secret:shop}'\n    query: SELECT 1; DROP TABLE x", "expected one SELECT"),
        ("database: '{secret:shop}'\n    query: 'SELECT :Name'", "expected parameters such as"),
        ("database: '{secret:shop}'\n    query: SELECT 1\n    parameters: {n: x}", "the query has no :n"),
        ("database: 'postgresql://ann:pw@host/x'\n    query: SELECT 1", "expected a URL in a secret"),
        ("database: '{secret:nope}'\n    query: SELECT 1", "there is no secret 'nope'"),
    ],
)
def test_a_look_up_that_is_set_up_wrongly_is_told(
    rest: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_URL", "sqlite:////x.db")
    with pytest.raises(InvalidFile) as raised:
        integrations(f"secrets: {{shop: {{env: SHOP_URL}}}}\nactions:\n  order:\n    kind: sql\n    {rest}\n")
    assert told in str(raised.value)


def test_casts_and_times_of_day_are_no_parameters() -> None:
    known = integrations(
        "actions:\n  order:\n    kind: sql\n    database: sqlite:////x.db\n"
        "    query: SELECT a::text, '12:30' FROM t WHERE b = :b AND c = :n AND b2 = :b\n"
        "    parameters: {n: '{count:number}'}\n"
    )
    settings = known.find("shop", "order")
    assert settings
    assert [field.name for field in settings.fields] == ["b", "count"]
