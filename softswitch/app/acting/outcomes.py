"""What came of attempts, until it is written down and told."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

from softswitch.app.acting.attending import Attended
from softswitch.store.outbox.claiming import Outcome
from softswitch.store.outbox.outbox import Outbox

log = logging.getLogger(__name__)
BATCH = 100
"""Written down in one transaction at most."""


class Outcomes:
    """`ended` is told of each once it is written down, and `wake` when others may go on after it. `attempts`
    counts by action and what came of it.
    """

    def __init__(
        self,
        outbox: Outbox,
        attended: Attended,
        ended: Callable[[Outcome], None],
        wake: Callable[[], None],
    ) -> None:
        self._outbox, self._attended, self._ended, self._wake = outbox, attended, ended, wake
        self.attempts = Counter[tuple[str, str]]()
        self._unwritten: list[Outcome] = []
        self._some = asyncio.Event()
        self._writing = asyncio.Lock()

    def __bool__(self) -> bool:
        """Whether some are not written down yet."""
        return bool(self._unwritten)

    def add(self, outcome: Outcome) -> None:
        self._unwritten.append(outcome)
        self._some.set()

    async def write(self) -> None:
        """Wait for some, and write them down, as `flush` does; to be called again when that failed."""
        if not self._unwritten:
            self._some.clear()
            await self._some.wait()
        await self.flush()

    async def flush(self) -> None:
        """Write down what there is. SoftswitchError when the database is away."""
        while self._unwritten:
            # Once begun it goes on, whoever is cancelled: what was written must not be written again.
            await asyncio.shield(self._write_batch())

    async def _write_batch(self) -> None:
        async with self._writing:
            batch = self._unwritten[:BATCH]
            lost = await self._outbox.finish(batch)
            del self._unwritten[: len(batch)]
        if lost:
            log.warning("%d actions were taken away meanwhile: others do them", lost)
        for outcome in batch:
            self._note(outcome)
        if any(outcome.action.order_key for outcome in batch):
            self._wake()

    def _note(self, outcome: Outcome) -> None:
        action = outcome.action
        self.attempts[action.name, outcome.state] += 1
        self._attended.told(outcome)
        if outcome.state == "dead":
            log.error(
                "action %d, %s, is dead after %d attempts: %s. See softswitch queue show %d",
                *(action.id, action.name, action.attempts, outcome.error, action.id),
            )
        self._ended(outcome)
