"""The control process, wired: engines, records, metrics, broker and calls; started and stopped in order."""

import asyncio
import gc
import logging
import signal
import time
from collections.abc import Coroutine
from functools import partial
from typing import Any

from softswitch.answer.asking import Llm
from softswitch.app import bans, figures, identity, watching
from softswitch.app import engines as engine_room
from softswitch.app.acting import wiring as acting
from softswitch.app.acting.actor import CallActor
from softswitch.app.acting.phone import NodePhone
from softswitch.app.acting.registry import Registry
from softswitch.app.answering import warming
from softswitch.app.answering.wiring import Answering
from softswitch.app.callers import Callers
from softswitch.app.calls import Calls
from softswitch.app.chaos.seams import FaultyLlm, FaultyRegistry
from softswitch.app.chaos.wiring import Chaos, refuse
from softswitch.app.desk import SOCKET, Desk
from softswitch.app.dialing import wiring as dialing
from softswitch.app.dialing.wiring import NodeWires
from softswitch.app.engines import Engines
from softswitch.app.music import HoldMusic
from softswitch.app.people.wiring import NodePeople, PeopleWires
from softswitch.app.publishing import open_publishing
from softswitch.app.recorder import Recorder
from softswitch.app.recordings import Recordings
from softswitch.app.reloading import Loader
from softswitch.app.steering import Steering
from softswitch.app.trunking import means, wiring
from softswitch.child import Inheritance
from softswitch.config import Config
from softswitch.dialplan.plan import Plan
from softswitch.events import CallEnded, Cause, EndedBy
from softswitch.gateway.link import GatewayLink
from softswitch.gateway.rings import Node as Counter
from softswitch.gateway.rings import Region
from softswitch.news import CallFinished, SessionEvent
from softswitch.publish import topics
from softswitch.publish.http import MetricsServer
from softswitch.publish.metrics import CONTENT_TYPE, Metrics
from softswitch.session.parts import Parts
from softswitch.session.patience import Patience
from softswitch.speech.recognizer import VoskRecognizer
from softswitch.speech.voices import PlanVoice
from softswitch.store import queries
from softswitch.store.journal import Journal
from softswitch.store.queries import LiveCall
from softswitch.store.replaying import replay_all
from softswitch.store.writer import CLOSE_TIMEOUT_S, Records

log = logging.getLogger(__name__)
LAST_NEWS_S = 0.2
"""The gateway stops first; its last news is here by then."""


