"""Transfers by REFER: ours followed to their end (RFC 3515, RFC 3891, RFC 5589).

The far end accepts a REFER with 202 and tells in NOTIFY requests what the call came to that it made. A final
status may come in any of them; after it nothing more is said of this transfer.
"""

import time

from softswitch.events import Cause, EndedBy, TransferProgress
from softswitch.gateway.endpoint import call_options
from softswitch.gateway.leg import Leg

NOTIFY_LIMIT = 45.0
"""Seconds without a NOTIFY after which nobody waits for the final one: a phone rings no longer."""
NOT_THERE = 481


def blind(leg: Leg, uri: str) -> None:
    """Have the far end call `uri` in our place; TransferProgress events follow, one of them final."""
    if not leg.call or not leg.confirmed or leg.ended:
        leg.owner.happened(leg, TransferProgress(NOT_THERE, True))
        return
    _begin(leg, None)
    leg.call.xfer(uri, call_options())


def attended(leg: Leg, other: Leg | None) -> None:
    """Have the far end of `leg` take our place in `other` (REFER with Replaces); both then end."""
    ready = leg.call and leg.confirmed and not leg.ended
    if not ready or other is None or not other.call or not other.confirmed or other.ended:
        leg.owner.happened(leg, TransferProgress(NOT_THERE, True))
        return
    assert leg.call
    _begin(leg, other)
    leg.call.xferReplaces(other.call, call_options())


def _begin(leg: Leg, other: Leg | None) -> None:
    leg.transferring, leg.consulted = True, other
    _wait(leg)


def _wait(leg: Leg) -> None:
    leg.timers.set("transfer", time.monotonic() + NOTIFY_LIMIT, lambda: _finish(leg, 408))


def on_notify(leg: Leg, status: int, over: bool) -> None:
    """What the far end says of the call that it makes; `over`: it will say no more."""
    if not leg.transferring:  # it was final already, and this only ends the subscription
        return
    if status < 200 and not over:
        _wait(leg)
        leg.owner.happened(leg, TransferProgress(status, False))
    else:
        _finish(leg, status if status >= 200 else 408)


def _finish(leg: Leg, status: int) -> None:
    leg.transferring = False
    leg.timers.cancel("transfer")
    other, leg.consulted = leg.consulted, None
    leg.owner.happened(leg, TransferProgress(status, True))
    if status < 300:
        if other and not other.ended:  # the BYE that comes from there is the transfer's
            other.ended_by = EndedBy.TRANSFER
        leg.hangup(Cause.NORMAL_CLEARING, EndedBy.TRANSFER)
