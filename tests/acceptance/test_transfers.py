"""Transfers by REFER, message by message: blind and with Replaces, out and in, to their last NOTIFY.

RFC 3515, 3891, 5589. The far end is whoever is on the line; `third` is whom he is to speak with.
"""

from collections.abc import Iterator

import pytest
from far_end import FarEnd, header
from gateway_alone import GatewayAlone
from inbound_call import LOUD_SECOND, InboundCall, up
from node import wait_for
from outbound_call import OutboundCall

from softswitch.events import CallConfirmed, CallEnded, EndedBy, HoldChanged, TransferProgress
from softswitch.gateway import messages
from softswitch.gateway.rings import Slot

HUMAN = "sip:human@127.0.0.1:9"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayAlone]:
    with GatewayAlone(tmp_path_factory.mktemp("transfers"), "dialing.prefixes=+49") as gateway:
        yield gateway


@pytest.fixture
def far() -> Iterator[FarEnd]:
    with FarEnd() as far:
        yield far


@pytest.fixture
def third() -> Iterator[FarEnd]:
    with FarEnd() as third:
        yield third


def notify(far: FarEnd, line: str, state: str) -> None:
    """What the far end's own call came to."""
    far.request(
        "NOTIFY",
        "Event: refer",
        f"Subscription-State: {state}",
        "Content-Type: message/sipfrag;version=2.0",
        body=f"SIP/2.0 {line}\r\n",
    )
    far.next("SIP/2.0 200")


def told(call: InboundCall) -> list[tuple[int, bool]]:
    return [(event.status, event.final) for event in call.events if isinstance(event, TransferProgress)]


def accepted(call: InboundCall, far: FarEnd) -> str:
    """Our REFER, once the far end has accepted it."""
    refer = far.next("REFER")
    far.reply(refer, 202)
    call.wait(TransferProgress(100, False))
    return refer


# --- we transfer --------------------------------------------------------------------------------------------


def test_a_blind_transfer_is_followed_to_its_end_and_then_the_call_is(
    gateway: GatewayAlone, far: FarEnd
) -> None:
    call = up(gateway, far)
    call.order(messages.Refer, HUMAN)
    refer = accepted(call, far)
    assert HUMAN in header(refer, "Refer-To")
    notify(far, "100 Trying", "active;expires=60")
    notify(far, "180 Ringing", "active;expires=60")
    notify(far, "200 OK", "terminated;reason=noresource")
    far.reply(far.next("BYE"), 200)
    assert call.wait(CallEnded).ended_by == EndedBy.TRANSFER
    assert told(call)[-2:] == [(180, False), (200, True)]


@pytest.mark.parametrize("state", ["active;expires=60", "terminated;reason=noresource"])
def test_a_transfer_that_fails_leaves_the_call_as_it_was(
    gateway: GatewayAlone, far: FarEnd, state: str
) -> None:
    call = up(gateway, far)
    call.order(messages.Refer, HUMAN)
    accepted(call, far)
    notify(far, "486 Busy Here", state)
    call.wait(TransferProgress(486, True))
    call.order(messages.Refer, HUMAN)  # it may be tried again
    far.reply(far.next("REFER"), 603)
    call.wait(TransferProgress(603, True))
    assert [status for status, final in told(call) if final] == [486, 603]
    far.request("BYE")
    far.next("SIP/2.0 200")
    assert call.wait(CallEnded).ended_by == EndedBy.CALLER


def test_a_success_that_does_not_end_the_subscription_is_one_all_the_same(
    gateway: GatewayAlone, far: FarEnd
) -> None:
    call = up(gateway, far)
    call.order(messages.Refer, HUMAN)
    accepted(call, far)
    notify(far, "200 OK", "active;expires=60")
    far.reply(far.next("BYE"), 200)
    assert call.wait(CallEnded).ended_by == EndedBy.TRANSFER


def test_a_subscription_that_ends_without_saying_how_is_a_failure(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far)
    call.order(messages.Refer, HUMAN)
    accepted(call, far)
    notify(far, "100 Trying", "terminated;reason=timeout")
    call.wait(TransferProgress(408, True))
    end(far, call)


def end(far: FarEnd, call: InboundCall) -> None:
    far.request("BYE")
    far.next("SIP/2.0 200")
    call.wait(CallEnded)


def test_an_attended_transfer_names_the_other_call_and_ends_both(
    gateway: GatewayAlone, far: FarEnd, third: FarEnd
) -> None:
    caller = up(gateway, far)
    consulted = OutboundCall(gateway, third.port)
    third.reply(third.next("INVITE"), 200, sdp=third.description())
    third.next("ACK")
    consulted.wait(CallConfirmed)
    caller.order(messages.Replace, consulted.call_id)
    refer_to = header(accepted(caller, far), "Refer-To")
    assert refer_to.startswith("<sip:")
    tags = [value.split(";tag=")[1].split(";")[0] for value in (third.local, third.remote)]
    for part in (third.call_id, f"to-tag%3D{tags[0]}", f"from-tag%3D{tags[1]}"):
        assert part.lower() in refer_to.lower(), refer_to
    third.request("BYE")  # whom the caller now has by a call of their own
    third.next("SIP/2.0 200")
    notify(far, "200 OK", "terminated;reason=noresource")
    far.reply(far.next("BYE"), 200)
    assert caller.wait(CallEnded).ended_by == EndedBy.TRANSFER
    consulted.ended()


