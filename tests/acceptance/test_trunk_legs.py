"""What calls are like because of the trunk that they go by: keys, caller identity, audio that stays away."""

import time
from collections.abc import Iterator

import pytest
from far_end import FarEnd, header, tone
from gateway_alone import GatewayAlone
from node import wait_for
from outbound_call import OutboundCall

from softswitch.events import CallConfirmed, CallEnded, Cause, EndedBy, HoldChanged
from softswitch.gateway import messages
from softswitch.session.inband import InbandKeys
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Connection

RTP_TIMEOUT = 1.2


def trunk(name: str, **settings: object) -> Connection:
    return Connection(Trunk(name=name, kind="ip", hosts=["trunk.example"], **settings))


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayAlone]:
    trunks = (
        trunk("inband", dtmf="inband"),
        trunk("info", dtmf="info"),
        trunk("hidden", caller_id={"header": "p-asserted-identity"}),
        trunk("quick", rtp_timeout=RTP_TIMEOUT),
    )
    with GatewayAlone(tmp_path_factory.mktemp("legs")) as gateway:
        gateway.order(messages.Trunks(trunks))
        yield gateway


@pytest.fixture
def far() -> Iterator[FarEnd]:
    with FarEnd() as far:
        yield far


def up(gateway: GatewayAlone, far: FarEnd, name: str) -> OutboundCall:
    call = OutboundCall(gateway, far.port, name)
    far.reply(far.next("INVITE"), 200, sdp=far.description())
    far.next("ACK")
    call.wait(CallConfirmed)
    wait_for(lambda: far.sound.payload_types, "audio comes")
    return call


def end(far: FarEnd, call: OutboundCall) -> None:
    call.hang_up()
    far.reply(far.next("BYE"), 200)
    call.ended()


def test_keys_go_as_tones_before_whatever_else_plays(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far, "inband")
    call.order(messages.SendDtmf, "159D#")
    wait_for(lambda: len(far.sound.heard) > 70, "a second and a half was heard")
    keys = InbandKeys(8000)
    assert "".join(keys.feed(samples.astype("<i2").tobytes()) for samples in far.sound.heard) == "159D#"
    assert not far.sound.events
    end(far, call)


def test_keys_go_by_info_where_the_trunk_wants_it(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far, "info")
    call.order(messages.SendDtmf, "42")
    for key in "42":
        info = far.next("INFO")
        assert f"Signal={key}" in info
        far.reply(info, 200)
    assert not far.sound.events
    end(far, call)


def test_a_number_may_be_asserted_instead_of_shown(gateway: GatewayAlone, far: FarEnd) -> None:
    call = OutboundCall(gateway, far.port, "hidden")
    invite = far.next("INVITE")
    assert invite.startswith("INVITE sip:+49301234@trunk.example SIP/2.0"), "the trunk's domain stays"
    assert "Route:" not in invite
    assert header(invite, "From").startswith('"Anonymous" <sip:anonymous@anonymous.invalid>')
    assert header(invite, "P-Asserted-Identity") == "<sip:+4930555@own.example>"
    assert header(invite, "Privacy") == "id"
    far.reply(invite, 486)
    assert call.ended().cause == Cause.USER_BUSY


@pytest.mark.slow
def test_a_call_whose_audio_stays_away_ends_and_says_why(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far, "quick")
    far.sound.send(tone(425, 0.5))
    silent_since = time.monotonic()
    bye = far.next("BYE")
    assert RTP_TIMEOUT - 0.1 < time.monotonic() - silent_since < RTP_TIMEOUT + 1
    assert "cause=102" in header(bye, "Reason")
    far.reply(bye, 200)
    ended = call.ended()
    assert (ended.cause, ended.ended_by) == (Cause.RECOVERY_ON_TIMER_EXPIRY, EndedBy.FAILURE)
    assert ended.reason == "no audio"


@pytest.mark.slow
def test_who_is_on_hold_may_be_silent(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far, "quick")
    far.request("INVITE", sdp=far.description("inactive"))
    far.take(far.next("SIP/2.0 200"))
    call.wait(HoldChanged(True))
    time.sleep(2 * RTP_TIMEOUT)
    assert not any(isinstance(event, CallEnded) for event in call.events)
    end(far, call)
