"""Keys to the far end: as telephone-events, by INFO, or as tones, whichever the call's trunk says."""

import time
from typing import Literal

import pjsua2 as pj

from softswitch.gateway import keys
from softswitch.gateway.leg import Leg

KEY_EVERY = 0.25
"""Seconds that a key takes, its pause included."""
BURST = 16
"""Keys that PJSIP gets at once to send as telephone-events: it has room for 32."""
Means = Literal["rfc4733", "info", "inband"]


def press(leg: Leg, digits: str) -> None:
    """What is no key is left out, and what is more than 64 keys that wait."""
    if leg.joined:
        leg.to_press.add(digits)
        if "keys" not in leg.timers:
            _next(leg)


def _next(leg: Leg) -> None:
    means = _means(leg)
    burst = leg.to_press.take(1 if means == "info" else BURST)  # INFOs in parallel may change their order
    if not burst or not leg.call:
        return
    leg.timers.set("keys", time.monotonic() + len(burst) * KEY_EVERY, lambda: _next(leg))
    if means == "inband":
        for key in burst:
            leg.port.play_first(keys.tone(key, leg.port.clock_rate))
        return
    wanted = pj.CallSendDtmfParam()
    wanted.method = pj.PJSUA_DTMF_METHOD_SIP_INFO if means == "info" else pj.PJSUA_DTMF_METHOD_RFC2833
    wanted.digits, wanted.duration = burst, keys.TONE_MS
    leg.call.sendDtmf(wanted)


def _means(leg: Leg) -> Means:
    wanted = leg.trunk.dtmf if leg.trunk else "auto"
    if wanted == "auto":
        return "rfc4733" if leg.telephone_event else "info"
    return wanted
