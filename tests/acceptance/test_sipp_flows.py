"""Call flows of RFC 3665, 3262, 3311, 3515, 3891 and 5359 by a real SIPp, as caller and as callee."""

import time
from collections.abc import Iterator

import pytest
from gateway_alone import GatewayAlone
from inbound_call import LOUD_SECOND, next_offered
from node import wait_for
from outbound_call import OutboundCall
from sipp import RtpSink, Sipp

from softswitch.events import (
    CallConfirmed,
    CallEnded,
    CallProgress,
    Cause,
    DtmfReceived,
    EndedBy,
    HoldChanged,
    TransferProgress,
)
from softswitch.gateway import messages
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Connection

RTP_TIMEOUT = 1.2
TRUNKS = (
    Connection(
        Trunk(name="digest", kind="ip", hosts=["carrier.example"], username="trunk"), password="secret"
    ),
    Connection(Trunk(name="reliable", kind="ip", hosts=["carrier.example"], prack="required")),
    Connection(
        Trunk(
            name="hidden",
            kind="ip",
            hosts=["carrier.example"],
            caller_id={"header": "p-asserted-identity"},
            rtp_timeout=RTP_TIMEOUT,
        )
    ),
)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayAlone]:
    with GatewayAlone(tmp_path_factory.mktemp("flows")) as gateway:
        gateway.order(messages.Trunks(TRUNKS))
        yield gateway


@pytest.fixture
def takes(gateway: GatewayAlone):
    return next_offered(gateway)


# --- SIPp calls -------------------------------------------------------------------------------------------


def test_early_media_is_heard_before_the_answer(gateway: GatewayAlone, takes) -> None:
    with RtpSink() as sink:
        sipp = Sipp("early_media", gateway.sip_port, rtp_port=sink.port, last_ms=200)
        call = takes()
        call.order(messages.Ring, True)
        gateway.slot(call.offered).write_down(b"\x00\x20\x00\xe0" * 4000)
        wait_for(lambda: sink.loud > 20, "it is heard")
        call.order(messages.Answer)
        sipp.wait()
    assert call.wait(CallEnded).ended_by == EndedBy.CALLER


def test_a_provisional_answer_is_reliable_for_who_requires_it(gateway: GatewayAlone, takes) -> None:
    sipp = Sipp("prack", gateway.sip_port, last_ms=200)
    call = takes()
    call.order(messages.Ring, True)
    time.sleep(0.3)
    call.order(messages.Answer)
    sipp.wait()
    assert call.wait(CallConfirmed)


def test_keys_come_by_info(gateway: GatewayAlone, takes) -> None:
    sipp = Sipp("keys_by_info", gateway.sip_port, last_ms=100)
    call = takes()
    call.order(messages.Answer)
    assert call.wait(DtmfReceived) == DtmfReceived("2")
    sipp.wait()


def test_a_caller_may_hold_and_go_on_by_update(gateway: GatewayAlone, takes) -> None:
    """RFC 3311."""
    with RtpSink() as sink:
        sipp = Sipp("update", gateway.sip_port, rtp_port=sink.port, last_ms=500)
        call = takes()
        call.order(messages.Answer)
        call.wait(HoldChanged(True))
        call.wait(HoldChanged(False))
        call.slot.write_down(LOUD_SECOND)
        sipp.wait()
        assert sink.loud > 10
    assert call.wait(CallEnded).ended_by == EndedBy.CALLER


def test_what_an_invite_says_of_its_caller_reaches_control(gateway: GatewayAlone, takes) -> None:
    sipp = Sipp("diverted", gateway.sip_port)
    call = takes()
    said = call.offered.info.signalled
    assert said
    assert (said.asserted, said.diverted_from) == ("sip:+4930123@carrier.example", "sip:+4930999@pbx.example")
    assert (said.private, said.user_agent) == (True, "carrier/1")
    call.order(messages.Hangup, Cause.USER_BUSY)
    sipp.wait()
    call.wait(CallEnded)


def test_answers_go_where_a_caller_behind_a_nat_really_is(gateway: GatewayAlone, takes) -> None:
    """RFC 3581: his Via, Contact and SDP have an address at which nobody is."""
    sipp = Sipp("nat", gateway.sip_port, last_ms=100)
    call = takes()
    call.order(messages.Answer)
    call.wait(CallConfirmed)
    sipp.wait()
    assert call.wait(CallEnded).ended_by == EndedBy.CALLER


def test_who_is_transferred_tells_what_came_of_it(gateway: GatewayAlone, takes) -> None:
    sipp = Sipp("transferee", gateway.sip_port)
    call = takes()
    call.order(messages.Answer)
    call.wait(CallConfirmed)
    call.order(messages.Refer, "sip:human@127.0.0.1:9")
    sipp.wait()
    progress = [e for e in gateway.events_of(call.call_id) if isinstance(e, TransferProgress)]
    assert progress[-2:] == [TransferProgress(180, False), TransferProgress(200, True)]
    assert call.wait(CallEnded).ended_by == EndedBy.TRANSFER


def test_who_transfers_the_node_is_told_and_the_callee_goes_on(gateway: GatewayAlone, takes) -> None:
    with Sipp("called") as callee:
        to = f"sip:human@127.0.0.1:{callee.listens_at}"
        sipp = Sipp("transferor", gateway.sip_port, refer_to=to)
        call = takes()
        call.order(messages.Answer)
        sipp.wait()
        assert not any(isinstance(event, CallEnded) for event in gateway.events_of(call.call_id))
        call.order(messages.Hangup, Cause.NORMAL_CLEARING)
        callee.wait()


