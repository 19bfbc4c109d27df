"""The caller against programs that others wrote: baresip as a telephone, SIPp as a far end that transfers."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import caller_peer
import numpy as np
import pytest
from baresip import free_ports
from conftest import StartNode

from softswitch.events import EndedBy
from softswitch.gateway.caller.engine import Caller, CallerSettings
from softswitch.gateway.caller.script import CallScript, Keys, Pause, Transferred, Utterance

MODULES = Path("/usr/lib/baresip/modules")


def free_port():
    """A port that is free for UDP and for TCP."""
    with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        udp.bind(tcp.getsockname())
        return tcp.getsockname()[1]


class Baresip:
    """A telephone that answers at once and sends back what it hears."""

    def __init__(self, folder, options=""):
        port = free_ports()  # the next one is its TLS port
        self.uri = f"sip:phone@127.0.0.1:{port}"
        self.log = folder / "log"
        modules = ("stdio", "g711", "aubridge", "srtp")
        lines = [
            f"module_path {MODULES}",
            f"sip_listen 127.0.0.1:{port}",
            "net_interface 127.0.0.1",
            "audio_player aubridge,loop",
            "audio_source aubridge,loop",
            "audio_alert aubridge,none",
            *(f"module {name}.so" for name in modules),
            "module_app account.so",
            "module_app menu.so",
        ]
        (folder / "config").write_text("\n".join(lines) + "\n")
        (folder / "accounts").write_text(f"<{self.uri}>;regint=0;answermode=auto{options}\n")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["baresip", "-f", str(folder), "-v"], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            self.expect("baresip is ready")
        except BaseException:
            self.stop()
            raise

    def expect(self, text):
        """Wait for it in what the telephone prints; all of that."""
        until = time.monotonic() + 10
        while text not in (printed := self.log.read_text(errors="replace")):
            assert time.monotonic() < until, printed
            time.sleep(0.05)
        return printed

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture
def phone(tmp_path):
    telephone = Baresip(tmp_path)
    yield telephone
    telephone.stop()


@pytest.fixture
def secure_phone(tmp_path):
    telephone = Baresip(tmp_path, ";mediaenc=srtp-mand")
    yield telephone
    telephone.stop()


def chirp(seconds=1.0):
    """A sweep, whose correlation with its echo has one sharp peak."""
    t = np.arange(round(8000 * seconds)) / 8000
    return (8000 * np.sin(2 * np.pi * (300 + 1000 * t) * t)).astype(np.int16).tobytes()


def call(uri, *steps, observer=None, settings=None):
    with Caller(settings or CallerSettings()) as caller:
        return caller.run([CallScript(uri, steps, answer_wait=0.8)], observer=observer)[0]


def echo_delay_ms(report):
    """How much later than it was sent the sweep is heard, and the correlation there.

    Foreign audio has nearly none; a jitter buffer that slips a frame on a busy machine costs a part of it.
    """
    sent, heard = (np.frombuffer(pcm, np.int16).astype(float) for pcm in (report.sent, report.received))
    length = len(heard) + len(sent)
    product = np.fft.irfft(np.fft.rfft(heard, length) * np.conj(np.fft.rfft(sent, length)), length)
    lag = int(product[: len(heard)].argmax())
    return lag / 8, product[lag] / (np.linalg.norm(sent) * np.linalg.norm(heard))


@pytest.mark.slow
def test_audio_goes_to_a_telephone_and_back(phone):
    report = call(phone.uri, Utterance(chirp(), "sweep"))
    assert (report.status, report.codec) == ("answered", "PCMU")
    delay, likeness = echo_delay_ms(report)
    assert likeness > 0.5
    assert 40 <= delay < 500
    printed = phone.expect("terminated (duration")
    assert "re-INVITE" not in printed


@pytest.mark.slow
def test_echo_of_the_callers_own_voice_is_no_greeting(phone):
    assert call(phone.uri, Utterance(chirp(), "sweep")).greeting_ms is None


@pytest.mark.slow
def test_telephone_hears_the_keys_in_order(phone):
    call(phone.uri, Keys("150#"))
    printed = phone.expect("event: '#' (end=1)")
    events = [line for line in printed.splitlines() if "(end=1)" in line]
    assert [line.partition("'")[2][0] for line in events] == ["1", "5", "0", "#"]


@pytest.mark.slow
def test_srtp_carries_the_audio(secure_phone):
    report = call(secure_phone.uri, Utterance(chirp(), "sweep"), settings=CallerSettings(srtp=True))
    assert report.status == "answered"
    assert echo_delay_ms(report)[1] > 0.5
    secure_phone.expect("SRTP is Enabled")


@pytest.mark.slow
def test_telephone_that_demands_srtp_refuses_a_plain_call(secure_phone):
    report = call(secure_phone.uri, Utterance(chirp(), "sweep"))
    assert report.status == "refused"
    assert report.sip_code in (488, 606)


@pytest.mark.slow
def test_call_over_tcp_carries_audio(phone):
    report = call(phone.uri, Utterance(chirp(), "sweep"), settings=CallerSettings(transport="tcp"))
    assert report.status == "answered"
    assert echo_delay_ms(report)[1] > 0.5
    assert "via TCP" in phone.expect("terminated (duration")


@pytest.mark.slow
def test_tcp_port_that_nobody_listens_on_is_told_at_once():
    report = call(f"sip:127.0.0.1:{free_port()}", settings=CallerSettings(transport="tcp"))
    assert report.status == "failed"
    assert "cannot be reached" in report.problem


@pytest.mark.slow
def test_transfer_is_followed_and_the_conversation_goes_on_there(tmp_path):
    peer = subprocess.Popen([sys.executable, caller_peer.__file__], stdout=subprocess.PIPE, text=True)
    target = f"sip:talk@127.0.0.1:{int(peer.stdout.readline())}"
    port, media = free_port(), free_port()
    scenario = Path(__file__).with_name("caller_refer.xml")
    program = f"sipp -key refer_to {target} -i 127.0.0.1 -p {port} -mp {media} -m 1 -nostdin -timeout 20s"
    sipp = subprocess.Popen(
        [*program.split(), "-sf", str(scenario)],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
    )
    try:
        time.sleep(0.5)
        told = []
        voice = Utterance(chirp(), "who is there")
        with Caller(CallerSettings()) as caller:
            script = CallScript(f"sip:sipp@127.0.0.1:{port}", (voice,))
            report = caller.run([script], observer=told.append)[0]
        assert sipp.wait(15) == 0, "SIPp did not see the transfer to its end"
    finally:
        for process in (sipp, peer):
            process.kill()
            process.communicate()
    assert Transferred(target) in told
    assert report.ok, report.problem
    assert report.transferred_to == target
    assert report.turns[0].answered
    assert report.ended_by == EndedBy.CALLER


@pytest.mark.slow
def test_declining_a_transfer_the_caller_hears_whom_the_node_connects_him_with(phone, start_node: StartNode):
    node = start_node(f"human={phone.uri}")
    steps = (Keys("0", barge_in_after=0.2), Pause(1.0), Utterance(chirp(), "is anybody there"))
    with Caller(CallerSettings()) as caller:
        report = caller.run([CallScript(node.uri, steps, follow=False, stay=True)])[0]
    assert report.transferred_to == phone.uri
    delay, likeness = echo_delay_ms(report)
    assert likeness > 0.2
    assert 20 < delay < 1000
    phone.expect("Call established")
    (call,) = node.wait_for_calls(1)
    assert call.ended_by == EndedBy.CALLER
