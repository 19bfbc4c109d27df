"""Connects a caller with somebody outside of every queue: where a far end refuses to be transferred by REFER,
and where an agent sends him on.
"""

from softswitch.app.people import talking
from softswitch.app.people.legs import Legs
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

    async def run(self, waiter: Waiter, address: str, agent: str = "") -> None:
        """Until their talk is over, or it is known that nobody answers. `agent` has sent him there."""
        here, leg = Here(waiter, NOBODY, "", Enqueue(""), ""), self._legs.begin()
        here.rings[address] = leg
        call_id = waiter.call_id
        self._tried[call_id] = here
        try:
            reached, _ = await self._ringer.reach(leg, address, RING_S)
            if reached is Reached.ANSWERED and await talking.until_free(here, leg):
                waiter.put_through(leg.call_id, address)
                how = await talking.until_over(here, leg, self._wires.send)
                if how != "gone":
                    waiter.tell(PersonLeft(address, how))  # type: ignore[arg-type]
            elif not here.gone:
                waiter.tell(PersonLeft(agent, "lost") if agent else QueueOver("empty"))
        finally:
            if self._tried.get(call_id) is here:
                del self._tried[call_id]
            self._legs.end(leg)
