"""A far end with known timing for the caller's tests: SIP and RTP from the standard library, no PJSIP.

Run as a program: it prints its SIP port, then a line for each digit pressed (`digit 5`) and each BYE.
It sends one RTP packet for each one received, so its delays are counts of 20 ms of the caller's own clock.
The URI's user says how it behaves: talk, busy, silent, mute, hangup, echo.
"""

import re
import socket
import struct
import sys
import threading

import numpy as np

GREETING_AFTER, GREETING_LENGTH = 5, 50  # packets
REPLY_AFTER, REPLY_LENGTH = 10, 20
STOP_AFTER = 4  # packets of the caller's voice that end a prompt
QUIET = 5  # packets of silence that end an utterance


def ulaw(samples):
    """G.711 mu-law."""
    biased = np.minimum(np.abs(samples.astype(np.int32)), 32635) + 132
    exponent = np.floor(np.log2(biased)).astype(int) - 7
    mantissa = (biased >> (exponent + 3)) & 15
    return (~(np.where(samples < 0, 128, 0) | (exponent << 4) | mantissa) & 255).astype(np.uint8)


def linear(coded):
    inverted = ~coded & 255
    magnitude = (((inverted & 15) << 3) + 132 << ((inverted >> 4) & 7)) - 132
    return np.where(inverted & 128, -magnitude, magnitude)


TONE = ulaw((8000 * np.sin(2 * np.pi * 400 * np.arange(160) / 8000)).astype(np.int16)).tobytes()
SILENCE = ulaw(np.zeros(160, dtype=np.int16)).tobytes()


class Media(threading.Thread):
    """One call's RTP. `behaviour` as above."""

    def __init__(self, behaviour, on_reply_sent):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.behaviour = behaviour
        self.on_reply_sent = on_reply_sent
        self.playing = range(GREETING_AFTER, GREETING_AFTER + GREETING_LENGTH)
        self.count = self.voiced = self.quiet = 0
        self.last_event = None

    def run(self):
        while True:
            packet, peer = self.socket.recvfrom(2048)
            payload_type, timestamp = packet[1] & 127, packet[4:8]
            if payload_type not in (0, 101, 96, 97, 98, 99, 100, 120, 121):
                continue
            event = payload_type != 0
            if event and timestamp != self.last_event:
                self.last_event = timestamp
                print("digit", "0123456789*#"[packet[12]], flush=True)
            self.socket.sendto(self.answer(packet, event), peer) if self.behaviour != "silent" else None

    def answer(self, packet, event):
        heard = linear(np.frombuffer(packet[12:], np.uint8).astype(np.int64))
        loud = event or bool(np.sqrt(np.mean(heard**2)) > 1500)
        self.listen(loud)
        payload = TONE if self.count in self.playing else SILENCE
        if self.behaviour == "echo" and not event:
            payload = packet[12:]
        header = struct.pack("!BBHII", 0x80, 0, self.count & 0xFFFF, self.count * 160, 77)
        if self.count == self.playing.stop and self.playing.start > GREETING_AFTER:
            self.on_reply_sent()
        self.count += 1
        return header + payload

    def listen(self, loud):
        if loud:
            self.voiced, self.quiet = self.voiced + 1, 0
            if self.voiced == STOP_AFTER and self.count in self.playing:
                self.playing = range(0)
        elif self.voiced:
            self.quiet += 1
            if self.quiet == QUIET and self.behaviour != "mute":
                start = self.count + REPLY_AFTER - QUIET
                self.playing = range(start, start + REPLY_LENGTH)
            if self.quiet == QUIET:
                self.voiced = 0


def header(message, name):
    return re.search(rf"^{name}: *(.*?)\r$", message, re.I | re.M)[1]


class Sip:
    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.calls = {}

    def serve(self):
        while True:
            data, peer = self.socket.recvfrom(65535)
            message = data.decode()
            method = message.split(" ", 1)[0]
            if method == "INVITE":
                self.invite(message, peer)
            elif method in ("BYE", "CANCEL"):
                print(method.lower(), flush=True)
                self.respond(message, peer, "200 OK")

    def respond(self, request, peer, status, body=""):
        lines = [f"SIP/2.0 {status}"]
        lines += [f"Via: {via}" for via in re.findall(r"^Via: *(.*?)\r$", request, re.I | re.M)]
        lines += [f"{name}: {header(request, name)}" for name in ("From", "Call-ID", "CSeq")]
        lines += [f"To: {header(request, 'To').partition(';tag')[0]};tag=peer"]
        lines += [f"Contact: <sip:peer@127.0.0.1:{self.port}>", f"Content-Length: {len(body)}"]
        if body:
            lines.append("Content-Type: application/sdp")
        self.socket.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), peer)

    def invite(self, message, peer):
        behaviour = re.match(r"INVITE sip:(\w+)@", message)[1]
        if behaviour == "busy":
            self.respond(message, peer, "486 Busy Here")
            return
        call_id = header(message, "Call-ID")
        if call_id not in self.calls:
            hang_up = (lambda: self.bye(message, peer)) if behaviour == "hangup" else (lambda: None)
            self.calls[call_id] = Media(behaviour, hang_up)
            self.calls[call_id].start()
        event = re.search(r"a=rtpmap:(\d+) telephone-event/8000", message)[1]
        sdp = (
            f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {self.calls[call_id].port} RTP/AVP 0 {event}\r\na=rtpmap:0 PCMU/8000\r\n"
            f"a=rtpmap:{event} telephone-event/8000\r\n"
        )
        self.respond(message, peer, "200 OK", sdp)

    def bye(self, invite, peer):
        contact = re.search(r"<(.*?)>", header(invite, "Contact"))[1]
        lines = (
            f"BYE {contact} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK-bye",
            f"From: {header(invite, 'To')};tag=peer",
            f"To: {header(invite, 'From')}",
            f"Call-ID: {header(invite, 'Call-ID')}",
            "CSeq: 1 BYE",
            "Max-Forwards: 70",
            "Content-Length: 0",
        )
        self.socket.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), peer)


if __name__ == "__main__":
    sip = Sip()
    print(sip.port, flush=True)
    sys.exit(sip.serve())
