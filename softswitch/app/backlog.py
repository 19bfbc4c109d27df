"""Tells the gateway how much of callers' speech waits to be decoded: beyond a limit it takes no new calls."""

import asyncio

from softswitch.app.engines import Shelf
from softswitch.gateway.rings import PTIME_MS, Node, Region


async def report(shelf: Shelf, region: Region) -> None:
    """Until cancelled, once per frame time."""
    while True:
        region.node[Node.BACKLOG_MS] = round(max(0.0, shelf.backlog) * 1000)
        await asyncio.sleep(PTIME_MS / 1000)
