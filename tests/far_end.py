"""The far end of a call, by hand over UDP: a test decides every request, every answer and their times."""

import re
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field

import numpy as np
from g711 import decode_ulaw, encode_ulaw
from sipp import LOUD

SDP = (
    "v=0\r\no=far 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP {formats}\r\na=rtpmap:0 PCMU/8000\r\n{events}a={direction}\r\n"
)
KEYS = "0123456789*#ABCD"
"""By their numbers in RFC 4733 section 3.2."""
EVENTS = "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"


def header(message: str, name: str) -> str:
    """The first field of that name; "" when there is none."""
    found = re.search(rf"^{name}\s*:\s*(.*?)\r?$", message, re.M | re.I)
    return found[1] if found else ""


def _record_routes(message: str) -> list[str]:
    fields = re.findall(r"^Record-Route:\s*(.*?)\r?$", message, re.M | re.I)
    return [route.strip() for field in fields for route in field.split(",")]


@dataclass
class FarEnd:
    """`with FarEnd() as far:`; one dialog, that of the INVITE which it gets (`next`) or sends (`dial`)."""

    received: list[str] = field(default_factory=list)
    tag: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    call_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    local: str = ""
    """From or To of this end in requests, with its tag."""
    remote: str = ""
    target: str = ""
    routes: list[str] = field(default_factory=list)

    def __enter__(self) -> "FarEnd":
        self._sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sip.bind(("127.0.0.1", 0))
        self._sip.settimeout(5)
        self.port = int(self._sip.getsockname()[1])
        self.sound = Sound()
        self._peer = ("", 0)
        self._version = 0
        self._cseq = 100
        self._invite_branch = ""
        return self

    def __exit__(self, *_: object) -> None:
        self.sound.close()
        self._sip.close()

    def next(self, start: str, seconds: float = 5.0) -> str:
        """The next message that begins so ("INVITE", "SIP/2.0 200"); what comes before it is kept aside."""
        deadline = time.monotonic() + seconds
        while True:
            self._sip.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data, self._peer = self._sip.recvfrom(65535)
            except TimeoutError:
                got = [message.split("\r\n")[0] for message in self.received]
                raise AssertionError(f"no {start} in {seconds:g} s; there were {got}") from None
            message = data.decode()
            if message.startswith("INVITE") and not self.remote:
                self._join(message)
            if message.startswith(start):
                return message
            self.received.append(message)

    def _join(self, invite: str) -> None:
        self.local, self.remote = f"{header(invite, 'To')};tag={self.tag}", header(invite, "From")
        self.call_id = header(invite, "Call-ID")
        self.target = re.findall(r"<([^>]+)>", header(invite, "Contact"))[0]
        self.routes = _record_routes(invite)

    def dial(self, port: int, *headers: str, sdp: str = "", via: int = 0) -> None:
        """Call the gateway that listens at `port`, through a proxy at port `via` if given."""
        self._peer = ("127.0.0.1", via or port)
        self.local = f"<sip:+49301@127.0.0.1:{self.port}>;tag={self.tag}"
        self.remote = f"<sip:reception@127.0.0.1:{port}>"
        self.target = f"sip:reception@127.0.0.1:{port}"
        self.request("INVITE", *headers, sdp=sdp)

    def take(self, answer: str) -> None:
        """The dialog is what this answer to our INVITE says; acknowledged when it is final."""
        self.remote = header(answer, "To")
        if contact := re.findall(r"<([^>]+)>", header(answer, "Contact")):
            self.target = contact[0]
        self.routes = self.routes or _record_routes(answer)[::-1]
        if not answer.startswith("SIP/2.0 1"):
            self.request("ACK", cseq=int(header(answer, "CSeq").split()[0]))

    def take_offer(self, answer: str) -> None:
        """A 200 with the other side's offer: ours is the answer in the ACK (RFC 3261 section 13.2.1)."""
        assert "m=audio" in answer
        self.remote = header(answer, "To")
        self.target = re.findall(r"<([^>]+)>", header(answer, "Contact"))[0]
        self.request("ACK", sdp=self.description(), cseq=int(header(answer, "CSeq").split()[0]))

    def answered(self, seconds: float = 5.0) -> str:
        """Wait for the 200 to our INVITE, and acknowledge it."""
        answer = self.next("SIP/2.0 200", seconds)
        assert header(answer, "CSeq").endswith("INVITE")
        self.take(answer)
        return answer

    def reply(self, request: str, status: int, *headers: str, sdp: str = "") -> None:
        """`sdp` as `description` gives it."""
        vias = [f"Via: {via}" for via in re.findall(r"^Via:\s*(.*?)\r?$", request, re.M | re.I)]
        to = header(request, "To")
        tag = "" if ";tag=" in to or status == 100 else f";tag={self.tag}"
        lines = [
            f"SIP/2.0 {status} {'OK' if status == 200 else 'So'}",
            *vias,
            f"From: {header(request, 'From')}",
            f"To: {to}{tag}",
            f"Call-ID: {header(request, 'Call-ID')}",
            f"CSeq: {header(request, 'CSeq')}",
            *[f"Record-Route: {route}" for route in _record_routes(request)],
            f"Contact: <sip:far@127.0.0.1:{self.port}>",
            *headers,
        ]
        self._send(lines, sdp)

    def request(self, method: str, *headers: str, sdp: str = "", body: str = "", cseq: int = 0) -> None:
        """Within the dialog (or the INVITE that makes it)."""
        if not cseq:
            self._cseq += 1
        branch = self._invite_branch if method == "CANCEL" else uuid.uuid4().hex
        if method == "INVITE":
            self._invite_branch = branch
        lines = [
            f"{method} {self.target} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};rport;branch=z9hG4bK{branch}",
            "Max-Forwards: 70",
            *[f"Route: {route}" for route in self.routes],
            f"From: {self.local}",
            f"To: {self.remote}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {cseq or self._cseq} {method}",
            f"Contact: <sip:far@127.0.0.1:{self.port}>",
            *headers,
        ]
        self._send(lines, sdp, body)

    @property
    def dialog(self) -> str:
        """As Replaces names it, for whoever is to take this end's place (RFC 3891)."""
        ours, theirs = (re.findall(r";tag=([^;>\s]+)", value)[0] for value in (self.local, self.remote))
        return f"{self.call_id};to-tag={theirs};from-tag={ours}"

    def description(
        self, direction: str = "sendrecv", events: bool = True, address: str = "127.0.0.1", port: int = 0
    ) -> str:
        """An SDP with PCMU at this end's port, a new version each time."""
        self._version += 1
        return SDP.format(
            version=self._version,
            address=address,
            port=port or self.sound.port,
            formats="0 101" if events else "0",
            events=EVENTS if events else "",
            direction=direction,
        )

    def _send(self, lines: list[str], sdp: str, body: str = "") -> None:
        kind = ["Content-Type: application/sdp"] if sdp else []
        text = "\r\n".join([*lines, *kind, f"Content-Length: {len(sdp or body)}"])
        self._sip.sendto(f"{text}\r\n\r\n{sdp or body}".encode(), self._peer)


