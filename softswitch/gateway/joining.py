"""A leg's port and its call's audio: joined while there is some, parted while one side holds the other."""

import logging
from typing import TYPE_CHECKING

import pjsua2 as pj

from softswitch.events import CallProgress, HoldChanged
from softswitch.gateway import bridging
from softswitch.gateway.leg import Leg

if TYPE_CHECKING:
    from softswitch.gateway.sip_call import SipCall

log = logging.getLogger(__name__)
_HELD = (pj.PJSUA_CALL_MEDIA_LOCAL_HOLD, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD)


def on_media(leg: Leg, call: "SipCall", info: pj.CallInfo) -> None:
    """The call's audio has changed. That of a successor counts once it has taken over."""
    audio = next((at for at, media in enumerate(info.media) if media.type == pj.PJMEDIA_TYPE_AUDIO), None)
    if call is not leg.call or audio is None:
        return
    status = info.media[audio].status
    if status == pj.PJSUA_CALL_MEDIA_ACTIVE:
        _join(leg, call, audio)
        if leg.progress and info.state == pj.PJSIP_INV_STATE_EARLY:
            leg.tell_progress(CallProgress(leg.progress.status, call.joined))
    elif status in _HELD and call.joined:
        _part(leg, call, audio)
    held = status in _HELD
    if held != leg.held and leg.confirmed:
        leg.held = held
        leg.owner.happened(leg, HoldChanged(held))


def _join(leg: Leg, call: "SipCall", index: int) -> None:
    audio = call.getAudioMedia(index)
    audio.startTransmit(leg.port)
    leg.port.startTransmit(audio)
    call.joined, call.audio = True, index
    stream = call.getStreamInfo(index)
    leg.codec, leg.telephone_event = stream.codecName, stream.audTxEventPt >= 0
    bridging.connect(leg)


def _part(leg: Leg, call: "SipCall", index: int) -> None:
    bridging.part(leg)
    try:
        audio = call.getAudioMedia(index)
        audio.stopTransmit(leg.port)
        leg.port.stopTransmit(audio)
    except pj.Error as error:  # PJSIP removed the stream's port itself
        log.debug("nothing to part for %s: %s", leg.info.call_id, error.reason)
    call.joined = False
