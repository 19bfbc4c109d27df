"""For tests of queues: callers who wait and agents who answer, in a database that is up to date."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from fakes import FakeLine
from stopwatch import Stopwatch

from softswitch.app.dialing.outcome import Report
from softswitch.app.outbound import Nothing
from softswitch.app.people.distributor import Distributor
from softswitch.app.people.legs import Legs
from softswitch.config import Config
from softswitch.events import BridgeChanged, CallConfirmed, CallInfo, CallProgress, LegEvent, Say
from softswitch.gateway.messages import Hangup, Originate
from softswitch.news import CallStarted, StateSaved
from softswitch.people.parties import Agent
from softswitch.sections.database import Database
from softswitch.sections.queues import Queue
from softswitch.store import migrate
from softswitch.store.engine import transaction
from softswitch.store.people import agents
from softswitch.store.people.agents import Hired
from softswitch.store.people.people import PeopleStore
from softswitch.store.people.tables import waiting
from softswitch.store.writer import Records
from softswitch.trunks.selection import Route
from softswitch.waiting import Enqueue, LeaveQueue, PersonLeft, QueueOver, QueueTold

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
        await store.close()
        await records.close()


async def enter(store: PeopleStore, name: str, order: Enqueue, at: float = 100.0) -> None:
    """A call has come in and asks for a person; nobody holds it yet."""
    records = store._access.records
    await records.record(CallStarted(CallInfo(call_id(name), "", "", "", "", 0.0), "shop", "v1", at))
    await records.record(StateSaved(call_id(name), "ask", "{}", at, waits=order))


async def wait(store: PeopleStore, name: str, order: Enqueue, at: float = 100.0) -> None:
    """The same, held by this store's process."""
    await enter(store, name, order, at)
    assert await store.take({call_id(name): NUMBER})


async def leave(store: PeopleStore, name: str, order: LeaveQueue, at: float = 120.0) -> None:
    await store._access.records.record(StateSaved(call_id(name), "bye", "{}", at, leaves=order))


def hire(url: str, *names: str, skills: tuple[str, ...] = ()) -> None:
    for name in names:
        agents.add(url, Hired(name, f"sip:{name}@192.0.2.7", skills))


class FakeWaiter:
    """A caller's session: `told` is what it was told, `with_` whom he was put through to."""

    def __init__(self, name: str) -> None:
        self.call_id = call_id(name)
        self.free = True
        self.told: list[QueueTold | QueueOver | PersonLeft] = []
        self.with_: list[tuple[str, str]] = []
        self.waits_on = 0

    def tell(self, news: QueueTold | QueueOver | PersonLeft) -> None:
        self.told.append(news)

    def put_through(self, other_call_id: str, agent: str) -> None:
        self.with_.append((other_call_id, agent))

    def wait_on(self) -> None:
        self.waits_on += 1


class Spoken:
    """A voice that says a tenth of a second for each word."""

    def get(self, say: Say) -> bytes | None:
        return None

    async def speak(self, say: Say) -> bytes:
        return b"\1" * (1600 * len(say.text.split()))


@dataclass
class Around:
    """Stands in for the node, and for the gateway's answers to what is sent. Implements app.people.Wires."""

    away: str = ""
    clock_rate: int = 8000
    sent: list[object] = field(default_factory=list)
    events: list[object] = field(default_factory=list)
    dialled: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    report: Report | None = None
    back_call: str = ""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    lines: dict[str, FakeLine] = field(default_factory=dict)

    def send(self, message: object) -> None:
        self.sent.append(message)

    def tell(self, event: object) -> None:
        self.events.append(event)

    def routes(self, number: str) -> list[Route]:
        return []

    def tried(self, route: Route, status: int, reason: str) -> None:
        raise AssertionError("no trunk has part in it")

    def calls_on(self, trunk: str) -> int:
        return 0

    async def admit(self, call_id: str, number: str, trunk: str, *, each: bool) -> str:
        raise AssertionError("no trunk has part in it")

    def note(self, call_id: str, *, answered_at: float = 0.0, ended_at: float = 0.0) -> None:
        pass

    def is_open(self, plan: str, queue: str, at: float) -> bool:
        return queue != "closed"

    def voice(self, plan: str) -> tuple[Spoken, str]:
        return Spoken(), "en"

    def number(self, info: CallInfo, plan: str) -> str:
        return NUMBER

    def can_dial(self, plan: str) -> bool:
        return self.report is not None

    async def dial(self, number: str, plan: str, known: Mapping[str, str], call_id: str) -> Report:
        self.dialled.append((number, plan, dict(known)))
        self.back_call = call_id
        assert self.report
        return self.report

    async def ended(self, call_id: str) -> object:
        await self.over.wait()
        return None


