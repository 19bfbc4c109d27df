"""Calls that the gateway makes (RFC 3261 section 13.2): answered, refused, given up, heard early."""

import time
from collections.abc import Iterator

import pytest
from far_end import FarEnd, header, tone
from gateway_alone import GatewayAlone
from node import wait_for
from outbound_call import OutboundCall
from stopwatch import Stopwatch

from softswitch.events import CallConfirmed, CallEnded, CallProgress, Cause, EndedBy
from softswitch.gateway import messages
from softswitch.gateway.rings import Slot
from softswitch.trunks.targets import Target

LOUD_SECOND = b"".join(
    value.to_bytes(2, "little", signed=True) for value in (6000, 6000, -6000, -6000) * 2000
)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayAlone]:
    with GatewayAlone(tmp_path_factory.mktemp("outbound")) as gateway:
        yield gateway


def answer(far: FarEnd, invite: str) -> None:
    far.reply(invite, 200, sdp=far.description())
    far.next("ACK")


def test_a_call_rings_is_answered_and_ended_by_the_far_end(gateway: GatewayAlone) -> None:
    with FarEnd() as far:
        call = OutboundCall(gateway, far.port)
        info = call.offered.info
        assert (info.direction, info.to_uri) == ("out", "sip:+49301234@trunk.example")
        invite = far.next("INVITE")
        assert header(invite, "Call-ID") == info.sip_call_id
        assert invite.startswith(f"INVITE sip:+49301234@127.0.0.1:{far.port} SIP/2.0")
        assert "<sip:+49301234@trunk.example>" in header(invite, "To")
        assert "<sip:+4930555@own.example>" in header(invite, "From")
        far.reply(invite, 180)
        call.wait(CallProgress(180))
        answer(far, invite)
        call.wait(CallConfirmed)
        gateway.slot(call.offered).write_down(LOUD_SECOND)
        wait_for(lambda: far.sound.loud > 30, "the far end hears it")
        far.request("BYE")
        far.next("SIP/2.0 200")
        assert (call.ended().ended_by, call.ended().cause) == (EndedBy.CALLER, Cause.NORMAL_CLEARING)
        assert call.ended().quality.packets_sent > 30
        assert [type(event) for event in call.events] == [CallProgress, CallConfirmed, CallEnded]


def test_a_call_that_lasts_too_long_is_ended_though_control_does_nothing(gateway: GatewayAlone) -> None:
    with FarEnd() as far:
        call = OutboundCall(gateway, far.port, longest=1.0)
        answer(far, far.next("INVITE"))
        call.wait(CallConfirmed)
        watch = Stopwatch()
        bye = far.next("BYE")
        assert watch.passed_s > 0.7 and watch.own_s < 2
        far.reply(bye, 200)
        ended = call.ended()
        assert (ended.ended_by, ended.cause) == (EndedBy.NODE, Cause.NORMAL_CLEARING)
        assert ended.reason == "longest time of a call"


def test_early_media_is_heard_by_control_and_goes_on_after_the_answer(gateway: GatewayAlone) -> None:
    with FarEnd() as far:
        call = OutboundCall(gateway, far.port)
        invite = far.next("INVITE")
        far.reply(invite, 183, sdp=far.description())
        call.wait(CallProgress(183, early_media=True))
        slot = gateway.slot(call.offered)
        wait_for(lambda: far.sound.payload_types, "something comes")
        before = slot.counters[Slot.UP_WRITTEN]
        far.sound.send(tone(425, 0.4))
        frames, _, _ = slot.read_up(before)
        assert sum(max(memoryview(frame).cast("h")) > 4000 for frame in frames) >= 15
        far.reply(invite, 180)
        call.wait(CallProgress(180, early_media=True))
        answer(far, invite)
        call.wait(CallConfirmed)
        slot.write_down(LOUD_SECOND)
        wait_for(lambda: far.sound.loud > 30, "the far end hears it")
        call.hang_up()
        far.reply(far.next("BYE"), 200)
        assert call.ended().ended_by == EndedBy.NODE


