"""Brings callers who want a person and people together. Implements ports.People.

What this process knows of its own callers lies here; who stands where, and who is free, is read from the
database again and again, for other nodes have callers too. One task looks whenever something has happened
here, and several times a second while somebody waits.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from typing import Any

from softswitch.app.people.announcing import Announcing
from softswitch.app.people.backs import Backs
from softswitch.app.people.connecting import Connecting
from softswitch.app.people.consulting import Consulting
from softswitch.app.people.leases import Leases
from softswitch.app.people.ledger import Ledger
from softswitch.app.people.legs import Leg, Legs
from softswitch.app.people.offering import Offering
from softswitch.app.people.places import Here
from softswitch.app.people.returning import Returning
from softswitch.app.people.ringing import Ringer
from softswitch.app.people.wires import Wires
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.events import CallInfo
from softswitch.people import choosing
from softswitch.people.parties import Caller
from softswitch.ports import Waiter
from softswitch.sections.queues import Queue
from softswitch.store.people.claiming import Claim, Freed, View
from softswitch.store.people.people import PeopleStore
from softswitch.waiting import Enqueue, LeaveQueue, QueueOver

log = logging.getLogger(__name__)
POLL_S = 0.1
"""Between two looks while somebody waits: what other nodes have changed is seen by then."""
IDLE_S = 1.0
SHARE = 10.0
AWAY_S = 1.0
START_S = 3.0
"""A database that does not answer by then is away."""
UNWRITTEN_S = 5.0
"""A caller whose wait is not in the database by then is told that nobody comes: he must not wait for ever."""


class Distributor:
    """`start` before the gateway names its calls, then `run` for as long as the node lives, then `close`."""

    def __init__(self, config: Config, store: PeopleStore, legs: Legs, wires: Wires) -> None:
        self._store, self._legs, self._wires = store, legs, wires
        self._rules: Callable[[str], Queue] = config.queue
        self._here: dict[str, Here] = {}
        self._written: set[str] = set()
        """Calls whose wait was written down and is not held yet."""
        self._woken = asyncio.Event()
        self._work: set[asyncio.Task[None]] = set()
        self._registered = self._trouble = False
        self.view = View((), (), 0.0)
        self.ledger = Ledger(store, wires, self._rules)
        ringer = Ringer(config.dialing, wires)
        self._offering = Offering(legs, ringer, self.ledger, wires, self._rules, self._on_talk_over)
        self._backs = Backs(legs, self.ledger, wires, self._rules)
        self._connecting = Connecting(legs, ringer, wires)
        self._consulting = Consulting(legs, ringer, wires, self._connecting)
        self._announcing = Announcing(store, self._rules, wires.is_open)
        self._leases = Leases(self.ledger, lambda: bool(self._here or self._work), self._hold_anew, self.wake)
        talks = self._offering, self._connecting, self._here
        self._returning = Returning(self.ledger, legs, *talks, self._rules, self._start)
        legs.on_found = self._on_gateway_ready
        legs.on_end = lambda call_id: wires.note(call_id, ended_at=time.time())
        self._stops = False

    # --- ports.People -------------------------------------------------------------------------------------

    def enqueue(self, waiter: Waiter, info: CallInfo, plan: str, order: Enqueue) -> None:
        here = self._here.get(info.call_id)
        if here and not here.talks:
            here.renew(waiter, order)
        else:
            self._here[info.call_id] = Here(waiter, info, plan, order, self._wires.number(info, plan))

    def leave(self, call_id: str, order: LeaveQueue) -> None:
        """The database is told with the turn in which he chose so (StateSaved.leaves)."""
        here = self._here.pop(call_id, None)
        if here is None:
            return
        here.leave()
        if here.row:
            self.ledger.moved(here.row, order.how)
            self.ledger.figures.outcomes[here.row.queue, order.how] += 1

    def gone(self, call_id: str) -> None:
        self._connecting.gone(call_id)
        here = self._here.pop(call_id, None)
        if here is None:
            return
        here.leave()
        if here.row and not here.talks and not self._stops:
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
        self._written.update(call_ids)
        self._woken.set()

    def wake(self) -> None:
        """Something has changed: look now."""
        self._woken.set()

    def talking(self, call: str) -> Here:
        """The caller of this node who speaks with the agent `call`, or whose call begins so.

        Raises SoftswitchError when there is none, or several.
        """
        talks = {call_id: here for call_id, here in self._here.items() if here.talks}
        found = [here for here in talks.values() if call in here.rings] or [
            here for call_id, here in talks.items() if call_id.startswith(call.lower())
        ]
        if len(found) != 1:
            many = f"{len(found)} talks of this node begin with" if found else "this node has no talk of"
            raise SoftswitchError(f"{many} {call}: see softswitch queue callers")
        return found[0]

    def agent_of(self, leg_id: str) -> str:
        """Who is at that call, or was with the process before this one; "" for nobody."""
        rings = (ring for here in self._here.values() for ring in here.rings.items())
        ours = (agent for agent, leg in rings if leg.call_id == leg_id)
        return next(ours, "") or self._returning.agent_of(leg_id)

    def take_up(self, waiter: Waiter, info: CallInfo, plan: str) -> None:
        """A caller who spoke with an agent while this process, or its connection to the gateway, was away."""
        if here := self._here.get(info.call_id):
            here.waiter = waiter
            return
        number = self._wires.number(info, plan)
        self._here[info.call_id] = Here(waiter, info, plan, Enqueue(""), number, talks=True)

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
        async with asyncio.TaskGroup() as tasks:
            for work in (self._distribute, *self._leases.works):
                tasks.create_task(self._again_and_again(work))

    def stop(self) -> None:
        """Calls that end from here on were ended by the node: who waited is called back."""
        self._stops = True

    async def close(self) -> None:
        """What is under way stays written down as it is: the next process, or another node, goes on."""
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        await self._store.close()

    async def _again_and_again(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            try:
                await work()
                self._trouble = False
            except SoftswitchError as error:
                if not self._trouble:
                    log.warning("callers and agents are not brought together: %s", error)
                self._trouble = True
                await asyncio.sleep(AWAY_S)
            except Exception:  # a bug here is no reason to end calls
                log.exception("while callers and agents were brought together")
                await asyncio.sleep(AWAY_S)

    async def _distribute(self) -> None:
        self._woken.clear()
        began = time.monotonic()
        try:
            if not self._registered:
                await self._store.register()
                self._registered = True
            await self._hold()
            self.view = await self._look()
            await self._tell_callers()
            await self._offer()
        finally:
            self._give_up_unwritten()
        waits = self._here or any(caller.state == "call_back" for caller in self.view.callers)
        with contextlib.suppress(TimeoutError):
            # With hundreds waiting a look takes a while: most of the time is for others.
            pause = max(POLL_S, SHARE * (time.monotonic() - began)) if waits else IDLE_S
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

    # --- who waits ----------------------------------------------------------------------------------------

    async def _hold(self) -> None:
        """Callers whose wait was written down are held; those who have gone already are taken off."""
        written = {call_id: self._here[call_id].number for call_id in self._written if call_id in self._here}
        gone = sorted(self._written - written.keys())
        if gone:
            await self._store.end_unheld(gone)
        if written:
            for call_id, row in (await self._store.take(written)).items():
                await self._begin(call_id, row)
        self._written -= {*written, *gone}

    async def _begin(self, call_id: str, row: Caller) -> None:
        here = self._here.get(call_id)
        if here is None:  # he left in this moment
            await self.ledger.end(row, "abandoned")
            return
        here.row = await self._backs.place_of(row)
        if row.state != "offered":
            self.ledger.moved(here.row, "waiting", reason=row.reason)

    def _on_gateway_ready(self, found: Mapping[str, Leg], live: Collection[str]) -> None:
        """The gateway has named its calls. Those that one before it took with it are lost, not abandoned."""
        self._returning.take_up(found, live)
        lost = [here for call_id, here in self._here.items() if call_id not in live]
        for here in lost:
            del self._here[here.call_id]
            here.leave()
        self._returning.lose([here.row.id for here in lost if here.row])

    def _hold_anew(self) -> None:
        """Others have taken this process for dead; callers who are spoken with are let alone."""
        self.written(call_id for call_id, here in self._here.items() if not here.talks)

    async def _tell_callers(self) -> None:
        rows = [(here, here.row) for here in self._here.values() if here.row and here.winner is None]
        await self._announcing.measure({row.queue for _, row in rows})
        for here, row in rows:
            if here.gone or here.talks:  # meanwhile
                continue
            if over := self._announcing.over(here, row, self.view):
                self._dismiss(here, row, over)
                continue
            if here.admitted and not here.rings and (told := self._announcing.place(here, row, self.view)):
                here.waiter.tell(told)
            here.admitted = True

    def _dismiss(self, here: Here, row: Caller, over: QueueOver) -> None:
        del self._here[row.call_id]
        here.leave()
        self._start(self.ledger.end(row, "over", over.why))
        here.waiter.tell(over)

    def _give_up_unwritten(self) -> None:
        """The database is away, or too slow."""
        late = time.monotonic() - UNWRITTEN_S
        for call_id, here in list(self._here.items()):
            if here.row is None and not here.talks and here.entered < late:
                log.warning("call %s waits for nobody: the database does not know of it", call_id)
                del self._here[call_id]
                here.leave()
                here.waiter.tell(QueueOver("empty"))

    # --- offers -------------------------------------------------------------------------------------------

    async def _offer(self) -> None:
        if self._wires.away:
            return
        view = self.view
        callers = [caller for caller in view.callers if self._counts(caller)]
        claims = [
            Claim(each.caller, each.agent, self._legs.begin().call_id, self._most(each.caller))
            for each in choosing.offers(view.agents, callers, self._rules, view.now)
            if each.caller.state == "call_back" or self._wants(each.caller)
        ]
        won = {claim.leg for claim in await self._store.claim(claims)} if claims else set()
        for claim in claims:
            leg = self._legs.find(claim.leg)
            if claim.leg in won:
                self._begin_offer(claim, leg)
            else:
                self._legs.end(leg)

    def _begin_offer(self, claim: Claim, leg: Leg) -> None:
        if claim.caller.state == "call_back":
            self._start(self._backs.run(claim, leg))
        elif self._wants(claim.caller):
            here = self._here[claim.caller.call_id]
            here.rings[claim.agent.name] = leg
            self._start(self._offering.run(here, claim, leg))
        else:  # he left in this moment
            self._legs.end(leg)
            self._start(self._free(leg))

    async def _free(self, leg: Leg) -> None:
        await self.ledger.release(leg.call_id, Freed("available", idle_anew=False), "ringing")

    def _counts(self, caller: Caller) -> bool:
        """Who stands before whom: callers of other nodes count, and call backs that this node can make."""
        if caller.state == "call_back":
            return bool(caller.number) and self._wires.can_dial(caller.plan)
        return caller.holder != self._store.holder or self._wants(caller)

    def _wants(self, caller: Caller) -> bool:
        """Whether he is one of ours, and waits for an agent."""
        here = self._here.get(caller.call_id)
        return here is not None and here.row is not None and here.admitted and here.winner is None

    def _most(self, caller: Caller) -> int:
        return 1 if caller.state == "call_back" else self._rules(caller.queue).offer_at_once

    # --- after a talk -------------------------------------------------------------------------------------

    def _on_talk_over(self, here: Here, caller: Caller, how: str) -> None:
        """Before his dialplan goes on, which may have him wait again."""
        if self._here.get(here.call_id) is here:
            del self._here[here.call_id]
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
