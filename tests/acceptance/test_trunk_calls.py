"""What calls are like because of their trunk: session timers (RFC 4028), reliable provisional answers
(RFC 3262), codecs, SRTP (RFC 4568) and IPv6; with SIPp, with real phones, and by hand.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from baresip import Phone
from far_end import FarEnd, header, tone
from gateway_alone import GatewayAlone
from inbound_call import LOUD_SECOND, InboundCall, next_offered
from node import free_port, wait_for
from outbound_call import OutboundCall
from sipp import LOUD, Sipp
from stun_server import StunServer

from softswitch.events import CallConfirmed, CallEnded, EndedBy
from softswitch.gateway import messages
from softswitch.gateway.rings import Slot
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Connection, Target

pytestmark = pytest.mark.slow
MODULES = ("g722", "opus")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayAlone]:
    with GatewayAlone(tmp_path_factory.mktemp("gateway"), "sip.address6=::1") as started:
        yield started
    print(started.log)


@pytest.fixture
def far() -> Iterator[FarEnd]:
    with FarEnd() as far:
        yield far


def use(gateway: GatewayAlone, **settings: object) -> None:
    """Calls from and to loopback are of a trunk with these settings, when this returns."""
    trunk = Trunk.model_validate({"name": "t", "kind": "ip", "allow": ["127.0.0.1", "::1"], **settings})
    gateway.order(messages.Trunks((Connection(trunk),)))
    number = sum(isinstance(message, messages.Probed) for message in gateway.took)
    gateway.order(messages.Probe("t", Target("nobody", "127.0.0.1", 9, "udp"), 0.0))
    gateway.wait(messages.Probed, number + 1)


def end(far: FarEnd, call: OutboundCall | InboundCall) -> None:
    far.request("BYE")
    far.next("SIP/2.0 200")
    call.wait(CallEnded)


# --- session timers -------------------------------------------------------------------------------


@dataclass
class Refreshed:
    """Calls with SIPp that the gateway is to refresh at half of 90 and of 92 s."""

    outbound: OutboundCall
    callee: Sipp
    caller: Sipp
    began: float


@pytest.fixture(scope="module")
def long_calls(gateway: GatewayAlone) -> Iterator[Refreshed]:
    """Their trunk is changed many times until then."""
    use(gateway, session_expires="90s")
    with Sipp("called_timer", timeout=90) as callee:
        outbound = OutboundCall(gateway, callee.listens_at, "t")
        outbound.wait(CallConfirmed)
        takes = next_offered(gateway)
        with Sipp("timer_refreshed", gateway.sip_port, timeout=90) as caller:
            takes().order(messages.Answer)
            yield Refreshed(outbound, callee, caller, time.monotonic())


def test_an_interval_that_is_too_short_gets_422_and_a_longer_one_is_refreshed_by_the_caller(
    gateway, long_calls
):
    use(gateway)
    takes = next_offered(gateway)
    with Sipp("timer", gateway.sip_port) as caller:
        takes().order(messages.Answer)
        caller.wait()


def test_a_trunk_may_do_without_session_timers_or_insist_on_them(gateway, far):
    use(gateway, session_timers="off")
    call = OutboundCall(gateway, far.port, "t")
    invite = far.next("INVITE")
    assert not header(invite, "Session-Expires")
    far.reply(invite, 486)
    call.ended()
    use(gateway, session_timers="required")
    with FarEnd() as without:
        without.dial(gateway.sip_port, sdp=without.description())
        refused = without.next("SIP/2.0 421")
        assert "timer" in header(refused, "Require")


# --- reliable provisional answers -----------------------------------------------------------------


def test_a_trunk_may_insist_on_reliable_answers(gateway, far):
    use(gateway, prack="required")
    far.dial(gateway.sip_port, sdp=far.description())
    assert "100rel" in header(far.next("SIP/2.0 421"), "Require")


# --- codecs ---------------------------------------------------------------------------------------


def is_loud(call: InboundCall | OutboundCall) -> bool:
    """Whether the last half second that was heard of the far end has speech in it."""
    frames, _, _ = call.slot.read_up(max(0, call.slot.counters[Slot.UP_WRITTEN] - 25))
    heard = np.frombuffer(b"".join(frames), "<i2").astype(float)
    return len(frames) >= 20 and bool(np.sqrt(np.mean(heard**2)) > LOUD)


def speak_both_ways(call: InboundCall | OutboundCall, phone: Phone) -> None:
    call.slot.write_down(LOUD_SECOND)
    wait_for(lambda: is_loud(call), "the phone is heard")
    wait_for(lambda: call.slot.counters[Slot.DOWN_PLAYED] == 50, "the phone was spoken to")
    phone.hang_up()
    call.wait(CallEnded)
    assert phone.loud_seconds() > 0.6


def call_from(gateway: GatewayAlone, phone: Phone) -> InboundCall:
    """Answered at once."""
    takes = next_offered(gateway)
    phone.do("dial", gateway.uri)
    call = takes()
    call.order(messages.Answer)
    return call


@pytest.fixture
def phones(tmp_path: Path) -> Iterator[object]:
    started: list[Phone] = []

    def start(account: str = "", modules: tuple[str, ...] = MODULES) -> Phone:
        phone = Phone(tmp_path / f"phone-{len(started)}", MOUTH, account, modules)
        started.append(phone.__enter__())
        return phone

    yield start
    for phone in started:
        phone.__exit__()


MOUTH = tone(440, 20.0).astype("<i2").tobytes()


@pytest.mark.parametrize(
    ("codecs", "had"),
    [(["G722", "PCMU"], "G722"), (["opus", "PCMA"], "opus"), (["PCMA", "opus", "PCMU"], "PCMA")],
)
def test_a_caller_gets_the_trunks_first_codec_that_he_has(gateway, phones, codecs, had):
    use(gateway, codecs=codecs)
    phone = phones()
    call = call_from(gateway, phone)
    assert call.wait(CallConfirmed).codec == had
    speak_both_ways(call, phone)


@pytest.mark.parametrize(("codecs", "had"), [(["G722", "PCMU"], "G722"), (["opus", "PCMU"], "opus")])
def test_a_call_of_ours_has_the_trunks_first_codec_that_the_far_end_has(gateway, phones, codecs, had):
    use(gateway, codecs=codecs)
    phone = phones()
    call = OutboundCall(gateway, phone.port, "t", uri=phone.uri)
    assert call.wait(CallConfirmed).codec == had
    speak_both_ways(call, phone)


def test_an_offer_of_ours_has_the_trunks_codecs_in_its_order_and_no_others(gateway, far):
    use(gateway, codecs=["opus", "PCMA"])
    call = OutboundCall(gateway, far.port, "t")
    invite = far.next("INVITE")
    (formats,) = re.findall(r"m=audio \d+ RTP/AVP (.*?)\r", invite)
    names = dict(re.findall(r"a=rtpmap:(\d+) ([^/]+)/", invite))
    assert [names[number] for number in formats.split()][:2] == ["opus", "PCMA"]
    assert set(names.values()) == {"opus", "PCMA", "telephone-event"}
    far.reply(invite, 488)
    assert call.ended().sip_status == 488


def test_an_offer_in_the_answer_has_the_trunks_codecs_in_its_order(gateway, far):
    use(gateway, codecs=["PCMA", "PCMU"])
    far.dial(gateway.sip_port)
    call = InboundCall(gateway, far.call_id)
    call.order(messages.Answer)
    answer = far.next("SIP/2.0 200")
    assert re.findall(r"m=audio \d+ RTP/AVP (.*?)\r", answer) == ["8 0 120"]
    far.take_offer(answer)
    assert call.wait(CallConfirmed).codec == "PCMU"
    end(far, call)


# --- SRTP -----------------------------------------------------------------------------------------

SDES = ";mediaenc=srtp-mand"


@pytest.mark.parametrize(
    ("srtp", "account", "accepted"),
    [
        ("mandatory", SDES, True),
        ("mandatory", "", False),
        ("optional", SDES, True),
        ("optional", "", True),
        ("off", SDES, False),
    ],
)
def test_a_caller_is_encrypted_as_the_trunk_says(gateway, phones, srtp, account, accepted):
    use(gateway, srtp=srtp)
    phone = phones(account)
    if accepted:
        call = call_from(gateway, phone)
        call.wait(CallConfirmed)
        assert ("SRTP is Enabled" in phone.log) is bool(account)
        speak_both_ways(call, phone)
    else:
        phone.do("dial", gateway.uri)
        assert "488" in str(phone.wait("CALL_CLOSED")["param"])


@pytest.mark.parametrize(
    ("srtp", "account", "accepted"),
    [("mandatory", SDES, True), ("mandatory", "", False), ("optional", "", True), ("off", "", True)],
)
def test_a_call_of_ours_is_encrypted_as_the_trunk_says(gateway, phones, srtp, account, accepted):
    use(gateway, srtp=srtp)
    phone = phones(account)
    call = OutboundCall(gateway, phone.port, "t", uri=phone.uri)
    if accepted:
        call.wait(CallConfirmed)
        speak_both_ways(call, phone)
    else:
        assert call.ended().sip_status == 488


# --- NAT ----------------------------------------------------------------------------------------------
PUBLIC = "198.51.100.7"


def shown(message: str) -> tuple[str, str]:
    """The addresses in Contact and in the session description."""
    contact = re.findall(r"@([\d.]+)", header(message, "Contact"))[0]
    return contact, re.findall(r"c=IN IP4 (\S+)", message)[0]


def test_a_trunks_public_address_is_shown_in_contact_and_sdp_of_calls_both_ways(gateway, far):
    use(gateway, nat={"public_address": PUBLIC})
    call = OutboundCall(gateway, far.port, "t")
    invite = far.next("INVITE")
    assert shown(invite) == (PUBLIC, PUBLIC)
    far.reply(invite, 486)
    call.ended()
    with FarEnd() as caller:
        caller.dial(gateway.sip_port, sdp=caller.description())
        taken = InboundCall(gateway, caller.call_id)
        taken.order(messages.Answer)
        answer = caller.next("SIP/2.0 200")
        assert shown(answer) == (PUBLIC, PUBLIC)
        caller.take(answer.replace(PUBLIC, "127.0.0.1"))
        taken.wait(CallConfirmed)
        end(caller, taken)


def test_the_public_address_is_learned_from_a_stun_server(tmp_path, far):
    with StunServer(PUBLIC) as server, GatewayAlone(tmp_path, f"sip.stun=127.0.0.1:{server.port}") as gateway:
        call = OutboundCall(gateway, far.port)
        invite = far.next("INVITE")
        assert shown(invite) == (PUBLIC, PUBLIC)
        far.reply(invite, 486)
        call.ended()


def test_a_node_starts_without_its_stun_server_and_says_so(tmp_path):
    with GatewayAlone(tmp_path, f"sip.stun=127.0.0.1:{free_port()}") as gateway:
        assert "sip.stun: the public address is not known" in gateway.log


# --- IPv6, and the end of the long call -----------------------------------------------------------


@pytest.mark.parametrize("transport", ["u1", "t1"])
def test_a_call_over_ipv6_has_its_audio_there_too(gateway, transport):
    use(gateway)
    takes = next_offered(gateway)
    with Sipp("call", gateway.sip_port, transport=transport, address="::1", last_ms=300) as sipp:
        call = takes()
        assert call.offered.info.source.startswith("[::1]:")
        assert call.offered.info.trunk == "t"
        call.order(messages.Answer)
        sipp.wait()


def test_sessions_are_refreshed_by_the_gateway_though_their_trunk_was_changed(long_calls):
    long_calls.caller.wait()
    assert 40 < time.monotonic() - long_calls.began < 50
    wait_for(lambda: "UPDATE sip:" in long_calls.callee.messages_now, "the session is refreshed", 10)
    long_calls.outbound.hang_up()
    long_calls.callee.wait()
    assert long_calls.outbound.ended().ended_by == EndedBy.NODE
