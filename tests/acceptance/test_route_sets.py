"""Behind a real proxy (Kamailio) with two Record-Routes every request within a call takes the route set
(RFC 3261 section 12.2.1.1), in both directions, whoever made the call; REFER and its NOTIFYs too.
"""

import re
from collections.abc import Iterator

import pytest
from far_end import FarEnd, header
from gateway_alone import GatewayAlone
from inbound_call import InboundCall, next_offered
from kamailio_proxy import Proxy
from node import wait_for
from outbound_call import OutboundCall
from sipp import Sipp

from softswitch.events import CallConfirmed, CallEnded, Cause, EndedBy, HoldChanged, TransferProgress
from softswitch.gateway import messages


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayAlone]:
    with GatewayAlone(tmp_path_factory.mktemp("routes")) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Proxy(tmp_path_factory.mktemp("proxy")) as proxy:
        yield proxy


@pytest.fixture
def far() -> Iterator[FarEnd]:
    with FarEnd() as far:
        yield far


def inbound(gateway: GatewayAlone, proxy: Proxy, far: FarEnd) -> InboundCall:
    far.dial(gateway.sip_port, sdp=far.description(), via=proxy.port)
    call = InboundCall(gateway, far.call_id)
    call.order(messages.Answer)
    far.answered()
    return call


def outbound(gateway: GatewayAlone, proxy: Proxy, far: FarEnd) -> OutboundCall:
    call = OutboundCall(gateway, proxy.port, uri=f"sip:{far.port}@trunk.example")
    far.reply(by_way_of(far.next("INVITE")), 200, sdp=far.description())
    by_way_of(far.next("ACK"))
    return call


def by_way_of(message: str) -> str:
    """The message, which must have come through the proxy and have used up its route."""
    assert len(re.findall(r"^Via:", message, re.M)) == 2, message
    assert not re.search(r"^Route:", message, re.M), message
    return message


@pytest.fixture(params=[inbound, outbound])
def call(
    request: pytest.FixtureRequest, gateway: GatewayAlone, proxy: Proxy, far: FarEnd
) -> InboundCall | OutboundCall:
    call = request.param(gateway, proxy, far)
    assert len(far.routes) == 2, far.routes
    call.wait(CallConfirmed)
    wait_for(lambda: far.sound.payload_types, "audio comes")
    return call


def test_requests_of_ours_go_by_way_of_the_proxy(far: FarEnd, call: InboundCall | OutboundCall) -> None:
    for on, answered in ((True, "recvonly"), (False, "sendrecv")):
        call.order(messages.Hold, on)
        far.reply(by_way_of(far.next("INVITE")), 200, sdp=far.description(answered))
        by_way_of(far.next("ACK"))
        call.wait(HoldChanged(on))
    call.order(messages.Refer, "sip:human@127.0.0.1:9")
    far.reply(by_way_of(far.next("REFER")), 202)
    call.wait(TransferProgress(100, False))
    far.request(
        "NOTIFY",
        "Event: refer",
        "Subscription-State: terminated;reason=noresource",
        "Content-Type: message/sipfrag;version=2.0",
        body="SIP/2.0 200 OK\r\n",
    )
    far.next("SIP/2.0 200")
    far.reply(by_way_of(far.next("BYE")), 200)
    assert call.wait(CallEnded).ended_by == EndedBy.TRANSFER


def test_requests_of_the_far_end_are_answered_and_a_transfer_in_is_told_by_way_of_the_proxy(
    far: FarEnd, call: InboundCall | OutboundCall
) -> None:
    for direction, held in (("sendonly", True), ("sendrecv", False)):
        far.request("INVITE", sdp=far.description(direction))
        far.take(far.next("SIP/2.0 200"))
        call.wait(HoldChanged(held))
    with FarEnd() as third:
        far.request("REFER", f"Refer-To: <sip:third@127.0.0.1:{third.port}>")
        far.next("SIP/2.0 202")
        for status in ("100", "486"):
            notify = by_way_of(far.next("NOTIFY"))
            assert notify.rpartition("\r\n\r\n")[2].split()[1] == status
            far.reply(notify, 200)
            if status == "100":
                third.reply(third.next("INVITE"), 486)
    far.request("BYE")
    assert header(far.next("SIP/2.0 200"), "CSeq").endswith("BYE")
    call.wait(CallEnded)


# --- and with a far end that others wrote ----------------------------------------------------------------


def test_sipp_behind_the_proxy_is_transferred_to_the_end(gateway: GatewayAlone, proxy: Proxy) -> None:
    takes = next_offered(gateway)
    sipp = Sipp("transferee", proxy.port, user=str(gateway.sip_port))
    call = takes()
    call.order(messages.Answer)
    call.wait(CallConfirmed)
    call.order(messages.Refer, "sip:human@127.0.0.1:9")
    sipp.wait()
    assert call.wait(CallEnded).ended_by == EndedBy.TRANSFER
    (refer,) = re.findall(r"^REFER .*?\r?\n\r?\n", sipp.messages, re.M | re.S)
    by_way_of(refer)


def test_sipp_behind_the_proxy_transfers_and_is_told_to_the_end(gateway: GatewayAlone, proxy: Proxy) -> None:
    takes = next_offered(gateway)
    with Sipp("called") as callee:
        to = f"sip:human@127.0.0.1:{callee.listens_at}"
        sipp = Sipp("transferor", proxy.port, user=str(gateway.sip_port), refer_to=to)
        call = takes()
        call.order(messages.Answer)
        sipp.wait()
        call.order(messages.Hangup, Cause.NORMAL_CLEARING)
        callee.wait()
    notifies = re.findall(r"^NOTIFY .*?\r?\n\r?\n", sipp.messages, re.M | re.S)
    assert len(notifies) >= 3, "100, 180 and 200"
    for notify in notifies:
        by_way_of(notify)
