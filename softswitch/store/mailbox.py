"""The messages on an asyncio loop: what reads has a thread of its own, what writes goes through the records'
writer in its turn, and shares its commits.
"""

from softswitch.store import messages
from softswitch.store.access import Access
from softswitch.store.leases import Beat
from softswitch.store.messages import Waiting
from softswitch.store.writer import Records


class Mailbox:
    """The messages as `node` sees them. Made, used and closed on one loop, before the records are closed.

    Every method raises SoftswitchError when the database is away.
    """

    def __init__(self, url: str, node: str, records: Records) -> None:
        self._access = Access(url, "messages", records, in_turn=True)
        self._node = node

    async def after(self, node: str, number: int, limit: int) -> list[Waiting]:
        return await self._access.read(messages.after, node, number, limit)

    async def remove(self, node: str, number: int) -> None:
        await self._access.write(messages.remove, node, number)

    async def count(self, node: str) -> int:
        """Told in turn: of everything written before."""
        return await self._access.write(messages.count, node)

    async def trim(self, node: str, number: int, excess: int, older_than: float) -> int:
        return await self._access.write(messages.trim, node, number, excess, older_than)

    async def beat(self) -> None:
        await self._access.write(messages.beat, self._node)

    async def others(self) -> list[Beat]:
        return await self._access.read(messages.others, self._node)

    async def take_over(self, dead: str, seen: int | None) -> bool:
        return await self._access.write(messages.take_over, dead, seen, self._node)

    async def renew(self, dead: str) -> bool:
        return await self._access.write(messages.renew, dead, self._node)

    async def close(self) -> None:
        await self._access.close()
