"""How much of the node each trunk may have. Pure: counts and times in, the reason of a refusal out.

A trunk may have the whole node while no other wants it. Once the node is nearly full, or takes nearly as many
new calls as it can, a trunk that has more than its share is refused first, so that it starves no other.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from softswitch.trunks.settings import Limits

NEARLY_FULL = 0.8
"""From this share of all calls on, room is for trunks that have less than their share."""
RESERVE = 0.05
"""This share is kept for trunks that have no call, where there are such."""
LATELY_S = 10.0
"""Trunks that asked for a call so lately share the node, and those that have calls."""


@dataclass
class TokenBucket:
    """`rate` per second, and as many at once after a quiet second."""

    rate: float
    tokens: float = 0.0
    refilled_at: float = 0.0

    def refill(self, now: float) -> None:
        self.tokens = min(self.rate, self.tokens + (now - self.refilled_at) * self.rate)
        self.refilled_at = now

    def take(self, now: float) -> bool:
        self.refill(now)
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass
class _Asker:
    """What a trunk ("" for all sources of none) has asked for lately."""

    limit: TokenBucket | None = None
    at: float = -math.inf
    _per_second: float = 0.0
    _counted_at: float = -math.inf

    def rate(self, now: float) -> float:
        """Calls let in per second, averaged over about one."""
        self._per_second *= math.exp(min(0.0, self._counted_at - now))
        self._counted_at = now
        return self._per_second

    def count(self, now: float) -> None:
        self._per_second = self.rate(now) + 1


class Shares:
    """Times are of any clock that only grows, in seconds."""

    def __init__(self, max_calls: int, setups_per_second: int) -> None:
        self._max_calls = max_calls
        self._bucket = TokenBucket(setups_per_second, setups_per_second)
        self._limits: Mapping[str, Limits] = {}
        self._askers: dict[str, _Asker] = {}

    def set_limits(self, limits: Mapping[str, Limits]) -> None:
        """Of every trunk, by its name. Those that are gone are forgotten."""
        self._limits = limits
        self._askers = {name: asker for name, asker in self._askers.items() if name in limits or not name}
        for name, limit in limits.items():
            rate = limit.calls_per_second
            asker = self._askers.setdefault(name, _Asker())
            if rate != (asker.limit.rate if asker.limit else 0):
                asker.limit = TokenBucket(rate, rate) if rate else None

    def refuse(self, trunk: str, calls: Counter[str], occupied: int, now: float) -> str:
        """Why a new call of `trunk` gets no room, "" when it does and is counted.

        `calls` are those each trunk has, both ways; `occupied` slots are taken, those of ended calls too.
        """
        asker = self._askers.setdefault(trunk, _Asker())
        asker.at = now
        reason = (
            self.full_of(trunk, calls)
            or self._room(trunk, calls, occupied, now)
            or ("trunk's limit of calls per second" if asker.limit and not asker.limit.take(now) else "")
            or self._rate(asker, now)
        )
        if not reason:
            asker.count(now)
        return reason

    def full_of(self, trunk: str, calls: Counter[str]) -> str:
        """Why a trunk gets no further call in either direction, whatever room there is."""
        limits = self._limits.get(trunk)
        has_all = limits and limits.calls and calls[trunk] >= limits.calls
        return "trunk's limit of calls" if has_all else ""

    def _room(self, trunk: str, calls: Counter[str], occupied: int, now: float) -> str:
        most, own = self._max_calls, calls[trunk]
        if occupied >= most:
            return "node full"
        if occupied < NEARLY_FULL * most:
            return ""
        sharers = self._lately(now) | {name for name, count in calls.items() if count}
        if own >= most / len(sharers):
            return "more than its share of calls"
        idle = sum(not calls[name] for name in self._limits if name != trunk)
        kept = min(idle, math.ceil(RESERVE * most))
        return "more than its share of calls" if own and occupied >= most - kept else ""

    def _rate(self, asker: _Asker, now: float) -> str:
        """While set-ups are nearly as many as the node takes, the rest are for trunks under their share."""
        bucket = self._bucket
        bucket.refill(now)
        if bucket.tokens < bucket.rate / 2:
            sharers = len(self._lately(now))
            if sharers > 1 and asker.rate(now) >= max(1.0, bucket.rate / sharers):
                return "more than its share of calls per second"
        return "" if bucket.take(now) else "node's limit of calls per second"

    def _lately(self, now: float) -> set[str]:
        return {name for name, asker in self._askers.items() if now - asker.at <= LATELY_S}
