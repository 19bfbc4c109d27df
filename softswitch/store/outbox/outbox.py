"""The outbox as the workers of one process see it: each function of `claiming` in a transaction of its own.

On SQLite what writes goes through the records' writer thread, the one writer of the process, and shares its
commits. On PostgreSQL two threads with a connection each do it, so that claiming and finishing overlap.
"""

import asyncio
import functools
import os
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import sqlalchemy as sa

from softswitch.actions.action import Action
from softswitch.actions.jobs import Job
from softswitch.errors import SoftswitchError
from softswitch.store.engine import first_line, open_engine
from softswitch.store.outbox import claiming, scheduling
from softswitch.store.outbox.claiming import Beat, Outcome
from softswitch.store.outbox.looking import Counts, Standing, count, standing
from softswitch.store.writer import Records

THREADS = 3
CLOSE_S = 2.0
Value = TypeVar("Value")
Clock = Callable[[], float]


class Outbox:
    """`clock` (Unix seconds) stands in for the database's, for tests. Made, used and closed on one loop.

    Every method raises SoftswitchError when the database is away.
    """

    def __init__(self, url: str, node: str, records: Records, clock: Clock | None = None) -> None:
        self._engine = open_engine(url, writes=False, keep=True)
        self._dialect = self._engine.dialect.name
        self._records = records
        self._node = node
        self._clock = clock
        self._threads = ThreadPoolExecutor(THREADS, "outbox")
        self.holder = ""
        """Under which this process holds actions; another one after each `register`."""

    async def register(self) -> None:
        """Before anything is claimed, and again when a `beat` was in vain."""
        holder = f"{self._node}:{os.getpid()}:{secrets.token_hex(4)}"
        await self._write(claiming.register, holder, self._node, self._now)
        self.holder = holder

    async def leave(self) -> None:
        await self._write(claiming.leave, self.holder)

    async def beat(self) -> bool:
        return await self._write(claiming.beat, self.holder, self._now)

    async def due(self, names: Sequence[str]) -> list[str]:
        return await self._read(claiming.due, names, self._now)

    async def claim(self, name: str, limit: int) -> list[Action]:
        return await self._write(claiming.claim, self.holder, name, limit, self._now)

    async def claim_keys(self, keys: Sequence[str]) -> list[Action]:
        return await self._write(claiming.claim_keys, self.holder, keys, self._now)

    async def standing(self, keys: Sequence[str]) -> list[Standing]:
        return await self._read(standing, keys)

    async def promise_due(self, name: str, job: Job) -> float:
        return await self._write(scheduling.promise_due, name, job, self._now)

    async def finish(self, outcomes: Sequence[Outcome]) -> int:
        return await self._write(claiming.finish, self.holder, outcomes, self._now)

    async def others(self) -> list[Beat]:
        """Who else holds actions."""
        return [each for each in await self._read(claiming.holders) if each.holder != self.holder]

    async def take_over(self, holder: str) -> int:
        return await self._write(claiming.take_over, holder, self._now)

    async def rebase(self) -> int:
        return await self._write(claiming.rebase, self._now)

    async def forget_workers(self, older_than_s: float) -> None:
        await self._write(claiming.forget_workers, self._now, older_than_s)

    async def counts(self) -> Counts:
        return await self._read(count, self._now)

    async def close(self) -> None:
        """What a thread is at is waited for, within bounds: its connection is closed with the others."""
        end = functools.partial(self._threads.shutdown, wait=True, cancel_futures=True)
        await asyncio.wait([asyncio.get_running_loop().run_in_executor(None, end)], timeout=CLOSE_S)
        self._engine.dispose()

    @property
    def _now(self) -> claiming.Now:
        return sa.literal(self._clock(), sa.Double) if self._clock else claiming.now_of(self._dialect)

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
