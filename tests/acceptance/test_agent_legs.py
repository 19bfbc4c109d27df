"""Calls to the people of a queue: at a SIP address of their own, with what they are told, on a real phone."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from baresip import Phone
from bridged_pair import CALLER_HZ, PERSON_HZ, hears, hears_not, sounding
from far_end import FarEnd, header, tone
from gateway_alone import GatewayAlone
from inbound_call import InboundCall
from node import wait_for
from outbound_call import OutboundCall
from sipp import Sipp
from stopwatch import Stopwatch

from softswitch.events import BridgeChanged, CallConfirmed, CallProgress, HoldChanged
from softswitch.gateway import messages

MUSIC_HZ = 800.0
HEADERS = (
    ("User-to-User", "00c81031353535;encoding=hex;purpose=isdn-uui;content=isdn-uui"),
    ("X-Softswitch-Call", "1f0c"),
)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayAlone]:
    with GatewayAlone(tmp_path_factory.mktemp("agents"), "media.srtp=optional") as gateway:
        yield gateway


def test_a_person_without_a_trunk_is_called_by_name_and_told_what_it_is_about(gateway: GatewayAlone) -> None:
    with FarEnd() as far:
        uri = f"sip:ann@127.0.0.1:{far.port}"
        call = OutboundCall(gateway, far.port, uri=uri, headers=HEADERS)
        invite = far.next("INVITE")
        assert invite.startswith(f"INVITE {uri} SIP/2.0\r\n")
        for name, value in HEADERS:
            assert header(invite, name) == value
        far.reply(invite, 180)
        call.wait(CallProgress(180))
        call.hang_up()
        far.next("CANCEL")


def test_what_is_too_long_for_one_datagram_reaches_a_phone_without_tcp(gateway: GatewayAlone) -> None:
    with FarEnd() as far:
        call = OutboundCall(gateway, far.port, headers=(("X-Softswitch-Reason", "word " * 120),))
        watch = Stopwatch()
        invite = far.next("INVITE")
        assert len(invite) > 1400
        assert watch.own_s < 1
        far.reply(invite, 486)
        far.next("ACK")
        call.ended()


def test_a_phone_that_speaks_tcp_alone_is_reached(gateway: GatewayAlone) -> None:
    with Sipp("called", transport="t1") as sipp:
        uri = f"sip:ann@127.0.0.1:{sipp.listens_at};transport=tcp"
        wait_for(lambda: listens(sipp.listens_at), "SIPp listens")
        call = OutboundCall(gateway, sipp.listens_at, uri=uri, transport="tcp")
        call.wait(CallConfirmed)
        call.hang_up()
        call.ended()
        sipp.wait()


def listens(port: int) -> bool:
    """Without a connection, which SIPp would take for a call's."""
    rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(row.split()[1].endswith(f":{port:04X}") and row.split()[3] == "0A" for row in rows)


def test_phones_stop_ringing_within_300_ms_of_the_order(gateway: GatewayAlone) -> None:
    """Several are rung at once, and the caller hangs up: the slowest counts."""
    ends = [FarEnd() for _ in range(5)]
    for far in ends:
        far.__enter__()
    try:
        calls = [OutboundCall(gateway, far.port) for far in ends]
        for far, call in zip(ends, calls, strict=True):
            far.reply(far.next("INVITE"), 180)
            call.wait(CallProgress(180))
        watch = Stopwatch()
        for call in calls:
            call.hang_up()
        for far in ends:
            far.next("CANCEL", 0.3)
        assert watch.own_s < 0.3
    finally:
        for far in ends:
            far.__exit__()


@pytest.mark.slow
def test_a_phone_with_srtp_is_bridged_to_a_far_end_without_and_may_hold(
    gateway: GatewayAlone, tmp_path: Path
) -> None:
    music = tmp_path / "music.pcm"
    music.write_bytes(tone(MUSIC_HZ, 3.0).astype("<i2").tobytes())
    says = tone(CALLER_HZ, 30.0).astype("<i2").tobytes()
    with FarEnd() as far, Phone(tmp_path / "phone", says, ";mediaenc=srtp-mand") as phone:
        person = OutboundCall(gateway, far.port, uri=f"sip:ann@127.0.0.1:{far.port}")
        far.reply(far.next("INVITE"), 200, sdp=far.description())
        far.next("ACK")
        person.wait(CallConfirmed)
        person.order(messages.Music, str(music))
        before = len(offers(gateway))
        phone.do("dial", gateway.uri)
        caller = InboundCall(gateway, gateway.wait(messages.Offered, before + 1))
        caller.order(messages.Answer)
        caller.wait(CallConfirmed)
        caller.order(messages.Bridge, person.call_id)
        person.wait(BridgeChanged(caller.call_id))
        hears(far, CALLER_HZ)
        with sounding((far, PERSON_HZ)):
            time.sleep(1.2)
        phone.do("hold")
        caller.wait(HoldChanged(True))
        hears(far, MUSIC_HZ)
        phone.do("resume")
        caller.wait(HoldChanged(False))
        hears(far, CALLER_HZ)
        hears_not(far, MUSIC_HZ, 0.1)
        phone.hang_up()
        person.wait(BridgeChanged(""))
        assert phone.loud_seconds() > 0.8, "the phone has heard the person"
        far.request("BYE")
        far.next("SIP/2.0 200")


def offers(gateway: GatewayAlone) -> list[messages.Offered]:
    return [message for message in gateway.took if isinstance(message, messages.Offered)]
