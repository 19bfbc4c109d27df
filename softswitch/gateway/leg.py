"""One caller's leg: his SIP call, his audio port, and what PJSIP's callbacks mean for them.

A leg outlives a SIP call where the far end transfers it (REFER): the new call takes the leg over, and the
conversation goes on with whoever is there now.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import pjsua2 as pj

from softswitch.events import (
    CallConfirmed,
    CallEnded,
    CallInfo,
    Cause,
    DtmfReceived,
    EndedBy,
    HoldChanged,
    LegEvent,
    MediaQuality,
    TransferProgress,
)
from softswitch.gateway.causes import cause_of, reason_header, stated_cause, status_of
from softswitch.gateway.endpoint import call_options
from softswitch.gateway.media_port import CallPort
from softswitch.gateway.rings import Slot
from softswitch.gateway.survival import Alone

log = logging.getLogger(__name__)


class Owner(Protocol):
    """What a leg tells the switchboard."""

    account: pj.Account

    def happened(self, leg: "Leg", event: LegEvent) -> None: ...

    def may_refer_to(self, uri: str) -> bool: ...

    def knows(self, source: str) -> bool: ...

    def forget_call(self, call: "SipCall") -> None: ...

    def keep_call(self, call: "SipCall") -> None: ...


@dataclass
class Leg:
    info: CallInfo
    port: CallPort
    owner: Owner
    call: "SipCall | None" = None
    successor: "SipCall | None" = None
    """The call that a REFER of the far end makes, until it is up."""
    codec: str = ""
    answered: bool = False
    confirmed: bool = False
    held: bool = False
    ended: bool = False
    released: bool = False
    ended_by: EndedBy = EndedBy.CALLER
    cause: int | None = None
    alone: Alone | None = None
    offered_at: float = 0.0
    quality: MediaQuality = field(default_factory=MediaQuality)

    def answer(self) -> None:
        if self.call and not self.answered and not self.ended:
            self.answered = True
            self.call.answer(call_options(200))

    def hangup(self, cause: int, ended_by: EndedBy = EndedBy.NODE) -> None:
        if not self.call or self.ended:
            return
        self.ended_by, self.cause = ended_by, cause
        status = 0 if self.confirmed or self.answered else status_of(cause)
        self.call.hangup(call_options(status, (("Reason", reason_header(cause)),)))

    def refer(self, uri: str) -> None:
        """Blind transfer; a call that is gone already reports the failure itself."""
        if self.call and self.confirmed and not self.ended:
            self.call.xfer(uri, call_options())
        else:
            self.owner.happened(self, TransferProgress(481, True))

    def send_dtmf(self, digits: str) -> None:
        if self.call and self.confirmed:
            wanted = pj.CallSendDtmfParam()
            wanted.method, wanted.digits, wanted.duration = pj.PJSUA_DTMF_METHOD_RFC2833, digits, 100
            self.call.sendDtmf(wanted)

    def hold(self, on: bool) -> None:
        if not self.call or not self.confirmed:
            return
        if on:
            self.call.setHold(call_options())
        else:
            options = call_options()
            options.opt.flag = pj.PJSUA_CALL_UNHOLD
            self.call.reinvite(options)

    # --- what the SIP call reports -----------------------------------------------------------------

    def on_confirmed(self) -> None:
        if self.confirmed:
            return
        self.confirmed = True
        self.owner.happened(self, CallConfirmed(self.codec))

    def on_media(self, call: "SipCall", info: pj.CallInfo) -> None:
        """Join the port to the call's audio, or part them while one side holds the other."""
        for index, media in enumerate(info.media):
            if media.type != pj.PJMEDIA_TYPE_AUDIO:
                continue
            held = media.status in (pj.PJSUA_CALL_MEDIA_LOCAL_HOLD, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD)
            if media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                self._join(call, index)
            elif held and call.joined:
                self._part(call, index)
            if held != self.held and self.confirmed:
                self.held = held
                self.owner.happened(self, HoldChanged(held))
            return

    def _join(self, call: "SipCall", index: int) -> None:
        if call is not self.call:  # a successor joins when it is confirmed
            return
        audio = call.getAudioMedia(index)
        audio.startTransmit(self.port)
        self.port.startTransmit(audio)
        call.joined = True
        self.codec = call.getStreamInfo(index).codecName

    def _part(self, call: "SipCall", index: int) -> None:
        try:
            audio = call.getAudioMedia(index)
            audio.stopTransmit(self.port)
            self.port.stopTransmit(audio)
        except pj.Error as error:  # PJSIP removed the stream's port itself
            log.debug("nothing to part for %s: %s", self.info.call_id, error.reason)
        call.joined = False

    def on_disconnected(self, call: "SipCall", info: pj.CallInfo, message: str) -> None:
        if call is self.successor:
            self.successor = None
            if self.call:  # the REFER failed; the caller is still here
                return
        elif call is not self.call:  # transferred away from; the new call carries the leg
            return
        elif self.successor:  # he who sent the REFER did not wait for its outcome
            self.call = None
            return
        self.ended = True
        status = info.lastStatusCode
        cause = self.cause if self.cause is not None else stated_cause(message) or cause_of(status)
        if self.ended_by is EndedBy.CALLER and self.answered and status >= 400:
            self.ended_by = EndedBy.FAILURE
        self.owner.happened(self, CallEnded(cause, status, self.ended_by, self.quality, info.lastReason))

    def on_stats(self, call: "SipCall", stat: pj.StreamStat) -> None:
        if call is not self.call:
            return
        received, before = stat.rtcp.rxStat, self.quality  # each re-INVITE ends a stream and starts another
        self.quality = MediaQuality(
            packets_received=before.packets_received + received.pkt,
            packets_lost=before.packets_lost + received.loss,
            packets_sent=before.packets_sent + stat.rtcp.txStat.pkt,
            jitter_ms=received.jitterUsec.mean / 1000,
            underruns=self.port.slot.counters[Slot.UNDERRUNS],
        )

    def on_transfer_status(self, status: int, final: bool) -> None:
        self.owner.happened(self, TransferProgress(status, final))
        if final and 200 <= status < 300:
            self.hangup(Cause.NORMAL_CLEARING, EndedBy.TRANSFER)

    def take_over(self, call: "SipCall") -> None:
        """The far end's REFER reached its target: `call` is the caller from now on."""
        old, self.call, self.successor = self.call, call, None
        if old:
            old.leave(self.port)


