"""What has been over for long leaves the database, in bits; what is still to be done stays, and its call."""

import pytest
import sqlalchemy as sa
from postgres import database_url, postgres_cluster, postgres_url

from softswitch.app.forgetting import Forgetting
from softswitch.events import CallEnded, CallInfo, Do, EndedBy
from softswitch.news import CallFinished, CallStarted, SessionEvent, StateSaved, TurnFinished
from softswitch.publish.metrics import Metrics
from softswitch.sections.database import Database
from softswitch.store import forgetting, migrate, queries
from softswitch.store.apply import apply
from softswitch.store.engine import transaction
from softswitch.store.outbox import adding
from softswitch.store.outbox.tables import actions
from softswitch.store.tables import turns

__all__ = ["database_url", "postgres_cluster", "postgres_url"]
DAY = 86_400.0
PROMISE = Do("order", (), "order:1", "")


def call(number: int) -> str:
    return f"{number:032x}"


def begun(number: int, at: float, *promised: Do) -> list[SessionEvent]:
    call_id = call(number)
    said = TurnFinished(call_id, 1, "", "", "", 0.0, "", "", 0.0, 0.0, "", at)
    info = CallInfo(call_id, "", "", "", "", at)
    return [CallStarted(info, "shop", "v1", at), said, StateSaved(call_id, "", "{}", at, promised)]


def over(number: int, at: float) -> CallFinished:
    return CallFinished(call(number), CallEnded(16, 200, EndedBy.CALLER), "", at)


def write(url: str, *events: SessionEvent) -> None:
    with transaction(url, writes=True) as connection:
        for event in events:
            adding.prepare(connection, [event])
            apply(connection, event)


def finish(url: str, at: float) -> None:
    """All actions."""
    with transaction(url, writes=True) as connection:
        connection.execute(sa.update(actions).values(state="done", finished_at=at))


def rows(url: str, table: sa.Table) -> int:
    with transaction(url) as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


@pytest.fixture
def url(database_url: str) -> str:
    migrate.upgrade(database_url)
    return database_url


def test_old_calls_go_oldest_first_with_all_that_was_noted_of_them(url: str) -> None:
    for number in range(5):
        at = 100.0 * number
        write(url, *begun(number, at, PROMISE), over(number, at + 10.0))
    finish(url, 50.0)
    assert forgetting.forget_calls(url, 210.0, most=2) == 2
    assert forgetting.forget_calls(url, 210.0, most=2) == 0
    assert sorted(each.call_id for each in queries.list_calls(url)) == [call(2), call(3), call(4)]
    assert (rows(url, turns), rows(url, actions)) == (3, 3)


def test_a_call_that_is_up_or_of_which_something_is_to_be_done_stays(url: str) -> None:
    write(url, *begun(1, 0.0), *begun(2, 0.0, PROMISE), over(2, 10.0))
    assert forgetting.forget_calls(url, 1000.0) == 0
    finish(url, 2000.0)
    assert forgetting.forget_calls(url, 1000.0) == 0, "it was done only now"
    assert forgetting.forget_calls(url, 2001.0) == 1
    assert [each.call_id for each in queries.list_calls(url, live=True)] == [call(1)]


def test_finished_actions_of_no_call_go_and_others_stay(url: str) -> None:
    adding.add(url, "order", {}, "old")
    finish(url, 50.0)
    adding.add(url, "order", {}, "waits")
    assert forgetting.forget_actions(url, 50.0) == 0
    assert forgetting.forget_actions(url, 51.0) == 1
    assert rows(url, actions) == 1


async def test_a_day_goes_through_all_of_it_in_bits(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        write(url, *begun(number, 0.0), over(number, 10.0))
    monkeypatch.setattr(forgetting.forget_calls, "__defaults__", (2,))
    metrics = Metrics()
    await Forgetting(url, Database(keep_calls=DAY), metrics)._once(2 * DAY)
    assert rows(url, turns) == 0
    assert b'softswitch_forgotten_total{what="calls"} 5.0' in metrics.render()
