"""Looks every second which jobs are due; the database says which node's promise counts."""

import asyncio
import time
from collections.abc import Callable, Mapping

from softswitch.actions.jobs import Job
from softswitch.store.outbox.outbox import Outbox

LOOK_S = 1.0


class Scheduler:
    """`jobs` gives those of the present file of actions; `wake` is told that something was promised. `clock`
    stands in for this machine's, for tests.
    """

    def __init__(
        self,
        outbox: Outbox,
        jobs: Callable[[], Mapping[str, Job]],
        wake: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._outbox = outbox
        self._jobs = jobs
        self._wake = wake
        self._clock = clock
        self._looked: dict[str, tuple[Job, float | None]] = {}

    async def look(self) -> None:
        """What is due by this machine's clock is asked of the database, whose own clock decides. Once it has
        been, it is not asked again until the next time.
        """
        for name, job in self._jobs().items():
            due = job.last_due(self._clock())
            if self._looked.get(name) == (job, due):
                continue
            at = await self._outbox.promise_due(name, job)
            if job.last_due(at) == due:
                self._looked[name] = (job, due)
            self._wake()

    async def run(self) -> None:
        """To be called again and again."""
        await self.look()
        await asyncio.sleep(LOOK_S)
