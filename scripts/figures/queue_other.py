"""How many jobs another queue takes from PostgreSQL and finishes per second, doing nothing in between.

Run by the Python of a virtual environment that has it: `python queue_other.py NAME URL COUNT`. Prints the
rate.
"""

import asyncio
import sys
import time
from importlib import import_module
from typing import Any


async def procrastinate_rate(url: str, count: int) -> float:
    procrastinate: Any = import_module("procrastinate")
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
    left = count

    async def nothing(number: int) -> None:
        nonlocal left
        left -= 1

    task = app.task(nothing, name="nothing")
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        await task.batch_defer_async(*({"number": number} for number in range(count)))
        began = time.monotonic()
        await app.run_worker_async(wait=False, concurrency=20, install_signal_handlers=False)
        took = time.monotonic() - began
    assert not left
    return count / took


async def pgqueuer_rate(url: str, count: int) -> float:
    asyncpg: Any = import_module("asyncpg")
    pgqueuer: Any = import_module("pgqueuer")
    drain = import_module("pgqueuer.types").QueueExecutionMode.drain
    async with asyncpg.create_pool(url, min_size=2, max_size=10) as pool:
        driver = pgqueuer.AsyncpgPoolDriver(pool)
        queries = pgqueuer.Queries(driver)
        await queries.install()
        for first in range(0, count, 1000):
            number = min(1000, count - first)
            await queries.enqueue(["nothing"] * number, [None] * number, [0] * number)
        queue = pgqueuer.PgQueuer(driver)
        left = count

        async def nothing(job: object) -> None:
            nonlocal left
            left -= 1

        queue.entrypoint("nothing")(nothing)
        began = time.monotonic()
        await queue.run(batch_size=100, mode=drain)
        took = time.monotonic() - began
    assert not left
    return count / took


if __name__ == "__main__":
    name, url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    rate = {"procrastinate": procrastinate_rate, "pgqueuer": pgqueuer_rate}[name]
    print(asyncio.run(rate(url, count)))
