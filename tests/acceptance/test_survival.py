"""The gateway without control: it keeps its callers, and hands them to a person in the end."""

import time
from pathlib import Path

from gateway_alone import GatewayAlone
from node import wait_for
from rawsip import Phone

from softswitch.gateway.messages import Answer, Keep, Offered

HUMAN = "sip:desk@127.0.0.1:5999"


def answer_to(phone: Phone, gateway: GatewayAlone) -> int:
    """The status of a call that comes while control is away."""
    gateway.leave()
    time.sleep(0.2)  # until it has noticed
    return phone.invite()


def test_a_new_call_hears_the_line_and_is_transferred_to_the_person(tmp_path: Path) -> None:
    settings = ("survival.transfer_after=1s", f"human={HUMAN}")
    with GatewayAlone(tmp_path, *settings) as gateway, Phone(gateway.sip_port) as phone:
        assert answer_to(phone, gateway) == 200
        assert phone.hears()
        refer = phone.receive()
        assert refer.startswith("REFER ")
        assert HUMAN in refer


def test_a_call_that_was_up_is_kept_with_where_it_is_and_transferred_as_its_dialplan_says(
    tmp_path: Path,
) -> None:
    with GatewayAlone(tmp_path, "human=sip:node@127.0.0.1:5998") as gateway, Phone(gateway.sip_port) as phone:
        phone.ring()
        call_id = gateway.wait(Offered).info.call_id
        gateway.order(Answer(call_id))
        phone.final()
        gateway.order(Keep(call_id, "there", HUMAN, transfer_after=2.0, give_up_after=60.0))
        time.sleep(0.2)  # until it has read that
        gateway.leave()
        gateway.come()
        assert gateway.wait(Offered).kept == "there"
        gateway.leave()
        refer = phone.receive()
        assert refer.startswith("REFER ")
        assert HUMAN in refer


def test_a_new_call_is_refused_where_so_configured(tmp_path: Path) -> None:
    with (
        GatewayAlone(tmp_path, "survival.new_calls=refuse") as gateway,
        Phone(gateway.sip_port) as phone,
    ):
        assert answer_to(phone, gateway) == 503


def test_nobody_is_kept_for_ever(tmp_path: Path) -> None:
    with GatewayAlone(tmp_path, "survival.give_up_after=1s") as gateway, Phone(gateway.sip_port) as phone:
        assert answer_to(phone, gateway) == 200
        bye = phone.receive()
        assert bye.startswith("BYE ")
        assert "Q.850;cause=41" in bye


def test_a_call_that_control_does_not_answer_in_time_is_answered_by_the_gateway(tmp_path: Path) -> None:
    with GatewayAlone(tmp_path) as gateway, Phone(gateway.sip_port) as phone:
        assert phone.invite() == 200
        assert phone.hears()
        wait_for(lambda: gateway.events, "control is told that the call is up")
