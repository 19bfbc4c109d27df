"""What calls are like because of the trunk that they go by: how keys are sent, and audio that stays away."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
from far_end import FarEnd
from gateway_alone import GatewayAlone
from node import wait_for
from outbound_call import OutboundCall
from sipp import LOUD

from softswitch.events import CallConfirmed, CallEnded, HoldChanged
from softswitch.gateway import messages
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Connection

RTP_TIMEOUT = 1.2
ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)


def trunk(name: str, **settings: object) -> Connection:
    return Connection(Trunk(name=name, kind="ip", hosts=["trunk.example"], **settings))


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayAlone]:
    trunks = (
        trunk("inband", dtmf="inband"),
        trunk("info", dtmf="info"),
        trunk("quick", rtp_timeout=RTP_TIMEOUT),
    )
    with GatewayAlone(tmp_path_factory.mktemp("legs")) as gateway:
        gateway.order(messages.Trunks(trunks))
        yield gateway


@pytest.fixture
def far() -> Iterator[FarEnd]:
    with FarEnd() as far:
        yield far


def up(gateway: GatewayAlone, far: FarEnd, name: str) -> OutboundCall:
    call = OutboundCall(gateway, far.port, name)
    far.reply(far.next("INVITE"), 200, sdp=far.description())
    far.next("ACK")
    call.wait(CallConfirmed)
    wait_for(lambda: far.sound.payload_types, "audio comes")
    return call


def end(far: FarEnd, call: OutboundCall) -> None:
    call.hang_up()
    far.reply(far.next("BYE"), 200)
    call.ended()


def pressed(audio: np.ndarray) -> str:
    """The keys whose two tones (ITU-T Q.23) are the strongest of each stretch of sound."""
    loud = np.sqrt(np.mean(audio[: len(audio) // 80 * 80].reshape(-1, 80) ** 2, axis=1)) > LOUD
    begins, ends = (np.flatnonzero(np.diff(np.r_[0, loud, 0]) == step) for step in (1, -1))
    found = ""
    for begin, end in zip(begins, ends, strict=True):
        spectrum = np.abs(np.fft.rfft(audio[begin * 80 : end * 80], 8000))
        row = _nearest(ROWS, 600 + int(np.argmax(spectrum[600:1050])))
        column = _nearest(COLUMNS, 1100 + int(np.argmax(spectrum[1100:1700])))
        found += "123A456B789C*0#D"[4 * row + column]
    return found


def _nearest(tones: tuple[int, ...], hertz: int) -> int:
    return min(range(len(tones)), key=lambda index: abs(tones[index] - hertz))


def test_keys_go_as_tones_before_whatever_else_plays(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far, "inband")
    call.order(messages.SendDtmf, "159D#")
    wait_for(lambda: len(far.sound.heard) > 70, "a second and a half was heard")
    assert pressed(np.concatenate(far.sound.heard)) == "159D#"
    assert not far.sound.events
    end(far, call)


def test_keys_go_by_info_where_the_trunk_wants_it(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far, "info")
    call.order(messages.SendDtmf, "42")
    for key in "42":
        info = far.next("INFO")
        assert f"Signal={key}" in info
        far.reply(info, 200)
    assert not far.sound.events
    end(far, call)


@pytest.mark.slow
def test_who_is_on_hold_may_be_silent(gateway: GatewayAlone, far: FarEnd) -> None:
    call = up(gateway, far, "quick")
    far.request("INVITE", sdp=far.description("inactive"))
    far.take(far.next("SIP/2.0 200"))
    call.wait(HoldChanged(True))
    time.sleep(2 * RTP_TIMEOUT)
    assert not any(isinstance(event, CallEnded) for event in call.events)
    end(far, call)
