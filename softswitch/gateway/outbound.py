"""Calls that this node makes: the INVITE, and the limits of waiting for its answers (RFC 3261 section 13.2).

A call that nobody answers is given up with a CANCEL (9.1); where its 200 was faster, PJSIP ends it with a
BYE. Redirections (3xx) are not followed: a far end must not choose whom we call. A challenge (401, 407) is
answered with the account's credentials.
"""

import re
import time
import uuid

import pjsua2 as pj

from softswitch.events import CallInfo, Cause, EndedBy
from softswitch.gateway import headers
from softswitch.gateway.endpoint import call_options
from softswitch.gateway.leg import Leg
from softswitch.gateway.messages import Originate
from softswitch.gateway.sip_call import SipCall
from softswitch.trunks.targets import Target

_URI = re.compile(r"(sips?):(?:([^@;?<>\s]+)@)?[^@;?<>\s]+((?:;[^?<>\s]*)?)", re.I)


def info_of(order: Originate) -> CallInfo:
    """What is known of the call before it is made; its Call-ID is ours to choose."""
    sip_call_id, target = uuid.uuid4().hex, order.target.hostport
    at = time.time()
    return CallInfo(
        order.call_id, sip_call_id, order.from_uri, order.uri, target, at, order.trunk, direction="out"
    )


def place(leg: Leg, order: Originate) -> None:
    """Send the INVITE of a leg that was offered already; whatever becomes of it is the leg's to tell."""
    now = time.monotonic()
    leg.longest = order.longest
    leg.timers.set("answer_within", now + order.answer_within, lambda: _give_up(leg, 408, "no answer at all"))
    leg.timers.set("ring_for", now + order.ring_for, lambda: _give_up(leg, 487, "nobody answered"))
    shown, beside = (
        headers.present(order.from_uri, leg.trunk.caller_id) if leg.trunk else (order.from_uri, ())
    )
    options = call_options(headers=(*order.headers, *beside))
    options.opt.customCallId = leg.info.sip_call_id
    options.txOption.localUri = name_addr(shown)
    if leg.trunk is None:  # a trunk's account has its target as route
        options.txOption.targetUri = request_uri(order.uri, order.target)
    leg.call = SipCall(leg)
    try:
        leg.call.makeCall(name_addr(order.uri), options)
    except pj.Error as error:
        leg.owner.forget_call(leg.call)
        leg.ended_by = EndedBy.FAILURE
        leg.finish(Cause.NETWORK_OUT_OF_ORDER, 503, error.reason)


def limit(leg: Leg) -> None:
    """It was answered: from now on it may last so long, and no longer."""
    if leg.longest:
        end = lambda: leg.hangup(Cause.NORMAL_CLEARING, reason="longest time of a call")  # noqa: E731
        leg.timers.set("longest", time.monotonic() + leg.longest, end)


def request_uri(uri: str, target: Target) -> str:
    """Who is called, at the address of the trunk's target and by its transport."""
    found = _URI.fullmatch(uri.strip())
    user = f"{found[2]}@" if found and found[2] else ""
    transport = "" if target.transport == "udp" else f";transport={target.transport}"
    return f"sip:{user}{target.hostport}{transport}"


def name_addr(uri: str) -> str:
    """RFC 3261 section 20: in angle brackets, or a URI's parameters would be the header field's."""
    return uri if "<" in uri else f"<{uri}>"


def _give_up(leg: Leg, status: int, reason: str) -> None:
    cause = Cause.RECOVERY_ON_TIMER_EXPIRY if status == 408 else Cause.NO_ANSWER
    leg.hangup(cause, EndedBy.NODE, status, reason)
