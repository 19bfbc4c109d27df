"""Transfers by REFER: ours followed to their end (RFC 3515, RFC 3891, RFC 5589).

The far end accepts a REFER with 202 and tells in NOTIFY requests what the call came to that it made. A final
status may come in any of them; after it nothing more is said of this transfer.
"""

import logging
import time
from collections.abc import Callable

import pjsua2 as pj

from softswitch.events import Cause, EndedBy, TransferProgress
from softswitch.gateway.endpoint import call_options
from softswitch.gateway.leg import Leg

log = logging.getLogger(__name__)
ANSWER_LIMIT = 5.0
"""Seconds for any answer to a REFER; by then it was sent four times."""
FIRST_LIMIT = 10.0
"""Seconds for the first NOTIFY after the REFER was accepted: it is due at once (RFC 3515 section 2.4.4)."""
NOTIFY_LIMIT = 45.0
"""Seconds without another NOTIFY after which nobody waits for the final one: a phone rings no longer."""
NOT_THERE = 481
NOT_SENT = 500


def blind(leg: Leg, uri: str) -> None:
    """Have the far end call `uri` in our place; TransferProgress events follow, one of them final."""
    if not leg.call or not leg.confirmed or leg.ended:
        leg.owner.happened(leg, TransferProgress(NOT_THERE, True))
        return
    call = leg.call
    _begin(leg, None, lambda: call.xfer(uri, call_options()))


def attended(leg: Leg, other: Leg | None) -> None:
    """Have the far end of `leg` take our place in `other` (REFER with Replaces); both then end."""
    ready = leg.call and leg.confirmed and not leg.ended
    if not ready or other is None or not other.call or not other.confirmed or other.ended:
        leg.owner.happened(leg, TransferProgress(NOT_THERE, True))
        return
    assert leg.call
    call, there = leg.call, other.call
    _begin(leg, other, lambda: call.xferReplaces(there, call_options()))


def _begin(leg: Leg, other: Leg | None, send: Callable[[], None]) -> None:
    leg.transferring, leg.notified, leg.consulted = True, 0, other
    _wait(leg, ANSWER_LIMIT)
    try:
        send()
    except pj.Error as error:  # a URI that is none, for instance
        log.warning("no REFER can be sent: %s", error.info())
        _finish(leg, NOT_SENT)


def _wait(leg: Leg, seconds: float) -> None:
    leg.timers.set("transfer", time.monotonic() + seconds, lambda: _finish(leg, 408))


def on_notify(leg: Leg, status: int, over: bool) -> None:
    """What the far end says of the call that it makes; `over`: it will say no more."""
    if not leg.transferring:  # it was final already, and this only ends the subscription
        return
    if status < 200 and not over:
        leg.notified += 1  # PJSIP reports the 202 as the first
        _wait(leg, FIRST_LIMIT if leg.notified == 1 else NOTIFY_LIMIT)
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
