"""Who gets whom: agents who are free are claimed for the callers at the front, and rung."""

from collections.abc import Callable

from softswitch.app.people.backs import NOT_NOW_S, Backs
from softswitch.app.people.ledger import Ledger
from softswitch.app.people.legs import Leg, Legs
from softswitch.app.people.offering import Offering
from softswitch.app.people.waiting_room import Start, WaitingRoom
from softswitch.app.people.wires import Wires
from softswitch.errors import SoftswitchError
from softswitch.people import choosing
from softswitch.people.parties import Caller
from softswitch.sections.queues import Queue
from softswitch.store.people.claiming import Claim, Freed
from softswitch.store.people.viewing import View


class Matching:
    """`start` sees that work is done."""

    def __init__(
        self,
        ledger: Ledger,
        legs: Legs,
        wires: Wires,
        room: WaitingRoom,
        offering: Offering,
        backs: Backs,
        rules: Callable[[str], Queue],
        start: Start,
    ) -> None:
        self._ledger, self._legs, self._wires, self._room = ledger, legs, wires, room
        self._offering, self._backs, self._rules, self._start = offering, backs, rules, start

    async def offer(self, view: View) -> None:
        """Ring whom the view says is free, for callers of this node and those who are to be called back."""
        if self._wires.away or not (claims := self._wanted(view)):
            return
        try:
            won = {claim.leg for claim in await self._ledger.store.claim(claims)}
        except SoftswitchError:  # which does not say whether it came through
            for claim in claims:
                self._give_back(claim)
            raise
        for claim in claims:
            leg = self._legs.find(claim.leg)
            if claim.leg in won:
                self._begin(claim, leg)
            else:
                self._legs.end(leg)

    def _wanted(self, view: View) -> list[Claim]:
        callers = [caller for caller in view.callers if self._counts(caller)]
        return [
            Claim(each.caller, each.agent, self._legs.begin().call_id, self._most(each.caller))
            for each in choosing.offers(view.agents, callers, self._rules, view.now)
            if each.caller.state == "call_back" or self._room.waits(each.caller)
        ]

    def _counts(self, caller: Caller) -> bool:
        """Who stands before whom: callers of other nodes count, and call backs that this node can make."""
        if caller.state == "call_back":
            return bool(caller.number) and self._wires.can_dial(caller.plan)
        return caller.holder != self._ledger.store.holder or self._room.waits(caller)

    def _most(self, caller: Caller) -> int:
        return 1 if caller.state == "call_back" else self._rules(caller.queue).offer_at_once

    def _begin(self, claim: Claim, leg: Leg) -> None:
        if claim.caller.state == "call_back":
            self._start(self._backs.run(claim, leg))
        elif self._room.waits(claim.caller):
            here = self._room.here[claim.caller.call_id]
            here.rings[claim.agent.name] = leg
            self._start(self._offering.run(here, claim, leg))
        else:  # he left in this moment
            self._give_back(claim)

    def _give_back(self, claim: Claim) -> None:
        """Nobody is rung after all."""
        self._legs.end(self._legs.find(claim.leg))
        self._start(self._free(claim))

    async def _free(self, claim: Claim) -> None:
        freed = Freed("available", idle_anew=False)
        held = await self._ledger.release(claim.leg, freed, "ringing")
        if held and claim.caller.state == "call_back":
            store, caller_id = self._ledger.store, claim.caller.id
            await self._ledger.patiently(lambda: store.call_back(caller_id, "", NOT_NOW_S))
