"""Agents and waiting callers as the distributor of one process sees them: each function of `claiming` in a
transaction of its own.

On SQLite what writes goes through the records' writer thread, the one writer of the process. On PostgreSQL
threads with a connection each do it.
"""

import asyncio
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import sqlalchemy as sa

from softswitch.errors import SoftswitchError
from softswitch.people.parties import Agent, Caller
from softswitch.store.engine import first_line, open_engine
from softswitch.store.outbox import claiming as leases
from softswitch.store.outbox.claiming import Beat
from softswitch.store.people import claiming, entering, looking
from softswitch.store.people.claiming import Claim, Freed, Inheritance, View
from softswitch.store.people.looking import History
from softswitch.store.writer import Records
from softswitch.waiting import Enqueue

THREADS = 2
Value = TypeVar("Value")


class PeopleStore:
    """`clock` (Unix seconds) stands in for the database's, for tests. Made, used and closed on one loop.

    Every method raises SoftswitchError when the database is away.
    """

    def __init__(
        self, url: str, node: str, records: Records, clock: Callable[[], float] | None = None
    ) -> None:
        self._engine = open_engine(url, writes=False, keep=True)
        self._dialect = self._engine.dialect.name
        self._records = records
        self.node = node
        self._clock = clock
        self._threads = ThreadPoolExecutor(THREADS, "people")
        self.holder = ""
        """Under which this process holds agents and callers; another one after each `register`."""

    async def register(self) -> None:
        holder = f"{self.node}:{os.getpid()}:{secrets.token_hex(4)}"
        await self._write(leases.register, holder, self.node, self._now)
        self.holder = holder

    async def leave(self) -> None:
        await self._write(leases.leave, self.holder)

    async def beat(self) -> bool:
        return await self._write(leases.beat, self.holder, self._now)

    async def others(self) -> list[Beat]:
        """Who else holds agents or callers."""
        found = await self._read(claiming.holders)
        return [Beat(*each) for each in found if each[0] != self.holder]

    async def adopt(self) -> Inheritance:
        return await self._write(claiming.adopt, self.holder, self.node)

    async def take_over(self, holder: str) -> Inheritance:
        return await self._write(claiming.take_over, holder, self._now)

    async def lose(self, caller_ids: Sequence[int]) -> tuple[Caller, ...]:
        return await self._write(claiming.lose, caller_ids, self._now)

    async def lose_orphans(self) -> tuple[Caller, ...]:
        return await self._write(claiming.lose_orphans, self._now)

    async def look(self) -> View:
        return await self._read(claiming.look, self._now)

    async def wake(self) -> tuple[Agent, ...]:
        return await self._write(claiming.wake, self._now)

    async def take(self, numbers: Mapping[str, str]) -> dict[str, Caller]:
        return await self._write(claiming.take, self.holder, self.node, numbers)

    async def put(self, call_id: str, order: Enqueue) -> None:
        await self._write(_put, call_id, order, self.node, self._now)

    async def claim(self, claims: Sequence[Claim]) -> list[Claim]:
        return await self._write(claiming.claim, self.holder, self.node, claims, self._now)

    async def release(self, leg: str, freed: Freed) -> Agent | None:
        return await self._write(claiming.release, self.holder, leg, freed, self._now)

    async def connect(self, caller_id: int, leg: str) -> Agent | None:
        return await self._write(claiming.connect, self.holder, caller_id, leg, self._now)

    async def end(self, caller_id: int, state: str) -> bool:
        return await self._write(claiming.end, caller_id, state, self._now)

    async def end_unheld(self, call_ids: Sequence[str]) -> None:
        await self._write(claiming.end_unheld, call_ids, self._now)

    async def call_back(self, caller_id: int, number: str, in_s: float) -> bool:
        return await self._write(claiming.call_back, caller_id, number, in_s, self._now)

    async def dialled(self, caller_id: int, back_call: str) -> None:
        await self._write(claiming.dialled, caller_id, back_call)

    async def inherit(self, caller_id: int, place: Caller) -> bool:
        return await self._write(claiming.inherit, caller_id, place, self._now)

    async def talks(self, queues: Sequence[str]) -> Mapping[str, list[float]]:
        return await self._read(looking.talks, queues)

    async def history(self, call_id: str) -> History:
        return await self._read(looking.history, call_id)

    async def close(self) -> None:
        """What is under way is waited for: its connection would be left open."""
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)
        self._engine.dispose()

    @property
    def _now(self) -> claiming.Now:
        return sa.literal(self._clock(), sa.Double) if self._clock else leases.now_of(self._dialect)

    async def _read(self, work: Callable[..., Value], *arguments: Any) -> Value:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._transact, work, *arguments)

    async def _write(self, work: Callable[..., Value], *arguments: Any) -> Value:
        if self._dialect == "sqlite":
            return await self._records.execute(lambda connection: work(connection, *arguments))
        return await self._read(work, *arguments)

    def _transact(self, work: Callable[..., Value], *arguments: Any) -> Value:
        try:
            with self._engine.begin() as connection:
                return work(connection, *arguments)
        except sa.exc.DBAPIError as error:
            self._engine.dispose()
            told = f"The database {self._engine.url} cannot be used ({first_line(error)})"
            raise SoftswitchError(f"{told}: run softswitch db check") from None


def _put(connection: sa.Connection, call_id: str, order: Enqueue, node: str, now: claiming.Now) -> None:
    entering.put(connection, call_id, order, connection.execute(sa.select(now)).scalar_one(), node)
