"""Keys to the far end: as telephone-events, by INFO, or as tones, whichever the call's trunk says."""

import time

import pjsua2 as pj

from softswitch.gateway import keys
from softswitch.gateway.leg import Leg

INFO_EVERY = 0.25
"""Seconds between keys sent by INFO: what travels in parallel may arrive in another order."""


def press(leg: Leg, digits: str) -> None:
    """`auto` means RFC 4733 where the far end takes it, else INFO. What is no key is left out."""
    if not leg.call or not leg.joined:
        return
    means = leg.trunk.dtmf if leg.trunk else "auto"
    if means == "inband":
        for key in filter(keys.KEYS.__contains__, digits.upper()):
            leg.port.play_first(keys.tone(key, leg.port.clock_rate))
    elif means == "rfc4733" or (means == "auto" and leg.telephone_event):
        _send(leg, digits, pj.PJSUA_DTMF_METHOD_RFC2833)
    else:
        leg.to_press.add(digits)
        if "keys" not in leg.timers:
            _send_next(leg)


def _send_next(leg: Leg) -> None:
    if key := leg.to_press.pop():
        leg.timers.set("keys", time.monotonic() + INFO_EVERY, lambda: _send_next(leg))
        _send(leg, key, pj.PJSUA_DTMF_METHOD_SIP_INFO)


def _send(leg: Leg, digits: str, method: int) -> None:
    if leg.call:
        wanted = pj.CallSendDtmfParam()
        wanted.method, wanted.digits, wanted.duration = method, digits, keys.TONE_MS
        leg.call.sendDtmf(wanted)
