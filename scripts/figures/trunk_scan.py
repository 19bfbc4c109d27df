"""A scan beside calls: strangers who ask 200 times a second, and callers who must not notice."""

import contextlib
import itertools
import random
import socket
import time
from collections.abc import Iterator, Sequence

from figures.beside import Beside
from figures.call_media import line_noise, pacing_p99
from figures.figure import Measurement, Spec, Workshop
from figures.node import Node, wait_for
from figures.sipp import Crowd

CALLS = 50
SETUP_RATE = 25.0
WINDOW_S = 30.0
PER_SECOND = 200
STRANGERS = tuple(f"127.0.1.{number}" for number in range(1, 101))
"""Each is banned sooner or later; a hundred of them keep the node busy with refusing too."""
METHODS = ("OPTIONS", "REGISTER", "INVITE", "SUBSCRIBE", "MESSAGE", "BYE", "ACK", "FOO")
AGENTS = ("friendly-scanner", "sipcli/v1.8", "Zoiper", "pplsip", "Asterisk PBX")


class Scan(Beside):
    """Sends from many addresses at an even pace until it is left; answers are not read."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._to = ("127.0.0.1", port)
        self.sent = 0

    def run(self) -> None:
        with contextlib.ExitStack() as kept:
            self._send([kept.enter_context(_bound(address)) for address in STRANGERS])

    def _send(self, sockets: Sequence[socket.socket]) -> None:
        began = time.monotonic()
        for made, message in zip(itertools.cycle(sockets), self._messages(), strict=False):
            made.sendto(message, self._to)
            self.sent += 1
            if self.over.wait(max(0.0, began + self.sent / PER_SECOND - time.monotonic())):
                return

    def _messages(self) -> Iterator[bytes]:
        """Mostly requests for numbers that may be there; one in twenty is no SIP at all."""
        chance = random.Random(5)
        for number in itertools.count(100):
            if number % 20 == 0:
                yield chance.randbytes(400)
                continue
            method, port = METHODS[number % len(METHODS)], self._to[1]
            lines = (
                f"{method} sip:{number}@127.0.0.1:{port} SIP/2.0",
                f"Via: SIP/2.0/UDP 127.0.1.1:5060;branch=z9hG4bK{chance.getrandbits(64):x};rport",
                f'From: "{number}" <sip:{number}@127.0.0.1>;tag={chance.getrandbits(32):x}',
                f"To: <sip:{number}@127.0.0.1>",
                f"Call-ID: {chance.getrandbits(64):x}",
                f"CSeq: 1 {method}",
                f"Contact: <sip:{number}@127.0.1.1>",
                f"User-Agent: {AGENTS[number % len(AGENTS)]}",
                "Max-Forwards: 70",
                "Content-Length: 0",
            )
            yield ("\r\n".join(lines) + "\r\n\r\n").encode()


def _bound(address: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, 0))
    return made


def scan(workshop: Workshop) -> Sequence[float]:
    """p99 of frame intervals in ms while the scan goes on, and the calls that failed or were cut."""
    with Node(workshop, "announcement", f"media.max_calls={CALLS}", "sip.allow=127.0.0.1/32") as node:
        seconds = CALLS / SETUP_RATE + WINDOW_S + 10
        crowd = Crowd(workshop, node, calls=CALLS, rate=SETUP_RATE, seconds=seconds, scenario="talk")
        (crowd.folder / "noise.ul").write_bytes(line_noise(8000 * 10))
        crowd.start()
        try:
            wait_for(lambda: node.calls_up() == CALLS, f"{CALLS} calls are up", 30, every=0.5)
            with Scan(node.sip_port) as scanning:
                before = node.metrics()
                time.sleep(WINDOW_S)
                after = node.metrics()
            workshop.tell(f"{scanning.sent} messages of {len(STRANGERS)} strangers in {WINDOW_S:g} s")
            outcome = crowd.wait()
        finally:
            crowd.stop()
    return 1000 * pacing_p99(before, after), CALLS - outcome.succeeded


SCAN = Measurement(
    f"a scan of {PER_SECOND} messages/s beside {CALLS} calls with audio",
    (
        Spec(f"frame pacing p99, {CALLS} calls beside a scan", "ms", at_most=22),
        Spec("calls dropped beside a scan", "calls", at_most=0),
    ),
    scan,
)
