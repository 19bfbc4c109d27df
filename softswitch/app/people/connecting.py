"""Connects a caller with somebody outside of every queue: where a far end refuses to be transferred by REFER,
and where an agent sends him on.
"""

from softswitch.app.people import talking
from softswitch.app.people.legs import Leg, Legs
from softswitch.app.people.places import Here
from softswitch.app.people.ringing import Reached, Ringer
from softswitch.app.people.wires import Wires
from softswitch.events import CallInfo
from softswitch.ports import Waiter
from softswitch.waiting import Enqueue, PersonLeft, QueueOver

RING_S = 60.0
NOBODY = CallInfo("", "", "", "", "", 0.0)


class Connecting:
    def __init__(self, legs: Legs, ringer: Ringer, wires: Wires) -> None:
        self._legs, self._ringer, self._wires = legs, ringer, wires
        self._tried: dict[str, Here] = {}

    def gone(self, call_id: str) -> None:
        """The caller hung up: whoever is rung for him stops ringing."""
        if here := self._tried.get(call_id):
            here.leave()

    def keep(self, here: Here) -> None:
        """From here on the caller is told to be `gone` here, until it is `over`."""
        self._tried[here.waiter.call_id] = here

    def over(self, here: Here) -> None:
        if self._tried.get(here.waiter.call_id) is here:
            del self._tried[here.waiter.call_id]

    async def run(self, waiter: Waiter, address: str, agent: str = "") -> None:
        """Until their talk is over, or it is known that nobody answers. `agent` has sent him there."""
        here, leg = self._begin(waiter, address, self._legs.begin())
        try:
            reached, _ = await self._ringer.reach(leg, address, RING_S)
            await self.join(here, leg, address, agent, reached)
        finally:
            self.over(here)
            self._legs.end(leg)

    async def join(self, here: Here, leg: Leg, address: str, agent: str, reached: Reached) -> None:
        """The caller and who was rung for him, from the answer on, if there was one."""
        waiter = here.waiter
        if reached is Reached.ANSWERED and await talking.until_free(here, leg):
            waiter.put_through(leg.call_id, address)
            await self._talk(here, leg, address)
        elif not here.gone:
            waiter.tell(PersonLeft(agent, "lost") if agent else QueueOver("empty"))

    async def resume(self, waiter: Waiter, leg: Leg, address: str) -> None:
        """A talk that went on while the process before this one died, and this one began."""
        here, leg = self._begin(waiter, address, leg)
        try:
            await self._talk(here, leg, address)
        finally:
            self.over(here)
            self._legs.end(leg)

    def _begin(self, waiter: Waiter, address: str, leg: Leg) -> tuple[Here, Leg]:
        here = Here(waiter, NOBODY, "", Enqueue(""), "")
        here.rings[address] = leg
        self.keep(here)
        return here, leg

    async def _talk(self, here: Here, leg: Leg, address: str) -> None:
        how = await talking.until_over(here, leg, self._wires.send)
        if how != "gone":
            here.waiter.tell(PersonLeft(address, how))  # type: ignore[arg-type]
