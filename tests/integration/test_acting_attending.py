"""Promises that callers wait for, on real SQLite and PostgreSQL: the budget, the truth, one effect each."""

import asyncio
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from acting import Receiver, integrations
from postgres import database_url, postgres_cluster, postgres_url
from stopwatch import Stopwatch

from softswitch.actions.action import idempotency_key
from softswitch.app.acting.actor import CallActor
from softswitch.app.acting.lookups import Lookups
from softswitch.app.acting.registry import Means, Registry
from softswitch.app.acting.workers import Workers
from softswitch.events import Acted, Await, CallInfo, Do
from softswitch.news import CallStarted, StateSaved
from softswitch.session.awaiting import Awaiting
from softswitch.store import migrate
from softswitch.store.outbox import adding, looking
from softswitch.store.outbox.looking import Entry, Filter
from softswitch.store.outbox.outbox import Outbox
from softswitch.store.writer import Records

__all__ = ["database_url", "postgres_cluster", "postgres_url"]
ACTING = Path(__file__).parents[1] / "acting.py"
RESULT = ", result: {order_number: order.number}"
QUICK = ", retry: {first: 200ms, last: 400ms, give_up_after: 10s}"


def file(receiver: Receiver, extra: str = RESULT + QUICK) -> str:
    return (
        "hosts: 127.0.0.1\nactions:\n"
        f"  order: {{kind: http, url: '{receiver.url}/orders/{{n}}', json: {{n: '{{n}}'}}{extra}}}\n"
    )


class Caller:
    """A call that promises, and waits as a session does."""

    def __init__(self, records: Records, actor: CallActor) -> None:
        self.call_id = uuid.uuid4().hex
        self._records = records
        self._awaiting = Awaiting(self.call_id, "shop", actor)

    async def begin(self) -> None:
        info = CallInfo(self.call_id, "", "", "", "", time.time())
        await self._records.submit(CallStarted(info, "shop", "1", time.time()))

    async def promise(
        self, name: str = "order", order: str = "", n: str = "1", key: str = "placing:1"
    ) -> None:
        do = Do(name, (("n", n),), key, order)
        await self._records.submit(StateSaved(self.call_id, "placing", "{}", time.time(), (do,)))

    async def hear(self, within: float = 5.0, name: str = "order", key: str = "placing:1") -> Acted:
        """What he is told."""
        self._awaiting.begin(Await(key, name, (), within, False))
        while (acted := self._awaiting.take()) is None:
            await asyncio.sleep(0.005)
        return acted


@asynccontextmanager
async def node(url: str, text: str, name: str = "first") -> AsyncIterator[tuple[Records, CallActor]]:
    records = Records(url)
    records.start()
    registry = Registry(Means(integrations(text)))
    workers = Workers(Outbox(url, name, records), registry)
    records.on_promise = workers.wake
    running = asyncio.create_task(workers.run())
    try:
        yield records, CallActor(workers, Lookups(registry))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await workers.close()
        await records.close()


def entries(url: str) -> list[Entry]:
    return looking.listed(url, Filter(), 1000)[::-1]


async def settled(url: str, states: set[str], seconds: float = 15.0) -> None:
    watch = Stopwatch()
    while {entry.state for entry in await asyncio.to_thread(entries, url)} != states:
        assert watch.own_s < seconds
        await asyncio.sleep(0.05)


def started(url: str, path: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, str(ACTING), url, "doomed", str(path)]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert worker.stdout
    worker.stdout.readline()
    return worker


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as found:
        found.answers = lambda path, n: (200, {}, b'{"order": {"number": 17}}')
        yield found


@pytest.fixture
def url(database_url: str) -> str:
    migrate.upgrade(database_url)
    return database_url


async def test_what_is_done_in_time_is_told_as_done_with_its_result(url: str, receiver: Receiver) -> None:
    async with node(url, file(receiver)) as (records, actor):
        caller = Caller(records, actor)
        await caller.begin()
        await caller.promise()
        watch = Stopwatch()
        acted = await caller.hear()
        assert (acted.outcome, acted.result, acted.key) == ("done", {"order_number": "17"}, "placing:1")
        assert watch.own_s < 1.0
        # After a crash it is asked again, and nothing is done again.
        assert (await caller.hear()).result == {"order_number": "17"}
        assert actor.told == {("order", "done"): 2}
    assert receiver.effects == {"/orders/1": 1}


