"""Hold and resume by this side (RFC 3264 section 8.4), and who goes first when both ask (RFC 3261 14.1)."""

import random
import time

import pjsua2 as pj

from softswitch.gateway.endpoint import call_options
from softswitch.gateway.leg import Leg

BUSY_S = 0.3
"""Another re-INVITE is under way: so long until the next try."""
TRIES = 8


def hold(leg: Leg, on: bool) -> None:
    """Have the far end hold (a=sendonly) or go on; HoldChanged follows when it has agreed."""
    leg.hold_wanted, leg.hold_tries = on, 0
    _ask(leg)


def on_glare(leg: Leg) -> None:
    """491: the far end asked for a change of its own at the same time. He who made the call waits longer."""
    if leg.hold_wanted is not None and "hold" not in leg.timers:
        _again(leg, random.uniform(2.1, 4.0) if leg.outbound else random.uniform(0.0, 2.0))


def _ask(leg: Leg) -> None:
    if not leg.call or not leg.confirmed or leg.hold_wanted is None:
        return
    try:
        if leg.hold_wanted:
            leg.call.setHold(call_options())
        else:
            options = call_options()
            options.opt.flag = pj.PJSUA_CALL_UNHOLD
            leg.call.reinvite(options)
    except pj.Error:
        _again(leg, BUSY_S)


def _again(leg: Leg, seconds: float) -> None:
    leg.hold_tries += 1
    if leg.hold_tries < TRIES:
        leg.timers.set("hold", time.monotonic() + seconds, lambda: _ask(leg))
