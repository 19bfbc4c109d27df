"""Who gets a call where trunks share a node: known by address, within limits, while there is capacity."""

import re
from collections.abc import Callable, Iterator

import pytest
from gateway_alone import GatewayAlone
from node import wait_for
from rawsip import Phone

from softswitch.events import CallEnded
from softswitch.gateway import messages
from softswitch.gateway.rings import Node
from softswitch.trunks.settings import Limits, Trunk
from softswitch.trunks.targets import Connection, Target

OFFICE, CARRIER, STRANGER = "127.0.0.31", "127.0.0.32", "127.0.0.33"


def trunk(name: str, address: str, limits: Limits) -> Connection:
    return Connection(Trunk(name=name, kind="ip", allow=(f"{address}/32",), limits=limits))


OFFICE_TRUNK = trunk("office", OFFICE, Limits(calls=1))
CARRIER_TRUNK = trunk("carrier", CARRIER, Limits(calls_per_second=3))


def known(gateway: GatewayAlone, address: str) -> bool:
    """Whether the gateway answers OPTIONS from there."""
    with Phone(gateway.sip_port, address) as phone:
        phone.sip.settimeout(0.3)
        phone.ask("OPTIONS")
        try:
            return phone.receive().startswith("SIP/2.0 200")
        except TimeoutError:  # it has not been told of any trunk
            return False


@pytest.fixture
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayAlone]:
    folder = tmp_path_factory.mktemp("admission")
    settings = ("sip.allow=127.0.0.1/32", "media.max_calls=10", "media.retry_after=7s")
    with GatewayAlone(folder, *settings) as gateway:
        gateway.order(messages.Trunks((OFFICE_TRUNK, CARRIER_TRUNK)))
        wait_for(lambda: known(gateway, OFFICE), "the gateway has its trunks")
        yield gateway


def refusals(gateway: GatewayAlone, count: int) -> list[messages.Refused]:
    """What was refused, once it is so many."""
    found = lambda: [m for m in gateway.took if isinstance(m, messages.Refused)]  # noqa: E731
    wait_for(lambda: len(found()) >= count, f"{count} calls were refused")
    return found()


def test_a_trunk_has_no_more_calls_than_its_limit_and_others_have_theirs(gateway: GatewayAlone) -> None:
    with (
        Phone(gateway.sip_port, OFFICE) as first,
        Phone(gateway.sip_port, OFFICE) as second,
        Phone(gateway.sip_port, CARRIER) as other,
    ):
        first.ring()
        offered = gateway.wait(messages.Offered)
        assert (offered.info.trunk, offered.info.source.partition(":")[0]) == ("office", OFFICE)
        second.ring()
        answer = second.final()
        assert answer.startswith("SIP/2.0 503")
        assert re.search(r"(?mi)^Retry-After:\s*7\r$", answer)
        assert refusals(gateway, 1) == [messages.Refused(503, "trunk's limit of calls", "office")]
        other.ring()
        assert gateway.wait(messages.Offered, 2).info.trunk == "carrier"
        # The limit is for both ways.
        target = Target("office", OFFICE, first.sip.getsockname()[1], "udp")
        gateway.order(messages.Originate("f" * 32, "office", target, "sip:1@x", "sip:2@x"))
        wait_for(lambda: gateway.events_of("f" * 32), "the call out ends")
        (ended,) = gateway.events_of("f" * 32)
        assert isinstance(ended, CallEnded)
        assert ended.reason == "trunk's limit of calls"


def test_a_trunk_makes_no_more_calls_per_second_than_its_limit(gateway: GatewayAlone) -> None:
    phones = [Phone(gateway.sip_port, CARRIER) for _ in range(5)]
    for phone in phones:
        with phone:
            phone.ring()
    assert {r.reason for r in refusals(gateway, 2)} == {"trunk's limit of calls per second"}


