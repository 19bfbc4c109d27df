"""Jobs on real SQLite and PostgreSQL: each time once, however many nodes there are, restart and jump."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from acting import integrations, working
from postgres import database_url, postgres_cluster, postgres_url

from softswitch.actions.jobs import Job
from softswitch.app.acting.jobs import Scheduler
from softswitch.errors import InvalidFile
from softswitch.store import migrate
from softswitch.store.outbox import adding, looking, scheduling
from softswitch.store.outbox.looking import Entry, Filter
from softswitch.store.outbox.outbox import Outbox
from softswitch.store.writer import Records

__all__ = ["database_url", "postgres_cluster", "postgres_url"]
NOON = 1_900_000_800.0 // 86_400 * 86_400 + 43_200
"""Of a day to come: what is promised is promised before."""
HOURLY = Job.model_validate({"action": "sweep", "arguments": {"what": "floor"}, "every": "1h"})


@pytest.fixture
def url(database_url: str) -> str:
    migrate.upgrade(database_url)
    return database_url


class Clock:
    """The database's, and this machine's."""

    now = NOON

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def node(url: str, clock: Callable[[], float], job: Job = HOURLY) -> AsyncIterator[Scheduler]:
    records = Records(url)
    records.start()
    outbox = Outbox(url, "node", records, clock)
    try:
        yield Scheduler(outbox, lambda: {"sweeping": job}, lambda: None, clock)
    finally:
        await outbox.close()
        await records.close()


def entries(url: str) -> list[Entry]:
    return looking.listed(url, Filter(), 1000)[::-1]


async def test_each_time_is_promised_once_by_many_nodes(url: str) -> None:
    clock = Clock()
    async with node(url, clock) as first, node(url, clock) as second, node(url, clock) as third:
        nodes = (first, second, third)
        for minutes in range(0, 301, 20):
            clock.now = NOON + minutes * 60
            await asyncio.gather(*(each.look() for each in nodes))
    found = entries(url)
    assert [entry.key for entry in found] == [f"job:sweeping:{NOON + 3600 * n:.0f}" for n in range(1, 6)]
    assert {(entry.name, entry.arguments["what"], entry.call_id) for entry in found} == {
        ("sweep", "floor", None)
    }
    assert [entry.promised_at for entry in found] == [NOON + 3600 * n for n in range(1, 6)]


async def test_a_restart_does_nothing_again_and_what_was_missed_once(url: str) -> None:
    clock = Clock()
    for minutes in (0, 61, 62, 63):
        clock.now = NOON + minutes * 60
        async with node(url, clock) as only:
            await only.look()
    assert len(entries(url)) == 1
    clock.now = NOON + 10 * 3600 + 600
    async with node(url, clock) as only:
        await only.look()
        await only.look()
    assert [entry.key for entry in entries(url)][1:] == [f"job:sweeping:{NOON + 36000:.0f}"]
    clock.now = NOON + 20 * 3600 + 600
    async with node(url, clock, HOURLY.model_copy(update={"missed": "skip"})) as only:
        await only.look()
    assert len(entries(url)) == 2
    assert scheduling.done(url) == {"sweeping": NOON + 20 * 3600}


async def test_clocks_that_jump_do_nothing_twice_and_stop_nothing(url: str) -> None:
    clock = Clock()
    async with node(url, clock) as only:
        for hours in (0, 1, 49, 2, 3, 49, 50):
            clock.now = NOON + hours * 3600 + 5
            await only.look()
    promised = [int((float(entry.key.rpartition(":")[2]) - NOON) / 3600) for entry in entries(url)]
    assert promised == [1, 49, 2, 3, 50]


async def test_a_node_that_is_ahead_of_the_database_asks_until_that_agrees(url: str) -> None:
    database, machine = Clock(), Clock()
    async with node(url, database) as only:
        await only.look()
        only._clock = machine
        machine.now, database.now = NOON + 3600, NOON + 3598
        await only.look()
        assert entries(url) == []
        database.now = NOON + 3601
        await only.look()
        assert len(entries(url)) == 1


async def test_the_workers_do_what_is_due(url: str) -> None:
    text = "actions:\n  sweep: {kind: log}\njobs:\n  sweeping: {action: sweep, every: 1s}\n"
    async with working(url, integrations(text)):
        for _ in range(100):
            await asyncio.sleep(0.1)
            if [entry for entry in entries(url) if entry.state == "done"]:
                break
    found = entries(url)
    assert found
    assert len({entry.key for entry in found}) == len(found)


async def test_an_action_for_later_is_done_then_and_does_not_count_as_waiting(url: str) -> None:
    clock = Clock()
    adding.add(url, "sweep", {}, "later", run_at=NOON + 600)
    records = Records(url)
    records.start()
    outbox = Outbox(url, "node", records, clock)
    await outbox.register()
    assert await outbox.claim("sweep", 10) == []
    assert (await outbox.counts()).oldest_s == 0.0
    clock.now = NOON + 660
    assert (await outbox.counts()).oldest_s == pytest.approx(60.0)
    (action,) = await outbox.claim("sweep", 10)
    assert action.run_at == NOON + 600
    await outbox.close()
    await records.close()


def test_jobs_that_nothing_does_are_told() -> None:
    with pytest.raises(InvalidFile, match="there is no action 'swep'; did you mean 'sweep'"):
        integrations("actions:\n  sweep: {kind: log}\njobs:\n  j: {action: swep, every: 1h}\n")
    text = "hosts: a.example.com\nactions:\n  s: {kind: http, url: 'https://a.example.com/{n}'}\n"
    with pytest.raises(InvalidFile, match=r"'s' asks for \{n\}, which is not among the job's arguments"):
        integrations(text + "jobs:\n  j: {action: s, every: 1h}\n")
    integrations(text + "jobs:\n  j: {action: s, every: 1h, arguments: {n: '1'}}\n")
