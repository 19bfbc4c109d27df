"""Brings callers who want a person and people together. Implements ports.People.

Who stands where, and who is free, is read from the database again and again, for other nodes have callers
too. One task looks whenever something has happened here, and several times a second while somebody waits.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Collection, Coroutine, Iterable, Mapping
from typing import Any

from softswitch.app.acting.rhythm import Rhythm
from softswitch.app.people.announcing import Announcing
from softswitch.app.people.backs import Backs
from softswitch.app.people.connecting import Connecting
from softswitch.app.people.consulting import Consulting
from softswitch.app.people.leases import Leases
from softswitch.app.people.ledger import Ledger
from softswitch.app.people.legs import Leg, Legs
from softswitch.app.people.matching import Matching
from softswitch.app.people.offering import Offering
from softswitch.app.people.places import Here
from softswitch.app.people.returning import Returning
from softswitch.app.people.ringing import Ringer
from softswitch.app.people.talks import Talks
from softswitch.app.people.waiting_room import WaitingRoom
from softswitch.app.people.wires import Wires
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.events import CallInfo
from softswitch.people.parties import Caller
from softswitch.ports import Waiter
from softswitch.store.people.people import PeopleStore
from softswitch.store.people.viewing import View
from softswitch.waiting import Enqueue, LeaveQueue

log = logging.getLogger(__name__)
POLL_S = 0.1
"""Between two looks while somebody waits: what other nodes have changed is seen by then."""
IDLE_S = 1.0
SHARE = 10.0
START_S = 3.0
"""A database that does not answer by then is away."""


class Distributor:
    """`start` before the gateway names its calls, then `run` for as long as the node lives, then `close`."""

    def __init__(self, config: Config, store: PeopleStore, legs: Legs, wires: Wires) -> None:
        self._store, self._wires, rules = store, wires, config.queue
        self._woken = asyncio.Event()
        self._work: set[asyncio.Task[None]] = set()
        self._registered = self._stops = False
        self._rhythm = Rhythm("callers and agents are not brought together")
        self.view = View((), (), 0.0)
        self.ledger = ledger = Ledger(store, wires, rules)
        ringer = Ringer(config.dialing, wires)
        backs = Backs(legs, ledger, wires, rules)
        talks = Talks(ledger, wires, rules, self._on_talk_over)
        offering = Offering(legs, ringer, ledger, wires, rules, talks)
        announcing = Announcing(store, rules, wires.is_open)
        room = self._room = WaitingRoom(ledger, announcing, wires, backs.place_of, self._start)
        self._matching = Matching(ledger, legs, wires, room, offering, backs, rules, self._start)
        self._connecting = Connecting(legs, ringer, wires)
        self._consulting = Consulting(legs, ringer, wires, self._connecting)
        self._leases = Leases(ledger, lambda: bool(room.here or self._work), room.hold_anew, self.wake)
        self._returning = Returning(ledger, legs, offering, self._connecting, room.here, rules, self._start)
        legs.on_found = self._on_gateway_ready
        legs.on_end = lambda call_id: wires.note(call_id, ended_at=time.time())

    # --- ports.People -------------------------------------------------------------------------------------

    def enqueue(self, waiter: Waiter, info: CallInfo, plan: str, order: Enqueue) -> None:
        self._room.enqueue(waiter, info, plan, order)

    def leave(self, call_id: str, order: LeaveQueue) -> None:
        self._room.leave(call_id, order)

    def gone(self, call_id: str) -> None:
        self._connecting.gone(call_id)
        here = self._room.let_go(call_id)
        if here and here.row and not here.talks and not self._stops:
            self._start(self.ledger.end(here.row, "abandoned"))

    def consult(self, here: Here, address: str) -> None:
        """Have his agent speak with somebody before he does. Raises SoftswitchError where one is there."""
        third, agent = self._consulting.begin(here)
        self._start(self._consulting.run(here, third, agent, address))

    def transfer(self, waiter: Waiter, uri: str) -> None:
        self._start(self._connecting.run(waiter, uri))

    # --- what others tell and ask -------------------------------------------------------------------------

    def written(self, call_ids: Iterable[str]) -> None:
        """The database has it that these calls wait."""
        self._room.written(call_ids)
        self._woken.set()

    def wake(self) -> None:
        """Something has changed: look now."""
        self._woken.set()

    def talking(self, call: str) -> Here:
        """As WaitingRoom.talking."""
        return self._room.talking(call)

    def agent_of(self, leg_id: str) -> str:
        """Who is at that call, or was with the process before this one; "" for nobody."""
        return self._room.agent_of(leg_id) or self._returning.agent_of(leg_id)

    def take_up(self, waiter: Waiter, info: CallInfo, plan: str) -> None:
        self._room.take_up(waiter, info, plan)

    # --- for as long as the node lives --------------------------------------------------------------------

    async def start(self) -> None:
        """Hold what the process before this one held, before the gateway tells which of its calls it has.
        When the database is away, that is taken over from it later, as from a node that died.
        """
        try:
            async with asyncio.timeout(START_S):
                await self._store.register()
                await self._returning.adopt()
        except (SoftswitchError, TimeoutError) as error:
            log.error("callers who wait for a person wait for the database first: %s", error or "no answer")
        else:
            self._registered = True

    async def run(self) -> None:
        await self._rhythm.run(self._distribute, *self._leases.works)

    def stop(self) -> None:
        """Calls that end from here on were ended by the node: who waited is called back."""
        self._stops = True

    async def close(self) -> None:
        """What is under way stays written down as it is: the next process, or another node, goes on."""
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        await self._store.close()

    async def _distribute(self) -> None:
        self._woken.clear()
        began = time.monotonic()
        try:
            if not self._registered:
                await self._store.register()
                self._registered = True
            await self._room.hold()
            self.view = await self._look()
            await self._room.tell(self.view)
            await self._matching.offer(self.view)
        finally:
            self._room.give_up_unwritten()
        await self._until_woken(time.monotonic() - began)

    async def _until_woken(self, took: float) -> None:
        waits = self._room.here or any(caller.state == "call_back" for caller in self.view.callers)
        with contextlib.suppress(TimeoutError):
            # With hundreds waiting a look takes a while: most of the time is for others.
            pause = max(POLL_S, SHARE * took) if waits else IDLE_S
            async with asyncio.timeout(pause):
                await self._woken.wait()

    async def _look(self) -> View:
        view = await self._store.look()
        if not view.is_to_wake:
            return view
        before = {agent.name: agent.state for agent in view.agents}
        for agent in await self._store.wake():
            self.ledger.changed(agent, before.get(agent.name, ""))
        return await self._store.look()

    def _on_gateway_ready(self, found: Mapping[str, Leg], live: Collection[str]) -> None:
        """The gateway has named its calls. Those that one before it took with it are lost, not abandoned."""
        self._returning.take_up(found, live)
        self._returning.lose(self._room.lose(live))

    # --- after a talk -------------------------------------------------------------------------------------

    def _on_talk_over(self, here: Here, caller: Caller, how: str) -> None:
        """Before his dialplan goes on, which may have him wait again."""
        if self._room.here.get(here.call_id) is here:
            del self._room.here[here.call_id]
        if how == "queue":
            order = Enqueue(here.to, caller.priority, (), caller.reason, caller.since)
            here.waiter.wait_on()
            self.enqueue(here.waiter, here.info, here.plan, order)
            self._start(self._put(here.call_id, order))
        elif how == "number":
            here.waiter.wait_on()
            self._start(self._connecting.run(here.waiter, here.to, caller.agent))
        elif how == "joined":
            here.waiter.wait_on()
            self._connecting.keep(here)
        if here.aside and how != "joined":
            here.aside.cancel()

    async def _put(self, call_id: str, order: Enqueue) -> None:
        await self.ledger.patiently(lambda: self._store.put(call_id, order))
        self.written([call_id])

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        """What may free an agent, or change a place, is looked at once it is done."""
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        self._woken.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("while callers and agents were brought together", exc_info=error)