def test_a_trunk_that_was_removed_is_a_stranger_at_once(gateway: GatewayAlone) -> None:
    gateway.order(messages.Trunks((CARRIER_TRUNK,)))
    wait_for(lambda: not known(gateway, OFFICE), "the office is unknown")
    assert known(gateway, CARRIER)
    assert not known(gateway, STRANGER)


def late_speech(gateway: GatewayAlone, late: bool) -> None:
    gateway.region.node[Node.BACKLOG_MS] = 2000 if late else 0


def late_heartbeats(gateway: GatewayAlone, late: bool) -> None:
    gateway.beats_every = 0.9 if late else 0.05


@pytest.mark.parametrize(
    ("have", "reason"), [(late_speech, "speech waiting"), (late_heartbeats, "control late")]
)
def test_a_control_that_cannot_keep_up_gets_no_calls_until_it_can(
    gateway: GatewayAlone, have: Callable[[GatewayAlone, bool], None], reason: str
) -> None:
    def outcome() -> str:
        with Phone(gateway.sip_port) as phone:
            phone.ring()
            while (answer := phone.receive()).startswith("SIP/2.0 100"):
                pass
            return answer.split(" ")[1]

    have(gateway, True)
    wait_for(lambda: outcome() == "503", "calls are refused", 5, every=0.2)
    assert refusals(gateway, 1)[-1].reason == reason
    have(gateway, False)
    wait_for(lambda: outcome() != "503", "calls are taken again", 5, every=0.2)


def test_what_nobody_here_reads_is_neither_taken_nor_claimed(gateway: GatewayAlone) -> None:
    """RFC 3261 section 11.2: OPTIONS is answered with what an INVITE would find."""
    with Phone(gateway.sip_port, OFFICE) as phone:

        def answer(method: str, *headers: str) -> str:
            phone.ask(method, *headers)
            return phone.receive()

        claimed = answer("OPTIONS")
        allowed = re.findall(r"(?m)^Allow: (.*)\r", claimed)
        assert re.search(r"(?m)^Accept: application/sdp, message/sipfrag;version=2.0\r", claimed)
        assert re.search(r"(?m)^Allow-Events: refer\r", claimed)
        assert not {"MESSAGE", "PUBLISH", "REGISTER"} & set(allowed[0].split(", "))
        for method in ("MESSAGE", "PUBLISH", "REGISTER"):
            refused = answer(method, "Event: presence")
            assert refused.startswith("SIP/2.0 405")
            assert re.findall(r"(?m)^Allow: (.*)\r", refused) == allowed
        for event in ("presence", "dialog", "refer", "nonsense"):
            refused = answer("SUBSCRIBE", f"Event: {event}")
            assert refused.startswith("SIP/2.0 489")
            assert re.search(r"(?m)^Allow-Events: refer\r", refused)
        assert answer("NOTIFY", "Event: message-summary").startswith("SIP/2.0 481")
        phone.sip.settimeout(0.3)
        with pytest.raises(TimeoutError):
            phone.receive()  # such as a NOTIFY of somebody's presence


def test_requests_within_a_call_pass_from_any_address(gateway: GatewayAlone) -> None:
    """Behind a proxy without Record-Route the phone itself speaks next. The tags are known to nobody else."""
    with Phone(gateway.sip_port, OFFICE) as phone, Phone(gateway.sip_port, STRANGER) as moved:
        phone.ring()
        gateway.answer(gateway.wait(messages.Offered))
        assert phone.final().startswith("SIP/2.0 200")
        moved.call_id, moved.tag, moved.to_tag, moved.cseq = (
            phone.call_id,
            phone.tag,
            phone.to_tag,
            phone.cseq,
        )
        moved.ask("OPTIONS")
        answer = moved.receive()
        assert answer.startswith("SIP/2.0 200")
        assert re.search(r"(?m)^Allow: .*INVITE", answer)
        moved.ask("FROBNICATE")
        assert moved.receive().startswith("SIP/2.0 501")
        moved.bye()
        assert moved.receive().startswith("SIP/2.0 200")
        assert gateway.wait(CallEnded).cause == 16
