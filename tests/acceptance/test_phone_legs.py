"""A real phone (baresip) that is called, and one that sends its keys by INFO."""

from pathlib import Path

import pytest
from baresip import Phone, spoken
from gateway_alone import GatewayAlone
from inbound_call import LOUD_SECOND, InboundCall
from node import wait_for
from outbound_call import OutboundCall

from softswitch.events import CallConfirmed, CallEnded, EndedBy
from softswitch.gateway import messages
from softswitch.gateway.rings import Slot

TALKS = [0.1, "what are your opening hours", 60.0]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory):
    with GatewayAlone(tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


def loudest(call: OutboundCall) -> int:
    """Of the last two seconds of what came."""
    frames, _, _ = call.slot.read_up(max(0, call.slot.counters[Slot.UP_WRITTEN] - 99))
    return max((max(memoryview(frame).cast("h")) for frame in frames), default=0)


def dialled(gateway: GatewayAlone, phone: Phone) -> InboundCall:
    """The call that the phone makes."""
    before = sum(isinstance(message, messages.Offered) for message in gateway.took)
    phone.do("dial", gateway.uri)
    return InboundCall(gateway, gateway.wait(messages.Offered, before + 1))


def test_a_phone_is_called_heard_and_hears(gateway: GatewayAlone, tmp_path: Path) -> None:
    with Phone(tmp_path / "phone", spoken(*TALKS)) as phone:
        call = OutboundCall(gateway, phone.port, uri=phone.uri)
        call.wait(CallConfirmed)
        call.slot.write_down(LOUD_SECOND)
        wait_for(lambda: loudest(call) > 3000, "the phone is heard")
        wait_for(lambda: call.slot.counters[Slot.DOWN_PLAYED] == 50, "all is played")
        call.order(messages.SendDtmf, "42")
        wait_for(lambda: phone.digits() == "42", "the phone has the keys")
        phone.hang_up()
        assert call.ended().ended_by == EndedBy.CALLER
        assert phone.loud_seconds() > 0.8


def test_a_phones_keys_by_info_are_taken(gateway: GatewayAlone, tmp_path: Path) -> None:
    with Phone(tmp_path / "phone", account=";dtmfmode=info") as phone:
        call = dialled(gateway, phone)
        call.order(messages.Answer)
        phone.wait("CALL_ESTABLISHED")
        phone.press("7*1#")
        wait_for(lambda: call.keys == "7*1#", "the keys have come")
        phone.hang_up()
        call.wait(CallEnded)
