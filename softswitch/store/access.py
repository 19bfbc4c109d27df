"""How a part of a process reaches the database from an asyncio loop: each piece of work in a transaction.

What reads has threads of its own, with a connection each. What writes goes through the records' writer thread
where that is the one writer of the process (SQLite), and shares its commits; on PostgreSQL the threads do it.
"""

import asyncio
import functools
import os
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import sqlalchemy as sa

from softswitch.errors import SoftswitchError
from softswitch.store.engine import first_line, open_engine
from softswitch.store.entries import Tells
from softswitch.store.leases import Now, now_of
from softswitch.store.writer import Records

CLOSE_S = 2.0
Value = TypeVar("Value")


class Access:
    """`clock` (Unix seconds) stands in for the database's, for tests; `in_turn` has all writes wait for what
    was recorded before, on PostgreSQL too. Made, used and closed on one loop, before the records are closed.
    """

    def __init__(
        self,
        url: str,
        name: str,
        records: Records,
        *,
        threads: int = 1,
        clock: Callable[[], float] | None = None,
        in_turn: bool = False,
    ) -> None:
        self._engine = open_engine(url, writes=False, keep=True)
        self._dialect = self._engine.dialect.name
        self._threads = ThreadPoolExecutor(threads, name)
        self.records, self._clock = records, clock
        self._through_records = in_turn or self._dialect == "sqlite"

    @property
    def now(self) -> Now:
        """The time as a statement has it."""
        return sa.literal(self._clock(), sa.Double) if self._clock else now_of(self._dialect)

    async def read(self, work: Callable[..., Value], *arguments: Any) -> Value:
        """What `work(connection, *arguments)` gives. Raises SoftswitchError when the database is away."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._transact, work, *arguments)

    async def write(
        self,
        work: Callable[..., Value],
        *arguments: Any,
        lasts: bool = True,
        tells: Tells[Value] | None = None,
    ) -> Value:
        """The same for what writes; it may be run again when its transaction could not be committed. What
        means nothing once this machine has lost its power need not last: SQLite syncs it a little later.
        Messages that tell of it are written with it, where there is a broker.
        """
        if self._through_records or (tells and self.records.publishes):
            whole = functools.partial(_with_arguments, work, arguments)
            return await self.records.execute(whole, lasts=lasts, tells=tells)
        return await self.read(work, *arguments)

    async def close(self) -> None:
        """What a thread is at is waited for, within bounds: its connection is closed with the others."""
        end = functools.partial(self._threads.shutdown, wait=True, cancel_futures=True)
        await asyncio.wait([asyncio.get_running_loop().run_in_executor(None, end)], timeout=CLOSE_S)
        self._engine.dispose()

    def _transact(self, work: Callable[..., Value], *arguments: Any) -> Value:
        try:
            with self._engine.begin() as connection:
                return work(connection, *arguments)
        except sa.exc.DBAPIError as error:
            self._engine.dispose()
            told = f"The database {self._engine.url} cannot be used ({first_line(error)})"
            raise SoftswitchError(f"{told}: run softswitch db check") from None


def _with_arguments(work: Callable[..., Value], arguments: Sequence[Any], connection: sa.Connection) -> Value:
    return work(connection, *arguments)


def new_holder(node: str) -> str:
    """A name under which a process of the node holds what others must not take."""
    return f"{node}:{os.getpid()}:{secrets.token_hex(4)}"
