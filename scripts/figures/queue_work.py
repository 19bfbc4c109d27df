"""How many actions one process takes from the outbox and finishes per second, doing nothing in between."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa

from figures.figure import Measurement, Spec, Workshop
from figures.postgres import cluster
from softswitch import marked_yaml
from softswitch.actions import files
from softswitch.actions.action import Action, Done, Result
from softswitch.actions.settings import Integration
from softswitch.app.acting.registry import Means, Registry
from softswitch.app.acting.workers import Listener, Workers
from softswitch.store import migrate
from softswitch.store.engine import transaction
from softswitch.store.outbox.outbox import Outbox
from softswitch.store.outbox.tables import actions
from softswitch.store.writer import Records

ACTIONS = 20_000
STEP = 5_000
KNOWN = "actions: {note: {kind: log, at_once: 200}}"


class Nothing(Registry):
    """Every action is done as soon as it is begun."""

    def __init__(self) -> None:
        document = marked_yaml.parse(KNOWN, "figures")
        super().__init__(Means(files.parse(document, Path("/"), mqtt=False)))

    async def run(self, action: Action, settings: Integration) -> Result:
        return Done()


@asynccontextmanager
async def working(
    url: str, records: Records, node: str = "bench", listener: Listener | None = None
) -> AsyncIterator[Workers]:
    """Workers that find everything done, at work."""
    workers = Workers(Outbox(url, node, records), Nothing(), listener)
    running = asyncio.create_task(workers.run())
    try:
        yield workers
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await workers.close()


def fill(url: str, count: int, first: int = 0) -> None:
    """So many actions that wait, without a call, numbered from `first`."""
    for begin in range(first, first + count, STEP):
        rows = [
            {
                "key": f"{number}",
                "name": "note",
                "arguments": {"item": "paper", "number": str(number)},
                "promised_at": time.time(),
                "idempotency_key": f"{number:032x}",
            }
            for number in range(begin, min(begin + STEP, first + count))
        ]
        with transaction(url, writes=True) as connection:
            connection.execute(sa.insert(actions), rows)


async def _rate(url: str) -> float:
    records = Records(url)
    records.start()
    left, over = ACTIONS, asyncio.Event()

    def ended(_: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            over.set()

    began = time.monotonic()
    async with working(url, records, listener=Listener(ended=ended)):
        await over.wait()
        took = time.monotonic() - began
    await records.close()
    return ACTIONS / took


def measure(workshop: Workshop) -> Sequence[float]:
    url = f"sqlite:///{workshop.folder / 'work.db'}"
    migrate.upgrade(url)
    fill(url, ACTIONS)
    sqlite = asyncio.run(_rate(url))
    workshop.tell(f"SQLite {sqlite:.0f}/s")
    with cluster() as url:
        migrate.upgrade(url)
        fill(url, ACTIONS)
        postgresql = asyncio.run(_rate(url))
    return sqlite, postgresql


WORK = Measurement(
    f"{ACTIONS} actions taken and finished by one process, on SQLite and on PostgreSQL",
    (
        Spec("actions taken and finished, SQLite", "1/s", at_least=2000),
        Spec("actions taken and finished, PostgreSQL", "1/s", at_least=4000),
    ),
    measure,
)
