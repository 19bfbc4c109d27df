"""What callers are told while they wait: their place, how long it will be, or that nobody will come."""

import time
from collections.abc import Callable, Collection, Mapping

from softswitch.app.people.places import Here
from softswitch.people import choosing
from softswitch.people.expecting import expected_wait
from softswitch.people.parties import Caller
from softswitch.sections.queues import Queue
from softswitch.store.people.people import PeopleStore
from softswitch.store.people.viewing import View
from softswitch.waiting import QueueOver, QueueTold

TALKS_S = 10.0
IsOpen = Callable[[str, str, float], bool]
"""Of a plan's queue at a time, as wires.Wires.is_open."""


class Announcing:
    def __init__(self, store: PeopleStore, rules: Callable[[str], Queue], is_open: IsOpen) -> None:
        self._store, self._rules, self._is_open = store, rules, is_open
        self._talks: Mapping[str, list[float]] = {}
        self._talks_at = -TALKS_S

    async def measure(self, queues: Collection[str]) -> None:
        """How long talks of these queues were; now and then, and for a queue that is new."""
        known = self._talks.keys() >= set(queues)
        if queues and (not known or time.monotonic() - self._talks_at >= TALKS_S):
            self._talks = await self._store.talks(sorted(queues))
            self._talks_at = time.monotonic()

    def over(self, here: Here, row: Caller, view: View) -> QueueOver | None:
        """Whether nobody is going to come to him."""
        rule, order = self._rules(row.queue), here.order
        # Whoever was in time is served; his dialplan has judged by when he called.
        if not rule.open or (not here.admitted and not self._is_open(here.plan, row.queue, row.since)):
            return QueueOver("closed")
        most = min(order.most_waiting or rule.most_waiting, rule.most_waiting)
        if not here.admitted and choosing.position(view.callers, row.call_id) > most:
            return QueueOver("full")
        if not here.rings and not choosing.serving(view.agents, row.skills, rule):
            return QueueOver("empty")
        if order.max_wait and here.waited >= order.max_wait:
            return QueueOver("waited")
        return None

    def place(self, here: Here, row: Caller, view: View) -> QueueTold | None:
        """What he is told now; None when that is not due."""
        rule, now = self._rules(row.queue), time.monotonic()
        if not rule.announce_every or (here.told_at is not None and now - here.told_at < rule.announce_every):
            return None
        position = choosing.position(view.callers, row.call_id)
        if not position:
            return None
        here.told_at = now
        agents = len(choosing.serving(view.agents, row.skills, rule))
        talks = self._talks.get(row.queue, [])
        return QueueTold(position, expected_wait(position, agents, talks, rule.wrap_up))
