"""The audio ports of a gateway: made as calls need them, reused for ever, one for each slot of the region."""

import time
from collections import deque
from collections.abc import Sequence

from softswitch.gateway.media_port import CallPort
from softswitch.gateway.rings import Region

RELEASE_LIMIT = 5.0
"""Seconds after which the slot of an ended call is reused though control has not released it."""


class PortPool:
    def __init__(self, region: Region, quiet: Sequence[bytes]) -> None:
        self._region = region
        self._quiet = quiet
        self._free: deque[CallPort] = deque()
        self._made = 0
        self._ended: deque[tuple[float, str, CallPort]] = deque()
        self._released: set[str] = set()

    @property
    def in_use(self) -> int:
        return self._made - len(self._free)

    def take(self) -> CallPort | None:
        """A port with an empty slot; None when the region has no more."""
        if self._free:
            port = self._free.popleft()
        elif self._made < self._region.slots:
            port = CallPort(self._region, self._made, self._quiet)
            self._made += 1
        else:
            return None
        port.reset()
        return port

    def end(self, call_id: str, port: CallPort) -> None:
        """The call is over; control may still be reading what its slot holds."""
        self._ended.append((time.monotonic(), call_id, port))

    def release(self, call_id: str) -> None:
        """Control has done with the slot of this ended call."""
        if any(ended == call_id for _, ended, _ in self._ended):
            self._released.add(call_id)

    def collect(self, control_here: bool) -> None:
        """To be called often: ports that nobody reads any more are free."""
        now = time.monotonic()
        waiting = deque[tuple[float, str, CallPort]]()
        for ended_at, call_id, port in self._ended:
            if call_id in self._released or not control_here or now - ended_at > RELEASE_LIMIT:
                self._released.discard(call_id)
                self._free.append(port)
            else:
                waiting.append((ended_at, call_id, port))
        self._ended = waiting
