"""The workers of a node: claim what is due, do it, write down what came of it.

Each integration has a number of attempts under way at most, so that one that hangs holds up nothing else.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from softswitch.actions import retrying
from softswitch.actions.action import Action, Done, Later, Refused, Result
from softswitch.actions.settings import Integration
from softswitch.actions.templates import Unfilled
from softswitch.app.acting.attending import NOTED, Attended, Fate
from softswitch.app.acting.jobs import Scheduler
from softswitch.app.acting.leases import BEAT_S, LOOK_S, Watch
from softswitch.app.acting.registry import Registry, kind_of
from softswitch.errors import SoftswitchError
from softswitch.store.outbox.claiming import Outcome
from softswitch.store.outbox.looking import Counts
from softswitch.store.outbox.outbox import Outbox
from softswitch.values import DAY

log = logging.getLogger(__name__)
POLL_S = 0.05
"""How often promises of other nodes, and waits that are over, are looked for."""
BATCH = 100
"""Claimed, or written down, in one transaction at most."""
MOST_RUNNING = 500
UNCONFIGURED_S = 60.0
"""Until an action that only another plan has an integration for is looked at again."""
COUNT_S = 5.0
IDLE_BEAT_S = 600.0
STRAIGHTEN_S = 2.0
AWAY_S = 1.0
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

    attempts: Counter[tuple[str, str]] = field(default_factory=Counter)
    taken_over: int = 0
    counts: Counts = field(default_factory=lambda: Counts({}, 0.0))


class Workers:
    """`run` it for as long as the node lives, then `close`. `wake` it when something was promised."""

    def __init__(self, outbox: Outbox, registry: Registry, listener: Listener | None = None) -> None:
        self._outbox = outbox
        self._registry = registry
        self._listener = listener or Listener()
        self.figures = Figures()
        self._woken = asyncio.Event()
        self._ended = asyncio.Event()
        self._outcomes: list[Outcome] = []
        self._writing = asyncio.Lock()
        self._running: dict[asyncio.Task[None], Action] = {}
        self._by_name = Counter[str]()
        self._beat_at = 0.0
        self._trouble: set[str] = set()
        self.attended = Attended()
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
        await self._patiently(self._outbox.register, "register")
        async with asyncio.TaskGroup() as tasks:
            rhythm = (self._claim, self._write, self._beat, self._look, self._straighten, self._count)
            for work in (*rhythm, self._schedule):
                tasks.create_task(self._again_and_again(work))

    async def close(self) -> None:
        """End what is under way; what does not end in time is tried again by whoever comes next."""
        if self._running:
            _, late = await asyncio.wait(list(self._running), timeout=LAST_S)
            for task in late:
                self._tell(Outcome(self._running[task], "failed", error="the node stopped meanwhile"))
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        try:
            async with asyncio.timeout(LAST_S):
                await self._flush()
                await self._outbox.leave()
        except (SoftswitchError, TimeoutError) as error:
            log.warning("what became of actions is not written down, they will be tried again: %s", error)
        await self._registry.close()
        await self._outbox.close()

    # --- the rhythm ---------------------------------------------------------------------------------------

    async def _again_and_again(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._patiently(work, work.__name__)

    async def _patiently(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        """Until it went well once."""
        while True:
            try:
                await work()
            except SoftswitchError as error:
                if name not in self._trouble:
                    log.warning("actions wait: %s", error)
                self._trouble.add(name)
                await asyncio.sleep(AWAY_S)
            except Exception:  # a bug here is no reason to end calls
                log.exception("while working off actions")
                await asyncio.sleep(AWAY_S)
            else:
                self._trouble.discard(name)
                return

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
        settings = self._registry.integrations.find(action.plan, action.name)
        if settings is None:
            told = f"nothing is configured for {action.plan}.{action.name}"
            self._tell(Outcome(action, "failed", error=told, wait_s=UNCONFIGURED_S, counts=False))
            return
        began = time.monotonic()
        result = await self._result(action, settings)
        self._listener.took(time.monotonic() - began)
        self._tell(_outcome(action, settings, result))

    async def _result(self, action: Action, settings: Integration) -> Result:
        try:
            async with asyncio.timeout(settings.timeout):
                return await self._registry.run(action, settings)
        except TimeoutError:
            return Later(f"not done within {settings.timeout:g} s")
        except Unfilled as error:
            return Refused(str(error))
        except Exception as error:  # a bug of one kind ends neither the worker nor the promise
            log.exception("while doing action %d, %s", action.id, action.name)
            return Later(f"{type(error).__name__}: {error}")

    # --- writing down -------------------------------------------------------------------------------------

    def _tell(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        self._ended.set()

    async def _write(self) -> None:
        await self._ended.wait()
        self._ended.clear()
        await self._flush()

    async def _flush(self) -> None:
        while self._outcomes:
            # Once begun it goes on, whoever is cancelled: what was written must not be written again.
            await asyncio.shield(self._write_batch())

    async def _write_batch(self) -> None:
        async with self._writing:
            batch = self._outcomes[:BATCH]
            lost = await self._outbox.finish(batch)
            del self._outcomes[: len(batch)]
        if lost:
            log.warning("%d actions were taken away meanwhile: others do them", lost)
        for outcome in batch:
            self._note(outcome)
        if any(outcome.action.order_key for outcome in batch):
            self.wake()

    def _note(self, outcome: Outcome) -> None:
        action = outcome.action
        self.figures.attempts[action.name, outcome.state] += 1
        self.attended.told(outcome)
        if outcome.state == "dead":
            log.error(
                "action %d, %s, is dead after %d attempts: %s. See softswitch queue show %d",
                *(action.id, action.name, action.attempts, outcome.error, action.id),
            )
        self._listener.ended(outcome)

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

    async def _schedule(self) -> None:
        await self._scheduler.run()

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


def _outcome(action: Action, settings: Integration, result: Result) -> Outcome:
    kind = kind_of(settings)
    match result:
        case Done():
            return Outcome(action, "done", kind, result=result.result)
        case Refused():
            return Outcome(action, "dead", kind, result.error, result.result)
        case Later(counts=False):
            return Outcome(action, "failed", kind, result.error, wait_s=result.after_s, counts=False)
        case Later():
            wait = retrying.wait(settings.retry, action.attempts, result.after_s)
            if wait is None:
                return Outcome(action, "dead", kind, f"given up: {result.error}")
            return Outcome(action, "failed", kind, result.error, wait_s=wait)
