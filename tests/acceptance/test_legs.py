"""What a far end may do to a call and control may order, message by message (RFC 3261, 3264, 3311, 4733)."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
from far_end import FarEnd, tone
from gateway_alone import GatewayAlone
from inbound_call import LOUD_SECOND, InboundCall, up
from node import wait_for

from softswitch.events import CallConfirmed, CallEnded, EndedBy, HoldChanged
from softswitch.gateway import messages
from softswitch.gateway.rings import Slot


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayAlone]:
    with GatewayAlone(tmp_path_factory.mktemp("legs"), "media.comfort_noise=-50") as gateway:
        yield gateway


@pytest.fixture
def far() -> Iterator[FarEnd]:
    with FarEnd() as far:
        yield far


def end(far: FarEnd, call: InboundCall) -> CallEnded:
    far.request("BYE")
    far.next("SIP/2.0 200")
    return call.wait(CallEnded)


def hears(far: FarEnd, call: InboundCall) -> bool:
    """Whether what control plays arrives."""
    before = far.sound.loud
    call.slot.write_down(LOUD_SECOND[:8000])
    try:
        wait_for(lambda: far.sound.loud >= before + 15, "it is heard", 1.5)
    except AssertionError:
        return False
    return True


# --- before the answer ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_who_waits_hears_ringing_and_a_183_lets_him_hear_what_control_plays(
    gateway: GatewayAlone, far: FarEnd
) -> None:
    far.dial(gateway.sip_port, sdp=far.description())
    call = InboundCall(gateway, far.call_id)
    far.next("SIP/2.0 180")
    call.order(messages.Ring, True)
    early = far.next("SIP/2.0 183")
    assert "m=audio" in early
    assert hears(far, call)
    before = call.slot.counters[Slot.UP_WRITTEN]
    far.sound.send(tone(425, 0.2))
    assert max(max(memoryview(frame).cast("h")) for frame in call.slot.read_up(before)[0]) > 4000
    time.sleep(1.2)  # longer than control may leave a call alone that it did not have ring
    call.order(messages.Answer)
    far.answered()
    call.wait(CallConfirmed)
    assert hears(far, call)
    end(far, call)


def test_early_media_waits_for_the_answer_where_the_offer_does(gateway: GatewayAlone, far: FarEnd) -> None:
    far.dial(gateway.sip_port)
    call = InboundCall(gateway, far.call_id)
    call.order(messages.Ring, True)
    assert "m=audio" not in far.next("SIP/2.0 18")
    call.order(messages.Answer)
    far.take_offer(far.next("SIP/2.0 200"))
    call.wait(CallConfirmed)
    wait_for(lambda: far.sound.payload_types, "audio comes")
    assert hears(far, call)
    end(far, call)


# --- hold and changes of media ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "direction", "address"),
    [
        ("INVITE", "sendrecv", "0.0.0.0"),
        ("UPDATE", "sendrecv", "0.0.0.0"),
        ("UPDATE", "inactive", "127.0.0.1"),
    ],
)
def test_a_hold_by_the_far_end_is_told_and_audio_goes_on_after_it(
    gateway: GatewayAlone, far: FarEnd, method: str, direction: str, address: str
) -> None:
    call = up(gateway, far)
    answers = {"inactive": "a=inactive", "sendrecv": "a="}
    for sdp, held in ((far.description(direction, address=address), True), (far.description(), False)):
        far.request(method, sdp=sdp)
        answer = far.next("SIP/2.0 200")
        assert (answers[direction] if held else "m=audio") in answer
        if method == "INVITE":
            far.take(answer)
        call.wait(HoldChanged(held))
    assert hears(far, call)
    end(far, call)


def test_two_who_hold_at_once_get_491_and_the_one_here_tries_again(
    gateway: GatewayAlone, far: FarEnd
) -> None:
    call = up(gateway, far)
    call.order(messages.Hold, True)
    invite = far.next("INVITE")
    far.request("INVITE", sdp=far.description("inactive"))
    far.take(far.next("SIP/2.0 491"))
    far.reply(invite, 491)
    far.next("ACK")
    again = far.next("INVITE")  # within 2 s: the far end made the call (RFC 3261 section 14.1)
    assert "a=sendonly" in again
    far.reply(again, 200, sdp=far.description("recvonly"))
    far.next("ACK")
    call.wait(HoldChanged(True))
    end(far, call)


def test_a_reinvite_may_move_the_audio(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far)
    with FarEnd() as elsewhere:
        far.request("INVITE", sdp=far.description(port=elsewhere.sound.port))
        far.take(far.next("SIP/2.0 200"))
        call.slot.write_down(LOUD_SECOND)
        wait_for(lambda: elsewhere.sound.loud > 20, "it is heard at the other port")
    assert not any(isinstance(event, HoldChanged) for event in call.events)
    end(far, call)


def test_audio_goes_where_the_far_ends_comes_from_whatever_its_sdp_says(
    gateway: GatewayAlone, far: FarEnd
) -> None:
    """Symmetric RTP (RFC 4961): of a phone behind a NAT the place in its SDP is nobody's."""
    far.dial(gateway.sip_port, sdp=far.description(address="127.0.0.99", port=40000))
    call = InboundCall(gateway, far.call_id)
    call.order(messages.Answer)
    far.sound.reach(far.answered())
    call.wait(CallConfirmed)
    assert not hears(far, call)
    far.sound.send(tone(425, 0.6))
    assert hears(far, call)
    end(far, call)


