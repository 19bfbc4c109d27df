"""PJSIP's calls: each callback is one line that says to the leg what it means."""

from collections.abc import Callable

import pjsua2 as pj

from softswitch.gateway import holding, joining, keys, sdp, transfer
from softswitch.gateway.guard import guarded
from softswitch.gateway.leg import Leg
from softswitch.gateway.media_port import CallPort


class SipCall(pj.Call):  # type: ignore[misc,unused-ignore]
    """PJSIP's call. Kept by the switchboard until DISCONNECTED: the collector would hang it up."""

    def __init__(self, leg: Leg, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(leg.account, call_id)
        self.leg = leg
        self.joined = False
        self.audio = -1
        """Which of its media is the audio, once there is any."""
        leg.owner.keep_call(self)

    def let_go(self) -> None:
        """End the circle of references between leg and call, so that dropping the call frees it."""
        if self.leg.call is self:
            self.leg.call = None

    def leave(self, port: CallPort) -> None:
        """Part from the leg's port; the new call joins it."""
        if self.joined:
            self.joined = False
            audio = self.getAudioMedia(-1)
            audio.stopTransmit(port)
            port.stopTransmit(audio)

    def onCallState(self, prm: pj.OnCallStateParam) -> None:
        guarded(self._state, prm)

    def _state(self, prm: pj.OnCallStateParam) -> None:
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            if self is not self.leg.call:
                self.leg.take_over(self)
                joining.on_media(self.leg, self, info)
            self.leg.on_confirmed()
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.leg.on_disconnected(self, info, _received(prm.e))
            self.leg.owner.forget_call(self)

    def onCallTsxState(self, prm: pj.OnCallTsxStateParam) -> None:
        guarded(self._transaction, prm.e)

    def _transaction(self, event: pj.SipEvent) -> None:
        """What leaves the call's state as it is: a 100, another 18x, a refused re-INVITE, keys in INFO."""
        transaction = event.body.tsxState.tsx
        if transaction.method == "INVITE" and transaction.role == pj.PJSIP_ROLE_UAC:
            if transaction.statusCode == pj.PJSIP_SC_REQUEST_PENDING:
                holding.on_glare(self.leg)
            self.leg.on_answer(self, transaction.statusCode)
        elif (
            transaction.method == "INFO"
            and transaction.state == pj.PJSIP_TSX_STATE_TRYING
            and (key := keys.read_info(_received(event)))
        ):
            self.leg.on_key(key, "info")

    def onCallRedirected(self, prm: pj.OnCallRedirectedParam) -> int:
        """A far end must not choose whom we call."""
        return pj.PJSIP_REDIRECT_REJECT

    def onCallSdpCreated(self, prm: pj.OnCallSdpCreatedParam) -> None:
        guarded(self._choose_codecs, prm)

    def _choose_codecs(self, prm: pj.OnCallSdpCreatedParam) -> None:
        prm.sdp.wholeSdp = sdp.choose(prm.sdp.wholeSdp, prm.remSdp.wholeSdp or None, self.leg.codecs)

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:
        guarded(lambda: joining.on_media(self.leg, self, self.getInfo()))

    def onStreamDestroyed(self, prm: pj.OnStreamDestroyedParam) -> None:
        guarded(lambda: self.leg.on_stats(self, self.getStreamStat(prm.streamIdx)))

    def onDtmfDigit(self, prm: pj.OnDtmfDigitParam) -> None:
        """RFC 4733. Of INFO PJSIP knows one form in part; those are read where their transactions are."""
        if prm.method == pj.PJSUA_DTMF_METHOD_RFC2833:
            guarded(self.leg.on_key, prm.digit, "rfc4733")

    def onCallTransferStatus(self, prm: pj.OnCallTransferStatusParam) -> None:
        final = bool(prm.finalNotify)
        guarded(transfer.on_notify, self.leg, prm.statusCode, final)
        prm.cont = not final

    def onCallTransferRequest(self, prm: pj.OnCallTransferRequestParam) -> None:
        """The far end asks us to call somebody else in its place (RFC 3515)."""
        guarded(self._transfer_request, prm)

    def _transfer_request(self, prm: pj.OnCallTransferRequestParam) -> None:
        if not self.leg.owner.may_refer_to(prm.dstUri):
            prm.statusCode = 603
        elif not self.leg.may_be_succeeded():
            prm.statusCode = 491
        else:
            prm.statusCode = 202
            self._succeed(prm)
            self.leg.owner.referred(self.leg, prm.dstUri)

    def onCallReplaceRequest(self, prm: pj.OnCallReplaceRequestParam) -> None:
        """Somebody wants to take this call's place (RFC 3891): the end of an attended transfer."""
        guarded(self._replace_request, prm)

    def _replace_request(self, prm: pj.OnCallReplaceRequestParam) -> None:
        if not self.leg.owner.knows(prm.rdata.srcAddress):
            prm.statusCode = 403
        elif not self.leg.may_be_succeeded():
            prm.statusCode = 491
        else:
            self._succeed(prm)

    def _succeed(self, prm: pj.OnCallTransferRequestParam | pj.OnCallReplaceRequestParam) -> None:
        prm.opt.textCount = prm.opt.videoCount = 0
        prm.newCall = successor = SipCall(self.leg)
        self.leg.expect_successor(successor)


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


def _received(event: pj.SipEvent) -> str:
    """The SIP message that this event is about, where one has come."""
    if event.type != pj.PJSIP_EVENT_TSX_STATE or event.body.tsxState.type != pj.PJSIP_EVENT_RX_MSG:
        return ""
    return event.body.tsxState.src.rdata.wholeMsg
