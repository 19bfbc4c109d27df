"""Writes down what becomes of agents and callers, and tells it: patiently, for a database may be away."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from softswitch.app.people.wires import Wires
from softswitch.errors import SoftswitchError
from softswitch.people import parties
from softswitch.people.parties import Agent, Caller
from softswitch.sections.queues import Queue
from softswitch.store.people.claiming import Freed
from softswitch.store.people.people import PeopleStore
from softswitch.waiting import AgentState, CallerMoved, CallerState

log = logging.getLogger(__name__)
Value = TypeVar("Value")
AGAIN_S = 1.0


@dataclass(slots=True)
class Figures:
    """`outcomes` counts callers by queue and what became of their waits, `in_time` those answered within the
    queue's service level, `rung` rings by what came of them, `backs` call backs by what came of them.
    """

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    in_time: Counter[str] = field(default_factory=Counter)
    rung: Counter[str] = field(default_factory=Counter)
    backs: Counter[str] = field(default_factory=Counter)
    taken_over: int = 0
    waited: Callable[[float], None] = lambda seconds: None
    talked: Callable[[float], None] = lambda seconds: None


class Ledger:
    def __init__(self, store: PeopleStore, wires: Wires, rules: Callable[[str], Queue]) -> None:
        self.store = store
        self.figures = Figures()
        self._wires = wires
        self._rules = rules
        self._trouble = False

    async def patiently(self, work: Callable[[], Awaitable[Value]]) -> Value:
        """Until the database has it."""
        while True:
            try:
                value = await work()
            except SoftswitchError as error:
                if not self._trouble:
                    log.warning("who waits for a person is not written down for now: %s", error)
                self._trouble = True
                await asyncio.sleep(AGAIN_S)
            else:
                self._trouble = False
                return value

    async def release(self, leg_id: str, freed: Freed, before: AgentState) -> Agent | None:
        after = await self.patiently(lambda: self.store.release(leg_id, freed))
        if after:
            self.changed(after, before)
        return after

    async def connect(self, caller: Caller, leg_id: str) -> bool:
        """The talk has begun; False when the agent was taken away: this node seemed dead."""
        waited = max(0.0, time.time() - caller.since)
        after = await self.patiently(lambda: self.store.connect(caller.id, leg_id))
        if after is None:
            log.warning(
                "agent %s was taken for free while he speaks with call %s", caller.agent, caller.call_id
            )
            return False
        self.changed(after, "ringing")
        self.moved(caller, "talking", agent=after.name)
        self.figures.waited(waited)
        self.figures.outcomes[caller.queue, "answered"] += 1
        if waited <= self._rules(caller.queue).service_level:
            self.figures.in_time[caller.queue] += 1
        return True

    async def end(self, caller: Caller, state: CallerState, reason: str = "", agent: str = "") -> None:
        if await self.patiently(lambda: self.store.end(caller.id, state)):
            self.moved(caller, state, reason=reason, agent=agent)
            if state != "served":
                self.figures.outcomes[caller.queue, state] += 1

    # --- telling ------------------------------------------------------------------------------------------

    def changed(self, after: Agent, before: str) -> None:
        """An agent's state is another one."""
        self._wires.tell(parties.changed(after, before))

    def moved(self, caller: Caller, state: CallerState, *, agent: str = "", reason: str = "") -> None:
        now = time.time()
        waited = round(max(0.0, now - caller.since), 1)
        told = CallerMoved(caller.call_id, caller.queue, state, now, agent, waited, reason)
        self._wires.tell(told)

    def lost(self, callers: Iterable[Caller]) -> None:
        """Their calls are gone: the database has made call backs of those that can be."""
        for caller in callers:
            state: CallerState = "call_back" if caller.state == "call_back" else "lost"
            self.moved(caller, state, reason="the node died")
            self.figures.outcomes[caller.queue, state] += 1
