"""Host names that far ends put into their messages: looked up while all other calls go on, or refused."""

import re
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from gateway_alone import GatewayAlone
from nameserver import Nameserver
from node import wait_for
from rawsip import Phone
from stopwatch import Stopwatch

from softswitch.events import Cause
from softswitch.gateway import messages

AT_ONCE_S = 0.5
"""For an answer of a gateway that waits for nobody; one lookup without an answer takes 10 s."""


@pytest.fixture(scope="module")
def names() -> Iterator[Nameserver]:
    with Nameserver() as started:
        yield started


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, names: Nameserver) -> Iterator[GatewayAlone]:
    with GatewayAlone(tmp_path_factory.mktemp("gateway"), names.setting) as started:
        started.order(messages.Trunks(()))
        yield started
    print(started.log)


def call(gateway: GatewayAlone, phone: Phone) -> str:
    """A call that is up; our name for it."""
    phone.ring()
    offered = gateway.offer_of(phone.call_id)
    gateway.answer(offered)
    assert phone.final().startswith("SIP/2.0 200")
    return offered.info.call_id


def hang_up(gateway: GatewayAlone, call_id: str) -> None:
    gateway.order(messages.Hangup(call_id, Cause.NORMAL_CLEARING))


def status_of(phone: Phone) -> int:
    return int(phone.receive().split(" ")[1])


def test_a_name_that_is_never_answered_holds_up_no_other_call(gateway: GatewayAlone, names: Nameserver):
    names.silent = True
    with Phone(gateway.sip_port, contact="stuck.example.org:5060") as stuck, Phone(gateway.sip_port) as other:
        call_id = call(gateway, stuck)
        up = call(gateway, other)
        hang_up(gateway, call_id)  # the BYE goes to that name
        wait_for(lambda: names.asked["stuck.example.org", "A"], "the name server is asked")
        slowest, began = 0.0, time.monotonic()
        while time.monotonic() - began < 3:  # the question is asked again after 2 s
            asked_at = time.monotonic()
            other.ask("OPTIONS")
            assert status_of(other) == 200
            slowest = max(slowest, time.monotonic() - asked_at)
            time.sleep(0.02)
        with Phone(gateway.sip_port) as late:
            watch = Stopwatch()
            call(gateway, late)
            assert watch.own_s < AT_ONCE_S
        assert slowest < AT_ONCE_S
        assert names.asked["stuck.example.org", "A"] > 1
        hang_up(gateway, up)
        assert other.receive().startswith("BYE")
    names.silent = False


@pytest.mark.parametrize("with_port", [True, False])
def test_a_far_end_is_reached_by_its_name(gateway: GatewayAlone, names: Nameserver, with_port: bool):
    with Phone(gateway.sip_port) as phone:
        port = phone.sip.getsockname()[1]
        phone.contact = f"phone.example.org:{port}" if with_port else "phone.example.org"
        names.put("phone.example.org", "A", "127.0.0.1")
        names.put("_sip._udp.phone.example.org", "SRV", f"1 1 {port} phone.example.org.")
        hang_up(gateway, call(gateway, phone))
        assert phone.receive().startswith("BYE")


def test_questions_to_name_servers_are_numbered_by_chance(gateway: GatewayAlone, names: Nameserver):
    names.ids.clear()
    for number in range(4):
        with Phone(gateway.sip_port, contact=f"{number}.example.org:5060") as phone:
            hang_up(gateway, call(gateway, phone))
            wait_for(lambda name=f"{number}.example.org": names.asked[name, "A"], "the name is asked for")
    pairs = pairwise(list(names.ids))
    steps = {abs(later - earlier) for earlier, later in pairs}
    assert not steps <= {0, 1, 2}


def test_audio_at_a_host_name_is_refused_without_a_look_at_it(gateway: GatewayAlone, names: Nameserver):
    names.asked.clear()
    with Phone(gateway.sip_port, audio_at="media.example.org") as phone:
        watch = Stopwatch()
        phone.ring()
        refusal = phone.final()
        assert refusal.startswith("SIP/2.0 488")
        assert re.search(r'(?m)^Warning: 301 \S+ "Incompatible network address formats"', refusal)
        assert watch.own_s < AT_ONCE_S
    assert not names.asked
