"""Control's connection to the gateway: what it writes into the shared memory at each tick."""

import asyncio
from pathlib import Path

from softswitch.gateway.line import CallLine
from softswitch.gateway.link import GatewayLink, News
from softswitch.gateway.rings import Node, Region


class Nobody:
    """A switch that makes nothing of anything."""

    def on_offer(self, line: CallLine, established: bool, codec: str) -> None: ...

    def on_event(self, call_id: str, event: object) -> None: ...

    def on_refused(self, status: int, reason: str) -> None: ...

    def on_news(self, message: News) -> None: ...

    def on_gateway_lost(self) -> None: ...

    def on_ready(self, live_call_ids: set[str]) -> None: ...

    def on_tick(self) -> None: ...


async def test_each_tick_tells_the_gateway_that_control_lives_and_how_much_speech_waits(
    tmp_path: Path,
) -> None:
    region = Region(Region.create(1, 8000), 1, 8000)
    waiting = [0.7, 1.25]
    link = GatewayLink(tmp_path / "none.sock", region, tmp_path, Nobody(), lambda: waiting[0])
    running = asyncio.create_task(link.run())
    await asyncio.sleep(0.05)
    assert region.node[Node.BACKLOG_MS] == 700
    assert region.node[Node.CONTROL_AT_NS]
    del waiting[0]
    await asyncio.sleep(0.1)
    assert region.node[Node.BACKLOG_MS] == 1250
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
