"""Callers speak with agents: from the acceptance to what becomes of both afterwards."""

import asyncio
import logging
import time
from collections.abc import Callable

from softswitch.app.people import talking
from softswitch.app.people.ledger import Ledger
from softswitch.app.people.legs import Leg
from softswitch.app.people.places import Here
from softswitch.app.people.wires import Wires
from softswitch.people.parties import Agent, Caller
from softswitch.sections.queues import Queue
from softswitch.store.people.claiming import Freed
from softswitch.waiting import PersonLeft

log = logging.getLogger(__name__)


class Talks:
    """`over` is told when a caller's talk is over, before his dialplan is: how it ended."""

    def __init__(
        self,
        ledger: Ledger,
        wires: Wires,
        rules: Callable[[str], Queue],
        over: Callable[[Here, Caller, str], None],
    ) -> None:
        self._ledger, self._wires, self._rules, self._over = ledger, wires, rules, over

    async def run(self, here: Here, agent: Agent, caller: Caller, leg: Leg) -> Freed | None:
        """What becomes of the agent, once they have spoken; None where they have not."""
        if not await talking.until_free(here, leg):
            return None
        here.talks = True
        here.waiter.put_through(leg.call_id, agent.name)
        connecting = asyncio.create_task(self._ledger.connect(caller, leg.call_id))
        how = await self._until_over(here, agent, caller, leg)
        await connecting
        return await self._end(agent, caller, how)

    async def resume(self, here: Here, agent: Agent, caller: Caller, leg: Leg) -> Freed:
        """A talk that went on while the process before this one died, and this one began."""
        here.talks, here.winner = True, leg
        here.rings[agent.name] = leg
        how = await self._until_over(here, agent, caller, leg)
        return await self._end(agent, caller, how)

    async def _until_over(self, here: Here, agent: Agent, caller: Caller, leg: Leg) -> str:
        began = time.monotonic()
        how = await self._how(here, agent, leg)
        here.talks = False
        self._ledger.figures.talked(time.monotonic() - began)
        leg.hang_up()
        self._over(here, caller, how)
        if how in ("hung_up", "given_back", "lost"):
            here.waiter.tell(PersonLeft(agent.name, how))  # type: ignore[arg-type]
        return how

    async def _how(self, here: Here, agent: Agent, leg: Leg) -> str:
        try:
            return await talking.until_over(here, leg, self._wires.send)
        except Exception:  # a bug here must hold neither of them
            log.exception("while agent %s spoke with call %s", agent.name, here.call_id)
            return "lost"

    async def _end(self, agent: Agent, caller: Caller, how: str) -> Freed:
        await self._ledger.end(caller, "served", how, agent.name)
        wrap_up = self._rules(caller.queue).wrap_up if agent.wrap_up is None else agent.wrap_up
        return Freed("wrap_up", "", wrap_up) if wrap_up else Freed("available")
