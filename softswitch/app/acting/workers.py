"""The workers of a node: claim what is due, do it, write down what came of it.

Each integration has a number of attempts under way at most, so that one that hangs holds up nothing else.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from softswitch.actions.action import Action
from softswitch.app.acting.attempting import attempt
from softswitch.app.acting.attending import NOTED, Attended, Fate
from softswitch.app.acting.jobs import Scheduler
from softswitch.app.acting.leases import BEAT_S, LOOK_S, Watch
from softswitch.app.acting.outcomes import Outcomes
from softswitch.app.acting.registry import Registry
from softswitch.app.acting.rhythm import Rhythm
from softswitch.errors import SoftswitchError
from softswitch.store.outbox.claiming import Outcome
from softswitch.store.outbox.looking import Counts
from softswitch.store.outbox.outbox import Outbox
from softswitch.values import DAY

log = logging.getLogger(__name__)
POLL_S = 0.05
"""How often promises of other nodes, and waits that are over, are looked for."""
BATCH = 100
"""Claimed in one transaction at most."""
MOST_RUNNING = 500
COUNT_S = 5.0
IDLE_BEAT_S = 600.0
STRAIGHTEN_S = 2.0
LAST_S = 2.0
"""What is under way when the node stops has this long to end."""


@dataclass(slots=True)
class Listener:
    """Is told what happens. `waited`: seconds from a promise to its first attempt; `took`: of an attempt."""

    waited: Callable[[float], None] = lambda seconds: None
    took: Callable[[float], None] = lambda seconds: None
    ended: Callable[[Outcome], None] = lambda outcome: None


@dataclass(slots=True)
class Figures:
    """`attempts` by action and what came of it; `taken_over`: actions that dead workers held."""

    attempts: Counter[tuple[str, str]]
    taken_over: int = 0
    counts: Counts = field(default_factory=lambda: Counts({}, 0.0))


class Workers:
    """`run` it for as long as the node lives, then `close`. `wake` it when something was promised."""

    def __init__(self, outbox: Outbox, registry: Registry, listener: Listener | None = None) -> None:
        self._outbox = outbox
        self._registry = registry
        self._listener = listener or Listener()
        self._woken = asyncio.Event()
        self._running: dict[asyncio.Task[None], Action] = {}
        self._by_name = Counter[str]()
        self._beat_at = 0.0
        self._rhythm = Rhythm("actions wait")
        self.attended = Attended()
        self._outcomes = Outcomes(outbox, self.attended, self._listener.ended, self.wake)
        self.figures = Figures(self._outcomes.attempts)
        self._scheduler = Scheduler(outbox, lambda: self._registry.integrations.file.jobs, self.wake)

    @property
    def registry(self) -> Registry:
        return self._registry

    def wake(self) -> None:
        """Something is due: look now."""
        self._woken.set()

    async def replace(self, registry: Registry) -> None:
        """Do things another way from now on; what is under way ends as it began."""
        before, self._registry = self._registry, registry
        self.wake()
        if running := list(self._running):
            await asyncio.wait(running)
        await before.close()

    async def run(self) -> None:
        """Until cancelled. A database that is away is waited for."""
        await self._rhythm.once(self._outbox.register)
        claim, write = self._claim, self._outcomes.write
        leases = self._beat, self._look, self._straighten
        await self._rhythm.run(claim, write, *leases, self._count, self._scheduler.run)

    async def close(self) -> None:
        """End what is under way; what does not end in time is tried again by whoever comes next."""
        if self._running:
            _, late = await asyncio.wait(list(self._running), timeout=LAST_S)
            for task in late:
                self._outcomes.add(Outcome(self._running[task], "failed", error="the node stopped meanwhile"))
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        try:
            async with asyncio.timeout(LAST_S):
                await self._outcomes.flush()
                await self._outbox.leave()
        except (SoftswitchError, TimeoutError) as error:
            log.warning("what became of actions is not written down, they will be tried again: %s", error)
        await self._registry.close()
        await self._outbox.close()

    # --- claiming and doing -------------------------------------------------------------------------------

    async def _claim(self) -> None:
        """Everything that is due and that there is room for; when that is nothing, wait for more."""
        claimed = await self._claim_attended()
        names = [name for name in self._registry.limits if self._room(name)]
        for name in await self._outbox.due(names) if names else ():
            actions = await self._outbox.claim(name, self._room(name))
            claimed += len(actions)
            for action in actions:
                self._begin(action)
        if not claimed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._woken.wait()
        self._woken.clear()

    async def _claim_attended(self) -> int:
        """Those that callers wait for go first, as far as there is room; how many those are."""
        if not (keys := self.attended.keys):
            return 0
        known = await self._outbox.standing(keys)
        free = self.attended.look(known)
        wanted = [key for name, waiting in free.items() for key in waiting[: self._room(name)]]
        actions = await self._outbox.claim_keys(wanted) if wanted else []
        self.attended.look_again(known, actions)
        for action in actions:
            self._begin(action)
        return len(actions)

    async def attend(self, key: str, plan: str, name: str) -> Fate:
        """Have the action with that idempotency key done before others, and wait for what comes of it. Who
        gives up waiting changes nothing about it.
        """
        if self._registry.integrations.find(plan, name) is None:
            return NOTED
        self.wake()
        return await self.attended.wait(key)

    def _room(self, name: str) -> int:
        """How many actions of that name may be claimed now."""
        left = self._registry.limits.get(name, 0) - self._by_name[name]
        return max(0, min(left, MOST_RUNNING - len(self._running), BATCH))

    def _begin(self, action: Action) -> None:
        if action.attempts == 1:
            since = max(action.promised_at, action.run_at)
            self._listener.waited(max(0.0, time.time() - since))
        self._by_name[action.name] += 1
        task = asyncio.create_task(self._attempt(action))
        self._running[task] = action
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        full = not self._room(self._running[task].name)
        self._by_name[self._running.pop(task).name] -= 1
        if full:
            self.wake()

    async def _attempt(self, action: Action) -> None:
        self._outcomes.add(await attempt(self._registry, action, self._listener.took))

    # --- leases -------------------------------------------------------------------------------------------

    async def _beat(self) -> None:
        """While something is held, and else now and then: who was not heard of for a day is forgotten."""
        await asyncio.sleep(BEAT_S)
        idle = not (self._running or self._outcomes)
        if idle and time.monotonic() - self._beat_at < IDLE_BEAT_S:
            return
        self._beat_at = time.monotonic()
        if not await self._outbox.beat():
            log.warning("this worker was taken for dead: what it held is done by others")
            for task in self._running:
                task.cancel()
            await self._outbox.register()

    async def _look(self) -> None:
        watch = Watch()
        while True:
            await asyncio.sleep(LOOK_S)
            for holder in watch.dead(await self._outbox.others()):
                count = await self._outbox.take_over(holder)
                self.figures.taken_over += count
                if count:
                    log.warning("%d actions of the dead worker %s are taken over", count, holder)
                    self.wake()

    async def _straighten(self) -> None:
        """What only clocks that went back need, and workers of long ago."""
        await asyncio.sleep(STRAIGHTEN_S)
        if await self._outbox.rebase():
            log.warning("a clock has gone back: actions that failed begin their waits anew")
        await self._outbox.forget_workers(DAY)

    async def _count(self) -> None:
        self.figures.counts = await self._outbox.counts()
        await asyncio.sleep(COUNT_S)