def test_who_is_transferred_takes_our_place_in_the_call_that_was_consulted(
    gateway: GatewayAlone, takes
) -> None:
    """RFC 5589 section 7.1, both far ends by SIPp: one follows Refer-To with its Replaces to the other."""
    with Sipp("called_and_replaced", calls=2) as third:
        consulted = OutboundCall(gateway, third.listens_at)
        consulted.wait(CallConfirmed)
        with Sipp("transferee_attended", gateway.sip_port) as transferee:
            caller = takes(after=1)
            caller.order(messages.Answer)
            caller.wait(CallConfirmed)
            caller.order(messages.Replace, consulted.call_id)
            transferee.wait()
        assert caller.wait(CallEnded).ended_by == EndedBy.TRANSFER
        assert consulted.ended().ended_by == EndedBy.TRANSFER
        third.wait()
    progress = [event for event in caller.events if isinstance(event, TransferProgress)]
    assert progress[-1] == TransferProgress(200, True)
    assert f"Replaces: {consulted.offered.info.sip_call_id};" in third.messages


def test_another_telephone_takes_the_place_of_the_first_in_a_call(gateway: GatewayAlone, takes) -> None:
    """RFC 3891: what is played goes on, to whom the second dialog is with."""
    with RtpSink() as sink:
        sipp = Sipp("takes_over", gateway.sip_port, rtp_port=sink.port)
        call = takes()
        call.order(messages.Answer)
        call.wait(CallConfirmed)
        call.slot.write_down(LOUD_SECOND)
        sipp.wait()
        assert sink.loud > 20
    assert call.wait(CallEnded).ended_by == EndedBy.CALLER
    assert sum(isinstance(event, CallEnded) for event in call.events) == 1


# --- SIPp is called ----------------------------------------------------------------------------------------


def test_a_call_out_rings_and_is_answered(gateway: GatewayAlone) -> None:
    with RtpSink() as sink, Sipp("called", rtp_port=sink.port) as callee:
        call = OutboundCall(gateway, callee.listens_at)
        call.wait(CallProgress(180))
        assert call.wait(CallConfirmed) == CallConfirmed("PCMU")
        call.slot.write_down(b"\x00\x20\x00\xe0" * 4000)
        wait_for(lambda: sink.loud > 20, "it is heard")
        call.hang_up()
        callee.wait()
    assert call.ended().ended_by == EndedBy.NODE


def test_a_busy_callee_ends_the_call(gateway: GatewayAlone) -> None:
    with Sipp("called_busy") as callee:
        assert OutboundCall(gateway, callee.listens_at).ended().cause == Cause.USER_BUSY
        callee.wait()


def test_a_call_that_nobody_answers_is_cancelled(gateway: GatewayAlone) -> None:
    with Sipp("called_cancelled") as callee:
        call = OutboundCall(gateway, callee.listens_at, ring_for=0.4)
        assert call.ended().cause == Cause.NO_ANSWER
        callee.wait()


def test_credentials_are_given_to_who_asks_for_them(gateway: GatewayAlone) -> None:
    with Sipp("called_unauthorized") as callee:
        call = OutboundCall(gateway, callee.listens_at, "digest")
        call.wait(CallConfirmed)
        call.hang_up()
        callee.wait()


def test_a_reliable_provisional_answer_is_acknowledged(gateway: GatewayAlone) -> None:
    with Sipp("called_prack") as callee:
        call = OutboundCall(gateway, callee.listens_at, "reliable")
        call.wait(CallProgress(183, early_media=True))
        call.wait(CallConfirmed)
        call.hang_up()
        callee.wait()


def test_who_is_called_is_held_and_taken_back(gateway: GatewayAlone) -> None:
    """RFC 5359 section 2.1, by this side."""
    with RtpSink() as sink, Sipp("called_held", rtp_port=sink.port) as callee:
        call = OutboundCall(gateway, callee.listens_at)
        call.wait(CallConfirmed)
        for on in (True, False):
            call.order(messages.Hold, on)
            call.wait(HoldChanged(on))
        call.slot.write_down(LOUD_SECOND)
        wait_for(lambda: sink.loud > 20, "it is heard after the hold")
        call.hang_up()
        callee.wait()


def test_keys_go_by_info_where_nothing_else_was_offered(gateway: GatewayAlone) -> None:
    with Sipp("called_keyed") as callee:
        call = OutboundCall(gateway, callee.listens_at)
        assert call.wait(CallConfirmed) == CallConfirmed("PCMU", telephone_event=False)
        call.order(messages.SendDtmf, "9x*")
        wait_for(lambda: "Signal=*" in callee.messages_now, "the second key was sent")
        call.hang_up()
        callee.wait()


def test_who_calls_may_be_asserted_instead_of_shown(gateway: GatewayAlone) -> None:
    with Sipp("called_asserted") as callee:
        call = OutboundCall(gateway, callee.listens_at, "hidden")
        assert call.ended().cause == Cause.USER_BUSY
        callee.wait()
    assert "INVITE sip:+49301234@trunk.example SIP/2.0" in callee.messages, "the trunk's domain stays"
    assert "\nRoute:" not in callee.messages


def test_a_call_whose_audio_stays_away_ends_and_says_why(gateway: GatewayAlone) -> None:
    with Sipp("called_silent") as callee:
        call = OutboundCall(gateway, callee.listens_at, "hidden")
        call.wait(CallConfirmed)
        began = time.monotonic()
        callee.wait()
        assert time.monotonic() - began > RTP_TIMEOUT - 0.2
    ended = call.ended()
    assert (ended.cause, ended.ended_by) == (Cause.RECOVERY_ON_TIMER_EXPIRY, EndedBy.FAILURE)
    assert ended.reason == "no audio"
