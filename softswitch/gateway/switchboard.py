"""The gateway's call control: legs and ports, control's orders, and survival while control is away.

Everything here runs on the SIP thread. Ports are made as calls need them and reused for ever.
"""

import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pjsua2 as pj

from softswitch.config import Config
from softswitch.events import CallEnded, CallInfo, Cause, DtmfReceived, EndedBy, LegEvent
from softswitch.gateway import (
    bridging,
    headers,
    messages,
    obeying,
    outbound,
    pressing,
    referring,
    ringing,
    watching,
)
from softswitch.gateway.accounts import Accounts
from softswitch.gateway.admission import Admission, Admitted, Refusal
from softswitch.gateway.caretaking import Caretaker, give_back
from softswitch.gateway.endpoint import GatewayEndpoint, call_options
from softswitch.gateway.guard import guarded
from softswitch.gateway.leg import Leg
from softswitch.gateway.media_port import CallPort, comfort_noise
from softswitch.gateway.music import MusicShelf
from softswitch.gateway.port_pool import PortPool
from softswitch.gateway.probing import Probing
from softswitch.gateway.rings import Region
from softswitch.gateway.sip_call import RefusedCall, SipCall
from softswitch.trunks.guarding import MINUTE
from softswitch.trunks.matching import request_uri
from softswitch.trunks.settings import Trunk

log = logging.getLogger(__name__)


