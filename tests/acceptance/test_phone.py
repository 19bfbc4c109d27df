"""A real phone (baresip) and the node: both are heard, keys, hold, transfers both ways, SRTP."""

import time
from pathlib import Path

import pytest
from baresip import Phone, spoken
from conftest import StartNode
from gateway_alone import GatewayAlone
from node import Node, wait_for

from softswitch.events import CallEnded, EndedBy, HoldChanged
from softswitch.gateway import messages
from softswitch.gateway.rings import Slot

GREETING_S = 5.1
HOURS = "what are your opening hours"
LOUD_SECOND = b"".join(
    value.to_bytes(2, "little", signed=True) for value in (6000, 6000, -6000, -6000) * 2000
)


def test_a_phone_hears_the_greeting_and_its_keys_are_taken(node: Node, tmp_path: Path):
    with Phone(tmp_path / "phone") as phone:
        phone.dial(node.uri)
        wait_for(lambda: node.calls(live=True), "the call is recorded")
        phone.press("2")
        wait_for(lambda: node.history().call.step == "anything_else", "the key is taken")
        time.sleep(1.5)
        phone.hang_up()
        assert phone.loud_seconds() > 0.7
        turn = node.wait_for_turn(via="dtmf", heard="2").turns[-1]
    assert turn.said.startswith("You find us at twelve Green Street")
    assert node.wait_for_calls(1)[0].ended_by == EndedBy.CALLER


@pytest.mark.slow
def test_what_is_said_is_understood_and_the_answer_is_heard(node: Node, tmp_path: Path):
    with Phone(tmp_path / "phone", spoken(GREETING_S + 1, HOURS)) as phone:
        phone.dial(node.uri)
        turn = node.wait_for_turn(seconds=25, via="speech").turns[-1]
        phone.hang_up()
        assert phone.loud_seconds() > 0.6 * (GREETING_S + turn.said_heard_s)
    assert turn.intent == "hours"
    assert turn.heard.endswith("hours")  # how many words the ear gets right is the speech bench's to tell
    assert turn.said_heard_s == pytest.approx(turn.said_s)


@pytest.mark.slow
def test_speech_stops_the_prompt(node: Node, tmp_path: Path):
    with Phone(tmp_path / "phone", spoken(2.0, HOURS)) as phone:
        phone.dial(node.uri)
        greeting, answer = node.wait_for_turn(seconds=25, via="speech").turns
        phone.hang_up()
    assert greeting.said_heard_s < 3.5 < greeting.said_s
    assert answer.intent == "hours"


@pytest.mark.slow
def test_a_hold_by_the_phone_stops_the_clock_and_the_call_goes_on_after_it(node: Node, tmp_path: Path):
    with Phone(tmp_path / "phone") as phone:
        phone.dial(node.uri)
        phone.do("hold")
        wait_for(lambda: node.metrics()['softswitch_calls{state="held"}'] == 1, "the call is held")
        phone.do("resume")
        wait_for(lambda: node.metrics()['softswitch_calls{state="confirmed"}'] == 1, "it is resumed")
        node.wait_for_turn(via="start")
        phone.press("2")
        node.wait_for_turn(via="dtmf", heard="2")
        phone.hang_up()  # baresip 1.0 plays nothing after a hold; test_sip_flows.py hears the audio
    (call,) = node.wait_for_calls(1)
    assert call.ended_by == EndedBy.CALLER
    lasted = call.ended_at - call.answered_at
    assert call.packets_sent > 0.6 * 50 * lasted, "the packets before the hold are not counted"


@pytest.mark.slow
def test_srtp_is_negotiated_and_both_sides_are_heard(start_node: StartNode, tmp_path: Path):
    node = start_node("media.srtp=mandatory")
    with Phone(tmp_path / "clear") as clear:
        clear.do("dial", node.uri)
        assert "488" in str(clear.wait("CALL_CLOSED")["param"])
    with Phone(tmp_path / "phone", spoken(GREETING_S + 1, HOURS), ";mediaenc=srtp-mand") as phone:
        phone.dial(node.uri)
        assert node.wait_for_turn(seconds=25, via="speech").turns[-1].intent == "hours"
        phone.hang_up()
        assert phone.loud_seconds() > 5
        assert "SRTP is Enabled" in phone.log


