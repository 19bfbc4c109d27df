"""The control process: what it is made of, and how it starts, runs and stops."""

import asyncio
import gc
import logging
import signal
from collections.abc import Coroutine
from typing import Any

from softswitch.app import figures, ground, watching
from softswitch.app.bookkeeping import Bookkeeping
from softswitch.app.equipping import Equipment
from softswitch.app.exchange import Exchange
from softswitch.app.reloading import Loader
from softswitch.child import Inheritance
from softswitch.config import Config
from softswitch.gateway.rings import Node as Counter
from softswitch.publish.http import MetricsServer
from softswitch.publish.metrics import CONTENT_TYPE
from softswitch.store.queries import LiveCall
from softswitch.store.writer import CLOSE_TIMEOUT_S

log = logging.getLogger(__name__)
LAST_NEWS_S = 0.2
"""The gateway stops first; its last news is here by then."""


class Node:
    """Made of, each resting on those above it:

    - ground: configuration, memory shared with the gateway, desk, broker, faults, metrics
    - books: database, journal and recorder
    - equipment: what conversations are made of: engines, recordings, models, actions, people
    - loader: the dialplans, rendered
    - exchange: the gateway's link, calls, trunks, the dialer
    - doors: the desk's socket, the broker's connection, the HTTP server of metrics

    They start in that order, and stop in the opposite one.
    """

    def __init__(self, config: Config, inheritance: Inheritance) -> None:
        self._config = config
        self._inheritance = inheritance
        self._ground = ground.lay(config, inheritance)
        self._books = Bookkeeping(self._ground)
        self._equipment = Equipment(self._ground, self._books)
        self._loader = Loader(config, self._equipment.engines, self._equipment.equip)
        self._errands: set[asyncio.Task[Any]] = set()
        self._reload_wanted = asyncio.Event()
        self._draining = False

    async def run(self) -> None:
        """Until SIGTERM, or until a part that must not fail has failed."""
        stopping = self._heed_signals()
        unfinished = await self._load()
        await self._open_books()
        self._equipment.open([loaded.plan for loaded in self._loader.dialplans.active])
        await self._open_exchange(unfinished)
        server = await self._open_doors()
        _keep_out_of_collections()
        try:
            await self._serve(stopping)
        finally:
            await self._close(server)

    # --- starting ---------------------------------------------------------------------------------------

    def _heed_signals(self) -> asyncio.Event:
        """Set when the node is to stop."""
        stopping, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload_wanted.set)
        loop.add_signal_handler(signal.SIGUSR1, self._drain)
        return stopping

    async def _load(self) -> list[LiveCall]:
        """Dialplans, engines and the database; the calls that the records know as up.

        A control process that is started again finds the schema as the first one left it: Alembic takes a
        third of the start-up time, which callers on the line shall not wait for.
        """
        if self._ground.region.node[Counter.CONTROL_RESTARTS] > 0:
            unfinished = await asyncio.to_thread(self._books.catch_up_if_there)
            await self._loader.restart((call.plan, call.plan_version) for call in unfinished)
            return unfinished
        await asyncio.gather(self._loader.start(), asyncio.to_thread(self._books.prepare))
        return await asyncio.to_thread(self._books.catch_up)

    async def _open_books(self) -> None:
        self._books.open()
        if mqtt := self._ground.mqtt:
            mqtt.open(self._books.records, self._ground.desk, self._ground.metrics)
            await mqtt.begin()

    async def _open_exchange(self, unfinished: list[LiveCall]) -> None:
        dialplans, on_ready = self._loader.dialplans, self._on_gateway_ready
        self._exchange = Exchange(self._ground, self._books, self._equipment, dialplans, unfinished, on_ready)
        await self._exchange.open()

    async def _open_doors(self) -> MetricsServer:
        await self._ground.desk.open()
        if self._ground.mqtt:
            self._ground.mqtt.start()
        self._watch_figures()
        settings = self._config.metrics
        server = MetricsServer(settings.address, settings.port, self._ground.metrics.render, CONTENT_TYPE)
        figures.require(server, self._exchange.link, self._books.recorder)
        told = self._exchange.trunking
        server.require("trunks", lambda: "" if told.are_told else "not read and resolved yet")
        server.require("node", lambda: "draining" if self._draining else "")
        await server.start()
        log.info("metrics at %s/metrics", server.url)
        return server

    def _watch_figures(self) -> None:
        metrics, region, mqtt = self._ground.metrics, self._ground.region, self._ground.mqtt
        engines, calls, books = self._equipment.engines, self._exchange.calls, self._books
        figures.watch(metrics, region, engines, self._loader, calls, books.recorder, books.journal, mqtt)

    def _on_gateway_ready(self, live_call_ids: set[str]) -> None:
        """Both processes are up: records of calls that are no more are closed, and the node is ready."""
        self._run_errand(self._books.close_orphans(live_call_ids))
        self._equipment.recordings.on_ready(live_call_ids)
        self._inheritance.say_ready()

    # --- running ----------------------------------------------------------------------------------------

    async def _serve(self, stopping: asyncio.Event) -> None:
        """What runs for as long as the node does; raises what ended one of these."""
        services = [asyncio.create_task(service) for service in self._services()]
        stop = asyncio.create_task(stopping.wait())
        done, _ = await asyncio.wait([stop, *services], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(LAST_NEWS_S)
        for service in services:
            service.cancel()
        await asyncio.gather(*services, return_exceptions=True)
        for service in services:
            if service in done:
                service.result()

    def _services(self) -> list[Coroutine[Any, Any, None]]:
        services = [*self._exchange.services(), *self._equipment.services()]
        services += [self._books.recorder.run(), self._reload_when_wanted()]
        if self._config.dialplan_watch:
            services.append(watching.watch(self._config.dialplan, self._reload_wanted.set))
        return services

    async def _reload_when_wanted(self) -> None:
        while True:
            await self._reload_wanted.wait()
            self._reload_wanted.clear()
            await self._loader.reload()

    def _drain(self) -> None:
        """The supervisor lets calls end before it stops the node: the gateway takes no new ones."""
        self._draining = True
        self._exchange.drain()
        if self._ground.mqtt:
            self._run_errand(self._ground.mqtt.drain())

    def _run_errand(self, work: Coroutine[Any, Any, None]) -> None:
        errand = asyncio.create_task(work)
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)

    # --- stopping ---------------------------------------------------------------------------------------

    async def _close(self, server: MetricsServer) -> None:
        """Ends what is up, then waits for what is promised to be on disk, and briefly for the broker."""
        mqtt = self._ground.mqtt
        await self._ground.desk.close()
        if mqtt:
            await mqtt.obey_no_more()
        self._exchange.close()
        await asyncio.gather(*self._errands, return_exceptions=True)
        await self._equipment.close()
        if mqtt:
            await self._books.recorder.settle(CLOSE_TIMEOUT_S)
            await mqtt.close()
        await self._books.recorder.close()
        await server.stop()


def _keep_out_of_collections() -> None:
    """All that was loaded stays. Looking at it for garbage would hold up every call for 70 ms at a time."""
    gc.freeze()
    gc.enable()
