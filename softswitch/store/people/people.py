"""Agents and waiting callers as the distributor of one process sees them: each function of this room in a
transaction of its own.
"""

from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa

from softswitch.people.parties import Agent, Caller
from softswitch.store import leases
from softswitch.store.access import Access, new_holder
from softswitch.store.leases import Beat, Now
from softswitch.store.people import claiming, entering, inheriting, looking, viewing
from softswitch.store.people.claiming import Claim, Freed
from softswitch.store.people.inheriting import Inheritance
from softswitch.store.people.looking import History
from softswitch.store.people.viewing import View
from softswitch.store.writer import Records
from softswitch.waiting import Enqueue

THREADS = 2


class PeopleStore:
    """`clock` (Unix seconds) stands in for the database's, for tests. Made, used and closed on one loop.

    Every method raises SoftswitchError when the database is away.
    """

    def __init__(
        self, url: str, node: str, records: Records, clock: Callable[[], float] | None = None
    ) -> None:
        self._access = Access(url, "people", records, threads=THREADS, clock=clock)
        self.node = node
        self.holder = ""
        """Under which this process holds agents and callers; another one after each `register`."""

    async def register(self) -> None:
        holder = new_holder(self.node)
        await self._access.write(leases.register, holder, self.node, self._access.now)
        self.holder = holder

    async def leave(self) -> None:
        await self._access.write(leases.leave, self.holder)

    async def beat(self) -> bool:
        return await self._access.write(leases.beat, self.holder, self._access.now, lasts=False)

    async def others(self) -> list[Beat]:
        """Who else holds agents or callers."""
        found = await self._access.read(inheriting.holders)
        return [each for each in found if each.holder != self.holder]

    async def adopt(self) -> Inheritance:
        return await self._access.write(inheriting.adopt, self.holder, self.node)

    async def take_over(self, holder: str) -> Inheritance:
        return await self._access.write(inheriting.take_over, holder, self._access.now)

    async def lose(self, caller_ids: Sequence[int]) -> tuple[Caller, ...]:
        return await self._access.write(inheriting.lose, caller_ids, self._access.now)

    async def lose_orphans(self) -> tuple[Caller, ...]:
        return await self._access.write(inheriting.lose_orphans, self._access.now)

    async def look(self) -> View:
        return await self._access.read(viewing.look, self._access.now)

    async def wake(self) -> tuple[Agent, ...]:
        return await self._access.write(viewing.wake, self._access.now)

    async def take(self, numbers: Mapping[str, str]) -> dict[str, Caller]:
        return await self._access.write(claiming.take, self.holder, self.node, numbers)

    async def put(self, call_id: str, order: Enqueue) -> None:
        await self._access.write(_put, call_id, order, self.node, self._access.now)

    async def claim(self, claims: Sequence[Claim]) -> list[Claim]:
        return await self._access.write(
            claiming.claim, self.holder, self.node, claims, self._access.now, lasts=False
        )

    async def release(self, leg: str, freed: Freed) -> Agent | None:
        return await self._access.write(claiming.release, self.holder, leg, freed, self._access.now)

    async def connect(self, caller_id: int, leg: str) -> Agent | None:
        return await self._access.write(claiming.connect, self.holder, caller_id, leg, self._access.now)

    async def end(self, caller_id: int, state: str) -> bool:
        return await self._access.write(claiming.end, caller_id, state, self._access.now)

    async def abandon(self, call_ids: Sequence[str]) -> None:
        await self._access.write(claiming.abandon, self.holder, call_ids, self._access.now)

    async def call_back(self, caller_id: int, number: str, in_s: float) -> bool:
        return await self._access.write(claiming.call_back, caller_id, number, in_s, self._access.now)

    async def dialled(self, caller_id: int, back_call: str) -> None:
        await self._access.write(claiming.dialled, caller_id, back_call)

    async def inherit(self, caller_id: int, place: Caller) -> bool:
        return await self._access.write(claiming.inherit, caller_id, place, self._access.now)

    async def talks(self, queues: Sequence[str]) -> Mapping[str, list[float]]:
        return await self._access.read(looking.talks, queues)

    async def history(self, call_id: str) -> History:
        return await self._access.read(looking.history, call_id)

    async def close(self) -> None:
        await self._access.close()


def _put(connection: sa.Connection, call_id: str, order: Enqueue, node: str, now: Now) -> None:
    entering.put(connection, call_id, order, connection.execute(sa.select(now)).scalar_one(), node)