class Switchboard:
    def __init__(
        self,
        config: Config,
        region: Region,
        send: Callable[[messages.Message], None],
        endpoint: GatewayEndpoint,
    ) -> None:
        self._config = config
        self._region = region
        self._send = send
        self._calls: set[SipCall | RefusedCall] = set()
        self._over: list[SipCall | RefusedCall] = []
        self._legs: dict[str, Leg] = {}
        self._ports = PortPool(region, comfort_noise(config.media.comfort_noise, region))
        self._admission = Admission(config, region, send, self._calls_by_trunk, lambda: self._ports.in_use)
        self._caretaker = Caretaker(config, region.frame_bytes)
        self._music = MusicShelf(region.frame_bytes)
        self._draining = False
        self.control_here = False
        self.accounts = Accounts(config, endpoint, self._take_in, send)
        self._probing = Probing(self.accounts, send)

    # --- calls that come in ------------------------------------------------------------------------

    def _take_in(self, prm: pj.OnIncomingCallParam, trunk: str) -> None:
        source = prm.rdata.srcAddress
        verdict = self._admission.refuse(source, request_uri(prm.rdata.wholeMsg), time.monotonic())
        if isinstance(verdict, Admitted) and (why := self._takes_none_because):
            verdict = Refusal(503, why, trunk)
        if isinstance(verdict, Refusal):
            self._refuse(prm.callId, verdict)
            return
        leg = self._new_leg(prm, source, verdict.trunk)
        if leg is None:
            self._refuse(prm.callId, Refusal(503, "node full", verdict.trunk))
            return
        self._send(_offer(leg))
        if not self.control_here:
            self._caretaker.take(leg)

    @property
    def _takes_none_because(self) -> str:
        """Why there are no new calls just now, "" where there may be."""
        if self._draining:
            return "draining"
        return "" if self.control_here or self._caretaker.may_take_calls else "control away"

    def _calls_by_trunk(self) -> Counter[str]:
        return Counter(leg.info.trunk for leg in self._legs.values())

    def _refuse(self, call_id: int, refusal: Refusal) -> None:
        headers: tuple[tuple[str, str], ...] = ()
        if refusal.status == 503:
            headers = (("Retry-After", str(round(self._config.media.retry_after))),)
        call = RefusedCall(self.accounts.of(""), call_id, self.forget_call)
        self._calls.add(call)
        # Not hangup(): in this callback PJSIP puts that off, and forgets the headers.
        call.answer(call_options(refusal.status, headers))
        self._send(messages.Refused(refusal.status, refusal.reason, refusal.trunk))

    def _new_leg(self, prm: pj.OnIncomingCallParam, source: str, trunk: str) -> Leg | None:
        port = self._ports.take()
        if port is None:
            return None
        info = CallInfo(uuid.uuid4().hex, "", "", "", source, time.time(), trunk)
        leg = self._make_leg(info, port, self.accounts.of(trunk))
        leg.call = SipCall(leg, prm.callId)
        details = leg.call.getInfo()
        leg.info = replace(
            info,
            sip_call_id=details.callIdString,
            from_uri=details.remoteUri,
            to_uri=details.localUri,
            signalled=headers.read(
                prm.rdata.wholeMsg, trusted=leg.trunk is None or leg.trunk.caller_id.trust
            ),
        )
        self._legs[info.call_id] = leg
        ringing.expect_answer(leg)
        self._caretaker.expect_answer(leg)
        return leg

    def _make_leg(self, info: CallInfo, port: CallPort, account: pj.Account) -> Leg:
        accounts = self.accounts
        trunk, codecs = accounts.trunk(info.trunk), accounts.codecs(info.trunk)
        return Leg(info, port, self, account, trunk=trunk, codecs=codecs)

    # --- calls that go out -------------------------------------------------------------------------

    def _originate(self, order: messages.Originate) -> None:
        refusal = self._admission.refuse_outbound(order.trunk)
        if self._draining or refusal:
            self._cannot_call(order, refusal.reason if refusal else "the node drains")
            return
        try:
            account = self.accounts.toward(order.trunk, order.target)
        except pj.Error as error:
            self._cannot_call(order, error.reason.strip())
            return
        port = self._ports.take()
        if port is None:
            self._cannot_call(order, "no slot is free")
            return
        leg = self._legs[order.call_id] = self._make_leg(outbound.info_of(order), port, account)
        self._send(_offer(leg))
        outbound.place(leg, order)

    def _cannot_call(self, order: messages.Originate, reason: str) -> None:
        ended = CallEnded(Cause.NO_CIRCUIT, 503, EndedBy.NODE, reason=reason)
        self._send(messages.Happened(order.call_id, ended))

    def keep_call(self, call: SipCall) -> None:
        self._calls.add(call)

    def forget_call(self, call: SipCall | RefusedCall) -> None:
        """The call is over: it may be freed once PJSIP has left its callback."""
        self._calls.discard(call)
        self._over.append(call)

    def free_calls(self) -> None:
        """To be called outside of callbacks, soon. A Call frees PJSIP's call of the same number and hangs
        it up, and PJSIP gives numbers anew: what only the collector found was another caller's by then.
        """
        for call in self._over:
            call.let_go()
        self._over.clear()

    # --- what legs report --------------------------------------------------------------------------

    def happened(self, leg: Leg, event: LegEvent) -> None:
        if isinstance(event, CallEnded):
            self._end_bridge(leg)
        self._send(messages.Happened(leg.info.call_id, event))
        if isinstance(event, DtmfReceived) and leg.bridged and not leg.fetched:
            guarded(pressing.press, leg.bridged, event.digit)
        if isinstance(event, CallEnded):
            if leg.referred:
                self._send(messages.Referred(leg.info.call_id, leg.referred))
            self._legs.pop(leg.info.call_id, None)
            self._ports.end(leg.info.call_id, leg.port)

    def _end_bridge(self, leg: Leg) -> None:
        """One of two is gone. While control is away nobody else can say what becomes of the other."""
        other = leg.bridged
        bridging.unbridge(leg)
        if other and not self.control_here:
            self._caretaker.take(other)

    def confirmed(self, leg: Leg) -> None:
        watching.watch(leg, leg.trunk.rtp_timeout if leg.trunk else watching.RTP_TIMEOUT)
        outbound.limit(leg)

    def knows(self, source: str) -> bool:
        return self._admission.knows(source)

    def may_refer_to(self, uri: str) -> bool:
        """A REFER of a caller may lead only to hosts that calls are taken from, and to no number there that
        may not be dialled, or that nobody counts just now: no toll fraud.
        """
        place = referring.destination(uri)
        if place is None or self._draining or not self._admission.knows(place):
            return False
        user, trunk = referring.dialled(uri), self._trunk_at(place)
        may = self.control_here and referring.may_be_dialled(user, trunk, self._config.dialing)
        return may or not user

    def referred(self, leg: Leg, uri: str) -> None:
        """Its REFER is followed: a number counts as dialled, which control does."""
        trunk = self._trunk_at(referring.destination(uri) or "")
        number = referring.number(referring.dialled(uri), trunk)
        if not number:
            return
        leg.referred += 1
        self._send(messages.Referred(leg.info.call_id, leg.referred, number, trunk.name if trunk else ""))
        if not leg.longest:
            leg.longest = self._config.dialing.minutes_per_call * MINUTE
            outbound.limit(leg)

    def _trunk_at(self, place: str) -> Trunk | None:
        return self.accounts.trunk(self._admission.trunk_of(place))

    # --- control's orders --------------------------------------------------------------------------

    def obey(self, message: messages.Message) -> None:
        """What fails is logged: one order must not end all calls."""
        guarded(self._obey, message)

    def _obey(self, message: messages.Message) -> None:
        match message:
            case messages.Hello():
                self._welcome(message)
            case messages.Released():
                self._ports.release(message.call_id)
                self._ports.collect(self.control_here)
            case messages.Trunks():
                guarded(self._admission.set_trunks, message.connections)
                self.accounts.apply(message.connections)
            case messages.Bans():
                self._admission.set_bans(message)
            case messages.Probe():
                self._probing.probe(message)
            case messages.Originate():
                self._originate(message)
            case _:
                leg = self._legs.get(getattr(message, "call_id", ""))
                if leg:  # else it ended while the order was on its way
                    obeying.obey(leg, message, self._legs, self._music)

    # --- whether control is there --------------------------------------------------------------------

    def _welcome(self, hello: messages.Hello) -> None:
        """Control is here: give it every call that is up."""
        self._caretaker.learn_line(hello.line_path)
        self.control_here = True
        for leg in self._legs.values():
            give_back(leg)
            if not leg.bridged:
                leg.port.music = None  # whether he waits still is for the new control to say
            if not leg.answered and not leg.outbound:
                self._caretaker.expect_answer(leg)
            self._send(_offer(leg))
        self._send(messages.Ready(pj.Endpoint.instance().libVersion().full))

    def control_lost(self) -> None:
        """Control is away: its callers hear the line until it is back; those who are bridged talk on."""
        if not self.control_here:
            return
        self.control_here = False
        log.warning("control is away; %d calls hear the holding line", len(self._legs))
        for leg in list(self._legs.values()):
            self._caretaker.take(leg)

    # --- time, and the end ---------------------------------------------------------------------------

    def tick(self) -> None:
        """Several times a second: whatever time alone decides."""
        now = time.monotonic()
        for part in (self._admission, self.accounts, self._probing):
            guarded(part.tick, now)
        self._ports.collect(self.control_here)
        for leg in list(self._legs.values()):
            leg.tick(now)
            self._caretaker.tick(leg, now)

    def drain(self) -> None:
        """No new calls from here on, in or out."""
        self._draining = True

    def hang_up_all(self) -> None:
        for leg in list(self._legs.values()):
            guarded(leg.hangup, Cause.NORMAL_UNSPECIFIED, EndedBy.NODE)

    @property
    def is_drained(self) -> bool:
        return self._draining and not self._legs

    @property
    def calls_up(self) -> int:
        return len(self._legs)


def _offer(leg: Leg) -> messages.Offered:
    return messages.Offered(
        leg.info,
        leg.port.index,
        leg.answered,
        leg.codec,
        leg.telephone_event,
        leg.bridged.info.call_id if leg.bridged else "",
        leg.kept.state if leg.kept else "",
    )
