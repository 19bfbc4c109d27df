"""Events on their way through the database to Mosquitto: how many a second, how late, and what they cost."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Sequence

import aiomqtt

from figures.figure import Measurement, Spec, Workshop, percentile
from figures.mosquitto import broker
from figures.postgres import cluster
from softswitch.events import CallInfo
from softswitch.news import CallStarted, TurnFinished
from softswitch.publish import topics
from softswitch.publish.mqtt import Broker
from softswitch.publish.outgoing import Outgoing
from softswitch.sections.mqtt import Mqtt
from softswitch.store import migrate
from softswitch.store.mailbox import Mailbox
from softswitch.store.writer import Records

WAITING = 10_000
"""Events that wait when the broker comes."""
CALLS = 20
TURNS = 60
EVERY_S = 0.5
"""Of each call: forty turns a second in all, five times what twenty callers say."""
BUSY_S = 3.0


@contextlib.asynccontextmanager
async def records_of(url: str, *, messages: bool) -> AsyncIterator[Records]:
    records = Records(url, "bench", encode=topics.encode if messages else None)
    records.start()
    try:
        yield records
    finally:
        await records.close()


@contextlib.asynccontextmanager
async def publishing(url: str, records: Records, port: int) -> AsyncIterator[Outgoing]:
    connection = Broker(Mqtt(url=f"mqtt://127.0.0.1:{port}"), "bench")
    mailbox = Mailbox(url, "bench", records)
    outgoing = Outgoing("bench", mailbox, connection, 1_000_000, 86400.0)
    records.on_messages = outgoing.wake
    await outgoing.begin()
    tasks = [asyncio.create_task(work) for work in (connection.run(), outgoing.run())]
    try:
        await connection.ready()
        yield outgoing
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await outgoing.close()
        await mailbox.close()


async def _start(records: Records) -> str:
    call_id = uuid.uuid4().hex
    info = CallInfo(call_id, uuid.uuid4().hex, "sip:a@b", "sip:c@d", "192.0.2.1:5060", time.time())
    await records.record(CallStarted(info, "bench", "1", time.time()))
    return call_id


def _turn(call_id: str, number: int) -> TurnFinished:
    said = "You find us at twelve Green Street, next to the bank. What else can I do for you?"
    stages = {"endpoint": 215.0, "recognize": 6.6, "interpret": 0.1, "answer": 0.1, "total": 221.9}
    where = "what is your address", 1.0, "address", said, 5.4, 5.4, said, time.time(), stages, ("address",)
    return TurnFinished(call_id, number, "menu", "speech", *where, "en")


async def drained(url: str, port: int) -> float:
    """Events a second from the database to the broker."""
    async with records_of(url, messages=True) as records:
        call_id = await _start(records)
        for number in range(1, WAITING):
            await records.submit(_turn(call_id, number))
        await records.drain()
        began = time.monotonic()
        async with publishing(url, records, port) as outgoing:
            await outgoing.flush()
            return WAITING / (time.monotonic() - began)


async def late(url: str, port: int) -> float:
    """Milliseconds from an event to its message at a subscriber, p99, at 40 turns a second."""
    sent: dict[tuple[str, int], float] = {}
    took: list[float] = []

    async def listen(client: aiomqtt.Client) -> None:
        async for message in client.messages:
            text = str(message.payload, "utf-8")
            call_id, number = (
                text.split('"call_id": "')[1][:32],
                int(text.split('"number": ')[1].split(",")[0]),
            )
            took.append(time.monotonic() - sent[call_id, number])

    async def talk(records: Records, first: float) -> None:
        call_id = await _start(records)
        await asyncio.sleep(first)
        for number in range(1, TURNS + 1):
            sent[call_id, number] = time.monotonic()
            await records.submit(_turn(call_id, number))
            await asyncio.sleep(EVERY_S)

    async with (
        records_of(url, messages=True) as records,
        publishing(url, records, port),
        aiomqtt.Client("127.0.0.1", port) as client,
    ):
        await client.subscribe("softswitch/v1/bench/calls/+/turn", qos=0)
        listening = asyncio.create_task(listen(client))
        await asyncio.gather(*(talk(records, EVERY_S * n / CALLS) for n in range(CALLS)))
        await asyncio.sleep(0.5)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return percentile(took, 0.99) * 1000


async def recorded(url: str, port: int | None) -> float:
    """Turns a second that 20 calls record, each waiting for its commit; with a port they are published."""

    async def talk(records: Records) -> int:
        call_id, number = await _start(records), 0
        until = time.monotonic() + BUSY_S
        while time.monotonic() < until:
            number += 1
            await records.record(_turn(call_id, number))
        return number

    async with records_of(url, messages=port is not None) as records, contextlib.AsyncExitStack() as stack:
        if port:
            await stack.enter_async_context(publishing(url, records, port))
        began = time.monotonic()
        turns = sum(await asyncio.gather(*(talk(records) for _ in range(CALLS))))
        return turns / (time.monotonic() - began)


def measure(workshop: Workshop) -> Sequence[float]:
    values: list[float] = []
    with broker() as port:
        url = f"sqlite:///{workshop.folder / 'events.db'}"
        migrate.upgrade(url)
        values += [asyncio.run(drained(url, port)), asyncio.run(late(url, port))]
        alone, beside = asyncio.run(recorded(url, None)), asyncio.run(recorded(url, port))
        with cluster() as url:
            migrate.upgrade(url)
            values += [asyncio.run(drained(url, port)), asyncio.run(late(url, port))]
    workshop.tell(f"on SQLite {alone:.0f} turns/s are recorded without a broker, {beside:.0f} with one")
    return values


EVENTS = Measurement(
    f"{WAITING} events from the database to Mosquitto, then {CALLS / EVERY_S:.0f} turns a second",
    (
        Spec("events that waited, to Mosquitto, SQLite", "events/s"),
        Spec("event to subscriber p99, SQLite", "ms"),
        Spec("events that waited, to Mosquitto, PostgreSQL", "events/s"),
        Spec("event to subscriber p99, PostgreSQL", "ms"),
    ),
    measure,
)
