"""All trunks of the node: follows what is declared, and tells the gateway what it is to have.

What was declared, DNS, the gateway's news and the clock change trunks; at each tick, ten times a second,
the gateway gets the whole set when it is another one than before. A change in SQL is there within
POLL_S + 2 TICK_S.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterator

from softswitch.app.trunking.hosts import Hosts
from softswitch.app.trunking.managed import Managed
from softswitch.app.trunking.probing import GRACE_S, Key, Prober, Wanted
from softswitch.app.trunking.resolving import Resolver
from softswitch.app.trunking.sources import Sources
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.gateway import messages
from softswitch.gateway.link import News
from softswitch.gateway.messages import Probed
from softswitch.news import TrunkChanged
from softswitch.trunks import selection
from softswitch.trunks.registration import Phase, Registration
from softswitch.trunks.selection import Route
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Connection, Target

log = logging.getLogger(__name__)
POLL_S = 0.25
TICK_S = 0.1
REGISTRATIONS_PER_TICK = 10
"""Those of a whole node begin one after the other: registrars ban whoever storms them."""
AFTER_BUG_S = 5.0
START_GRACE_S = 3.0
"""After a start the set waits for DNS so long: a gateway that holds registrations keeps them meanwhile."""


class Trunking:
    """`send` reaches the gateway while `connected`; `tell` gets every change of a trunk's state."""

    def __init__(
        self,
        config: Config,
        send: Callable[[messages.Message], None],
        connected: Callable[[], bool],
        tell: Callable[[TrunkChanged], None],
    ) -> None:
        self._config = config
        self._told = tell
        self._send = send
        self._connected = connected
        self._sources = Sources(config)
        self._hosts = Hosts(Resolver(config), self._replace)
        self._prober = Prober(random.random)
        self._trunks: dict[str, Managed] = {}
        self._sent: tuple[Connection, ...] | None = None
        self._attempt = int(time.time())
        self._hold_until: float | None = None
        self._asked: dict[Key, list[asyncio.Future[Probed]]] = {}

    # --- for the rest of the node ---------------------------------------------------------------------

    def find(self, name: str) -> Trunk | None:
        managed = self._trunks.get(name)
        return managed.trunk if managed else None

    def routes(self, number: str) -> list[Route]:
        """Every try for `number` (E.164), best first; see selection.routes."""
        candidates = (managed.candidate() for managed in self._trunks.values())
        return selection.routes(number, candidates, random.random)

    def tried(self, route: Route, status: int, reason: str) -> None:
        """Learn from a call that went out there: its SIP status, 200 when answered, 408 for no answer, 0 when
        it says nothing about the trunk.
        """
        managed = self._trunks.get(route.trunk.name)
        if managed and status:
            now = time.monotonic()
            managed.called(route.target, status, reason, now)
            standing = managed.standings.get(route.target)
            if standing and not standing.is_settled:
                self._prober.hurry(route.trunk.name, route.target, now)

    async def probe(self, trunk: Trunk, target: Target) -> Probed:
        """Have the gateway ask this target now. Raises SoftswitchError when the gateway is away."""
        if not self._connected():
            raise SoftswitchError("the gateway is away just now: it is being started again; try once more")
        key = (trunk.name, target)
        told: asyncio.Future[Probed] = asyncio.get_running_loop().create_future()
        waiting = self._asked.setdefault(key, [])
        waiting.append(told)
        if self._prober.may_ask(key, trunk.health, time.monotonic()):
            self._send(messages.Probe(trunk.name, target, trunk.health.timeout))
        try:
            async with asyncio.timeout(trunk.health.timeout + GRACE_S):
                return await told
        except TimeoutError:
            return Probed(trunk.name, target, 0, "", 0.0)
        finally:
            waiting.remove(told)
            if not waiting:
                self._asked.pop(key, None)

    async def settle(self, name: str) -> Registration:
        """The registration once it is there or has failed; a try that waits for its time is made now."""
        managed = self._trunks[name]
        if managed.registration.phase is Phase.WAITING:
            managed.try_again(time.monotonic())
        patience = managed.patience * max(1, len(managed.targets)) + GRACE_S
        for _ in range(round(patience / TICK_S)):
            if managed.registration.phase not in (Phase.REGISTERING, Phase.IDLE):
                break
            await asyncio.sleep(TICK_S)
        return managed.registration

    def __iter__(self) -> Iterator[Managed]:
        return iter([self._trunks[name] for name in sorted(self._trunks)])

    @property
    def problems(self) -> tuple[str, ...]:
        """Why not everything that is declared holds."""
        return self._sources.found.problems

    def trail(self, trunk: Trunk) -> list[str]:
        """How its hosts were resolved."""
        return self._hosts.trail(trunk)

    # --- its life -------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follow())
                tasks.create_task(self._keep_time())
        finally:
            self._hosts.close()
            self._sources.close()

    async def _follow(self) -> None:
        while True:
            pause = POLL_S
            try:
                changed = await self._sources.poll()
                if changed or (self._sources.were_read and self._hold_until is None):
                    self._redeclare(time.monotonic())
            except Exception:  # calls go on without
                log.exception("trunks are not followed for %g s", AFTER_BUG_S)
                pause = AFTER_BUG_S
            await asyncio.sleep(pause)

    async def _keep_time(self) -> None:
        while True:
            pause = TICK_S
            try:
                self._tick(time.monotonic())
            except Exception:  # calls go on without
                log.exception("trunks stand still for %g s", AFTER_BUG_S)
                pause = AFTER_BUG_S
            await asyncio.sleep(pause)

    @property
    def are_told(self) -> bool:
        """Whether the gateway has the trunks: before that it cannot tell them from strangers."""
        return self._sent is not None

    def introduce(self) -> None:
        """The gateway is connected: it may be a new one, which knows nothing."""
        self._sent = None
        now = time.monotonic()
        for managed in self._trunks.values():
            managed.reconnected(now)

    def on_news(self, news: News) -> None:
        """What the gateway says of a trunk."""
        if not isinstance(news, messages.Registered | messages.Probed):
            return
        if not (managed := self._trunks.get(news.trunk)):
            return
        now = time.monotonic()
        if isinstance(news, messages.Registered):
            managed.registered(news, now)
        else:
            managed.probed(news, now)
            for told in self._asked.get((news.trunk, news.target), ()):
                if not told.done():
                    told.set_result(news)
            standing = managed.standings.get(news.target)
            self._prober.answered(news, managed.trunk.health, standing, now)

    # --- what changes ---------------------------------------------------------------------------------

    def _redeclare(self, now: float) -> None:
        """Take up what is declared now; what is the same is left alone."""
        declared = {each.name: each for each in self._sources.found.declared}
        for name in set(self._trunks) - set(declared):
            del self._trunks[name]
            log.info("trunk %s is no more", name)
        for name, each in declared.items():
            managed = self._trunks.get(name)
            if managed is None:
                self._trunks[name] = Managed(each, self._config.node, self._attempt, now, self._told)
            elif managed.declared != each:
                log.info("trunk %s was changed", name)
                managed.redeclare(each, now)
        self._hosts.want(managed.trunk for managed in self._trunks.values() if managed.trunk.enabled)
        if self._hold_until is None and self._sources.were_read:
            self._hold_until = now + START_GRACE_S
        self._hosts.tick(now)
        self._replace()

    def _replace(self) -> None:
        """Hosts were resolved, or other ones are wanted."""
        now = time.monotonic()
        for managed in self._trunks.values():
            places, errors = self._hosts.places(managed.trunk), self._hosts.errors(managed.trunk)
            managed.place(places, errors, now)

    def _tick(self, now: float) -> None:
        self._hosts.tick(now)
        if not self._connected() or self._hold_until is None:
            return
        seeking = 0
        for managed in self._trunks.values():
            seeking += managed.is_seeking
            if not managed.is_seeking or seeking <= REGISTRATIONS_PER_TICK:
                managed.passed(now)
        self._tell(now)
        for probe in self._prober.tick(self._wanted(), now):
            self._send(probe)

    def _tell(self, now: float) -> None:
        """Send the set as it is to be, if the gateway does not have it."""
        if self._hold_until is not None and now < self._hold_until and self._hosts.are_sought:
            return
        connections = tuple(managed.connection for managed in self)
        if connections != self._sent:
            self._send(messages.Trunks(connections))
            self._sent = connections

    def _wanted(self) -> Iterator[Wanted]:
        for managed in self._trunks.values():
            if managed.trunk.enabled:
                for target, standing in managed.standings.items():
                    yield Wanted(managed.trunk.name, target, managed.trunk.health, standing)
