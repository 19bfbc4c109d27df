"""Far ends that are called: a UDP user agent that answers each number as a test has said. No PJSIP.

`with Callees() as far: far.numbers["+442079460001"] = Callee(status=486)`; every call is kept in `far.calls`.
"""

import contextlib
import re
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field

import numpy as np
from far_end import header
from g711 import decode_ulaw, encode_ulaw
from sipp import LOUD

SDP = (
    "v=0\r\no=far 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\na=sendrecv\r\n"
)
SILENCE = encode_ulaw(np.zeros(160)).tobytes()


@dataclass(frozen=True)
class Callee:
    """`status` of the final answer; 0 for none at all, 180 for ringing without end. What answers `says` this
    (PCM at 8 kHz) after `pause` seconds; `early` is heard before the answer, with 183.
    """

    status: int = 200
    ring_s: float = 0.0
    says: bytes = b""
    pause: float = 0.3
    early: bytes = b""
    headers: tuple[str, ...] = ()


@dataclass
class Taken:
    """One call that came."""

    number: str
    invite: str
    peer: tuple[str, int]
    at: float = field(default_factory=time.monotonic)
    tag: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    answered_at: float = 0.0
    said_at: float = 0.0
    """When the last of what it says was sent."""
    loud_at: list[float] = field(default_factory=list)
    """When something to hear came."""
    ended: str = ""
    """BYE or CANCEL, once there was one."""
    over: threading.Event = field(default_factory=threading.Event)


class Callees:
    def __init__(self) -> None:
        self.numbers: dict[str, Callee] = {}
        self.calls: list[Taken] = []
        self.other: list[str] = []
        self._sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sip.bind(("127.0.0.1", 0))
        self._sip.settimeout(0.1)
        self.port = int(self._sip.getsockname()[1])
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._serve)]

    def __enter__(self) -> "Callees":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for call in self.calls:
            call.over.set()
        for thread in self._threads:
            thread.join()
        self._sip.close()

    def calls_to(self, number: str) -> list[Taken]:
        return [call for call in self.calls if call.number == number]

    def _serve(self) -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(TimeoutError):
                data, peer = self._sip.recvfrom(65535)
                self._take(data.decode(), peer)

    def _take(self, message: str, peer: tuple[str, int]) -> None:
        method = message.split(" ", 1)[0]
        known = [call for call in self.calls if header(call.invite, "Call-ID") == header(message, "Call-ID")]
        if method == "INVITE" and not known:
            number = re.findall(r"sip:([^@;>]+)@", header(message, "To"))[0]
            call = Taken(number, message, peer)
            self.calls.append(call)
            thread = threading.Thread(target=self._play, args=(call, self.numbers.get(number, Callee(404))))
            self._threads.append(thread)
            thread.start()
        elif method in ("BYE", "CANCEL") and known:
            known[0].ended = known[0].ended or method
            self._reply(known[0], message, 200)
            if method == "CANCEL":
                self._reply(known[0], known[0].invite, 487)
            known[0].over.set()
        elif method == "OPTIONS":
            self._reply(Taken("", message, peer), message, 200)
        elif method not in ("ACK", "INVITE"):
            self.other.append(message)

    def _play(self, call: Taken, callee: Callee) -> None:
        if callee.status == 0:
            return
        with contextlib.closing(Sound(call)) as sound:
            self._reply(call, call.invite, 100)
            if callee.early:
                self._reply(call, call.invite, 183, sdp=sound.description)
                sound.send(callee.early)
            elif callee.ring_s or callee.status == 180:
                self._reply(call, call.invite, 180)
            if call.over.wait(callee.ring_s) or callee.status == 180:
                call.over.wait()
                return
            if callee.status != 200:
                self._reply(call, call.invite, callee.status, *callee.headers)
                return
            call.answered_at = time.monotonic()
            self._reply(call, call.invite, 200, sdp=sound.description)
            sound.send(bytes(round(callee.pause * 50) * 320) + callee.says)
            call.said_at = time.monotonic()
            while not call.over.is_set():
                sound.send(bytes(3200))

    def _reply(self, call: Taken, request: str, status: int, *headers: str, sdp: str = "") -> None:
        vias = [f"Via: {via}" for via in re.findall(r"^Via:\s*(.*?)\r?$", request, re.M | re.I)]
        to = header(request, "To")
        tag = "" if ";tag=" in to or status == 100 else f";tag={call.tag}"
        lines = [
            f"SIP/2.0 {status} {'OK' if status == 200 else 'So'}",
            *vias,
            f"From: {header(request, 'From')}",
            f"To: {to}{tag}",
            f"Call-ID: {header(request, 'Call-ID')}",
            f"CSeq: {header(request, 'CSeq')}",
            f"Contact: <sip:far@127.0.0.1:{self.port}>",
            *headers,
            *(["Content-Type: application/sdp"] if sdp else []),
            f"Content-Length: {len(sdp)}",
        ]
        self._sip.sendto(("\r\n".join(lines) + "\r\n\r\n" + sdp).encode(), call.peer)


class Sound:
    """PCMU both ways: sends in real time, and notes when something loud comes."""

    def __init__(self, call: Taken) -> None:
        self._call = call
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        found = re.search(r"^m=audio (\d+)", call.invite, re.M)
        self._peer = ("127.0.0.1", int(found[1]) if found else 9)
        self.description = SDP.format(port=self._socket.getsockname()[1])
        self._sequence = 0
        self._due = 0.0

    def send(self, pcm: bytes) -> None:
        """Blocks for as long as it lasts, or until the call is over."""
        samples = np.frombuffer(pcm, "<i2").astype(float)
        self._due = max(self._due, time.monotonic() - 0.1)
        for at in range(0, len(samples) - 159, 160):
            if self._call.over.is_set():
                return
            packet = bytes([128, 0]) + (self._sequence & 0xFFFF).to_bytes(2, "big")
            packet += (self._sequence * 160).to_bytes(4, "big") + b"ssrc"
            self._socket.sendto(packet + encode_ulaw(samples[at : at + 160]).tobytes(), self._peer)
            self._sequence += 1
            self._due += 0.02
            time.sleep(max(0.0, self._due - time.monotonic()))
            self._receive()

    def _receive(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                packet = self._socket.recv(2048)
                samples = decode_ulaw(np.frombuffer(packet[12:], np.uint8)).astype(float)
                if packet[1] & 127 == 0 and np.sqrt(np.mean(samples**2)) > LOUD:
                    self._call.loud_at.append(time.monotonic())

    def close(self) -> None:
        self._socket.close()
