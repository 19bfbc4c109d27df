"""Connects the workers to the outbox, the records, the broker and the metrics; reads the file of actions anew
when it has changed.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from softswitch.actions import files
from softswitch.answer.breaker import Limits
from softswitch.app.acting.actor import CallActor
from softswitch.app.acting.lookups import Lookups
from softswitch.app.acting.registry import Means, Phone, Publish, Registry
from softswitch.app.acting.workers import Listener, Workers
from softswitch.config import Config
from softswitch.dialplan.plan import Plan
from softswitch.errors import SoftswitchError
from softswitch.news import ActionEnded
from softswitch.publish.metrics import Metrics
from softswitch.store.outbox.claiming import Outcome
from softswitch.store.outbox.outbox import Outbox
from softswitch.store.writer import Records

log = logging.getLogger(__name__)
RELOAD_S = 1.0


class Acting:
    """The node's actions: `run` it, then `close`, before the records are closed."""

    def __init__(
        self, config: Config, workers: Workers, lookups: Lookups, again: Callable[[], Registry]
    ) -> None:
        self._config = config
        self._workers = workers
        self._lookups = lookups
        self.find = lookups.find
        self._open_registry = again

    async def run(self) -> None:
        registry = self._workers.registry
        await asyncio.to_thread(registry.load)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._workers.run())
            if self._config.actions_file:
                tasks.create_task(self._watch(self._config.actions_file))

    async def close(self) -> None:
        await self._lookups.close()
        await self._workers.close()

    async def _watch(self, path: Path) -> None:
        """What does not check is refused, and the version that holds stays."""
        known = await asyncio.to_thread(_look, path)
        while True:
            await asyncio.sleep(RELOAD_S)
            seen = await asyncio.to_thread(_look, path)
            if seen == known or seen is None:
                continue
            known = seen
            try:
                registry = await asyncio.to_thread(self._open_registry)
            except SoftswitchError as error:
                log.error("the new %s is refused, the one before stays: %s", path, error)
            else:
                await self._lookups.replace(registry)
                await self._workers.replace(registry)
                log.info("%s was read anew", path)


def wire(
    config: Config,
    records: Records,
    metrics: Metrics,
    deliver: Publish | None,
    plans: Sequence[Plan],
    actor: CallActor,
    phone: Phone,
    make: Callable[[Means], Registry],
    limits: Callable[[str, str, float], Limits],
) -> Acting:
    """The node's actions, whose ends are told with them; `deliver` publishes where there is a broker, `phone`
    makes calls, `limits` see Lookups. `actor` does what callers wait for, from here on. Raises
    SoftswitchError when the file of actions is wrong.
    """

    def again() -> Registry:
        return open_registry(config, deliver, phone, make)

    registry = again()
    known = registry.integrations
    if told := missing(plans, "queue", known.find):
        log.warning("nothing does %s: they are noted and wait; see actions_file", ", ".join(told))
    if told := missing(plans, "lookup", known.find_lookup):
        log.warning("nothing looks up %s: it is always late; see actions_file", ", ".join(told))

    listener = Listener(metrics.action_waited, metrics.action_took)
    outbox = Outbox(config.database_url, config.node, records, tells=_event)
    workers = Workers(outbox, registry, listener)
    lookups = Lookups(registry, metrics.lookup_took, limits)
    records.on_promise = workers.wake
    actor.open(workers, lookups)
    _watch(metrics, workers)
    _watch_calls(metrics, actor, lookups)
    return Acting(config, workers, lookups, again)


def open_registry(
    config: Config,
    deliver: Publish | None,
    phone: Phone,
    make: Callable[[Means], Registry] = Registry,
) -> Registry:
    """Everything that the file of actions asks for. Raises InvalidFile with all that is wrong there."""
    return make(Means(files.load(config), deliver, phone))


def missing(plans: Iterable[Plan], kind: str, find: Callable[[str, str], object]) -> list[str]:
    """The actions of plans, as `plan.action`, that nothing is configured for."""
    return [
        f"{plan.name}.{name}"
        for plan in plans
        for name, action in plan.settings.actions.items()
        if action.kind == kind and find(plan.name, name) is None
    ]


def _event(outcome: Outcome) -> ActionEnded:
    action = outcome.action
    return ActionEnded(
        action.id,
        action.name,
        action.plan,
        action.call_id,
        outcome.state,
        action.attempts,
        outcome.error,
        time.time(),
    )


def _watch(metrics: Metrics, workers: Workers) -> None:
    figures = workers.figures
    metrics.watch("softswitch_actions", lambda: figures.counts.states)
    metrics.watch("softswitch_actions_oldest_seconds", lambda: figures.counts.oldest_s)
    metrics.watch("softswitch_action_attempts_total", lambda: dict(figures.attempts))
    metrics.watch("softswitch_actions_taken_over_total", lambda: figures.taken_over)


def _watch_calls(metrics: Metrics, actor: CallActor, lookups: Lookups) -> None:
    figures = lookups.figures
    metrics.watch("softswitch_actions_in_calls_total", lambda: dict(actor.told))
    metrics.watch("softswitch_lookups_total", lambda: dict(figures.asked))
    metrics.watch("softswitch_lookup_answers_total", lambda: dict(figures.answers))
    metrics.watch("softswitch_lookup_hit_age_seconds_total", lambda: figures.ages_s)
    metrics.watch("softswitch_lookup_cache_entries", lambda: len(lookups.cache))
    metrics.watch("softswitch_lookup_cache_bytes", lambda: lookups.cache.size)


def _look(path: Path) -> tuple[int, int] | None:
    with contextlib.suppress(OSError):
        found = path.stat()
        return found.st_mtime_ns, found.st_size
    return None
