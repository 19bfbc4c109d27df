"""A circuit breaker: stops asking what is down or slow, and finds out carefully when it is well again. Pure.

Closed, it watches the latest outcomes: too many failures, or a latency quantile above its bound, opens it.
Open, everything is refused at once; after a while one probe at a time is let through (half open), and enough
good ones in a row close it. Nygard, Release It! (2007), chapter 5. Times are monotonic seconds.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

State = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class Limits:
    """`window` seconds are looked at, at least `least` outcomes. Open when `failures` (a share) failed, the
    latest `least` all did, or the `quantile` of latencies is above `slow`; probed after `wait` seconds,
    closed after `probes` good ones.
    """

    window: float = 10.0
    least: int = 5
    failures: float = 0.5
    quantile: float = 0.9
    slow: float = 2.0
    wait: float = 2.0
    probes: int = 2
    most: int = 1000


@dataclass(slots=True)
class Breaker:
    """Ask `allow` before each attempt, and tell what came of it by `succeeded` or `failed`.

    An attempt that is still under way after `slow` seconds is as good as failed: tell that by `overdue`, or
    a server that hangs would never be noticed.
    """

    limits: Limits = Limits()
    state: State = "closed"
    opened: int = 0
    """How often so far."""
    _outcomes: deque[tuple[float, bool, float]] = field(default_factory=deque)
    _opened_at: float = 0.0
    _probing_since: float | None = None
    _good: int = 0

    def allow(self, now: float) -> bool:
        if self.state == "closed":
            return True
        if self.state == "open":
            if now - self._opened_at < self.limits.wait:
                return False
            self.state, self._good, self._probing_since = "half_open", 0, None
        # A probe that nobody ever told the end of must not keep the breaker open for ever.
        if (
            self._probing_since is not None
            and now - self._probing_since < self.limits.slow + self.limits.wait
        ):
            return False
        self._probing_since = now
        return True

    def succeeded(self, now: float, took: float) -> None:
        self._note(now, took <= self.limits.slow or self.state == "closed", took)

    def failed(self, now: float, took: float = 0.0) -> None:
        self._note(now, False, took)

    overdue = failed

    def cancelled(self) -> None:
        """The attempt was given up for a reason of ours: it says nothing."""
        self._probing_since = None

    def _note(self, now: float, good: bool, took: float) -> None:
        self._probing_since = None
        if self.state == "half_open":
            self._good += good
            if not good:
                self._open(now)
            elif self._good >= self.limits.probes:
                self.state = "closed"
                self._outcomes.clear()
            return
        if self.state == "closed":
            self._outcomes.append((now, good, took))
            self._forget(now)
            if self._is_bad():
                self._open(now)

    def _forget(self, now: float) -> None:
        outcomes = self._outcomes
        while outcomes and (outcomes[0][0] < now - self.limits.window or len(outcomes) > self.limits.most):
            outcomes.popleft()

    def _is_bad(self) -> bool:
        outcomes, limits = self._outcomes, self.limits
        if len(outcomes) < limits.least:
            return False
        if not any(good for _, good, _ in islice(reversed(outcomes), limits.least)):
            return True  # those before it stopped must not hide for a whole window that it has
        if sum(not good for _, good, _ in outcomes) >= limits.failures * len(outcomes):
            return True
        times = sorted(took for _, good, took in outcomes if good)
        return bool(times) and times[min(len(times) - 1, int(limits.quantile * len(times)))] > limits.slow

    def _open(self, now: float) -> None:
        self.state, self._opened_at = "open", now
        self.opened += 1
        self._outcomes.clear()


class Attempt:
    """One use of what a breaker guards, told once: when it is late, or else what came of it."""

    def __init__(self, breaker: Breaker, clock: Callable[[], float]) -> None:
        self._breaker, self._clock = breaker, clock
        self._began, self._first = clock(), 0.0
        self._told = False

    @property
    def has_begun(self) -> bool:
        return self._first > 0.0

    def begun(self) -> None:
        self._first = self._first or self._clock()

    def late(self) -> None:
        """So much time has passed that it counts as failed, unless it has begun to answer."""
        now = self._clock()
        if not self._first and not self._told:
            self._told = True
            self._breaker.overdue(now, now - self._began)

    def failed(self, at_once: bool) -> None:
        """`at_once`: how long it took says nothing."""
        now = self._clock()
        if not self._told:
            self._breaker.failed(now, 0.0 if at_once else now - self._began)

    def left(self) -> None:
        """Nobody listens any more."""
        if self._first:
            self._breaker.succeeded(self._clock(), self._first - self._began)
        elif not self._told:
            self._breaker.cancelled()

    def succeeded(self) -> None:
        if not self._told:
            now = self._clock()
            self._breaker.succeeded(now, (self._first or now) - self._began)