async def test_when_the_time_is_over_it_is_noted_and_done_once_later(url: str, receiver: Receiver) -> None:
    receiver.delay_s = 0.6
    async with node(url, file(receiver)) as (records, actor):
        caller = Caller(records, actor)
        await caller.begin()
        await caller.promise()
        watch = Stopwatch()
        assert (await caller.hear(within=0.2)).outcome == "noted"
        assert watch.passed_s > 0.15 and watch.own_s < 0.5
        await settled(url, {"done"})
        assert (await caller.hear()).outcome == "done"
    assert receiver.effects == {"/orders/1": 1}
    assert len(receiver.requests) == 1


async def test_what_can_never_be_done_is_refused_and_what_fails_is_noted_at_once(
    url: str, receiver: Receiver
) -> None:
    receiver.answers = lambda path, n: (422 if path.endswith("/2") else 503 if n < 1 else 200, {}, b"{}")
    async with node(url, file(receiver)) as (records, actor):
        caller = Caller(records, actor)
        await caller.begin()
        await caller.promise(n="1", key="placing:1")
        watch = Stopwatch()
        assert (await caller.hear(key="placing:1")).outcome == "noted"
        assert watch.own_s < 1.0
        await caller.promise(n="2", key="placing:2")
        assert (await caller.hear(key="placing:2")).outcome == "refused"
        await settled(url, {"done", "dead"})
        assert (await caller.hear(key="placing:2")).outcome == "refused"
    assert receiver.effects == {"/orders/1": 1}


async def test_who_waits_goes_before_those_that_nobody_waits_for(url: str, receiver: Receiver) -> None:
    for number in range(40):
        adding.add(url, "order", {"n": f"1{number}"}, f"order:{number}")
    receiver.delay_s = 0.1
    async with node(url, file(receiver, RESULT + ", at_once: 2")) as (records, actor):
        caller = Caller(records, actor)
        await caller.begin()
        await caller.promise()
        assert (await caller.hear()).outcome == "done"
        assert len(receiver.requests) < 15


async def test_what_waits_behind_another_of_its_customer_is_noted(url: str, receiver: Receiver) -> None:
    receiver.delay_s = 0.5
    adding.add(url, "order", {"n": "9"}, "before", order_key="customer 1")
    async with node(url, file(receiver)) as (records, actor):
        caller = Caller(records, actor)
        await caller.begin()
        await caller.promise(order="customer 1")
        assert (await caller.hear(within=0.2)).outcome == "noted"
        await settled(url, {"done"})
    assert [each["path"] for each in receiver.requests] == ["/orders/9", "/orders/1"]


async def test_what_nothing_is_configured_for_is_noted_at_once(url: str, receiver: Receiver) -> None:
    async with node(url, file(receiver)) as (records, actor):
        caller = Caller(records, actor)
        await caller.begin()
        await caller.promise(name="unknown")
        watch = Stopwatch()
        assert (await caller.hear(name="unknown")).outcome == "noted"
        assert watch.own_s < 0.5


async def test_who_hangs_up_has_his_promise_kept(url: str, receiver: Receiver) -> None:
    receiver.delay_s = 0.2
    async with node(url, file(receiver)) as (records, actor):
        caller = Caller(records, actor)
        await caller.begin()
        await caller.promise()
        waiting = asyncio.create_task(caller.hear())
        await asyncio.sleep(0.1)
        caller._awaiting.cancel()
        waiting.cancel()
        await settled(url, {"done"})
    assert receiver.effects == {"/orders/1": 1}


@pytest.mark.slow
async def test_a_process_killed_between_promise_and_effect_is_told_by_the_next_one(
    url: str, receiver: Receiver, tmp_path: Path
) -> None:
    """Whoever claimed it dies while the other side thinks; the call goes on elsewhere, and asks again."""
    receiver.delay_s = 1.0
    path = tmp_path / "actions.yaml"
    path.write_text(file(receiver))
    records = Records(url)
    records.start()
    worker = await asyncio.to_thread(started, url, path)
    caller = Caller(records, CallActor(None, None))  # type: ignore[arg-type]
    await caller.begin()
    await caller.promise()
    while not receiver.requests:
        await asyncio.sleep(0.02)
    worker.kill()
    await asyncio.to_thread(worker.communicate)
    await records.close()
    receiver.delay_s = 0.0
    async with node(url, file(receiver), "second") as (second, actor):
        later = Caller(second, actor)
        later.call_id = caller.call_id
        later._awaiting = Awaiting(caller.call_id, "shop", actor)
        assert (await later.hear(within=9.0)).outcome == "done"
    assert receiver.effects == {"/orders/1": 1}
    keys = {each["headers"]["idempotency-key"] for each in receiver.requests}
    assert keys == {idempotency_key(caller.call_id, "placing:1")}
