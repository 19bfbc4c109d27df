"""What is asked of the records, on real SQLite and PostgreSQL: resuming, orphans, lists, following."""

from dataclasses import replace

import pytest
from postgres import database_url, postgres_cluster, postgres_url

from softswitch.errors import SoftswitchError
from softswitch.events import CallEnded, CallInfo, Do, EndedBy
from softswitch.news import CallAnswered, CallFinished, CallStarted, SessionEvent, StateSaved, TurnFinished
from softswitch.store import migrate, queries
from softswitch.store.apply import apply
from softswitch.store.engine import open_engine, transaction
from softswitch.store.following import Tail
from softswitch.store.outbox.tables import actions

__all__ = ["database_url", "postgres_cluster", "postgres_url"]

A, B, C = "a" * 32, "ab" + "0" * 30, "c" * 32


def info(call_id: str, at: float) -> CallInfo:
    return CallInfo(call_id, f"{call_id}@host", "sip:ann@host", "sip:shop@host", "192.0.2.1:5060", at)


def turn(call_id: str, number: int) -> TurnFinished:
    return TurnFinished(
        call_id, number, "menu", "speech", "hello", 0.9, "", "Hi.", 1.0, 1.0, "Hi.", 101.0, {"total": 300.0}
    )


def write(url: str, *events: SessionEvent) -> None:
    with transaction(url, writes=True) as connection:
        for event in events:
            apply(connection, event)


@pytest.fixture
def url(database_url: str) -> str:
    """Three calls: A in conversation, B just begun, C over."""
    migrate.upgrade(database_url)
    write(
        database_url,
        *(CallStarted(info(call_id, at), "reception", "v7", at) for call_id, at in ((A, 1), (B, 2), (C, 3))),
        CallAnswered(A, "PCMA", 1.5),
        turn(A, 1),
        turn(A, 2),
        StateSaved(A, "order", '{"digits": "12"}', 9.0),
        turn(C, 1),
        CallFinished(C, CallEnded(16, 200, EndedBy.CALLER), "bye", 30.0),
    )
    return database_url


def test_live_calls_hold_what_a_session_needs_to_go_on(url: str) -> None:
    first, second = queries.live_calls(url)
    assert first == queries.LiveCall(
        info(A, 1.0), "reception", "v7", "order", '{"digits": "12"}', 3, 1.5, "PCMA"
    )
    assert (second.info, second.state, second.next_turn, second.answered_at) == (info(B, 2.0), "", 1, None)


def test_a_node_takes_up_only_its_own_calls(url: str) -> None:
    with transaction(url, writes=True) as connection:
        apply(connection, CallStarted(info("d" * 32, 4.0), "reception", "v7", 4.0), "other")
    assert [call.info.call_id for call in queries.live_calls(url, "other")] == ["d" * 32]
    assert "d" * 32 not in [call.info.call_id for call in queries.live_calls(url)]


def test_calls_are_listed_newest_first_and_can_be_narrowed(url: str) -> None:
    assert [(call.call_id, call.turns) for call in queries.list_calls(url)] == [(C, 1), (B, 0), (A, 2)]
    assert [call.call_id for call in queries.list_calls(url, limit=1)] == [C]
    assert [call.call_id for call in queries.list_calls(url, since=2.0)] == [C, B]
    assert [call.call_id for call in queries.list_calls(url, live=True)] == [B, A]


def test_a_call_is_found_by_any_beginning_that_is_its_own(url: str) -> None:
    history = queries.show_call(url, "AA")
    assert history.call.call_id == A
    assert history.turns == (turn(A, 1), turn(A, 2))
    with pytest.raises(SoftswitchError, match="Several calls begin with a"):
        queries.show_call(url, "a")
    with pytest.raises(SoftswitchError, match="no call %"):
        queries.show_call(url, "%")


def test_a_follower_sees_the_last_turns_then_each_new_one_once(url: str) -> None:
    tail = Tail(url, last=2)
    assert tail.new() == [turn(A, 2), turn(C, 1)]
    assert tail.new() == []
    write(url, turn(B, 1), turn(B, 2))
    assert tail.new() == [turn(B, 1), turn(B, 2)]
    assert tail.new() == []


