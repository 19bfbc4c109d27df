"""How long a promise takes: to be written within a turn, and until it is first tried, here and elsewhere."""

import asyncio
import sys
import time
import uuid
from collections.abc import Sequence

from figures.figure import Measurement, Spec, Workshop, percentile
from figures.postgres import cluster
from figures.queue_work import working
from softswitch.app.acting.workers import Listener
from softswitch.events import CallInfo, Do
from softswitch.news import CallStarted, StateSaved
from softswitch.store import migrate
from softswitch.store.writer import Records

CALLS = 20
TURNS = 30
EVERY_S = 0.5
"""Of each call: forty turns a second in all, five times what twenty callers say."""


async def _promise(url: str, *, here: bool) -> tuple[list[float], list[float]]:
    """Seconds from a turn's end to its commit; and from its promise to the first attempt, by workers of the
    process that made it, or of another node.
    """
    written: list[float] = []
    tried: list[float] = []
    records, others = Records(url, "bench"), Records(url, "other")
    records.start()
    others.start()
    async with working(url, records if here else others, listener=Listener(waited=tried.append)) as workers:
        await asyncio.sleep(1.0)
        if here:
            records.on_promise = workers.wake
        await asyncio.gather(*(_call(records, number, written) for number in range(CALLS)))
        await asyncio.sleep(1.0)
    await records.close()
    await others.close()
    return written, tried


async def _call(records: Records, number: int, written: list[float]) -> None:
    call_id = uuid.uuid4().hex
    await records.record(
        CallStarted(CallInfo(call_id, "", "", "", "", time.time()), "bench", "", time.time())
    )
    await asyncio.sleep(EVERY_S * number / CALLS)
    for turn in range(TURNS):
        do = Do("note", (("item", "paper"),), f"place:{turn}", f"customer {number}")
        began = time.monotonic()
        await records.record(StateSaved(call_id, "place", "{}" * 500, time.time(), (do,)))
        written.append(time.monotonic() - began)
        await asyncio.sleep(EVERY_S)


def measure(workshop: Workshop) -> Sequence[float]:
    sys.setswitchinterval(0.0005)  # as control has it
    values: list[float] = []
    url = f"sqlite:///{workshop.folder / 'promise.db'}"
    migrate.upgrade(url)
    written, tried = asyncio.run(_promise(url, here=True))
    values += _p99(written, tried)
    with cluster() as url:
        migrate.upgrade(url)
        written, tried = asyncio.run(_promise(url, here=True))
        values += _p99(written, tried)
        _, tried = asyncio.run(_promise(url, here=False))
        values += _p99(tried)
    workshop.tell(f"{len(written)} promises each")
    return values


def _p99(*samples: list[float]) -> list[float]:
    return [percentile(sample, 0.99) * 1000 for sample in samples]


PROMISE = Measurement(
    f"promises of {CALLS} calls, {CALLS / EVERY_S:.0f} a second, on SQLite and on PostgreSQL",
    (
        Spec("promise written within a turn p99, SQLite", "ms", at_most=5),
        Spec("promise to first attempt p99, SQLite", "ms", at_most=200),
        Spec("promise written within a turn p99, PostgreSQL", "ms", at_most=10),
        Spec("promise to first attempt p99, PostgreSQL", "ms", at_most=200),
        Spec("promise to first attempt by another node p99", "ms", at_most=200),
    ),
    measure,
)
