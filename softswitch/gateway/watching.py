"""Calls whose audio stays away: the far end has died, or a NAT between has forgotten it, and no BYE came."""

import time

from softswitch.events import Cause, EndedBy
from softswitch.gateway.leg import Leg

RTP_TIMEOUT = 60.0
"""Seconds, for calls that belong to no trunk."""


def watch(leg: Leg, timeout: float) -> None:
    """From now on end the call when no packet comes for that long (0: never) while nobody holds it."""
    if timeout:
        _Watch(leg, timeout).again()


class _Watch:
    def __init__(self, leg: Leg, timeout: float) -> None:
        self._leg = leg
        self._timeout = timeout
        self._every = min(5.0, timeout / 4)
        self._packets = -1
        self._heard_at = time.monotonic()

    def again(self) -> None:
        self._leg.timers.set("audio", time.monotonic() + self._every, self._look)

    def _look(self) -> None:
        now = time.monotonic()
        packets = self._received()
        if packets is None or packets != self._packets:
            self._packets, self._heard_at = packets or 0, now
        elif now - self._heard_at >= self._timeout:
            self._leg.hangup(Cause.RECOVERY_ON_TIMER_EXPIRY, EndedBy.FAILURE, reason="no audio")
            return
        self.again()

    def _received(self) -> int | None:
        """Packets of the present stream; None while there is no reason to expect any."""
        call = self._leg.call
        if call is None or not call.joined or self._leg.held:
            return None
        return call.getStreamStat(call.audio).rtcp.rxStat.pkt
