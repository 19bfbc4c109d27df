"""What a caller hears before the answer: nothing, ringing (180), or early media (183, RFC 3960)."""

import time

from softswitch.events import Cause
from softswitch.gateway.endpoint import call_options
from softswitch.gateway.leg import Leg

RING_AFTER = 0.2
"""Seconds without an answer after which a caller hears ringing; control usually answers sooner."""
RING_LIMIT = 60.0
"""Seconds that control may have a caller hear ringing, or its early media."""


def expect_answer(leg: Leg) -> None:
    """It was offered: should control take its time, the caller hears ringing meanwhile."""
    leg.timers.set("ring", time.monotonic() + RING_AFTER, lambda: _provisional(leg, 180))


def ring(leg: Leg, early_media: bool = False) -> None:
    """180, or 183 with audio in both directions; not back from the second to the first.

    An INVITE without an offer gets no early media: that offer would have to be reliable.
    """
    if not leg.call or leg.answered or leg.ended or leg.outbound:
        return
    leg.timers.cancel("ring")
    leg.timers.set("control", time.monotonic() + RING_LIMIT, lambda: leg.hangup(Cause.NO_ANSWER))
    _provisional(leg, 183 if early_media and leg.call.getInfo().remOfferer else 180)


def _provisional(leg: Leg, status: int) -> None:
    if leg.call and not leg.answered and status > leg.rung:
        leg.rung = status
        leg.call.answer(call_options(status))