class Sound:
    """PCMU both ways on a port of its own: keeps what comes, sends what it is given in real time."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port = int(self._socket.getsockname()[1])
        self.heard: list[np.ndarray] = []
        self.payload_types: list[int] = []
        self.events = ""
        """Keys that came as telephone-events (RFC 4733)."""
        self._event_at = b""
        self._sequence = 0
        self._peer: tuple[str, int] | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._receive)
        self._thread.start()

    @property
    def loud(self) -> int:
        """Packets with something to hear."""
        return sum(bool(np.sqrt(np.mean(samples**2)) > LOUD) for samples in self.heard)

    def reach(self, sdp: str) -> None:
        """Send to the port that this description has, though nothing came from there yet."""
        self._peer = ("127.0.0.1", int(re.findall(r"m=audio (\d+) ", sdp)[0]))

    def skip(self, packets: int) -> None:
        """So many packets are lost on their way."""
        self._sequence += packets

    def press(self, key: str, payload_type: int) -> None:
        """One key as telephone-events: 60 ms, the end three times."""
        assert self._peer
        stamp = (self._sequence * 160).to_bytes(4, "big")
        for at, over in enumerate((0, 0, 0, 1, 1, 1)):
            duration = 160 * min(at + 1, 4)
            event = bytes([KEYS.index(key), 10 | over << 7]) + duration.to_bytes(2, "big")
            first = 128 if at == 0 else 0
            head = bytes([128, payload_type | first]) + self._sequence.to_bytes(2, "big") + stamp + b"ssrc"
            self._socket.sendto(head + event, self._peer)
            self._sequence += 1
            time.sleep(0.02)

    def send(self, pcm: np.ndarray, payload_type: int = 0) -> None:
        """Blocks for as long as it lasts. The other side must have sent something, or see `reach`."""
        assert self._peer, "nothing came yet, so it is not known where to send to"
        for at in range(0, len(pcm) - 159, 160):
            packet = bytes([128, payload_type]) + self._sequence.to_bytes(2, "big")
            packet += (self._sequence * 160).to_bytes(4, "big") + b"ssrc"
            self._socket.sendto(packet + encode_ulaw(pcm[at : at + 160]).tobytes(), self._peer)
            self._sequence += 1
            time.sleep(0.02)

    def _receive(self) -> None:
        while not self._stopped.is_set():
            try:
                packet, self._peer = self._socket.recvfrom(2048)
            except TimeoutError:
                continue
            self.payload_types.append(packet[1] & 127)
            if packet[1] & 127 > 95 and len(packet) == 16 and packet[4:8] != self._event_at:
                self._event_at = packet[4:8]
                self.events += KEYS[packet[12]]
            if packet[1] & 127 == 0:
                self.heard.append(decode_ulaw(np.frombuffer(packet[12:], np.uint8)).astype(float))

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._socket.close()


def tone(hertz: float, seconds: float, level: float = 8000.0) -> np.ndarray:
    """16-bit samples at 8 kHz."""
    return level * np.sin(2 * np.pi * hertz * np.arange(round(8000 * seconds)) / 8000)
