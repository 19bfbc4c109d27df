"""One attempt at an action, from its integration's settings to what is written down of it."""

import asyncio
import logging
import time
from collections.abc import Callable

from softswitch.actions import retrying
from softswitch.actions.action import Action, Done, Later, Refused, Result
from softswitch.actions.settings import Integration
from softswitch.actions.templates import Unfilled
from softswitch.app.acting.registry import Registry, kind_of
from softswitch.store.outbox.claiming import Outcome

log = logging.getLogger(__name__)
UNCONFIGURED_S = 60.0
"""Until an action that only another plan has an integration for is looked at again."""


async def attempt(registry: Registry, action: Action, took: Callable[[float], None]) -> Outcome:
    """Do it, if that can be; `took` is told how long that was, in seconds."""
    settings = registry.integrations.find(action.plan, action.name)
    if settings is None:
        told = f"nothing is configured for {action.plan}.{action.name}"
        return Outcome(action, "failed", error=told, wait_s=UNCONFIGURED_S, counts=False)
    began = time.monotonic()
    result = await _result(registry, action, settings)
    took(time.monotonic() - began)
    return _outcome(action, settings, result)


async def _result(registry: Registry, action: Action, settings: Integration) -> Result:
    try:
        async with asyncio.timeout(settings.timeout):
            return await registry.run(action, settings)
    except TimeoutError:
        return Later(f"not done within {settings.timeout:g} s")
    except Unfilled as error:
        return Refused(str(error))
    except Exception as error:  # a bug of one kind ends neither the worker nor the promise
        log.exception("while doing action %d, %s", action.id, action.name)
        return Later(f"{type(error).__name__}: {error}")


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