def test_a_reinvite_may_change_the_codec(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far)
    far.request("INVITE", sdp=far.description().replace("AVP 0 101", "AVP 8 101").replace("0 PCMU", "8 PCMA"))
    far.take(far.next("SIP/2.0 200"))
    wait_for(lambda: far.sound.payload_types[-5:] == [8] * 5, "audio comes in the other codec")
    end(far, call)


def test_a_reinvite_without_an_offer_keeps_the_audio(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far)
    far.request("INVITE")
    far.take_offer(far.next("SIP/2.0 200"))
    assert hears(far, call)
    end(far, call)


# --- keys ---------------------------------------------------------------------------------------------------


def test_keys_come_by_rfc4733_and_by_info_each_once(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far)
    far.sound.press("5", 101)
    far.request("INFO", "Content-Type: application/dtmf-relay", body="Signal=5\r\nDuration=100\r\n")
    far.next("SIP/2.0 200")
    wait_for(lambda: call.keys == "5", "a key sent twice is one")
    time.sleep(0.2)
    far.request("INFO", "Content-Type: application/dtmf-relay", body="Signal= 11\r\nDuration= 160\r\n")
    far.next("SIP/2.0 200")
    far.request("INFO", "Content-Type: application/dtmf", body="7")
    far.next("SIP/2.0 200")
    wait_for(lambda: call.keys == "5#7", "the keys have come")
    far.sound.press("*", 101)
    wait_for(lambda: call.keys == "5#7*", "the key has come")
    far.sound.press("*", 101)
    wait_for(lambda: call.keys == "5#7**", "the same key again is another")
    end(far, call)


def test_an_info_without_a_body_is_a_sign_of_life_and_an_unknown_one_is_refused(
    gateway: GatewayAlone, far: FarEnd
) -> None:
    call = up(gateway, far)
    far.request("INFO")
    far.next("SIP/2.0 200")
    far.request("INFO", "Content-Type: application/x-unknown", body="5")
    far.next("SIP/2.0 415")
    end(far, call)
    assert call.keys == ""


@pytest.mark.slow
def test_keys_go_by_rfc4733_where_it_was_offered(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far)
    confirmed = call.wait(CallConfirmed)
    assert confirmed == CallConfirmed("PCMU", telephone_event=True)
    call.order(messages.SendDtmf, "1#")
    call.order(messages.SendDtmf, "0123456789ABCD*#")
    wait_for(lambda: far.sound.events == "1#0123456789ABCD*#", "the far end has the keys")
    end(far, call)


# --- what comes, or does not, instead of audio --------------------------------------------------------------


def test_comfort_noise_is_heard_where_control_plays_nothing(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far)
    wait_for(lambda: len(far.sound.heard) > 25, "half a second was heard")
    level = 20 * np.log10(np.sqrt(np.mean(np.concatenate(far.sound.heard[5:25]) ** 2)) / 32768)
    assert -55 < level < -45
    end(far, call)


def test_comfort_noise_packets_do_no_harm(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far)
    far.sound.send(tone(425, 0.1))
    for _ in range(5):
        far.sound.send(tone(425, 0.02), payload_type=13)  # RFC 3389
    before = call.slot.counters[Slot.UP_WRITTEN]
    far.sound.send(tone(425, 0.3))
    assert max(max(memoryview(frame).cast("h")) for frame in call.slot.read_up(before)[0]) > 4000
    assert end(far, call).quality.mos > 3


def test_how_it_sounded_is_told_at_the_end(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far)
    far.sound.send(tone(425, 0.6))
    far.sound.skip(10)
    far.sound.send(tone(425, 0.6))
    ended = end(far, call)
    assert ended.ended_by == EndedBy.CALLER
    assert ended.quality.packets_received == 60
    assert ended.quality.packets_lost == 10
    assert 2.0 < ended.quality.mos < 3.8


@pytest.mark.slow
def test_who_is_on_hold_when_control_goes_away_is_taken_back_to_hear_the_line(far: FarEnd, tmp_path) -> None:
    with GatewayAlone(tmp_path) as gateway:
        call = up(gateway, far)
        call.order(messages.Hold, True)
        far.reply(far.next("INVITE"), 200, sdp=far.description("recvonly"))
        far.next("ACK")
        call.wait(HoldChanged(True))
        gateway.leave()
        back = far.next("INVITE")
        assert "a=sendrecv" in back
        far.reply(back, 200, sdp=far.description())
        far.next("ACK")
