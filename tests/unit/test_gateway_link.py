"""Control's connection to the gateway: what it writes into the shared memory at each tick."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from fakes import INFO

from softswitch.events import CallConfirmed
from softswitch.gateway import messages, wire
from softswitch.gateway.line import CallLine
from softswitch.gateway.link import GatewayLink, News
from softswitch.gateway.rings import DOWN_FRAMES, Node, Region


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


async def test_a_line_learns_how_its_keys_come_and_touches_nothing_once_the_connection_is_lost(
    tmp_path: Path,
) -> None:
    region, lines = Region(Region.create(1, 8000), 1, 8000), list[CallLine]()
    switch = Nobody()
    switch.on_offer = lambda line, established, codec: lines.append(line)  # type: ignore[method-assign]
    lost = asyncio.Event()

    async def gateway(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        confirmed = CallConfirmed("PCMU", telephone_event=False)
        for message in (messages.Offered(INFO, 0), messages.Happened(INFO.call_id, confirmed)):
            writer.write(wire.encode(message))
        await lost.wait()
        writer.close()

    async with await asyncio.start_unix_server(gateway, tmp_path / "gateway.sock") as server:
        link = GatewayLink(tmp_path / "gateway.sock", region, tmp_path, switch, lambda: 0.0)
        running = asyncio.create_task(link.run())
        await until(lambda: bool(lines) and not lines[0].telephone_event)
        lines[0].play(bytes(640))
        server.close()
        lost.set()
        await until(lambda: not link.has_call(INFO.call_id))
        region.slot(0).reset()  # the gateway gives it to another call
        region.slot(0).write_down(bytes(960))
        lines[0].play(bytes(320))
        lines[0].flush()
        assert region.slot(0).free_frames() == DOWN_FRAMES - 3
        assert (lines[0].played, lines[0].pending) == (0, 2)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_gateway_that_reads_nothing_is_connected_to_anew(tmp_path: Path) -> None:
    connections: list[asyncio.StreamWriter] = []
    over = asyncio.Event()

    async def gateway(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        await over.wait()
        writer.close()

    async with await asyncio.start_unix_server(gateway, tmp_path / "gateway.sock") as server:
        region = Region(Region.create(1, 8000), 1, 8000)
        link = GatewayLink(tmp_path / "gateway.sock", region, tmp_path, Nobody(), lambda: 0.0)
        running = asyncio.create_task(link.run())
        await until(lambda: len(connections) == 1)
        for _ in range(100):
            link.send(messages.Keep("c" * 32, "x" * 100_000, "", 30.0, 300.0))
        await until(lambda: len(connections) == 2)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        over.set()
        server.close()


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not so():
            await asyncio.sleep(0.01)
