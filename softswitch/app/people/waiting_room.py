"""The callers of this node who want a person, or speak with one: from their asking to their leaving.

What they are told while they wait is said here; who gets whom is not.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable
from typing import Any

from softswitch.app.people.announcing import Announcing
from softswitch.app.people.ledger import Ledger
from softswitch.app.people.places import Here
from softswitch.app.people.wires import Wires
from softswitch.errors import SoftswitchError
from softswitch.events import CallInfo
from softswitch.people.parties import Caller
from softswitch.ports import Waiter
from softswitch.store.people.viewing import View
from softswitch.waiting import Enqueue, LeaveQueue, QueueOver

log = logging.getLogger(__name__)
UNWRITTEN_S = 5.0
"""A caller whose wait is not in the database by then is told that nobody comes: he must not wait for ever."""
Start = Callable[[Coroutine[Any, Any, None]], None]


class WaitingRoom:
    """`here` are these callers by their calls; `place_of` gives a caller the place that he had before, and
    `start` sees that work is done.
    """

    def __init__(
        self,
        ledger: Ledger,
        announcing: Announcing,
        wires: Wires,
        place_of: Callable[[Caller], Awaitable[Caller]],
        start: Start,
    ) -> None:
        self._ledger, self._announcing, self._wires = ledger, announcing, wires
        self._place_of, self._start = place_of, start
        self.here: dict[str, Here] = {}
        self._written: set[str] = set()
        """Calls whose wait was written down and is not held yet."""

    # --- who comes and goes -------------------------------------------------------------------------------

    def enqueue(self, waiter: Waiter, info: CallInfo, plan: str, order: Enqueue) -> None:
        here = self.here.get(info.call_id)
        if here and not here.talks:
            here.renew(waiter, order)
        else:
            self.here[info.call_id] = Here(waiter, info, plan, order, self._wires.number(info, plan))

    def take_up(self, waiter: Waiter, info: CallInfo, plan: str) -> None:
        """A caller who spoke with an agent while this process, or its connection to the gateway, was away."""
        if here := self.here.get(info.call_id):
            here.waiter = waiter
            return
        number = self._wires.number(info, plan)
        self.here[info.call_id] = Here(waiter, info, plan, Enqueue(""), number, talks=True)

    def leave(self, call_id: str, order: LeaveQueue) -> None:
        """The database is told with the turn in which he chose so (StateSaved.leaves)."""
        here = self.let_go(call_id)
        self._written.discard(call_id)
        if here and here.row:
            self._ledger.moved(here.row, order.how)
            self._ledger.figures.outcomes[here.row.queue, order.how] += 1

    def let_go(self, call_id: str) -> Here | None:
        """He is not here any more: what rings for him stops, and a talk ends."""
        here = self.here.pop(call_id, None)
        if here:
            here.leave()
        return here

    def lose(self, live: Collection[str]) -> list[int]:
        """Those whose calls are not among these have gone without a word; their numbers in the database."""
        gone = [self.let_go(call_id) for call_id in self.here.keys() - live]
        return [here.row.id for here in gone if here and here.row]

    def talking(self, call: str) -> Here:
        """The caller who speaks with the agent `call`, or whose call begins so.

        Raises SoftswitchError when there is none, or several.
        """
        talks = {call_id: here for call_id, here in self.here.items() if here.talks}
        found = [here for here in talks.values() if call in here.rings] or [
            here for call_id, here in talks.items() if call_id.startswith(call.lower())
        ]
        if len(found) != 1:
            many = f"{len(found)} talks of this node begin with" if found else "this node has no talk of"
            raise SoftswitchError(f"{many} {call}: see softswitch queue callers")
        return found[0]

    def agent_of(self, leg_id: str) -> str:
        """Who is at that call; "" for nobody."""
        rings = (ring for here in self.here.values() for ring in here.rings.items())
        return next((agent for agent, leg in rings if leg.call_id == leg_id), "")

    def waits(self, caller: Caller) -> bool:
        """Whether he is one of ours, and waits for an agent."""
        here = self.here.get(caller.call_id)
        return here is not None and here.row is not None and here.admitted and here.winner is None

    # --- what the database says of them -------------------------------------------------------------------

    def written(self, call_ids: Iterable[str]) -> None:
        """The database has it that these calls wait."""
        self._written.update(call_ids)

    def hold_anew(self) -> None:
        """Others have taken this process for dead; callers who are spoken with are let alone."""
        self.written(call_id for call_id, here in self.here.items() if not here.talks)

    async def hold(self) -> None:
        """Callers whose wait was written down are held; those who have gone already are taken off."""
        found, self._written = self._written, set()
        try:
            await self._hold(found)
        except SoftswitchError:
            self._written |= found
            raise

    async def _hold(self, call_ids: set[str]) -> None:
        here = {call_id: self.here[call_id].number for call_id in call_ids if call_id in self.here}
        if here:
            for call_id, row in (await self._ledger.store.take(here)).items():
                await self._begin(call_id, row)
        if gone := sorted(call_ids - here.keys()):
            await self._ledger.store.abandon(gone)

    async def _begin(self, call_id: str, row: Caller) -> None:
        here = self.here.get(call_id)
        if here is None:  # he left in this moment
            await self._ledger.store.abandon([call_id])
            return
        here.row = await self._place_of(row)
        if row.state != "offered":
            self._ledger.moved(here.row, "waiting", reason=row.reason)

    # --- what they are told -------------------------------------------------------------------------------

    async def tell(self, view: View) -> None:
        """How far each has come, or that nobody comes to him."""
        rows = [(here, here.row) for here in self.here.values() if here.row and here.winner is None]
        await self._announcing.measure({row.queue for _, row in rows})
        for here, row in rows:
            if here.gone or here.talks:  # meanwhile
                continue
            if over := self._announcing.over(here, row, view):
                self._dismiss(here, over)
                self._start(self._ledger.end(row, "over", over.why))
                continue
            if here.admitted and not here.rings and (told := self._announcing.place(here, row, view)):
                here.waiter.tell(told)
            here.admitted = True

    def give_up_unwritten(self) -> None:
        """The database is away, or too slow."""
        late = time.monotonic() - UNWRITTEN_S
        for call_id, here in list(self.here.items()):
            if here.row is None and not here.talks and here.entered < late:
                log.warning("call %s waits for nobody: the database does not know of it", call_id)
                self._dismiss(here, QueueOver("empty"))

    def _dismiss(self, here: Here, over: QueueOver) -> None:
        self.let_go(here.call_id)
        here.waiter.tell(over)
