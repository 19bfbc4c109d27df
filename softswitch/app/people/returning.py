"""After a restart of this process: talks that went on meanwhile are taken up, and what is gone is let go."""

from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any

from softswitch.app.people.connecting import Connecting
from softswitch.app.people.ledger import Ledger
from softswitch.app.people.legs import Leg, Legs
from softswitch.app.people.offering import Offering
from softswitch.app.people.places import Here
from softswitch.people.parties import Agent, Caller
from softswitch.sections.queues import Queue
from softswitch.store.people.claiming import Freed

Start = Callable[[Coroutine[Any, Any, None]], None]


class Returning:
    """`callers` are those of this node by call; `start` sees that work is done."""

    def __init__(
        self,
        ledger: Ledger,
        legs: Legs,
        offering: Offering,
        connecting: Connecting,
        callers: dict[str, Here],
        rules: Callable[[str], Queue],
        start: Start,
    ) -> None:
        self._ledger, self._legs, self._offering, self._connecting = ledger, legs, offering, connecting
        self._callers, self._rules, self._start = callers, rules, start
        self._agents: dict[str, tuple[Agent, Caller | None]] = {}
        self._held: tuple[Caller, ...] = ()

    async def adopt(self) -> None:
        """Hold what the process before this one held."""
        held = await self._ledger.store.adopt()
        by_call = {caller.call_id: caller for caller in held.callers}
        self._agents = {agent.leg: (agent, by_call.get(agent.call_id)) for agent in held.agents}
        self._held = held.callers
        self._legs.expected = set(self._agents)

    def agent_of(self, leg_id: str) -> str:
        """Who was called by that call, "" for nobody."""
        agent, _ = self._agents.get(leg_id, (None, None))
        return agent.name if agent else ""

    def take_up(self, found: Mapping[str, Leg], live: Collection[str]) -> None:
        """The gateway has named its calls: `found` are those to agents, `live` the ids of all."""
        agents, self._agents = self._agents, {}
        for other in (found[leg_id] for leg_id in found.keys() - agents.keys()):
            self._start(self._take_up_other(other))
        held, self._held = self._held, ()
        talking = set()
        for leg_id, (agent, caller) in agents.items():
            leg, here = found.get(leg_id), self._callers.get(agent.call_id)
            if leg and here and here.talks and caller and agent.state == "busy":
                here.row = caller
                talking.add(caller.id)
                self._start(self._offering.resume(here, agent, caller, leg))
            else:
                if leg:
                    self._legs.end(leg)
                self._start(self._drop(agent, caller))
        self.lose([each.id for each in held if each.id not in talking and _is_lost(each, live)])

    async def _take_up_other(self, leg: Leg) -> None:
        """A talk with somebody who is no agent; or what is left of one."""
        assert leg.line
        here = self._callers.get(leg.line.bridged_to)
        if here and here.talks:
            del self._callers[here.call_id]
            await self._connecting.resume(here.waiter, leg, leg.line.info.to_uri)
        else:
            self._legs.end(leg)

    def lose(self, caller_ids: Collection[int]) -> None:
        """Their calls are gone, and not because they hung up: they are called back where that can be."""
        if caller_ids:
            self._start(self._lose(caller_ids))

    async def _drop(self, agent: Agent, caller: Caller | None) -> None:
        """The process that rang him, or had his talk, is no more."""
        wrap_up = self._rules(caller.queue).wrap_up if caller and agent.state == "busy" else 0.0
        freed = Freed("wrap_up", "", wrap_up) if wrap_up else Freed("available", idle_anew=False)
        await self._ledger.release(agent.leg, freed, agent.state)

    async def _lose(self, caller_ids: Collection[int]) -> None:
        ids = list(caller_ids)
        self._ledger.lost(await self._ledger.patiently(lambda: self._ledger.store.lose(ids)))


def _is_lost(caller: Caller, live: Collection[str]) -> bool:
    """Whoever is on the line still, and waits, is going to be enqueued anew by his session."""
    return caller.call_id not in live or caller.state in ("talking", "calling")