class SipCall(pj.Call):  # type: ignore[misc,unused-ignore]
    """PJSIP's call. Kept by the switchboard until DISCONNECTED: the collector would hang it up."""

    def __init__(self, leg: Leg, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(leg.owner.account, call_id)
        self.leg = leg
        self.joined = False
        leg.owner.keep_call(self)

    def let_go(self) -> None:
        """End the circle of references between leg and call, so that dropping the call frees it."""
        if self.leg.call is self:
            self.leg.call = None

    def leave(self, port: CallPort) -> None:
        """Part from the leg's port; the new call joins it."""
        if self.joined:
            audio = self.getAudioMedia(-1)
            audio.stopTransmit(port)
            port.stopTransmit(audio)
            self.joined = False

    def onCallState(self, prm: pj.OnCallStateParam) -> None:
        guarded(self._state, prm)

    def _state(self, prm: pj.OnCallStateParam) -> None:
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            if self is not self.leg.call:
                self.leg.take_over(self)
                self._media()
            self.leg.on_confirmed()
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.leg.on_disconnected(self, info, _last_message(prm))
            self.leg.owner.forget_call(self)

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:
        guarded(self._media)

    def _media(self) -> None:
        info = self.getInfo()
        self.leg.on_media(self, info)

    def onStreamDestroyed(self, prm: pj.OnStreamDestroyedParam) -> None:
        guarded(lambda: self.leg.on_stats(self, self.getStreamStat(prm.streamIdx)))

    def onDtmfDigit(self, prm: pj.OnDtmfDigitParam) -> None:
        guarded(lambda: self.leg.owner.happened(self.leg, DtmfReceived(prm.digit)))

    def onCallTransferStatus(self, prm: pj.OnCallTransferStatusParam) -> None:
        final = bool(prm.finalNotify)
        guarded(lambda: self.leg.on_transfer_status(prm.statusCode, final))
        prm.cont = not final

    def onCallTransferRequest(self, prm: pj.OnCallTransferRequestParam) -> None:
        """The far end asks us to call somebody else in its place (RFC 3515)."""
        guarded(lambda: self._transfer_request(prm))

    def _transfer_request(self, prm: pj.OnCallTransferRequestParam) -> None:
        if not self.leg.owner.may_refer_to(prm.dstUri):
            prm.statusCode = 603
            return
        prm.statusCode = 202
        self._succeed(prm)

    def onCallReplaceRequest(self, prm: pj.OnCallReplaceRequestParam) -> None:
        """Somebody wants to take this call's place (RFC 3891): the end of an attended transfer."""
        guarded(lambda: self._replace_request(prm))

    def _replace_request(self, prm: pj.OnCallReplaceRequestParam) -> None:
        if not self.leg.owner.knows(prm.rdata.srcAddress):
            prm.statusCode = 403
            return
        self._succeed(prm)

    def _succeed(self, prm: pj.OnCallTransferRequestParam | pj.OnCallReplaceRequestParam) -> None:
        prm.opt.textCount = prm.opt.videoCount = 0
        prm.newCall = self.leg.successor = SipCall(self.leg)


class RefusedCall(pj.Call):  # type: ignore[misc,unused-ignore]
    """A call that is only refused; kept until PJSIP has done with it."""

    def __init__(self, account: pj.Account, call_id: int, over: Callable[["RefusedCall"], None]) -> None:
        super().__init__(account, call_id)
        self._over = over

    def onCallState(self, prm: pj.OnCallStateParam) -> None:
        guarded(self._state)

    def _state(self) -> None:
        if self.getInfo().state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._over(self)

    def let_go(self) -> None:
        """Nothing but the switchboard refers to it."""


def guarded(body: Callable[..., None], *arguments: object) -> None:
    """Run a callback's body: an exception that reaches PJSIP is lost or fatal."""
    try:
        body(*arguments)
    except pj.Error as error:
        log.warning("PJSIP: %s", error.info())
    except Exception:
        log.exception("in a PJSIP callback")


def _last_message(prm: pj.OnCallStateParam) -> str:
    """The SIP message that changed the state, where there is one."""
    if prm.e.type != pj.PJSIP_EVENT_TSX_STATE or prm.e.body.tsxState.type != pj.PJSIP_EVENT_RX_MSG:
        return ""
    return prm.e.body.tsxState.src.rdata.wholeMsg
