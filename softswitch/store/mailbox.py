"""The messages on an asyncio loop: what reads has a thread of its own, what writes goes through the records'
writer in its turn, and shares its commits.
"""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import sqlalchemy as sa

from softswitch.errors import SoftswitchError
from softswitch.store import messages
from softswitch.store.engine import first_line, open_engine
from softswitch.store.messages import Waiting
from softswitch.store.outbox.claiming import Beat
from softswitch.store.writer import Records

LAST_S = 2.0
Value = TypeVar("Value")


class Mailbox:
    """The messages as `node` sees them. Made, used and closed on one loop, before the records are closed.

    Every method raises SoftswitchError when the database is away.
    """

    def __init__(self, url: str, node: str, records: Records) -> None:
        self._engine = open_engine(url, keep=True)
        self._thread = ThreadPoolExecutor(1, "messages")
        self._records = records
        self._node = node

    async def after(self, node: str, number: int, limit: int) -> list[Waiting]:
        return await self._read(messages.after, node, number, limit)

    async def remove(self, node: str, number: int) -> None:
        await self._write(messages.remove, node, number)

    async def count(self, node: str) -> int:
        """Told in turn: of everything written before."""
        return await self._write(messages.count, node)

    async def trim(self, node: str, number: int, excess: int, older_than: float) -> int:
        return await self._write(messages.trim, node, number, excess, older_than)

    async def beat(self) -> None:
        await self._write(messages.beat, self._node)

    async def others(self) -> list[Beat]:
        return await self._read(messages.others, self._node)

    async def take_over(self, dead: str, seen: int | None) -> bool:
        return await self._write(messages.take_over, dead, seen, self._node)

    async def renew(self, dead: str) -> bool:
        return await self._write(messages.renew, dead, self._node)

    async def close(self) -> None:
        """What is being read ends first, or its connection would be nobody's."""
        with contextlib.suppress(TimeoutError):
            ended = asyncio.to_thread(self._thread.shutdown, wait=True, cancel_futures=True)
            await asyncio.wait_for(ended, LAST_S)
        self._engine.dispose()

    async def _write(self, work: Callable[..., Value], *arguments: Any) -> Value:
        return await self._records.execute(lambda connection: work(connection, *arguments))

    async def _read(self, work: Callable[..., Value], *arguments: Any) -> Value:
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self._transact, work, *arguments
        )

    def _transact(self, work: Callable[..., Value], *arguments: Any) -> Value:
        try:
            with self._engine.begin() as connection:
                return work(connection, *arguments)
        except sa.exc.DBAPIError as error:
            self._engine.dispose()
            told = f"The database {self._engine.url} cannot be used ({first_line(error)})"
            raise SoftswitchError(f"{told}: run softswitch db check") from None
