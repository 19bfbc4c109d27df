"""For tests of queues: callers who wait and agents who answer, in a database that is up to date."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from softswitch.events import CallInfo, CallStarted, StateSaved
from softswitch.store import migrate
from softswitch.store.people import agents
from softswitch.store.people.agents import Hired
from softswitch.store.people.people import PeopleStore
from softswitch.store.writer import Records
from softswitch.waiting import Enqueue, LeaveQueue

NUMBER = "+442079460000"


def call_id(name: str) -> str:
    """32 hex digits for a short name."""
    return name.encode().hex().ljust(32, "0")[:32]


@asynccontextmanager
async def store_of(
    url: str, node: str = "first", clock: Callable[[], float] | None = None
) -> AsyncIterator[PeopleStore]:
    migrate.upgrade(url)
    records = Records(url, node)
    records.start()
    store = PeopleStore(url, node, records, clock)
    await store.register()
    try:
        yield store
    finally:
        store.close()
        await records.close()


async def enter(store: PeopleStore, name: str, order: Enqueue, at: float = 100.0) -> None:
    """A call has come in and asks for a person; nobody holds it yet."""
    records = store._records
    await records.record(CallStarted(CallInfo(call_id(name), "", "", "", "", 0.0), "shop", "v1", at))
    await records.record(StateSaved(call_id(name), "ask", "{}", at, waits=order))


async def wait(store: PeopleStore, name: str, order: Enqueue, at: float = 100.0) -> None:
    """The same, held by this store's process."""
    await enter(store, name, order, at)
    assert await store.take({call_id(name): NUMBER})


async def leave(store: PeopleStore, name: str, order: LeaveQueue, at: float = 120.0) -> None:
    await store._records.record(StateSaved(call_id(name), "bye", "{}", at, leaves=order))


def hire(url: str, *names: str, skills: tuple[str, ...] = ()) -> None:
    for name in names:
        agents.add(url, Hired(name, f"sip:{name}@192.0.2.7", skills))
