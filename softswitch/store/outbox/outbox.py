"""The outbox as the workers of one process see it: each function of `claiming` in a transaction of its own.

Several threads do it on PostgreSQL, so that claiming and finishing overlap.
"""

from collections.abc import Callable, Sequence

from softswitch.actions.action import Action
from softswitch.actions.jobs import Job
from softswitch.news import Announced
from softswitch.store import leases
from softswitch.store.access import Access, new_holder
from softswitch.store.leases import Beat
from softswitch.store.outbox import claiming, scheduling
from softswitch.store.outbox.claiming import Finished, Outcome
from softswitch.store.outbox.looking import Counts, Standing, count, standing
from softswitch.store.writer import Records

THREADS = 3
Clock = Callable[[], float]


class Outbox:
    """`tells` makes of what is over what is published of it. `clock` (Unix seconds) stands in for the
    database's, for tests. Made, used and closed on one loop.

    Every method raises SoftswitchError when the database is away.
    """

    def __init__(
        self,
        url: str,
        node: str,
        records: Records,
        clock: Clock | None = None,
        tells: Callable[[Outcome], Announced] | None = None,
    ) -> None:
        self._tells = tells
        self._access = Access(url, "outbox", records, threads=THREADS, clock=clock)
        self._node = node
        self.holder = ""
        """Under which this process holds actions; another one after each `register`."""

    async def register(self) -> None:
        """Before anything is claimed, and again when a `beat` was in vain."""
        holder = new_holder(self._node)
        await self._access.write(leases.register, holder, self._node, self._access.now)
        self.holder = holder

    async def leave(self) -> None:
        await self._access.write(leases.leave, self.holder)

    async def beat(self) -> bool:
        return await self._access.write(leases.beat, self.holder, self._access.now, lasts=False)

    async def due(self, names: Sequence[str]) -> list[str]:
        return await self._access.read(claiming.due, names, self._access.now)

    async def claim(self, name: str, limit: int) -> list[Action]:
        return await self._access.write(
            claiming.claim, self.holder, name, limit, self._access.now, lasts=False
        )

    async def claim_keys(self, keys: Sequence[str]) -> list[Action]:
        return await self._access.write(claiming.claim_keys, self.holder, keys, self._access.now, lasts=False)

    async def standing(self, keys: Sequence[str]) -> list[Standing]:
        return await self._access.read(standing, keys)

    async def promise_due(self, name: str, job: Job) -> float:
        return await self._access.write(scheduling.promise_due, name, job, self._access.now)

    async def finish(self, outcomes: Sequence[Outcome]) -> int:
        """How many were taken away. What a power cut takes is done again under the same key, as what could
        not be written down is.
        """
        about = claiming.finish, self.holder, outcomes, self._access.now
        finished = await self._access.write(*about, lasts=False, tells=self._events if self._tells else None)
        return finished.lost

    def _events(self, finished: Finished) -> list[Announced]:
        return [self._tells(each) for each in finished.over] if self._tells else []

    async def others(self) -> list[Beat]:
        """Who else holds actions."""
        return [each for each in await self._access.read(claiming.holders) if each.holder != self.holder]

    async def take_over(self, holder: str) -> int:
        return await self._access.write(claiming.take_over, holder, self._access.now)

    async def rebase(self) -> int:
        return await self._access.write(claiming.rebase, self._access.now)

    async def forget_workers(self, older_than_s: float) -> None:
        await self._access.write(claiming.forget_workers, self._access.now, older_than_s)

    async def counts(self) -> Counts:
        return await self._access.read(count, self._access.now)

    async def close(self) -> None:
        await self._access.close()
