"""SIP by hand, over UDP from the standard library: for messages that no phone sends."""

import re
import socket
import struct
import time
import uuid
from dataclasses import dataclass, field

import numpy as np
from g711 import encode_ulaw

PACKET = 160
"""Samples of 20 ms."""
SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
    "m=audio {rtp} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
)


@dataclass
class Phone:
    """One UAC at `address`, calling `port` of 127.0.0.1; one dialog at a time."""

    port: int
    address: str = "127.0.0.1"
    call_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    tag: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    to_tag: str = ""
    cseq: int = 0
    user: str = "phone"
    called: str = "reception"
    contact: str = ""
    """Where it says to be reached; its own address when not given."""
    audio_at: str = "127.0.0.1"
    """The address in its SDP."""
    far_rtp: int = 0
    """Where the far end hears it."""

    def __enter__(self) -> "Phone":
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for made in (self.sip, self.rtp):
            made.bind((self.address, 0))
            made.settimeout(5)
        return self

    def __exit__(self, *_: object) -> None:
        self.sip.close()
        self.rtp.close()

    def invite(self, *headers: str) -> int:
        """Send an INVITE; its final status, acknowledged."""
        self.ring(*headers)
        return int(self.final().split(" ", 2)[1])

    def ring(self, *headers: str) -> None:
        """Send an INVITE."""
        body = SDP.format(rtp=self.rtp.getsockname()[1], address=self.audio_at)
        self.cseq += 1
        self._send("INVITE", body, "Content-Type: application/sdp", *headers)

    def final(self) -> str:
        """The final answer to the INVITE, acknowledged."""
        while True:
            answer = self.receive()
            status = int(answer.split(" ", 2)[1]) if answer.startswith("SIP/2.0") else 0
            if status >= 200:
                self.to_tag = re.findall(r"^To:.*;tag=([^;\r\n]+)", answer, re.M | re.I)[0]
                if audio := re.search(r"^m=audio (\d+)", answer, re.M):
                    self.far_rtp = int(audio[1])
                self._send("ACK")
                return answer

    def ask(self, method: str, *headers: str) -> None:
        """Send a request without a body, in the dialog where there is one."""
        self.cseq += 1
        self._send(method, "", *headers)

    def key(self, key: str) -> None:
        """Press a key, by INFO."""
        self.cseq += 1
        body = f"Signal={key}\r\nDuration=160\r\n"
        self._send("INFO", body, "Content-Type: application/dtmf-relay")

    def bye(self) -> None:
        self.ask("BYE")

    def receive(self) -> str:
        """The next message; TimeoutError after 5 s."""
        return self.sip.recv(65535).decode()

    def hears(self) -> bool:
        """Whether RTP arrives."""
        return len(self.rtp.recv(2048)) > 12

    def say(self, pcm: bytes) -> None:
        """Speak (16-bit PCM, 8,000 samples a second), at the pace of speech."""
        coded = bytes(encode_ulaw(np.frombuffer(pcm, dtype="<i2")))
        began = time.monotonic()
        for number, at in enumerate(range(0, len(coded), PACKET)):
            header = struct.pack("!BBHII", 0x80, 0, number, at, 1)  # RFC 3550, payload type 0
            self.rtp.sendto(header + coded[at : at + PACKET], ("127.0.0.1", self.far_rtp))
            time.sleep(max(0.0, began + (number + 1) * PACKET / 8000 - time.monotonic()))

    def _send(self, method: str, body: str = "", *headers: str) -> None:
        host, own_port = self.sip.getsockname()
        branch = "z9hG4bK" + (f"{self.call_id}{self.cseq}" if method != "ACK" else uuid.uuid4().hex)
        to_tag = f";tag={self.to_tag}" if self.to_tag else ""
        lines = [
            f"{method} sip:reception@127.0.0.1:{self.port} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{own_port};rport;branch={branch}",
            "Max-Forwards: 70",
            f"From: <sip:{self.user}@{host}>;tag={self.tag}",
            f"To: <sip:{self.called}@127.0.0.1>{to_tag}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.cseq} {method}",
            f"Contact: <sip:phone@{self.contact or f'{host}:{own_port}'}>",
            *headers,
            f"Content-Length: {len(body)}",
        ]
        self.sip.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), ("127.0.0.1", self.port))
