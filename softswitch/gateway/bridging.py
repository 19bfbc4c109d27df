"""Two far ends that hear each other: PJSIP mixes the audio of one call into the other's, and no Python runs.

Each leg's port stays joined to its own call, so that control still has both uplinks, and may play to either
alone. A bridge is between legs, and not between SIP calls: whatever a far end does to its call (hold, another
codec, REFER, Replaces), the bridge is made anew with the audio that it has then. While one of the two has
none, the other hears music where control has ordered some.
"""

import logging
from typing import TYPE_CHECKING

import pjsua2 as pj

from softswitch.events import BridgeChanged

if TYPE_CHECKING:
    from softswitch.gateway.leg import Leg
    from softswitch.gateway.sip_call import SipCall

log = logging.getLogger(__name__)


def bridge(leg: "Leg", other: "Leg | None") -> None:
    """Both are told; where one of them is not up, `leg` alone, that it hears nobody."""
    if other is None or other is leg or not (_is_up(leg) and _is_up(other)):
        leg.owner.happened(leg, BridgeChanged(""))
        return
    if leg.bridged is not other:
        unbridge(leg)
        unbridge(other)
    leg.bridged, other.bridged = other, leg
    leg.fetched, other.fetched = False, True
    connect(leg)
    for one, far in ((leg, other), (other, leg)):
        one.owner.happened(one, BridgeChanged(far.info.call_id))


def unbridge(leg: "Leg") -> None:
    """Both are told, if there is a bridge."""
    other = leg.bridged
    if other is None:
        return
    part(leg)
    leg.bridged = other.bridged = None
    for one in (leg, other):
        one.owner.happened(one, BridgeChanged(""))


def connect(leg: "Leg") -> None:
    """The leg has audio, perhaps of a new stream: have the two hear each other once both have some."""
    other = leg.bridged
    if other is None or leg.call is None or other.call is None or not (leg.joined and other.joined):
        return
    mine, theirs = _audio(leg.call), _audio(other.call)
    mine.startTransmit(theirs)
    theirs.startTransmit(mine)
    leg.port.in_talk = other.port.in_talk = True


def part(leg: "Leg") -> None:
    """The leg's audio is about to go, for now or for good."""
    other = leg.bridged
    if other is None:
        return
    leg.port.in_talk = other.port.in_talk = False
    if leg.call is None or other.call is None or not (leg.joined and other.joined):
        return
    try:
        mine, theirs = _audio(leg.call), _audio(other.call)
        mine.stopTransmit(theirs)
        theirs.stopTransmit(mine)
    except pj.Error as error:  # PJSIP removed a stream's port itself, and what it was connected to
        log.debug("nothing to part for %s: %s", leg.info.call_id, error.reason)


def _is_up(leg: "Leg") -> bool:
    return leg.confirmed and not leg.ended


def _audio(call: "SipCall") -> pj.AudioMedia:
    return call.getAudioMedia(call.audio)
