"""The caller's PJSIP calls: each callback says to the session what it means."""

from typing import Protocol

import pjsua2 as pj

from softswitch.gateway.guard import guarded


class Session(Protocol):
    """What a leg tells."""

    responded: bool
    """Whether anybody has answered the INVITE in any way."""

    @property
    def follows(self) -> bool:
        """Whether the caller goes where he is transferred to."""
        ...

    def state_changed(self, leg: "Leg", info: pj.CallInfo) -> None: ...

    def media_active(self, leg: "Leg", index: int) -> None: ...

    def follow(self, leg: "Leg", uri: str) -> None:
        """The other side transfers us (RFC 3515): the new leg is kept, and takes over with its media."""
        ...

    def decline(self, uri: str) -> None:
        """The other side would transfer us, and we go no further."""
        ...


class Leg(pj.Call):
    """One SIP dialog of a session; a REFER of the other side makes a second one."""

    def __init__(self, account: pj.Account, session: Session) -> None:
        super().__init__(account)
        self._account = account
        self._session = session
        self.audio: pj.AudioMedia | None = None

    def onCallState(self, prm: pj.OnCallStateParam) -> None:
        guarded(self._state, prm.e)

    def _state(self, event: pj.SipEvent) -> None:
        self._note_response(event)
        self._session.state_changed(self, self.getInfo())

    def onCallTsxState(self, prm: pj.OnCallTsxStateParam) -> None:
        """A 100 Trying changes no call state, and yet says that somebody is there."""
        guarded(self._note_response, prm.e)

    def _note_response(self, event: pj.SipEvent) -> None:
        """A status that came without a message (connection refused, timeout) is PJSIP's own."""
        transaction = event.type == pj.PJSIP_EVENT_TSX_STATE
        if transaction and event.body.tsxState.type == pj.PJSIP_EVENT_RX_MSG:
            self._session.responded = True

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:
        guarded(self._media_state)

    def _media_state(self) -> None:
        info = self.getInfo()  # kept in a variable: the media of a temporary are garbage
        for media in info.media:
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                self._session.media_active(self, media.index)

    def onCallTransferRequest(self, prm: pj.OnCallTransferRequestParam) -> None:
        guarded(self._transfer_request, prm)

    def _transfer_request(self, prm: pj.OnCallTransferRequestParam) -> None:
        if not self._session.follows:
            self._session.decline(prm.dstUri)
            prm.statusCode = pj.PJSIP_SC_DECLINE
            return
        prm.opt.videoCount = 0
        if hasattr(prm.opt, "textCount"):  # 2.17 offers a second m= line (T.140) otherwise
            prm.opt.textCount = 0
        leg = Leg(self._account, self._session)
        self._session.follow(leg, prm.dstUri)
        prm.newCall = leg
