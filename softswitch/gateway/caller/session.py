"""One call of the caller: its SIP legs, its audio port and its conversation, driven from the SIP thread."""

import time

import numpy as np
import pjsua2 as pj

from softswitch.events import EndedBy
from softswitch.gateway.caller import bed
from softswitch.gateway.caller.conversation import KEY_S, Conversation
from softswitch.gateway.caller.leg import Leg
from softswitch.gateway.caller.port import CLOCK_RATE, CallerPort
from softswitch.gateway.caller.script import Answered, CallReport, CallScript, Greeted, Observer, Transferred
from softswitch.gateway.caller.voicing import Voicing
from softswitch.gateway.endpoint import call_options

UNREACHABLE_S = 4.0
"""Without any response to the INVITE for so long, nobody is there (RFC 3261 would try for 32 s)."""


class Session:
    """A call from INVITE to BYE. `poll` it every 10 ms or so until it is `over`."""

    def __init__(self, script: CallScript, port: CallerPort, observer: Observer) -> None:
        self.report = CallReport(uri=script.uri)
        self.over = False
        self.responded = False
        self._script = script
        self._port = port
        self._observer = observer
        self._legs: list[Leg] = []  # strong references: the collector would hang the caller up
        self._leg: Leg | None = None
        self._began = self._answered_at = 0.0
        self._hung_up_at: float | None = None
        capacity = round(script.longest_call * CLOCK_RATE)
        noise_dbfs = bed.noise_level(script)
        port.prepare(bed.lay(script, capacity, noise_dbfs))
        self.heard = Voicing(CLOCK_RATE, capacity, noise_dbfs)
        self._conversation = Conversation(script, self, observer)

    # --- the conversation's line -------------------------------------------------------------------------

    @property
    def position(self) -> int:
        return self._port.position

    def say(self, pcm: bytes) -> int:
        return self._port.say(pcm)

    def press(self, digit: str) -> None:
        event = pj.CallSendDtmfParam()
        event.method = pj.PJSUA_DTMF_METHOD_RFC2833
        event.duration = round(KEY_S * 1000)
        event.digits = digit
        if self._leg:
            self._leg.sendDtmf(event)

    # --- driven by the caller ----------------------------------------------------------------------------

    def dial(self, account: pj.Account, uri: str) -> None:
        self._began = time.monotonic()
        self._leg = Leg(account, self)
        self._legs.append(self._leg)
        try:
            self._leg.makeCall(uri, call_options())
        except pj.Error as error:
            self._end(problem=f"{self._script.uri} cannot be called: {error.reason.strip()}")

    def poll(self) -> None:
        now = time.monotonic()
        if self.over:
            return
        if self._hung_up_at is not None:
            if now - self._hung_up_at > 2.0:  # our BYE or CANCEL has no answer: the call is over all the same
                self._end()
        elif not self._answered_at:
            self._await_answer(now)
        elif now - self._answered_at > self._script.longest_call or self._port.full:
            self.hangup(problem=f"the call lasted longer than {self._script.longest_call:g} s")
        else:
            self._converse()

    def _await_answer(self, now: float) -> None:
        waited = now - self._began
        if not self.responded and waited > UNREACHABLE_S:
            self.report.status = "no answer"
            self._end(
                f"nobody responds at {self._script.uri}; is a node running there? scripts/serve starts one"
            )
        elif waited > self._script.setup_wait:
            self.report.status = "no answer"
            self.hangup(problem=f"{self._script.uri} did not answer within {self._script.setup_wait:g} s")

    def _converse(self) -> None:
        new = self._port.received(self.heard.position)
        if new:
            self.heard.extend(np.frombuffer(new, dtype=np.int16))
        self._notice_greeting()
        over = self.report.transferred_to and not self.follows and not self._script.stay
        if not self._conversation.advance() or over:
            self.hangup()

    def _notice_greeting(self) -> None:
        if self._conversation.began or self.report.greeting_ms is not None:
            return
        first, started = self.heard.first(0), self._port.started_at
        if first is not None and started is not None:
            since_answer = (started - self._answered_at) * 1000 + first * 1000 / CLOCK_RATE
            self.report.greeting_ms = round(since_answer, 1)
            self._observer(Greeted(self.report.greeting_ms))

    def hangup(self, problem: str = "") -> None:
        self.report.problem = self.report.problem or problem
        if self.report.status == "answered":
            self.report.ended_by = EndedBy.CALLER
        self._hung_up_at = time.monotonic()
        for leg in self._legs:
            if leg.isActive():
                leg.hangup(call_options())

    def release(self) -> None:
        """Drop the SIP calls here, on the SIP thread: the collector would do it on any other."""
        self._leg = None
        self._legs.clear()

    # --- told by the legs (leg.Session) -------------------------------------------------------------------

    @property
    def follows(self) -> bool:
        return self._script.follow

    def state_changed(self, leg: Leg, info: pj.CallInfo) -> None:
        if leg is not self._leg or self.over:
            return
        self.report.sip_code = info.lastStatusCode
        self.report.call_id = self.report.call_id or info.callIdString
        if info.state in (pj.PJSIP_INV_STATE_CONNECTING, pj.PJSIP_INV_STATE_CONFIRMED):
            self._note_answer(leg)
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._disconnected(info)

    def _note_answer(self, leg: Leg) -> None:
        if self._answered_at:
            return
        self._answered_at = time.monotonic()
        self.report.status = "answered"
        self.report.setup_ms = round((self._answered_at - self._began) * 1000, 1)
        self._observer(Answered(self.report.setup_ms, self.report.codec))

    def _disconnected(self, info: pj.CallInfo) -> None:
        if self._answered_at:
            if self._hung_up_at is None:
                self.report.ended_by = EndedBy.TRANSFER if self.report.transferred_to else EndedBy.NODE
            self._end()
        elif self._hung_up_at is not None:
            self._end()
        elif not self.responded:
            self._end(f"{self._script.uri} cannot be reached: {info.lastReason}")
        else:
            self.report.status = "no answer" if info.lastStatusCode in (408, 480) else "refused"
            self._end(f"{self._script.uri} refused the call: {info.lastStatusCode} {info.lastReason}")

    def media_active(self, leg: Leg, index: int) -> None:
        """Join the leg's audio to the port; after a transfer the port moves to the new leg."""
        leg.audio = leg.getAudioMedia(index)
        stream = leg.getStreamInfo(index)
        self.report.codec = stream.codecName
        if leg is not self._leg:
            self._leg = leg
        self._port.startTransmit(leg.audio)
        leg.audio.startTransmit(self._port)
        self._port.start()

    def follow(self, leg: Leg, uri: str) -> None:
        self._legs.append(leg)
        self._note_transfer(uri)

    def decline(self, uri: str) -> None:
        self._note_transfer(uri)

    def _note_transfer(self, uri: str) -> None:
        self.report.transferred_to = uri.strip("<>")
        self._observer(Transferred(self.report.transferred_to))

    # --- the end -----------------------------------------------------------------------------------------

    def _end(self, problem: str = "") -> None:
        self.over = True
        self._conversation.close()
        report = self.report
        report.turns = self._conversation.turns
        report.sent, report.received = self._port.sent(), self._port.received()
        report.problem = report.problem or problem or self._judge()
        self._port.clear()

    def _judge(self) -> str:
        """What is wrong with an answered call, as a sentence; "" when every utterance got an answer."""
        unanswered = [turn.text for turn in self.report.turns if not turn.answered]
        if self.heard.first(0) is None:
            return "the call was answered but no audio was heard: does the media path carry RTP back?"
        if self._conversation.unsaid:
            return f'the other side hung up before "{self._conversation.unsaid[0]}" could be said'
        if unanswered:
            return f'"{unanswered[0]}" got no answer'
        return ""