def test_a_transfer_to_a_call_that_is_gone_fails_at_once(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far)
    call.order(messages.Replace, "0" * 32)
    call.wait(TransferProgress(481, True))
    end(far, call)


@pytest.mark.parametrize("status", [403, 405, 481, 501, 603])
def test_a_refused_transfer_is_final_at_once(gateway: GatewayAlone, far: FarEnd, status: int) -> None:
    call = up(gateway, far)
    call.order(messages.Refer, HUMAN)
    far.reply(far.next("REFER"), status)
    call.wait(TransferProgress(status, True), 0.5)
    if status != 481:  # by which the far end has said that there is no such call
        end(far, call)


@pytest.mark.slow
def test_a_transfer_that_nobody_answers_is_final_soon(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far)
    call.order(messages.Refer, HUMAN)
    far.next("REFER")
    call.wait(TransferProgress(408, True), 6)
    end(far, call)


# --- we are transferred -------------------------------------------------------------------------------------


def refer(far: FarEnd, to: str) -> str:
    far.request("REFER", f"Refer-To: <{to}>", f"Referred-By: <sip:far@127.0.0.1:{far.port}>")
    return far.next("SIP/2.0 ")


def progress(far: FarEnd) -> str:
    """The status that the next NOTIFY tells."""
    message = far.next("NOTIFY")
    far.reply(message, 200)
    return message.rpartition("\r\n\r\n")[2].split()[1]


def test_who_is_transferred_in_takes_the_call_over_and_he_who_did_it_is_told(
    gateway: GatewayAlone, far: FarEnd, third: FarEnd
) -> None:
    call = up(gateway, far)
    assert refer(far, f"sip:third@127.0.0.1:{third.port}").startswith("SIP/2.0 202")
    assert progress(far) == "100"
    invite = third.next("INVITE")
    assert header(invite, "Referred-By") == f"<sip:far@127.0.0.1:{far.port}>"
    third.reply(invite, 180)
    assert progress(far) == "180"
    third.reply(invite, 200, sdp=third.description())
    third.next("ACK")
    assert progress(far) == "200"
    far.request("BYE")
    far.next("SIP/2.0 200")
    call.play_loud()
    wait_for(lambda: third.sound.loud > 20, "the third hears what is played")
    assert not any(isinstance(event, CallEnded) for event in call.events)
    end(third, call)


def test_a_transfer_in_that_fails_leaves_the_far_end_with_us(
    gateway: GatewayAlone, far: FarEnd, third: FarEnd
) -> None:
    call = up(gateway, far)
    refer(far, f"sip:third@127.0.0.1:{third.port}")
    assert progress(far) == "100"
    third.reply(third.next("INVITE"), 486)
    assert progress(far) == "486"
    call.play_loud()
    wait_for(lambda: far.sound.loud > 20, "the far end still hears what is played")
    end(far, call)


def test_who_holds_us_while_he_transfers_us_in_vain_holds_us_still(
    gateway: GatewayAlone, far: FarEnd, third: FarEnd
) -> None:
    call = up(gateway, far)
    far.request("INVITE", sdp=far.description("inactive"))
    far.take(far.next("SIP/2.0 200"))
    call.wait(HoldChanged(True))
    refer(far, f"sip:third@127.0.0.1:{third.port}")
    invite = third.next("INVITE")
    third.reply(invite, 183, sdp=third.description())
    assert [progress(far), progress(far)] == ["100", "183"]
    third.reply(invite, 486)
    assert progress(far) == "486"
    assert HoldChanged(False) not in call.events
    end(far, call)


def test_a_transfer_in_may_replace_a_call_of_the_third(
    gateway: GatewayAlone, far: FarEnd, third: FarEnd
) -> None:
    call = up(gateway, far)
    to = f"sip:third@127.0.0.1:{third.port}?Replaces=abc%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces"
    assert refer(far, to).startswith("SIP/2.0 202")
    invite = third.next("INVITE")
    assert header(invite, "Replaces") == "abc;to-tag=1;from-tag=2"
    assert invite.startswith(f"INVITE sip:third@127.0.0.1:{third.port} SIP/2.0")
    third.reply(invite, 200, sdp=third.description())
    third.next("ACK")
    far.request("BYE")
    far.next("SIP/2.0 200")
    end(third, call)