class Node:
    def __init__(self, config: Config, inheritance: Inheritance) -> None:
        self._config = config
        self._inheritance = inheritance
        self._region = Region(inheritance.region_fd, config.media.max_calls, config.media.clock_rate)
        self._restarted = self._region.node[Counter.CONTROL_RESTARTS] > 0
        self._metrics = Metrics()
        self._mqtt = open_publishing(config)
        self._errands: set[asyncio.Task[Any]] = set()
        self._engines = Engines(config)
        self._loader = Loader(config, self._engines, self._equip)
        self._callers = Callers(config.database_url)
        self._actor, self._phone = CallActor(), NodePhone(config.database_url)
        self._chaos = Chaos() if config.chaos else None
        before = self._chaos.before_journal if self._chaos else lambda: None
        self._journal = Journal(config.journal_file, config.database.journal_mb << 20, before)
        faulty_llm = partial(FaultyLlm, faults=self._chaos.faults) if self._chaos else Llm
        self._answering = Answering(config, self._metrics, faulty_llm)
        self._recordings = Recordings(config, self._emit)
        self._music = HoldMusic(config)
        self._people = NodePeople(config)
        self._desk = Desk(config.run_dir / SOCKET)
        self._reload_wanted = asyncio.Event()
        self._draining = False

    async def run(self) -> None:
        """Until SIGTERM, or until a part that must not fail has failed."""
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload_wanted.set)
        loop.add_signal_handler(signal.SIGUSR1, self._drain)
        unfinished = await self._load()
        recorder = self._recorder = self._open_records()
        if self._mqtt:
            await self._mqtt.begin()
        self._recordings.start(self._metrics)
        calls = Calls(
            self._loader.dialplans,
            self._callers.recall,
            unfinished,
            lambda: recorder.has_room,
            self._on_gateway_ready,
        )
        calls.prefetch = self._actor.prefetch
        link = self._open_link(calls)
        tell = [recorder.announce] if self._mqtt else []
        self._trunking = wiring.wire(self._config, link, calls, self._desk, self._metrics, tell)
        self._loader.dialplans.find_trunk = self._trunking.find
        identity.wire(self._config.identity, calls, self._trunking.find, self._metrics)
        self._bans = bans.wire(self._config, self._region, link, calls, self._metrics)
        wires = NodeWires(link, calls, recorder, self._callers)
        parts = self._loader.dialplans, self._trunking, wires, self._desk, self._metrics
        self._dialer = dialing.wire(self._config, *parts)
        self._phone.open(self._dialer)
        warming.wire(self._desk, self._loader.dialplans)
        self._steering = Steering(self._desk, self._dialer, link)
        ours = self._config, self._trunking, link, self._dialer, self._desk
        others = means.wire(*ours, self._emit)
        parts_of = self._config, wires, self._trunking, self._loader.dialplans, self._dialer
        people = PeopleWires(*parts_of, recorder.announce if self._mqtt else lambda event: None)
        around = self._desk, self._steering, self._metrics
        calls.outbound = await self._people.open(self._records, people, others, *around)
        calls.people = self._people
        if self._chaos:
            self._chaos.open(self._desk, calls, self._mqtt.broker if self._mqtt else None)
        else:
            self._desk.register("chaos", refuse)
        await self._desk.open()
        if self._mqtt:
            self._mqtt.start()
        server = await self._serve_figures(calls, recorder, link)
        _keep_out_of_collections()
        services: list[asyncio.Task[Any]] = [
            asyncio.create_task(service) for service in self._services(link, recorder)
        ]
        stop: asyncio.Task[Any] = asyncio.create_task(stopping.wait())
        done, _ = await asyncio.wait([stop, *services], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(LAST_NEWS_S)
        for service in services:
            service.cancel()
        await asyncio.gather(*services, return_exceptions=True)
        await self._close(calls, recorder, server)
        for service in done - {stop}:
            service.result()

    async def _load(self) -> list[LiveCall]:
        """Dialplans, engines and the database; the calls that the records know as up.

        A control process that is started again finds the schema as the first one left it: Alembic takes a
        third of the start-up time, which callers on the line shall not wait for.
        """
        if self._restarted:
            unfinished = await asyncio.to_thread(self._catch_up)
            await self._loader.restart((call.plan, call.plan_version) for call in unfinished)
            return unfinished
        await asyncio.gather(self._loader.start(), asyncio.to_thread(self._prepare_database))
        return await asyncio.to_thread(self._catch_up)

    def _prepare_database(self) -> None:
        from softswitch.store import migrate

        migrate.upgrade(self._config.database_url)

    def _catch_up(self) -> list[LiveCall]:
        """What the last run left in the journal belongs to its calls."""
        database = self._config.database_url, self._config.node
        replay_all(*database, self._journal, topics.encode if self._mqtt else None)
        return self._unfinished()

    def _unfinished(self) -> list[LiveCall]:
        return queries.live_calls(self._config.database_url, self._config.node)

    def _open_records(self) -> Recorder:
        def committed(_: int, seconds: float) -> None:
            self._metrics.commit_took(seconds)

        url, node, mqtt = self._config.database_url, self._config.node, self._mqtt
        records = self._records = Records(
            url,
            node,
            on_commit=committed,
            encode=topics.encode if mqtt else None,
            journal=self._journal,
            before=self._chaos.before_commit(url) if self._chaos else lambda: None,
        )
        records.start()
        recorder = Recorder(records, [self._metrics.take, *([self._chaos.take] if self._chaos else [])])
        if mqtt:
            mqtt.open(records, self._desk, self._metrics)
        plans = [loaded.plan for loaded in self._loader.dialplans.active]
        deliver, announce = (mqtt.deliver, recorder.announce) if mqtt else (None, None)
        make = partial(FaultyRegistry, faults=self._chaos.faults) if self._chaos else Registry
        to = deliver, announce, plans, self._actor, self._phone, make
        self._acting = acting.wire(self._config, records, self._metrics, *to)
        self._answering.open(records, self._acting.find)
        return recorder

    def _equip(self, plan: Plan, ears: dict[str, VoskRecognizer], voice: PlanVoice) -> Parts:
        remembered, filled = frozenset(plan.remembered), self._metrics.filled
        endpointer, tape = self._engines.new_endpointer, self._recordings.open
        self._music.prepare(plan.music)
        ladder = plan.settings.ladder
        parts = Parts(
            ears,
            voice,
            endpointer,
            self._emit,
            remembered,
            filled,
            tape,
            music_file=self._music.file,
            actor=self._actor,
            thinker=self._answering.thinker(plan),
            speculated=self._answering.speculated,
            people=self._people,
            patience=Patience(ladder.answer_timeout, ladder.recogniser, ladder.synthesiser),
        )
        return self._chaos.worsen(parts) if self._chaos else parts

    def _emit(self, event: SessionEvent) -> None:
        self._recorder.emit(event)

    def _open_link(self, calls: Calls) -> GatewayLink:
        first = self._loader.dialplans.active[0].voice
        line = engine_room.write_holding_line(first, self._config)
        socket, shelf = self._config.run_dir / "gateway.sock", self._engines.shelf
        return GatewayLink(socket, self._region, line, calls, lambda: shelf.backlog)

    async def _serve_figures(self, calls: Calls, recorder: Recorder, link: GatewayLink) -> MetricsServer:
        own = self._metrics, self._region, self._engines, self._loader
        figures.watch(*own, calls, recorder, self._journal, self._mqtt)
        settings = self._config.metrics
        server = MetricsServer(settings.address, settings.port, self._metrics.render, CONTENT_TYPE)
        figures.require(server, link, recorder)
        server.require("trunks", lambda: "" if self._trunking.are_told else "not read and resolved yet")
        server.require("node", lambda: "draining" if self._draining else "")
        await server.start()
        log.info("metrics at %s/metrics", server.url)
        return server

    def _services(self, link: GatewayLink, recorder: Recorder) -> list[Coroutine[Any, Any, None]]:
        """What runs for as long as the node does."""
        config = self._config
        services = [link.run(), recorder.run(), self._reload_when_wanted(), self._trunking.run()]
        services += [self._callers.forget(config.database.remember_callers), self._recordings.prune()]
        services += [
            self._acting.run(),
            self._dialer.keep(),
            self._bans.run(),
            self._answering.run(),
            self._people.run(),
        ]
        if config.dialplan_watch:
            services.append(watching.watch(config.dialplan, self._reload_wanted.set))
        return services

    def _drain(self) -> None:
        """The supervisor lets calls end before it stops the node: the gateway takes no new ones."""
        self._draining = True
        self._dialer.close()
        if self._mqtt:
            self._run_errand(self._mqtt.drain())

    async def _reload_when_wanted(self) -> None:
        while True:
            await self._reload_wanted.wait()
            self._reload_wanted.clear()
            await self._loader.reload()

    def _on_gateway_ready(self, live_call_ids: set[str]) -> None:
        """Both processes are up: records of calls that are no more are closed, and the node is ready."""
        self._run_errand(self._close_orphans(live_call_ids))
        self._recordings.on_ready(live_call_ids)
        self._inheritance.say_ready()

    def _run_errand(self, work: Coroutine[Any, Any, None]) -> None:
        errand = asyncio.create_task(work)
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)

    async def _close_orphans(self, live_call_ids: set[str]) -> None:
        """Finish the calls that ended with a process, or while there was nobody to write it down."""
        at = time.time()
        await self._recorder.settle(CLOSE_TIMEOUT_S)
        known = await asyncio.to_thread(self._unfinished)
        of_before = [call for call in known if call.info.started_at <= at]
        orphans = [call for call in of_before if call.info.call_id not in live_call_ids]
        ended = CallEnded(Cause.NETWORK_OUT_OF_ORDER, 0, EndedBy.FAILURE, reason="node died")
        for call in orphans:
            self._emit(CallFinished(call.info.call_id, ended, call.step, at))
        if orphans:
            log.warning("%d calls of a process that died are closed in the records", len(orphans))

    async def _close(self, calls: Calls, recorder: Recorder, server: MetricsServer) -> None:
        """Ends what is up, then waits for what is promised to be on disk, and briefly for the broker."""
        await self._desk.close()
        if self._mqtt:
            await self._mqtt.obey_no_more()
        self._people.stop()
        calls.close()
        await asyncio.gather(*self._errands, return_exceptions=True)
        await self._recordings.close()
        await self._people.close()
        await self._acting.close()
        await self._answering.close()
        if self._mqtt:
            await recorder.settle(CLOSE_TIMEOUT_S)
            await self._mqtt.close()
        await recorder.close()
        await server.stop()


def _keep_out_of_collections() -> None:
    """All that was loaded stays. Looking at it for garbage would hold up every call for 70 ms at a time."""
    gc.freeze()
    gc.enable()