def test_a_follower_of_nothing_sees_the_first_turn(database_url: str) -> None:
    migrate.upgrade(database_url)
    tail = Tail(database_url, last=0)
    assert tail.new() == []
    write(database_url, CallStarted(info(A, 1.0), "reception", "v7", 1.0), turn(A, 1))
    assert tail.new() == [turn(A, 1)]


def test_a_follower_sees_a_turn_that_was_committed_later_than_its_successor(url: str) -> None:
    """Two nodes on one PostgreSQL: the numbers are given before the commits."""
    tail = Tail(url, last=0)
    tail.new()
    with transaction(url, writes=True) as connection:
        apply(connection, turn(A, 3))
        apply(connection, turn(A, 4))
        connection.exec_driver_sql("DELETE FROM turns WHERE number = 3")
    assert tail.new() == [turn(A, 4)]
    with transaction(url, writes=True) as connection:
        late = connection.exec_driver_sql("SELECT max(id) - 1 FROM turns").scalar_one()
        apply(connection, turn(A, 3))
        connection.exec_driver_sql(f"UPDATE turns SET id = {late} WHERE number = 3")
    assert tail.new() == [turn(A, 3)]
    assert tail.new() == []


def test_the_live_calls_are_found_by_their_index(url: str) -> None:
    with transaction(url) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = "EXPLAIN"
        else:
            plan = "EXPLAIN QUERY PLAN"
        query = "SELECT call_id FROM calls WHERE ended_at IS NULL AND node = 'a' ORDER BY started_at"
        assert "calls_live" in str(connection.exec_driver_sql(f"{plan} {query}").all())


def test_a_database_that_was_not_set_up_is_said_in_one_sentence(database_url: str) -> None:
    with pytest.raises(SoftswitchError, match=r"softswitch db (upgrade|check)") as raised:
        queries.list_calls(database_url)
    assert "\n" not in str(raised.value)


def test_what_was_promised_is_kept_with_the_state_once(url: str) -> None:
    call_id = "d" * 32
    place = Do("place_order", (("item", "paper"), ("quantity", "5")), "place:1", "+441")
    saved = StateSaved(call_id, "thanks", "{}", 5.0, promised=(place,))
    write(url, CallStarted(info(call_id, 1.0), "shop", "v1", 1.0), saved, saved)
    engine = open_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(actions.select()).mappings().all()
    engine.dispose()
    assert [(row["name"], row["arguments"], row["order_key"]) for row in rows] == [
        ("place_order", {"item": "paper", "quantity": "5"}, "+441")
    ]


def test_the_latest_of_what_is_remembered_of_a_caller_holds(url: str) -> None:
    call_id = "d" * 32

    def saved(at: float, value: str) -> StateSaved:
        return StateSaved(call_id, "", "{}", at, remembered=(("name", value),), caller="+441")

    write(url, CallStarted(info(call_id, 1.0), "shop", "v1", 1.0), saved(9.0, "Ann"), saved(5.0, "Bob"))
    assert queries.remembered(url, "shop", "+441") == {"name": "Ann"}
    assert queries.remembered(url, "other", "+441") == queries.remembered(url, "shop", "+442") == {}
    assert queries.forget_callers(url, 9.0) == 0
    assert queries.forget_callers(url, 9.5) == 1
    assert queries.remembered(url, "shop", "+441") == {}


def test_the_ways_of_callers_are_counted_step_by_step(url: str) -> None:
    call_id = "d" * 32
    first = replace(turn(call_id, 1), step="", path=("greeting",))
    second = replace(turn(call_id, 2), step="greeting", path=("hours", "else"))
    third = replace(turn(call_id, 3), step="else", path=("hours", "else"))
    write(url, CallStarted(info(call_id, 1.0), "shop", "v1", 1.0), first, second, third)
    assert queries.ways(url, "shop") == {
        ("greeting", "hours"): 1, ("hours", "else"): 2, ("else", "hours"): 1
    }  # fmt: skip
    assert queries.ways(url, "shop", "v2") == {}
