"""Call flows of RFC 3665 and RFC 3261 by a real SIPp against a whole node."""

import re
import time

import pytest
from conftest import StartNode
from gateway_alone import GatewayAlone
from node import Node, wait_for
from sipp import RtpSink, Sipp
from stopwatch import Stopwatch

from softswitch.events import CallEnded, Cause, EndedBy, HoldChanged
from softswitch.gateway import messages


def test_a_call_is_set_up_greeted_ended_by_the_caller_and_recorded(node: Node):
    watch = Stopwatch()
    with RtpSink() as sink:
        Sipp("call", node.sip_port, rtp_port=sink.port).wait()
        (call,) = node.wait_for_calls(1)
        assert sink.loud > 20, f"{sink.packets} packets came, {sink.loud} of them with speech"
    assert (call.cause, call.ended_by, call.sip_status) == (Cause.NORMAL_CLEARING, EndedBy.CALLER, 200)
    assert (call.codec, call.plan) == ("PCMU", "reception")
    assert call.answered_at and call.answered_at - call.started_at < 1 + watch.withheld_s
    assert call.packets_sent >= 40
    (turn,) = node.history().turns
    assert turn.via == "start"
    assert turn.said.startswith("Hello, and thank you for calling")
    assert 0.5 < turn.said_heard_s < turn.said_s
    assert turn.said.startswith(turn.said_heard)


@pytest.mark.slow
def test_an_offer_that_comes_in_the_ack_works(node: Node):
    with RtpSink() as sink:
        Sipp("late_offer", node.sip_port, rtp_port=sink.port, last_ms=2000).wait()
        (call,) = node.wait_for_calls(1)
        assert sink.loud > 20
    assert call.ended_by == EndedBy.CALLER
    assert call.codec == "PCMU"


@pytest.mark.slow
def test_hold_and_resume_by_reinvite_keep_the_call_and_its_audio(node: Node):
    with RtpSink() as sink, Sipp("hold", node.sip_port, rtp_port=sink.port, last_ms=3000) as sipp:
        wait_for(lambda: node.metrics()['softswitch_calls{state="held"}'] == 1, "the call is held")
        time.sleep(0.2)
        held_at = sink.packets
        wait_for(lambda: node.metrics()['softswitch_calls{state="confirmed"}'] == 1, "the call is resumed")
        assert sink.packets - held_at < 40, "the held caller was sent audio"
        resumed_at = sink.loud
        sipp.wait()
        assert sink.loud - resumed_at > 50
    (call,) = node.wait_for_calls(1)
    assert call.ended_by == EndedBy.CALLER


@pytest.mark.slow
def test_a_reinvite_moves_the_media(node: Node):
    with RtpSink() as first, RtpSink() as second:
        sipp = Sipp("move_media", node.sip_port, rtp_port=first.port, moved_port=second.port, last_ms=1500)
        sipp.wait()
        assert first.loud > 10
        assert second.loud > 30
        assert first.packets < 60, "the old port is still sent to"


@pytest.mark.slow
def test_a_caller_who_gives_up_before_the_answer_is_let_go(tmp_path):
    with GatewayAlone(tmp_path) as gateway:
        Sipp("cancel", gateway.sip_port).wait()
        ended = gateway.wait(CallEnded)
    assert (ended.ended_by, ended.cause, ended.sip_status) == (EndedBy.CALLER, Cause.NORMAL_CLEARING, 487)


@pytest.mark.slow
def test_a_hold_by_the_far_end_is_reported_by_the_gateway(tmp_path):
    with GatewayAlone(tmp_path) as gateway:
        with Sipp("hold", gateway.sip_port, last_ms=200) as sipp:
            gateway.answer(gateway.wait(messages.Offered))
            sipp.wait()
        gateway.wait(CallEnded)
        assert [event.held for event in gateway.events if isinstance(event, HoldChanged)] == [True, False]


@pytest.mark.slow
def test_options_unknown_dialogs_and_tcp(node: Node):
    Sipp("options", node.sip_port).wait()
    Sipp("unknown_dialog", node.sip_port).wait()
    assert not node.calls()
    Sipp("call", node.sip_port, transport="t1").wait()
    assert node.wait_for_calls(1)[0].ended_by == EndedBy.CALLER


@pytest.mark.slow
def test_a_source_that_is_not_allowed_gets_403_and_no_record(start_node: StartNode):
    node = start_node("sip.allow=192.0.2.0/24,198.51.100.0/24")
    Sipp("forbidden", node.sip_port).wait()
    wait_for(lambda: node.metrics().get('softswitch_refused_calls_total{status="403"}') == 1, "it is counted")
    assert not node.calls()


@pytest.mark.slow
def test_the_key_1_gives_the_opening_hours(node: Node):
    with Sipp("press_1", node.sip_port, last_ms=3000) as sipp:
        turn = node.wait_for_turn(via="dtmf", heard="1").turns[-1]
        sipp.wait()
    assert re.match("We are open from nine to six", turn.said)