# --- transfers --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_who_asks_for_a_person_is_transferred_to_one(start_node: StartNode, tmp_path: Path):
    with Phone(tmp_path / "person", spoken(0.5, HOURS)) as person:
        node = start_node(f"human={person.uri}")
        with Phone(tmp_path / "phone") as phone:
            phone.dial(node.uri)
            phone.press("0")
            person.wait("CALL_ESTABLISHED")
            (call,) = node.wait_for_calls(1)
            assert call.ended_by == EndedBy.TRANSFER
            assert node.history().turns[-1].said.startswith("Sure. One moment please")
            wait_for(lambda: node.calls_up() == 0, "the node is out of the call")
            person.do("hangup")


@pytest.mark.slow
def test_a_person_who_cannot_be_reached_leaves_the_caller_with_the_node(
    start_node: StartNode, tmp_path: Path
):
    with Phone(tmp_path / "desk") as desk, Phone(tmp_path / "phone") as phone:
        node = start_node(f"human=sip:nobody@127.0.0.1:{desk.port}")  # 404
        phone.dial(node.uri)
        phone.press("0")
        turn = node.wait_for_turn(seconds=25, via="transfer").turns[-1]
        assert "nobody can take your call" in turn.said
        phone.press("2")
        node.wait_for_turn(via="dtmf", heard="2")
        phone.hang_up()


@pytest.mark.slow
def test_a_caller_who_transfers_the_node_hands_the_conversation_to_the_other(node: Node, tmp_path: Path):
    with Phone(tmp_path / "other", spoken(1.0, HOURS)) as other, Phone(tmp_path / "phone") as phone:
        phone.dial(node.uri)
        node.wait_for_turn(via="start")
        phone.do("transfer", other.uri)
        other.wait("CALL_ESTABLISHED")
        turn = node.wait_for_turn(seconds=25, via="speech").turns[-1]
        assert turn.intent == "hours"
        other.hang_up()
        assert other.loud_seconds() > 3
    (call,) = node.wait_for_calls(1)
    assert call.ended_by == EndedBy.CALLER


@pytest.mark.slow
def test_a_transfer_of_the_node_to_a_foreign_place_is_declined(node: Node, tmp_path: Path):
    with Phone(tmp_path / "phone") as phone:
        phone.dial(node.uri)
        phone.do("transfer", "sip:expensive@192.0.2.99")
        assert "603 Decline" in str(phone.wait("TRANSFER_FAILED")["param"])
    assert node.wait_for_calls(1)[0].ended_by == EndedBy.CALLER  # baresip hangs up when it is declined


# --- what control can order that the dialplan does not (yet) ------------------------------------------------


@pytest.mark.slow
def test_the_gateway_sends_keys_holds_and_resumes(tmp_path: Path):
    with GatewayAlone(tmp_path / "gateway") as gateway, Phone(tmp_path / "phone") as phone:
        phone.do("dial", gateway.uri)
        offered = gateway.wait(messages.Offered)
        slot, call_id = gateway.slot(offered), offered.info.call_id
        gateway.answer(offered)
        phone.wait("CALL_ESTABLISHED")
        slot.write_down(LOUD_SECOND)
        wait_for(lambda: slot.counters[Slot.DOWN_PLAYED] == 50, "all is played")
        gateway.order(messages.SendDtmf(call_id, "7*1#"))
        wait_for(lambda: phone.digits() == "7*1#", "the phone has the keys")
        for held in (True, False):
            gateway.order(messages.Hold(call_id, held))
            wait_for(lambda held=held: HoldChanged(held) in gateway.events, f"held: {held}")
        slot.write_down(LOUD_SECOND)
        wait_for(lambda: slot.counters[Slot.DOWN_PLAYED] == 100, "audio goes on after the hold")
        phone.hang_up()
        gateway.wait(CallEnded)
        assert phone.loud_seconds() > 0.8
        assert phone.log.count("re-INVITE") >= 2  # more where PJSIP then agrees on one codec