class Floor:
    """A distributor at work, with callers and phones that do what a test says."""

    def __init__(self, url: str, node: str, store: PeopleStore, **queues: Queue) -> None:
        self.url, self.store = url, store
        self.around = Around()
        self.legs = Legs(Nothing(), self.around.send)
        config = Config(database=Database(url=url), queues=queues, node=node, data_dir=Path("/nowhere"))
        self.distributor = Distributor(config, store, self.legs, self.around)  # type: ignore[arg-type]
        store._access.records.on_waits = self.distributor.written
        self.waiters: dict[str, FakeWaiter] = {}

    async def call(self, name: str, order: Enqueue) -> FakeWaiter:
        """A caller who asks for a person."""
        waiter = self.waiters[name] = FakeWaiter(name)
        info = CallInfo(call_id(name), "", "", "", "", 0.0)
        self.distributor.enqueue(waiter, info, "shop", order)
        await enter(self.store, name, order, time.time())
        return waiter

    async def until(self, condition: Callable[[], object], seconds: float = 5.0) -> None:
        watch = Stopwatch()
        while not condition():
            assert watch.own_s < seconds, f"it never came: {self.around.sent} {self.around.events}"
            await asyncio.sleep(0.01)

    def rung(self, agent: str) -> list[Originate]:
        """Every INVITE to that agent's phone."""
        return [m for m in self.around.sent if isinstance(m, Originate) and f":{agent}@" in m.uri]

    async def rings(self, agent: str, times: int = 1) -> str:
        """The call to his phone, once it rings for the `times`th time."""
        await self.until(lambda: len(self.rung(agent)) >= times)
        order = self.rung(agent)[times - 1]
        info = CallInfo(order.call_id, "", order.from_uri, order.uri, "", 1.0, "", "out")
        line = self.around.lines[order.call_id] = FakeLine(info)
        line.bridged_to = ""
        assert self.legs.on_offer(line, False, "")  # type: ignore[arg-type]
        self.happen(order.call_id, CallProgress(180))
        return order.call_id

    def happen(self, leg: str, *events: LegEvent) -> None:
        for event in events:
            if isinstance(event, BridgeChanged):
                self.around.lines[leg].bridged_to = event.other
            self.legs.on_event(leg, event)

    async def hear(self, leg: str, seconds: float) -> None:
        """The agent hears what is played to him, much faster than the clock."""
        line = self.around.lines[leg]
        for _ in range(round(seconds * 50)):
            line.clock()
        await asyncio.sleep(0.05)

    async def answers(self, agent: str, times: int = 1) -> str:
        """He answers and hears the whisper."""
        leg = await self.rings(agent, times)
        self.happen(leg, CallConfirmed("PCMU"))
        await asyncio.sleep(0.05)
        await self.hear(leg, 15.0)
        return leg

    async def talks(self, name: str, agent: str, times: int = 1) -> str:
        """The caller speaks with that agent."""
        leg = await self.answers(agent, times)
        await self.until(lambda: (leg, agent) in self.waiters[name].with_)
        self.happen(leg, BridgeChanged(call_id(name)))
        await self.until(lambda: self.state_of(agent).state == "busy")
        return leg

    def hung_up(self, leg: str) -> bool:
        return any(isinstance(m, Hangup) and m.call_id == leg for m in self.around.sent)

    def state_of(self, agent: str) -> Agent:
        return next(each for each in agents.listed(self.url) if each.name == agent)

    def rows(self) -> dict[str, str]:
        """The state of the latest wait of each call."""
        with transaction(self.url) as connection:
            found = connection.execute(sa.select(waiting.c.call_id, waiting.c.state).order_by(waiting.c.id))
            return dict(map(tuple, found))  # type: ignore[arg-type]


@asynccontextmanager
async def floor_of(url: str, node: str = "first", **queues: Queue) -> AsyncIterator[Floor]:
    migrate.upgrade(url)
    records = Records(url, node)
    records.start()
    floor = Floor(url, node, PeopleStore(url, node, records), **queues)
    await floor.distributor.start()
    running = asyncio.create_task(floor.distributor.run())
    try:
        yield floor
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await floor.distributor.close()
        await records.close()
