"""Who gets a call: known sources only, and no more than the node can carry."""

import ipaddress
from dataclasses import dataclass
from time import monotonic

from softswitch.config import Sip


@dataclass
class TokenBucket:
    """`rate` per second, and as many at once after a quiet second."""

    rate: float
    tokens: float = 0.0
    refilled_at: float = 0.0

    def take(self, now: float) -> bool:
        self.tokens = min(self.rate, self.tokens + (now - self.refilled_at) * self.rate)
        self.refilled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Admission:
    """The SIP status that refuses an INVITE, or None to let it in."""

    def __init__(self, sip: Sip, max_calls: int, setups_per_second: int) -> None:
        self._allowed = [ipaddress.ip_network(network) for network in sip.allow]
        self._max_calls = max_calls
        self._bucket = TokenBucket(setups_per_second, setups_per_second, monotonic())

    def refuse(self, source: str, calls_up: int) -> int | None:
        if not self.knows(source):
            return 403
        if calls_up >= self._max_calls or not self._bucket.take(monotonic()):
            return 503
        return None

    def knows(self, source: str) -> bool:
        """`source` is "192.0.2.1:5060" or "[2001:db8::1]:5060"."""
        host = source.rpartition(":")[0].strip("[]")
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._allowed)
