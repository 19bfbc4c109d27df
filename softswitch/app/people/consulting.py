"""An agent speaks with a third party before his caller does (an attended transfer, RFC 5359 section 2.5).

The third party's phone rings while agent and caller talk on. Once it is answered the caller hears music, and
the two speak. When the agent hangs up, caller and third party are connected; when the third party does, or
the agent presses the keys that give back, agent and caller are together again.
"""

import asyncio

from softswitch.app.people.connecting import RING_S, Connecting
from softswitch.app.people.legs import Leg, Legs
from softswitch.app.people.places import Here
from softswitch.app.people.ringing import Reached, Ringer
from softswitch.app.people.talking import TICK_S
from softswitch.app.people.wires import Wires
from softswitch.errors import SoftswitchError
from softswitch.gateway import messages


class Consulting:
    def __init__(self, legs: Legs, ringer: Ringer, wires: Wires, connecting: Connecting) -> None:
        self._legs, self._ringer, self._wires, self._connecting = legs, ringer, wires, connecting

    def begin(self, here: Here) -> tuple[Leg, str]:
        """The call to the third party, and the agent's name. Raises SoftswitchError where there is one."""
        if here.aside:
            raise SoftswitchError("this agent speaks with somebody apart already: end that first")
        agent = next(name for name, leg in here.rings.items() if leg is here.winner)
        here.aside = self._legs.begin()
        return here.aside, agent

    async def run(self, here: Here, third: Leg, agent: str, address: str) -> None:
        """Until the agent is with his caller again, or the third party's talk with the caller is over."""
        here.rings[address] = third
        try:
            reached, _ = await self._ringer.reach(third, address, RING_S)
            if reached is Reached.ANSWERED and here.talks:
                await self._apart(here, third, agent)
            here.aside, here.apart = None, False
            if here.joined:
                await self._connecting.join(here, third, address, agent, reached)
        finally:
            here.aside, here.apart = None, False
            here.rings.pop(address, None)
            self._connecting.over(here)
            self._legs.end(third)

    async def _apart(self, here: Here, third: Leg, agent: str) -> None:
        assert here.winner
        here.apart = True
        here.waiter.wait_on()
        self._wires.send(messages.Bridge(here.winner.call_id, third.call_id))
        while here.talks and not (third.ended or third.cancelled):  # noqa: ASYNC110
            await asyncio.sleep(TICK_S)
        while not third.news.empty():
            third.news.get_nowait()
        if here.talks and not here.gone and here.winner:
            here.waiter.put_through(here.winner.call_id, agent)
