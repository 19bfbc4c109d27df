"""Call flows of RFC 3665, 3262, 3515 and 5359 by a real SIPp, as caller and as callee of the gateway."""

import time
from collections.abc import Iterator

import pytest
from gateway_alone import GatewayAlone
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
    TransferProgress,
)
from softswitch.gateway import messages
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Connection

TRUNKS = (
    Connection(
        Trunk(name="digest", kind="ip", hosts=["carrier.example"], username="trunk"), password="secret"
    ),
    Connection(Trunk(name="reliable", kind="ip", hosts=["carrier.example"], prack="required")),
)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayAlone]:
    with GatewayAlone(tmp_path_factory.mktemp("flows")) as gateway:
        gateway.order(messages.Trunks(TRUNKS))
        yield gateway


class Taken:
    """The one call of a SIPp that is a caller."""

    def __init__(self, gateway: GatewayAlone, number: int) -> None:
        self.gateway = gateway
        self.offered = gateway.wait(messages.Offered, number)
        self.call_id = self.offered.info.call_id

    def order(self, kind: type[messages.Message], *arguments: object) -> None:
        self.gateway.order(kind(self.call_id, *arguments))

    def wait(self, kind: type) -> object:
        of_kind = lambda: [e for e in self.gateway.events_of(self.call_id) if isinstance(e, kind)]  # noqa: E731
        return wait_for(of_kind, f"{kind.__name__} of the call")[0]


@pytest.fixture
def takes(gateway: GatewayAlone):
    """The next call that comes in: ask before it is made."""
    number = 1 + sum(isinstance(message, messages.Offered) for message in gateway.took)
    return lambda: Taken(gateway, number)


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
