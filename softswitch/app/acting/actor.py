"""What callers wait for: implements ports.Actor with the workers of promises and with look-ups."""

import asyncio
from collections import Counter
from collections.abc import Mapping

from softswitch.actions.action import idempotency_key
from softswitch.app.acting.lookups import Lookups
from softswitch.app.acting.workers import Workers
from softswitch.events import Acted, Await


class CallActor:
    """`told` counts, by action, what callers were told of promises. Until it is opened, which needs the
    records, nothing is done within calls.
    """

    def __init__(self, workers: Workers | None = None, lookups: Lookups | None = None) -> None:
        self._workers = workers
        self._lookups = lookups
        self.told: Counter[tuple[str, str]] = Counter()

    def open(self, workers: Workers, lookups: Lookups) -> None:
        """From here on actions are done."""
        self._workers, self._lookups = workers, lookups

    def prefetch(self, plan: str, name: str, arguments: Mapping[str, str]) -> None:
        """Ask for what a call will look up soon."""
        if self._lookups:
            self._lookups.prefetch(plan, name, arguments)

    async def outcome(self, call_id: str, plan: str, awaited: Await) -> Acted:
        if awaited.look_up:
            return await self._look_up(plan, awaited)
        if self._workers is None:
            return Acted(awaited.key, "noted")
        try:
            fate = await self._workers.attend(idempotency_key(call_id, awaited.key), plan, awaited.name)
        except asyncio.CancelledError:
            self.told[awaited.name, "noted"] += 1
            raise
        self.told[awaited.name, fate.outcome] += 1
        return Acted(awaited.key, fate.outcome, fate.result)

    async def _look_up(self, plan: str, awaited: Await) -> Acted:
        find = self._lookups.find if self._lookups else None
        answer = await find(plan, awaited.name, dict(awaited.arguments)) if find else None
        if answer is None:
            return Acted(awaited.key, "late")
        return Acted(awaited.key, "found" if answer.values else "not_found", answer.values)