@pytest.mark.parametrize(
    "to",
    [
        *("sip:expensive@192.0.2.1", "tel:+1900", "sip:x@127.0.0.1:9;maddr=192.0.2.1", "nonsense"),
        *("sip:+18765550123@127.0.0.1:9", "sip:%2B18765550123@127.0.0.1:9?Replaces=a%3Bto-tag%3D1"),
        *("sip:0018765550123@127.0.0.1:9", "sip:0900123456@127.0.0.1:9"),
    ],
)
def test_nobody_is_called_who_is_not_allowed(gateway: GatewayAlone, far: FarEnd, to: str) -> None:
    call = up(gateway, far)
    assert refer(far, to).startswith(("SIP/2.0 603", "SIP/2.0 400"))
    end(far, call)


def test_a_number_that_a_far_end_has_called_is_told_to_who_counts_and_so_is_its_end(
    gateway: GatewayAlone, far: FarEnd, third: FarEnd
) -> None:
    call = up(gateway, far)
    assert refer(far, f"sip:+4930123456@127.0.0.1:{third.port}").startswith("SIP/2.0 202")
    third.reply(third.next("INVITE"), 486)
    counted = messages.Referred(call.call_id, 1, "+4930123456")
    wait_for(lambda: counted in gateway.took, "it is counted")
    end(far, call)
    wait_for(lambda: messages.Referred(call.call_id, 1) in gateway.took, "its end is told")


def test_no_number_is_called_while_nobody_could_count_it(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far)
    gateway.leave()
    wait_for(lambda: "control is away" in gateway.log, "the gateway knows it")
    try:
        assert refer(far, "sip:+4930123456@127.0.0.1:9").startswith("SIP/2.0 603")
    finally:
        gateway.come()
        gateway.wait(messages.Ready)
    end(far, call)


def test_a_transfer_in_that_cannot_even_begin_does_not_keep_the_call(
    gateway: GatewayAlone, far: FarEnd
) -> None:
    call = up(gateway, far)
    refer(far, "sip:third@127.0.0.1:99999")
    assert refer(far, "sip:third@127.0.0.1:99999").startswith("SIP/2.0 202"), "it may be tried again"
    end(far, call)


def test_one_transfer_in_is_enough_at_a_time(gateway: GatewayAlone, far: FarEnd, third: FarEnd) -> None:
    call = up(gateway, far)
    refer(far, f"sip:third@127.0.0.1:{third.port}")
    assert progress(far) == "100"
    assert refer(far, f"sip:third@127.0.0.1:{third.port}").startswith("SIP/2.0 491")
    third.reply(third.next("INVITE"), 486)
    assert progress(far) == "486"
    end(far, call)


def test_who_is_hung_up_on_while_he_transfers_us_leaves_nobody_ringing(
    gateway: GatewayAlone, far: FarEnd, third: FarEnd
) -> None:
    call = up(gateway, far)
    refer(far, f"sip:third@127.0.0.1:{third.port}")
    invite = third.next("INVITE")
    third.reply(invite, 180)
    call.order(messages.Hangup, 16)
    far.reply(far.next("BYE"), 200)
    third.reply(third.next("CANCEL"), 200)
    third.reply(invite, 487)
    call.wait(CallEnded)


def test_a_call_with_replaces_takes_anothers_place(gateway: GatewayAlone, far: FarEnd, third: FarEnd) -> None:
    call = up(gateway, far)
    third.dial(gateway.sip_port, f"Replaces: {far.dialog}", sdp=third.description())
    third.answered()
    far.reply(far.next("BYE"), 200)
    call.play_loud()
    wait_for(lambda: third.sound.loud > 20, "the third hears what is played")
    end(third, call)


def test_two_nodes_do_an_attended_transfer_from_one_end_to_the_other(
    gateway: GatewayAlone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Both callers are the other node's, so that its side of REFER and Replaces is proved as well."""
    with GatewayAlone(tmp_path_factory.mktemp("other")) as other:
        caller_there = OutboundCall(other, gateway.sip_port, uri=gateway.uri)
        caller = InboundCall(gateway, caller_there.offered.info.sip_call_id)
        caller.order(messages.Answer)
        caller_there.wait(CallConfirmed)
        consulted = OutboundCall(gateway, other.sip_port, uri=other.uri)
        person_there = InboundCall(other, consulted.offered.info.sip_call_id)
        person_there.order(messages.Answer)
        consulted.wait(CallConfirmed)
        caller.order(messages.Replace, consulted.call_id)
        assert caller.wait(CallEnded).ended_by == EndedBy.TRANSFER
        assert consulted.ended().ended_by in (EndedBy.TRANSFER, EndedBy.CALLER)
        heard_before = person_there.slot.counters[Slot.UP_WRITTEN]
        caller_there.slot.write_down(LOUD_SECOND)
        wait_for(lambda: loud(person_there, heard_before), "the person hears the caller")
        assert not any(isinstance(event, CallEnded) for event in person_there.events + caller_there.events)


def loud(call: InboundCall, since: int) -> bool:
    frames, _, _ = call.slot.read_up(since)
    return any(max(memoryview(frame).cast("h")) > 3000 for frame in frames)
