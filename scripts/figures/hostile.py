"""What nobody should send: SIP messages and SDP bodies with damage done to them.

They are the same for the same seed, so that what breaks something can be sent again.
"""

import random
import socket
import time
from collections.abc import Iterable, Iterator

SDP = (
    "v=0\r\no=- 3 3 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=audio 40000 RTP/AVP 0 8 9 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\na=rtcp:40001 IN IP4 127.0.0.1\r\n"
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"
    "m=video 40002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
)
BODIES = {
    "INVITE": ("application/sdp", SDP),
    "UPDATE": ("application/sdp", SDP),
    "PRACK": ("application/sdp", SDP),
}
METHODS = (
    *("INVITE", "INVITE", "INVITE", "OPTIONS", "REGISTER", "BYE", "CANCEL", "ACK", "UPDATE", "PRACK"),
    *("REFER", "NOTIFY", "SUBSCRIBE", "INFO", "MESSAGE", "PUBLISH"),
)
EXTRA = (
    *("Require: 100rel", "Supported: replaces, timer, 100rel", "Session-Expires: 1800;refresher=uac"),
    *("Min-SE: 90", "Refer-To: <sip:a@127.0.0.1?Replaces=x%3Bto-tag%3D1>", "Replaces: x;to-tag=1;from-tag=2"),
    *("Diversion: <sip:b@127.0.0.1>;reason=unconditional", "P-Asserted-Identity: <sip:+49301@127.0.0.1>"),
    *("Privacy: id;header", "Record-Route: <sip:127.0.0.1:9;lr>", "Route: <sip:127.0.0.1:9;lr>"),
    *("Event: refer;id=1", "Subscription-State: terminated;reason=noresource", "RAck: 1 1 INVITE"),
    *('Authorization: Digest username="a", realm="b", nonce="c", uri="sip:d", response="e"', "Expires: 60"),
    *(
        "Accept: application/sdp, */*;q=0.1",
        "Content-Disposition: session;handling=required",
        "User-Agent: x",
    ),
)
AWKWARD = (
    *(
        b"\0",
        b"\r\n",
        b"\n\n",
        b"\r\n\r\n",
        b"%00",
        b"%s%n",
        b"\xff\xfe",
        b";" * 40,
        b"," * 40,
        b'"',
        b"<",
        b">",
    ),
    *(
        b"-1",
        b"0",
        b"65536",
        b"4294967296",
        b"99999999999999999999",
        b"a" * 300,
        b"[::1]",
        b"[::",
        b"=",
        b"@",
    ),
    *(
        b":" * 9,
        b"(" * 30,
        b"\\",
        b" " * 60,
        b"\t",
        b"sip:" * 12,
        b"SIP/2.0",
        b"m=audio 1 RTP/AVP 0\r\n" * 20,
    ),
)


def message(dice: random.Random) -> bytes:
    """One sound message out of a dialog: a request of any method, or now and then a response."""
    method, key = dice.choice(METHODS), f"{dice.getrandbits(64):016x}"
    kind, body = BODIES.get(method, ("", ""))
    first = f"{method} sip:reception@127.0.0.1 SIP/2.0"
    if dice.random() < 0.06:
        first = f"SIP/2.0 {dice.choice((100, 180, 200, 302, 401, 486, 503))} Said"
    lines = [
        first,
        f"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{key}",
        f"From: <sip:fuzz@127.0.0.1>;tag={key[:8]}",
        "To: <sip:reception@127.0.0.1>" + (";tag=nobody" if dice.random() < 0.2 else ""),
        f"Call-ID: {key}",
        f"CSeq: {dice.randrange(1, 1 << 31)} {method}",
        "Contact: <sip:fuzz@127.0.0.1:9>",
        "Max-Forwards: 70",
        *dice.sample(EXTRA, dice.randrange(4)),
        *([f"Content-Type: {kind}"] if kind else []),
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def mutated(data: bytes, dice: random.Random) -> bytes:
    """The message with one to six things done to it; at most what fits in a datagram."""
    damaged = bytearray(data)
    for _ in range(dice.randrange(1, 7)):
        dice.choice(_MUTATIONS)(damaged, dice)
    return bytes(damaged[:60_000])


def _flip(data: bytearray, dice: random.Random) -> None:
    if data:
        data[dice.randrange(len(data))] = dice.randrange(256)


def _insert(data: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(data) + 1)
    data[at:at] = dice.choice(AWKWARD)


def _replace(data: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(data) + 1)
    data[at : at + dice.randrange(1, 12)] = dice.choice(AWKWARD)


def _cut_out(data: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(data) + 1)
    del data[at : at + dice.randrange(1, 60)]


def _cut_off(data: bytearray, dice: random.Random) -> None:
    if dice.random() < 0.3:
        del data[dice.randrange(len(data) + 1) :]


def _lines(data: bytearray, dice: random.Random) -> None:
    """A line is doubled, lost, moved or joined to its neighbour."""
    lines = bytes(data).split(b"\r\n")
    at = dice.randrange(len(lines))
    match dice.randrange(4):
        case 0:
            lines[at:at] = [lines[at]] * dice.randrange(1, 30)
        case 1:
            del lines[at]
        case 2:
            lines.insert(dice.randrange(len(lines)), lines.pop(at))
        case _:
            lines[at : at + 2] = [b" ".join(lines[at : at + 2])]
    data[:] = b"\r\n".join(lines)


_MUTATIONS = (_flip, _flip, _insert, _replace, _cut_out, _cut_off, _lines)


def mutations(count: int, seed: int = 4475) -> Iterator[bytes]:
    """`count` mutated messages, always the same ones for a seed."""
    dice = random.Random(seed)
    return (mutated(message(dice), dice) for _ in range(count))


def send(messages: Iterable[bytes], port: int, per_second: float, source: str = "127.0.0.1") -> int:
    """Send them to 127.0.0.1 at an even pace; how many there were. Answers are taken and thrown away."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((source, 0))
        sender.setblocking(False)
        began, sent = time.monotonic(), 0
        for data in messages:
            sender.sendto(data, ("127.0.0.1", port))
            sent += 1
            _take_answers(sender)
            ahead = sent / per_second - (time.monotonic() - began)
            if ahead > 0.002:
                time.sleep(ahead)
        return sent


def _take_answers(sender: socket.socket) -> None:
    try:
        while True:
            sender.recv(65536)
    except BlockingIOError:
        return
