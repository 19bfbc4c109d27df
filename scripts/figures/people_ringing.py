"""From the turn in which a caller asks for a person to the order that rings an agent's phone: the database,
the choosing and the claim between. The gateway sends the INVITE within 10 ms of the order.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence

from figures.figure import Measurement, Spec, Workshop, percentile
from figures.people_work import hire
from figures.postgres import cluster
from softswitch.app.dialing.outcome import Report
from softswitch.app.outbound import Nothing
from softswitch.app.people.distributor import Distributor
from softswitch.app.people.legs import Legs
from softswitch.app.people.wires import Told
from softswitch.config import Config
from softswitch.events import CallEnded, CallInfo, EndedBy
from softswitch.gateway import messages
from softswitch.news import CallStarted, StateSaved
from softswitch.ports import Voice
from softswitch.sections.database import Database
from softswitch.store import migrate
from softswitch.store.people.people import PeopleStore
from softswitch.store.writer import Records
from softswitch.trunks.selection import Route
from softswitch.waiting import Enqueue, PersonLeft, QueueOver, QueueTold

CALLERS = 200
AGENTS = 20
PATIENCE_S = 10.0
HUNG_UP = CallEnded(16, 487, EndedBy.NODE)


class Caller:
    """Implements ports.Waiter, and is never put through."""

    free = True

    def __init__(self, call_id: str) -> None:
        self.call_id = call_id

    def tell(self, news: QueueTold | QueueOver | PersonLeft) -> None:
        pass

    def put_through(self, other_call_id: str, agent: str) -> None:
        pass

    def wait_on(self) -> None:
        pass


class Wires:
    """Implements app.people.Wires: a gateway that notes when phones are rung."""

    away = ""
    clock_rate = 8000

    def __init__(self) -> None:
        self.rung: asyncio.Queue[tuple[float, str]] = asyncio.Queue()
        self.legs: Legs | None = None

    def send(self, message: messages.Message) -> None:
        if isinstance(message, messages.Originate):
            self.rung.put_nowait((time.perf_counter(), message.call_id))
        elif isinstance(message, messages.Hangup) and self.legs:
            asyncio.get_running_loop().call_soon(self.legs.on_event, message.call_id, HUNG_UP)

    def tell(self, event: Told) -> None:
        pass

    def routes(self, number: str) -> Sequence[Route]:
        return ()

    def tried(self, route: Route, status: int, reason: str) -> None:
        pass

    def calls_on(self, trunk: str) -> int:
        return 0

    async def admit(self, call_id: str, number: str, trunk: str, *, each: bool) -> str:
        return ""

    def note(self, call_id: str, *, answered_at: float = 0.0, ended_at: float = 0.0) -> None:
        pass

    def is_open(self, plan: str, queue: str, at: float) -> bool:
        return True

    def voice(self, plan: str) -> tuple[Voice, str] | None:
        return None

    def number(self, info: CallInfo, plan: str) -> str:
        return ""

    def can_dial(self, plan: str) -> bool:
        return False

    async def dial(self, number: str, plan: str, known: Mapping[str, str], call_id: str) -> Report:
        raise NotImplementedError

    async def ended(self, call_id: str) -> object:
        raise NotImplementedError


async def _waits(url: str) -> list[float]:
    """Milliseconds of each caller, one after the other."""
    records, wires = Records(url, "bench"), Wires()
    records.start()
    legs = wires.legs = Legs(Nothing(), wires.send)
    config = Config(database=Database(url=url), node="bench")
    distributor = Distributor(config, PeopleStore(url, "bench", records), legs, wires)
    records.on_waits = distributor.written
    await distributor.start()
    running = asyncio.create_task(distributor.run())
    try:
        return [await _one(number, records, distributor, wires) for number in range(CALLERS)]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await distributor.close()
        await records.close()


async def _one(number: int, records: Records, distributor: Distributor, wires: Wires) -> float:
    call_id = f"{number:032x}"
    info, order = CallInfo(call_id, "", "", "", "", time.time()), Enqueue("sales")
    await records.record(CallStarted(info, "bench", "1", time.time()))
    began = time.perf_counter()
    distributor.enqueue(Caller(call_id), info, "bench", order)
    await records.submit(StateSaved(call_id, "ask", "{}", time.time(), waits=order))
    async with asyncio.timeout(PATIENCE_S):
        rung_at, _ = await wires.rung.get()
    distributor.gone(call_id)
    await asyncio.sleep(0.02)  # his agent is free again
    return (rung_at - began) * 1000


def measure(workshop: Workshop) -> Sequence[float]:
    url = f"sqlite:///{workshop.folder / 'ringing.db'}"
    found = [_p99(workshop, "SQLite", url)]
    with cluster() as url:
        found.append(_p99(workshop, "PostgreSQL", url))
    return found


def _p99(workshop: Workshop, engine: str, url: str) -> float:
    migrate.upgrade(url)
    hire(url, AGENTS)
    waits = asyncio.run(_waits(url))
    p99 = percentile(waits, 0.99)
    workshop.tell(f"{engine}: p50 {percentile(waits, 0.5):.1f} ms, p99 {p99:.1f} ms")
    return p99


RINGING = Measurement(
    f"{CALLERS} callers who ask for a person while an agent is free",
    (
        Spec("caller queued, agent free: phone rings p99, SQLite", "ms", at_most=300),
        Spec("caller queued, agent free: phone rings p99, PostgreSQL", "ms", at_most=300),
    ),
    measure,
)