@pytest.mark.parametrize(
    ("status", "cause"), [(486, Cause.USER_BUSY), (404, Cause.UNALLOCATED_NUMBER), (503, 41), (603, 21)]
)
def test_a_refusal_ends_the_call_with_its_status(gateway: GatewayAlone, status: int, cause: int) -> None:
    with FarEnd() as far:
        call = OutboundCall(gateway, far.port)
        far.reply(far.next("INVITE"), status)
        far.next("ACK")
        ended = call.ended()
        assert (ended.sip_status, ended.cause) == (status, cause)
        assert ended.ended_by == (EndedBy.FAILURE if status == 503 else EndedBy.CALLER)


def test_a_cause_that_the_far_end_states_goes_before_that_of_the_status(gateway: GatewayAlone) -> None:
    with FarEnd() as far:
        call = OutboundCall(gateway, far.port)
        far.reply(far.next("INVITE"), 480, "Reason: Q.850;cause=27")
        assert call.ended().cause == Cause.DESTINATION_OUT_OF_ORDER


def test_a_redirection_is_not_followed(gateway: GatewayAlone) -> None:
    with FarEnd() as far, FarEnd() as elsewhere:
        call = OutboundCall(gateway, far.port)
        far.reply(far.next("INVITE"), 302, f"Contact: <sip:expensive@127.0.0.1:{elsewhere.port}>")
        assert call.ended().sip_status == 302
        with pytest.raises(AssertionError, match="no INVITE"):
            elsewhere.next("INVITE", 0.3)


def test_without_any_answer_it_is_over_in_time_and_never_goes_up_later(gateway: GatewayAlone) -> None:
    with FarEnd() as far:
        call = OutboundCall(gateway, far.port, answer_within=0.4)
        invite = far.next("INVITE")
        watch = Stopwatch()
        ended = call.ended()
        assert watch.passed_s > 0.2 and watch.own_s < 0.8
        assert (ended.sip_status, ended.cause) == (408, Cause.RECOVERY_ON_TIMER_EXPIRY)
        far.reply(invite, 180)  # so late that it is cancelled: RFC 3261 section 9.1
        far.reply(far.next("CANCEL"), 200)
        far.reply(invite, 487)
        far.next("ACK")
        assert call.events == [ended]


def test_a_100_is_an_answer_and_nobody_answering_is_given_up(gateway: GatewayAlone) -> None:
    with FarEnd() as far:
        call = OutboundCall(gateway, far.port, answer_within=0.3, ring_for=0.8)
        invite = far.next("INVITE")
        far.reply(invite, 100)
        began = time.monotonic()
        far.reply(far.next("CANCEL"), 200)
        assert time.monotonic() - began > 0.4
        far.reply(invite, 487)
        far.next("ACK")
        assert (call.ended().cause, call.ended().sip_status) == (Cause.NO_ANSWER, 487)


def test_hanging_up_before_the_answer_cancels_and_a_200_that_was_faster_gets_a_bye(
    gateway: GatewayAlone,
) -> None:
    with FarEnd() as far:
        call = OutboundCall(gateway, far.port)
        invite = far.next("INVITE")
        far.reply(invite, 180)
        call.wait(CallProgress)
        call.hang_up()
        cancel = far.next("CANCEL")
        far.reply(cancel, 200)
        far.reply(invite, 200, sdp=far.description())
        far.next("ACK")
        far.reply(far.next("BYE"), 200)
        assert call.ended().ended_by == EndedBy.NODE
        assert not any(isinstance(event, CallConfirmed) for event in call.events)


def test_a_uri_that_is_none_ends_the_call_at_once(gateway: GatewayAlone) -> None:
    order = messages.Originate(
        "f" * 32, "", Target("far", "127.0.0.1", 9, "udp"), "sip:", "sip:a@own.example"
    )
    gateway.order(order)
    ended = wait_for(lambda: gateway.events_of("f" * 32), "it is over")
    assert isinstance(ended, list)
    assert ended[0].sip_status == 503


@pytest.mark.slow
def test_a_ringing_call_of_a_control_that_goes_away_is_cancelled(tmp_path) -> None:
    with GatewayAlone(tmp_path) as gateway, FarEnd() as far:
        OutboundCall(gateway, far.port)
        invite = far.next("INVITE")
        far.reply(invite, 180)
        gateway.leave()
        far.reply(far.next("CANCEL"), 200)
        far.reply(invite, 487)
        far.next("ACK")
