"""Two callers whose far ends hear each other, message by message and tone by tone (bridging)."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bridged_pair import CALLER_HZ, PERSON_HZ, Pair, hears, hears_not, sounding, strength, uplink
from far_end import FarEnd, tone
from gateway_alone import GatewayAlone
from inbound_call import InboundCall
from node import wait_for
from outbound_call import OutboundCall

from softswitch.events import BridgeChanged, CallEnded, DtmfReceived, EndedBy, HoldChanged
from softswitch.gateway import messages

MUSIC_HZ, WORDS_HZ, THIRD_HZ, LINE_HZ = 800.0, 2100.0, 1700.0, 600.0


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayAlone]:
    with GatewayAlone(tmp_path_factory.mktemp("bridges"), "media.comfort_noise=-60") as gateway:
        yield gateway


@pytest.fixture
def pair(gateway: GatewayAlone) -> Iterator[Pair]:
    with Pair(gateway) as pair:
        yield pair


@pytest.fixture
def third() -> Iterator[FarEnd]:
    with FarEnd() as third:
        yield third


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("music") / "piece.pcm"
    path.write_bytes(pcm(MUSIC_HZ, 5.0))
    return str(path)


def pcm(hertz: float, seconds: float = 1.0) -> bytes:
    return tone(hertz, seconds).astype("<i2").tobytes()


def end(far: FarEnd, call: InboundCall | OutboundCall) -> CallEnded:
    far.request("BYE")
    far.next("SIP/2.0 200")
    ended = call.wait(CallEnded)
    assert isinstance(ended, CallEnded)
    return ended


def end_both(pair: Pair) -> None:
    end(pair.caller_far, pair.caller)
    end(pair.person_far, pair.person)


def test_both_hear_each_other_and_control_hears_both_and_may_speak_to_either(pair: Pair) -> None:
    with pair.talk():
        pair.both_hear()
        for call, own, other in ((pair.caller, CALLER_HZ, PERSON_HZ), (pair.person, PERSON_HZ, CALLER_HZ)):
            heard = uplink(call)
            assert strength(heard, own) > 2000
            assert strength(heard, other) < 300
        pair.person.slot.write_down(pcm(WORDS_HZ))
        hears(pair.person_far, WORDS_HZ)
        hears(pair.person_far, CALLER_HZ)
        assert strength(pair.heard_by_caller(), WORDS_HZ) < 300
    end_both(pair)


def test_they_part_when_control_says_so_and_may_be_bridged_again(pair: Pair) -> None:
    with pair.talk():
        pair.both_hear()
        pair.person.order(messages.Unbridge)
        pair.apart()
        hears_not(pair.caller_far, PERSON_HZ)
        hears_not(pair.person_far, CALLER_HZ)
        pair.bridge()
        pair.both_hear()
    end_both(pair)


@pytest.mark.parametrize("leaver", ["caller", "person"])
def test_when_one_hangs_up_both_are_told_and_the_other_stays(pair: Pair, leaver: str) -> None:
    ends = [(pair.caller_far, pair.caller), (pair.person_far, pair.person)]
    if leaver == "person":
        ends.reverse()
    (far, call), (stays, other) = ends
    end(far, call)
    pair.apart()
    assert [type(event) for event in call.events][-2:] == [BridgeChanged, CallEnded]
    other.slot.write_down(pcm(WORDS_HZ))
    hears(stays, WORDS_HZ)
    assert end(stays, other).ended_by is EndedBy.CALLER


def test_who_is_bridged_to_another_leaves_the_one_before(pair: Pair, gateway: GatewayAlone) -> None:
    with Pair(gateway, bridged=False) as next_pair:
        pair.caller.order(messages.Bridge, next_pair.person.call_id)
        pair.apart()
        next_pair.person.wait(BridgeChanged(pair.caller.call_id))
        with sounding((pair.caller_far, CALLER_HZ), (next_pair.person_far, THIRD_HZ)):
            hears(pair.caller_far, THIRD_HZ)
            hears(next_pair.person_far, CALLER_HZ)
        end_both(next_pair)
    end_both(pair)


def test_nobody_is_bridged_to_who_is_not_up(gateway: GatewayAlone, third: FarEnd) -> None:
    with Pair(gateway, bridged=False) as pair:
        ringing = OutboundCall(gateway, third.port)
        third.reply(third.next("INVITE"), 180)
        pair.caller.order(messages.Bridge, ringing.call_id)
        pair.caller.wait(BridgeChanged(""))
        assert BridgeChanged(pair.caller.call_id) not in ringing.events
        ringing.hang_up()
        third.next("CANCEL")
        end_both(pair)


# --- hold, and changes of media ---------------------------------------------------------------------------


@pytest.mark.parametrize("holder", ["caller", "person"])
def test_while_one_holds_the_other_hears_music(pair: Pair, music: str, holder: str) -> None:
    ends = [(pair.caller_far, pair.caller, CALLER_HZ), (pair.person_far, pair.person, PERSON_HZ)]
    if holder == "person":
        ends.reverse()
    (holds, held_call, _), (waits, waiting, hertz) = ends
    waiting.order(messages.Music, music)
    with pair.talk():
        pair.both_hear()
        assert strength(pair.heard_by(waits), MUSIC_HZ) < 300
        for method, direction in (("INVITE", "sendonly"), ("UPDATE", "inactive")):
            for sdp, held in ((holds.description(direction), True), (holds.description(), False)):
                before = held_call.events.count(HoldChanged(held))
                holds.request(method, sdp=sdp)
                answer = holds.next("SIP/2.0 200")
                if method == "INVITE":
                    holds.take(answer)
                wait_for(lambda: held_call.events.count(HoldChanged(held)) > before, "it is told")  # noqa: B023
                if held:
                    hears(waits, MUSIC_HZ)
                else:
                    pair.both_hear()
                    hears_not(waits, MUSIC_HZ, 0.1)
        hears(holds, hertz)
    end_both(pair)


def test_a_hold_by_control_has_the_other_hear_music(pair: Pair, music: str) -> None:
    pair.caller.order(messages.Music, music)
    with pair.talk():
        pair.both_hear()
        for on, direction in ((True, "recvonly"), (False, "sendrecv")):
            pair.person.order(messages.Hold, on)
            pair.person_far.reply(
                pair.person_far.next("INVITE"), 200, sdp=pair.person_far.description(direction)
            )
            pair.person_far.next("ACK")
            pair.person.wait(HoldChanged(on))
            hears(pair.caller_far, MUSIC_HZ if on else PERSON_HZ)
        pair.both_hear()
    end_both(pair)


def test_another_codec_and_another_port_change_nothing_for_the_two(pair: Pair) -> None:
    with pair.talk():
        pair.both_hear()
        for formats in (("AVP 8 101", "8 PCMA"), ("AVP 0 101", "0 PCMU")):
            offer = (
                pair.person_far.description().replace("AVP 0 101", formats[0]).replace("0 PCMU", formats[1])
            )
            pair.person_far.request("INVITE", sdp=offer)
            pair.person_far.take(pair.person_far.next("SIP/2.0 200"))
        time.sleep(0.3)
        pair.both_hear()
    with FarEnd() as elsewhere, sounding((pair.person_far, PERSON_HZ)):  # from the old port no more comes
        pair.caller_far.request("INVITE", sdp=pair.caller_far.description(port=elsewhere.sound.port))
        pair.caller_far.take(pair.caller_far.next("SIP/2.0 200"))
        hears(elsewhere, PERSON_HZ)
    end_both(pair)


# --- transfers by the far ends ----------------------------------------------------------------------------


@pytest.mark.parametrize("waits_for_it", [True, False])
def test_who_is_referred_to_takes_the_place_in_the_bridge(
    pair: Pair, third: FarEnd, waits_for_it: bool
) -> None:
    agent = pair.person_far
    agent.request("REFER", f"Refer-To: <sip:third@127.0.0.1:{third.port}>")
    agent.next("SIP/2.0 202")
    agent.reply(agent.next("NOTIFY"), 200)
    invite = third.next("INVITE")
    if not waits_for_it:
        agent.request("BYE")
        agent.next("SIP/2.0 200")
    third.reply(invite, 200, sdp=third.description())
    third.next("ACK")
    wait_for(lambda: third.sound.payload_types, "audio comes")
    with sounding((pair.caller_far, CALLER_HZ), (third, THIRD_HZ)):
        hears(pair.caller_far, THIRD_HZ)
        hears(third, CALLER_HZ)
    assert BridgeChanged("") not in pair.caller.events
    end(third, pair.person)
    pair.apart()
    end(pair.caller_far, pair.caller)


def test_who_replaces_the_person_hears_the_caller(pair: Pair, gateway: GatewayAlone, third: FarEnd) -> None:
    third.dial(gateway.sip_port, f"Replaces: {pair.person_far.dialog}", sdp=third.description())
    third.answered()
    pair.person_far.reply(pair.person_far.next("BYE"), 200)
    wait_for(lambda: third.sound.payload_types, "audio comes")
    with sounding((pair.caller_far, CALLER_HZ), (third, THIRD_HZ)):
        hears(pair.caller_far, THIRD_HZ)
        hears(third, CALLER_HZ)
    end(third, pair.person)
    end(pair.caller_far, pair.caller)


# --- keys -------------------------------------------------------------------------------------------------


def test_the_callers_keys_reach_the_person_and_the_persons_only_control(pair: Pair) -> None:
    with pair.talk():
        pair.both_hear()
    pair.caller_far.sound.press("5", 101)
    offered = re.findall(r"a=rtpmap:(\d+) telephone-event/8000", pair.invite)
    pair.person_far.sound.press("9", int(offered[0]))
    pair.caller.wait(DtmfReceived("5"))
    pair.person.wait(DtmfReceived("9"))
    wait_for(lambda: pair.person_far.sound.events == "5", "the person's end gets the caller's key")
    time.sleep(0.3)
    assert pair.caller_far.sound.events == ""
    pair.caller.order(messages.SendDtmf, "9")
    wait_for(lambda: pair.caller_far.sound.events == "9", "control may pass on the other as well")
    end_both(pair)


# --- music alone ------------------------------------------------------------------------------------------


def test_music_plays_while_nothing_else_does_and_ends_when_it_is_taken_away(
    gateway: GatewayAlone, music: str
) -> None:
    with Pair(gateway, bridged=False) as pair:
        pair.caller.order(messages.Music, music)
        hears(pair.caller_far, MUSIC_HZ)
        pair.caller.slot.write_down(pcm(WORDS_HZ, 0.6))
        hears(pair.caller_far, WORDS_HZ)
        hears_not(pair.caller_far, MUSIC_HZ, 0.3)
        hears(pair.caller_far, MUSIC_HZ)
        pair.caller.order(messages.Music, "")
        hears_not(pair.caller_far, MUSIC_HZ)
        pair.caller.order(messages.Music, "/nowhere/to/be/found.pcm")
        wait_for(lambda: "found.pcm cannot be played" in gateway.log, "the log tells")
        end_both(pair)


# --- control's death --------------------------------------------------------------------------------------


def test_they_talk_on_without_control_and_a_new_one_is_told(tmp_path: Path) -> None:
    with GatewayAlone(tmp_path, line=pcm(LINE_HZ)) as gateway, Pair(gateway) as pair, pair.talk():
        pair.both_hear()
        gateway.leave()
        time.sleep(0.3)
        pair.both_hear()
        for far in (pair.caller_far, pair.person_far):
            assert strength(pair.heard_by(far), LINE_HZ) < 300
        gateway.come()
        for call, other in ((pair.caller, pair.person), (pair.person, pair.caller)):
            offered = gateway.offer_of(call.call_id)
            assert (offered.established, offered.bridged_to) == (True, other.call_id)
        pair.both_hear()


def test_without_control_a_caller_whose_person_leaves_hears_the_line(tmp_path: Path, music: str) -> None:
    with (
        GatewayAlone(tmp_path, "survival.give_up_after=1500ms", line=pcm(LINE_HZ)) as gateway,
        Pair(gateway) as pair,
    ):
        pair.caller.order(messages.Music, music)
        gateway.leave()
        time.sleep(0.5)
        pair.person_far.request("BYE")
        pair.person_far.next("SIP/2.0 200")
        left = time.monotonic()
        hears(pair.caller_far, LINE_HZ)
        assert strength(pair.heard_by_caller(), MUSIC_HZ) < 300, "which goes before the music"
        pair.caller_far.next("BYE")
        assert time.monotonic() - left > 1.4, "his time without control begins here"


def test_without_control_a_person_whose_caller_leaves_is_let_go(tmp_path: Path) -> None:
    with GatewayAlone(tmp_path) as gateway, Pair(gateway) as pair:
        gateway.leave()
        pair.caller_far.request("BYE")
        pair.caller_far.next("SIP/2.0 200")
        assert "cause=16" in pair.person_far.next("BYE", 2)
