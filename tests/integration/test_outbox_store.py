"""The outbox on real SQLite and PostgreSQL: claimed once, finished once, in order, freed from the dead."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa
from figures.queue_work import fill
from postgres import database_url, postgres_cluster, postgres_url

from softswitch.actions.action import Action
from softswitch.events import CallInfo, Do
from softswitch.news import ActionEnded, CallStarted, StateSaved
from softswitch.store import migrate
from softswitch.store.engine import open_engine, transaction
from softswitch.store.messages import Waiting
from softswitch.store.outbox import adding, changing, looking, ordering
from softswitch.store.outbox.claiming import TAKEN_OVER, Outcome
from softswitch.store.outbox.looking import Filter
from softswitch.store.outbox.outbox import Outbox
from softswitch.store.outbox.tables import actions
from softswitch.store.tables import messages
from softswitch.store.writer import Records

__all__ = ["database_url", "postgres_cluster", "postgres_url"]
CALL = "a" * 32


@asynccontextmanager
async def outbox_of(
    url: str, node: str = "first", clock: Callable[[], float] | None = None
) -> AsyncIterator[Outbox]:
    migrate.upgrade(url)
    records = Records(url)
    records.start()
    outbox = Outbox(url, node, records, clock)
    await outbox.register()
    try:
        yield outbox
    finally:
        await outbox.close()
        await records.close()


def add(url: str, count: int = 1, order_key: str = "", name: str = "note") -> None:
    for number in range(count):
        assert adding.add(url, name, {"n": str(number)}, f"{name}:{order_key}:{number}", order_key=order_key)


def states(url: str) -> Counter[str]:
    return Counter(entry.state for entry in looking.listed(url, Filter(), 1000))


def done(claimed: list[Action]) -> list[Outcome]:
    return [Outcome(action, "done", "log", result={"n": 1}) for action in claimed]


def numbers(claimed: list[Action]) -> list[str]:
    return [action.arguments["n"] for action in claimed]


async def test_what_a_turn_promises_is_claimed_with_its_key_and_finished(database_url: str) -> None:
    async with outbox_of(database_url) as outbox:
        promised: list[Action] = []
        told = asyncio.Event()
        records = outbox._access.records
        records.on_promise = told.set
        await records.record(CallStarted(CallInfo(CALL, "", "", "", "", 0.0), "shop", "v1", 100.0))
        do = Do("note", (("item", "paper"),), "place:1", "7")
        for _ in range(2):  # recorded twice is promised once
            await records.record(StateSaved(CALL, "place", "{}", 100.0, (do,)))
        assert told.is_set()
        assert await outbox.due(["other", "note"]) == ["note"]
        promised = await outbox.claim("note", 20)
        (action,) = promised
        assert (action.call_id, action.plan, action.arguments) == (CALL, "shop", {"item": "paper"})
        assert (action.attempts, action.order_key, len(action.idempotency_key)) == (1, "7", 32)
        assert await outbox.claim("note", 20) == []
        assert await outbox.finish(done(promised)) == 0
    (entry,) = looking.listed(database_url, Filter(call="aaaa"), 10)
    assert (entry.state, entry.result, entry.kind) == ("done", {"n": 1}, "log")
    assert entry.finished_at


async def test_an_action_without_a_call_is_asked_for_once(database_url: str) -> None:
    migrate.upgrade(database_url)
    assert adding.add(database_url, "note", {}, "nightly:2026-11-22")
    assert not adding.add(database_url, "note", {}, "nightly:2026-11-22")
    assert states(database_url) == {"queued": 1}


async def test_one_that_is_scheduled_waits_for_its_time(database_url: str) -> None:
    now = 1000.0
    async with outbox_of(database_url, clock=lambda: now) as outbox:
        adding.add(database_url, "note", {}, "later", run_at=1060.0)
        assert await outbox.due(["note"]) == []
        assert await outbox.claim("note", 20) == []
        now = 1060.5
        assert await outbox.due(["note"]) == ["note"]
        assert len(await outbox.claim("note", 20)) == 1


async def test_two_nodes_that_race_never_get_one_action_twice(database_url: str) -> None:
    async with outbox_of(database_url) as first, outbox_of(database_url, "second") as second:
        add(database_url, 120)

        async def work(outbox: Outbox) -> list[int]:
            got = []
            while claimed := await outbox.claim("note", 7):
                got += [action.id for action in claimed]
                assert await outbox.finish(done(claimed)) == 0
            return got

        shares = await asyncio.gather(work(first), work(first), work(second), work(second))
    got = [number for share in shares for number in share]
    assert len(got) == len(set(got)) == 120
    assert states(database_url) == {"done": 120}


async def test_of_an_order_key_only_the_oldest_unfinished_can_be_claimed(database_url: str) -> None:
    async with outbox_of(database_url) as outbox:
        add(database_url, 3, order_key="7")
        add(database_url, 2, order_key="8")
        first = await outbox.claim("note", 20)
        assert [(a.order_key, a.arguments["n"]) for a in first] == [("7", "0"), ("8", "0")]
        await outbox.finish([Outcome(first[0], "failed", error="503", wait_s=0.0), *done(first[1:])])
        again = await outbox.claim("note", 20)
        assert [(a.order_key, a.arguments["n"], a.attempts) for a in again] == [
            ("7", "0", 2),
            ("8", "1", 1),
        ] or [(a.order_key, a.arguments["n"], a.attempts) for a in again] == [("8", "1", 1), ("7", "0", 2)]
        of_seven = next(a for a in again if a.order_key == "7")
        await outbox.finish([Outcome(of_seven, "dead", error="gone")])
        assert numbers(await outbox.claim("note", 20)) == ["1"]


async def test_cancelling_the_first_of_a_key_lets_the_next_go(database_url: str) -> None:
    async with outbox_of(database_url) as outbox:
        add(database_url, 3, order_key="7")
        first, second, third = changing.found(database_url, Filter(order_key="7"), ["queued"])
        assert sum(changing.cancel(database_url, [first])) == 1
        assert [action.id for action in await outbox.claim("note", 20)] == [second]
        assert sum(changing.cancel(database_url, [second])) == 0, "it is under way"
        assert sum(changing.retry(database_url, [first])) == 1
        assert await outbox.claim("note", 20) == [], "the one under way is not joined by the one tried again"
        assert looking.show(database_url, third).blocked


async def test_promises_of_one_key_made_at_once_by_many_stand_in_one_row(database_url: str) -> None:
    async with outbox_of(database_url) as outbox:
        add_ = asyncio.to_thread
        made = (
            add_(adding.add, database_url, "note", {"n": str(n)}, f"k{n}", order_key=str(n % 3))
            for n in range(30)
        )

        async def work() -> int:
            got = 0
            while got < 30:
                claimed = await outbox.claim("note", 20)
                keys = Counter(action.order_key for action in claimed)
                assert max(keys.values(), default=0) <= 1
                await outbox.finish(done(claimed))
                got += len(claimed)
            return got

        async with asyncio.timeout(20):
            assert (await asyncio.gather(work(), *made))[0] == 30


async def test_a_failure_waits_as_long_as_it_was_told(database_url: str) -> None:
    now = 1000.0
    async with outbox_of(database_url, clock=lambda: now) as outbox:
        add(database_url)
        claimed = await outbox.claim("note", 20)
        await outbox.finish([Outcome(claimed[0], "failed", "http", "503", wait_s=30.0)])
        entry = looking.show(database_url, claimed[0].id)
        assert (entry.state, entry.error, entry.failed_at, entry.run_at) == ("failed", "503", 1000.0, 1030.0)
        now = 1029.0
        assert await outbox.claim("note", 20) == []
        now = 1031.0
        assert [action.attempts for action in await outbox.claim("note", 20)] == [2]


async def test_a_clock_that_goes_back_costs_one_more_wait_and_no_longer(database_url: str) -> None:
    now = 100_000.0
    async with outbox_of(database_url, clock=lambda: now) as outbox:
        add(database_url, 2)
        first, second = await outbox.claim("note", 20)
        await outbox.finish([Outcome(first, "failed", wait_s=30.0)])
        assert await outbox.rebase() == 0
        now -= 3600.0
        assert await outbox.rebase() == 1
        await outbox.finish([Outcome(second, "failed", wait_s=5.0)])
        now += 31.0
        assert len(await outbox.claim("note", 20)) == 2
        assert await outbox.rebase() == 0


async def test_no_clock_stands_between_a_promise_and_its_first_attempt(database_url: str) -> None:
    async with outbox_of(database_url, clock=lambda: 0.5) as outbox:
        add(database_url)
        assert len(await outbox.claim("note", 20)) == 1


async def test_what_a_dead_worker_held_is_freed_and_what_it_says_later_does_not_count(
    database_url: str,
) -> None:
    async with outbox_of(database_url) as dead, outbox_of(database_url, "second") as heir:
        add(database_url, 2)
        claimed = await dead.claim("note", 1)
        ((holder, beat),) = await heir.others()
        assert (holder, beat) == (dead.holder, 0)
        assert await dead.beat()
        assert (await heir.others())[0].beat == 1
        assert await heir.take_over(dead.holder) == 1
        assert looking.show(database_url, claimed[0].id).error == TAKEN_OVER
        assert await dead.finish(done(claimed)) == 1, "it was taken away"
        assert not await dead.beat()
        assert await dead.claim("note", 20) == [], "nobody who is taken for dead may claim"
        assert sorted(action.attempts for action in await heir.claim("note", 20)) == [1, 2]
        await dead.register()
        add(database_url, 1, name="other")
        assert len(await dead.claim("other", 20)) == 1


async def test_what_a_process_says_of_an_attempt_that_was_taken_away_does_not_count_for_its_next(
    database_url: str,
) -> None:
    async with outbox_of(database_url) as mine, outbox_of(database_url, "second") as heir:
        add(database_url)
        first = await mine.claim("note", 1)
        assert await heir.take_over(mine.holder) == 1
        await mine.register()
        (second,) = await mine.claim("note", 1)
        assert await mine.finish(done(first)) == 1, "that attempt was taken away"
        assert looking.show(database_url, second.id).state == "running"
        assert await mine.finish(done([second])) == 0


async def test_what_is_over_is_told_with_it_and_what_was_taken_away_is_not(database_url: str) -> None:
    migrate.upgrade(database_url)
    add(database_url, 3)
    records = Records(database_url, "first", encode=lambda event, node: (node, event.error))  # type: ignore[union-attr]
    records.start()
    written: list[Waiting] = []
    records.on_messages = written.extend
    outbox = Outbox(database_url, "first", records, tells=told)
    await outbox.register()
    one, two, three = await outbox.claim("note", 3)
    with transaction(database_url, writes=True) as connection:
        away = sa.update(actions).where(actions.c.id == two.id)
        connection.execute(away.values(leased_by="other", attempts=2))
    over = [
        Outcome(one, "dead", error="gone"),
        Outcome(two, "dead", error="late"),
        Outcome(three, "failed", wait_s=9.0),
    ]
    assert await outbox.finish(over) == 1
    with transaction(database_url) as connection:
        assert connection.scalars(sa.select(messages.c.payload)).all() == ["gone"]
    assert [each.payload for each in written] == ["gone"]
    await outbox.close()
    await records.close()


def told(outcome: Outcome) -> ActionEnded:
    action = outcome.action
    return ActionEnded(action.id, action.name, "", "", outcome.state, 1, outcome.error, 0.0)


async def test_dead_actions_are_tried_again_and_finished_ones_purged(database_url: str) -> None:
    async with outbox_of(database_url) as outbox:
        fill(database_url, 1200)
        while claimed := await outbox.claim("note", 500):
            await outbox.finish([Outcome(action, "dead", error="gone") for action in claimed])
        dead = changing.found(database_url, Filter(states=("dead",)), changing.RETRIED)
        assert list(changing.retry(database_url, dead[:1000])) == [500, 500]
        assert (await outbox.counts()).states == {"queued": 1000, "running": 0, "failed": 0, "dead": 200}
        assert (await outbox.counts()).oldest_s >= 0
        purged = changing.found(database_url, Filter(), changing.PURGED)
        assert sum(changing.purge(database_url, purged)) == 200
    assert looking.by_name(database_url) == {"note": {"queued": 1000}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "lost"},
        {"state": "running"},
        {"state": "done"},
        {"state": "failed"},
        {"leased_by": "somebody"},
        {"finished_at": 1.0},
        {"state": "dead", "finished_at": 1.0, "blocked": True},
    ],
    ids=str,
)
def test_no_state_is_without_what_belongs_to_it(database_url: str, wrong: dict[str, object]) -> None:
    migrate.upgrade(database_url)
    add(database_url)
    with pytest.raises(sa.exc.IntegrityError), transaction(database_url, writes=True) as connection:
        connection.execute(sa.update(actions).values(wrong))


def test_old_promises_get_keys_plans_and_their_order(database_url: str) -> None:
    migrate.upgrade(database_url, "0004")
    engine = open_engine(database_url, writes=True)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO calls (call_id, plan, started_at) VALUES ('{CALL}', 'shop', 1.0)"
        )
        for number, order in enumerate(["7", "7", "", "8", ""]):
            connection.exec_driver_sql(
                "INSERT INTO actions (call_id, key, name, arguments, order_key, promised_at) "
                f"VALUES ('{CALL}', 'k{number}', 'note', '{{}}', '{order}', 1.0)"
            )
    engine.dispose()
    migrate.upgrade(database_url)
    entries = looking.listed(database_url, Filter(), 10)[::-1]
    assert [entry.blocked for entry in entries] == [False, True, False, False, False]
    assert {entry.plan for entry in entries} == {"shop"}
    assert len({entry.idempotency_key for entry in entries}) == 5


async def test_no_transaction_locks_order_keys_twice(postgres_url: str) -> None:
    """Or two of them could wait for each other: what turns promise, and what became of actions."""
    migrate.upgrade(postgres_url)
    records = Records(postgres_url, encode=lambda event, node: None)
    records.start()
    outbox = Outbox(postgres_url, "first", records, tells=told)
    await outbox.register()
    await records.record(CallStarted(CallInfo(CALL, "", "", "", "", 0.0), "shop", "v1", 100.0))
    add(postgres_url, order_key="finished")
    claimed, busy = await outbox.claim("note", 1), threading.Event()
    with open_engine(postgres_url).begin() as other:
        ordering.lock(other, ["finished"])
        both = [asyncio.ensure_future(records.execute(lambda connection: busy.wait(5.0)))]
        await asyncio.sleep(0.1)
        promise = Do("note", (), "key", "promised")
        both.append(await records.submit(StateSaved(CALL, "step", "{}", 1.0, (promise,))))
        both.append(asyncio.ensure_future(outbox.finish(done(claimed))))
        await asyncio.sleep(0.1)
        busy.set()
        await asyncio.wait(both[1:], timeout=0.5, return_when=asyncio.FIRST_COMPLETED)
        other.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
        ordering.lock(other, ["promised"])
    assert await asyncio.gather(*both) == [True, None, 0]
    await outbox.close()
    await records.close()
