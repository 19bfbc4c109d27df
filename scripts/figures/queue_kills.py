"""Workers are killed while they do actions over HTTP: how soon others take over."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from figures.figure import Measurement, Spec, Workshop
from figures.postgres import cluster
from figures.queue_receiver import Receiver, receiving, unfinished
from figures.queue_work import fill
from figures.queue_worker import Process, working
from softswitch.errors import SoftswitchError
from softswitch.store import migrate

TAKEOVERS = 5
HELD = 10
LIMIT_S = 120.0


async def _until(condition: object, what: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise SoftswitchError(f"after {LIMIT_S:g} s still not so: {what}")
        await asyncio.sleep(0.01)


async def _takeover(url: str, receiver: Receiver, path: Path) -> float:
    """The slowest, from the kill of a process until all that it held has been tried by another."""
    worst = 0.0
    for number in range(TAKEOVERS):
        receiver.delay_s, before = 60.0, receiver.requests
        process = await asyncio.to_thread(Process, url, f"node{number}", path)
        fill(url, HELD, first=number * HELD)
        await _until(lambda at=before + HELD: receiver.requests >= at, "all are held")
        receiver.delay_s = 0.0
        async with working(url, "heir", path):
            await asyncio.sleep(1.0)
            began = time.monotonic()
            process.kill()
            await _until(lambda at=before + 2 * HELD: receiver.requests >= at, "all are taken over")
            worst = max(worst, time.monotonic() - began)
            await _until(lambda: not unfinished(url), "all are done")
    return worst


def takeover(workshop: Workshop) -> Sequence[float]:
    with cluster() as url, receiving(workshop.folder) as (receiver, path):
        migrate.upgrade(url)
        return (asyncio.run(_takeover(url, receiver, path)),)


TAKEOVER = Measurement(
    f"{TAKEOVERS} times a worker process that holds {HELD} actions is killed",
    (Spec("actions of a killed worker taken over, worst", "s", at_most=5),),
    takeover,
)
