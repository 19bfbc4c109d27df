"""Connects the workers to the outbox, the records, the broker and the metrics."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence

from softswitch.actions import files
from softswitch.answer.breaker import Limits
from softswitch.app.acting import rereading
from softswitch.app.acting.actor import CallActor
from softswitch.app.acting.lookups import Lookups
from softswitch.app.acting.registry import Means, Phone, Publish, Registry
from softswitch.app.acting.workers import Listener, Workers
from softswitch.config import Config
from softswitch.dialplan.plan import Plan
from softswitch.news import ActionEnded
from softswitch.publish.metrics import Metrics
from softswitch.store.outbox.claiming import Outcome
from softswitch.store.outbox.outbox import Outbox
from softswitch.store.writer import Records

log = logging.getLogger(__name__)


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
                watching = rereading.watch(self._config.actions_file, self._open_registry, self._use)
                tasks.create_task(watching)

    async def close(self) -> None:
        await self._lookups.close()
        await self._workers.close()

    async def _use(self, registry: Registry) -> None:
        await self._lookups.replace(registry)
        await self._workers.replace(registry)


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
    _warn_of_missing(plans, registry)
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


def _warn_of_missing(plans: Sequence[Plan], registry: Registry) -> None:
    known = registry.integrations
    if told := missing(plans, "queue", known.find):
        log.warning("nothing does %s: they are noted and wait; see actions_file", ", ".join(told))
    if told := missing(plans, "lookup", known.find_lookup):
        log.warning("nothing looks up %s: it is always late; see actions_file", ", ".join(told))


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
