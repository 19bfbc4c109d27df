"""A trunk's own limits on calls that go out by it: how many at once, how many in a second."""

import time
from collections import deque
from collections.abc import Callable

from softswitch.trunks.settings import Trunk


class Limits:
    """`calls_on` says how many calls a trunk has now, of both directions."""

    def __init__(self, calls_on: Callable[[str], int], clock: Callable[[], float] = time.monotonic) -> None:
        self._calls_on = calls_on
        self._clock = clock
        self._begun: dict[str, deque[float]] = {}

    def take(self, trunk: Trunk) -> str:
        """Count one call that begins now; or why it may not, as a sentence."""
        limits, now = trunk.limits, self._clock()
        if limits.calls and self._calls_on(trunk.name) >= limits.calls:
            return f"{trunk.name} has {limits.calls} calls, which is its limit (limits.calls)"
        begun = self._begun.setdefault(trunk.name, deque())
        while begun and begun[0] <= now - 1.0:
            begun.popleft()
        if limits.calls_per_second and len(begun) >= limits.calls_per_second:
            return f"{trunk.name} begins {limits.calls_per_second} calls in a second at most"
        if limits.calls_per_second:
            begun.append(now)
        return ""
