"""When a failed action is tried again, and when it is given up.

Only waits count, not times of day: how often it was tried says how long it was waited for it, so that neither
a clock that jumps nor a night in which no node ran gives up a promise.
"""

import random
from collections.abc import Callable

from softswitch.actions.settings import Retry

JITTER = 0.5
"""Each wait is shortened by up to this share of it, or all that failed at once would come back at once."""
MOST_DOUBLINGS = 40


def wait(
    retry: Retry, attempts: int, asked_s: float = 0.0, rand: Callable[[], float] = random.random
) -> float | None:
    """Seconds until the next attempt after `attempts` of them; None when it is given up.

    The other side may have asked for more patience: `asked_s` is heeded up to `retry.last`.
    """
    if waited(retry, attempts) > retry.give_up_after:
        return None
    shortened = _nominal(retry, attempts) * (1 - JITTER * rand())
    return max(shortened, min(asked_s, retry.last))


def waited(retry: Retry, attempts: int) -> float:
    """All waits up to the one after so many attempts, added up."""
    total, doubling = 0.0, 1
    while doubling <= attempts and _nominal(retry, doubling) < retry.last:
        total += _nominal(retry, doubling)
        doubling += 1
    return total + (attempts - doubling + 1) * retry.last


def _nominal(retry: Retry, attempts: int) -> float:
    return float(min(retry.first * 2 ** min(attempts - 1, MOST_DOUBLINGS), retry.last))
