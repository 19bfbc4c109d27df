"""What no well-behaved phone sends. Whatever comes, the node answers rightly or not at all, and lives."""

import contextlib
import random
import re
import socket
import time
import uuid

import pytest
from conftest import StartNode
from node import Node
from sipp import Sipp

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
)
ANSWER_S = 1.0
SMALL = "media.max_calls=5"


def invite(port: int, *without: str, body: str = SDP, **changed: str) -> str:
    """An INVITE without some headers, with others changed (Content_Length stands for Content-Length)."""
    call_id = uuid.uuid4().hex
    headers = {
        "Via": f"SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{call_id}",
        "From": f"<sip:tester@127.0.0.1:{port}>;tag={call_id[:8]}",
        "To": "<sip:reception@127.0.0.1>",
        "Call-ID": call_id,
        "CSeq": "1 INVITE",
        "Contact": f"<sip:tester@127.0.0.1:{port}>",
        "Max-Forwards": "70",
        "Content-Type": "application/sdp",
        "Content-Length": str(len(body)),
    } | {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [f"{name}: {value}" for name, value in headers.items() if name not in without]
    return "\r\n".join(("INVITE sip:reception@127.0.0.1 SIP/2.0", *lines, "", body))


class Wire:
    """A UDP socket that speaks to the node; `statuses` are what came back for what was sent."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])

    def send(self, message: str | bytes) -> None:
        data = message.encode() if isinstance(message, str) else message
        self._socket.sendto(data, ("127.0.0.1", self._node.sip_port))

    def status(self, message: str | bytes) -> int | None:
        """The final status that the message gets, or None. Whatever was accepted is ended again."""
        self.send(message)
        sent = message.decode(errors="replace") if isinstance(message, bytes) else message
        of_this = re.findall(r"(?:tag=|branch=z9hG4bK|Call-ID: )(\w{8})", sent)[0]
        deadline = time.monotonic() + ANSWER_S
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                answer = self._socket.recv(65536).decode(errors="replace")
            except TimeoutError:
                break
            status = int(answer.split(" ")[1]) if answer.startswith("SIP/2.0 ") else 0
            if status >= 200 and of_this in answer:
                self._acknowledge(answer, status)
                return status
        return None

    def _acknowledge(self, answer: str, status: int) -> None:
        dialog = [line for line in answer.split("\r\n") if re.match("(Via|From|To|Call-ID):", line)]
        for number, method in enumerate(("ACK", "BYE") if status < 300 else ("ACK",), 1):
            lines = [f"{method} sip:reception@127.0.0.1 SIP/2.0", *dialog, f"CSeq: {number} {method}"]
            if method == "BYE":
                lines = [re.sub("branch=[^;]+", "branch=z9hG4bK-bye" + uuid.uuid4().hex, li) for li in lines]
            self.send("\r\n".join((*lines, "Max-Forwards: 70", "Content-Length: 0", "", "")))

    def close(self) -> None:
        self._socket.close()


def assert_takes_calls(node: Node, gateway_pid: int) -> None:
    """The same gateway is alive, nothing is left of what was sent, and a normal call works."""
    assert node.gateway_pid == gateway_pid, f"the gateway died:\n{node.log}"
    Sipp("call", node.sip_port, last_ms=300).wait()
    assert "Traceback" not in node.log


@pytest.mark.slow
def test_wrong_messages_get_the_right_4xx_or_silence_and_the_node_lives(start_node: StartNode):
    node = start_node(SMALL)
    gateway, wire = node.gateway_pid, Wire(node)
    port = wire.port
    got = {
        "SDP that is no SDP": wire.status(invite(port, body="this is not SDP\r\n")),
        "SDP cut short": wire.status(invite(port, body="v=0\r\no=- 1 1 IN\r\n")),
        "no media line": wire.status(invite(port, body=SDP.partition("m=")[0])),
        "a body of another type": wire.status(invite(port, Content_Type="text/plain")),
        "no From": wire.status(invite(port, "From")),
        "no To": wire.status(invite(port, "To")),
        "no Call-ID": wire.status(invite(port, "Call-ID")),
        "no CSeq": wire.status(invite(port, "CSeq")),
        "no Via": wire.status(invite(port, "Via")),
        "CSeq of another method": wire.status(invite(port, CSeq="1 BYE")),
        "CSeq that is no number": wire.status(invite(port, CSeq="one INVITE")),
        "CSeq beyond 32 bits": wire.status(invite(port, CSeq="99999999999999999999 INVITE")),
        "Content-Length too long": wire.status(invite(port, Content_Length="9999")),
        "Content-Length negative": wire.status(invite(port, Content_Length="-1")),
        "Max-Forwards 0": wire.status(invite(port, Max_Forwards="0")),
        "a method nobody knows": wire.status(
            invite(port, CSeq="1 FROB").replace("INVITE sip", "FROB sip", 1)
        ),
        "an extension nobody knows": wire.status(invite(port, Require="frobnication")),
    }
    wire.close()
    expected: dict[str, tuple[int | None, ...]] = {
        "SDP that is no SDP": (400, 488),
        "SDP cut short": (400, 488),
        "no media line": (400, 488),
        "a body of another type": (415,),
        "no Via": (None,),
        "Max-Forwards 0": (200,),  # the limit is for proxies: RFC 3261 section 16.3
        "a method nobody knows": (501,),
        "an extension nobody knows": (420,),
    }
    for what, status in got.items():
        assert status in expected.get(what, (400,)), f"{what}: {status}; all: {got}"
    assert_takes_calls(node, gateway)


@pytest.mark.slow
def test_no_codec_in_common_is_488_and_leaves_no_call(start_node: StartNode):
    node = start_node(SMALL)
    for _ in range(6):  # one more than the node has slots
        Sipp("not_acceptable", node.sip_port).wait()
    assert_takes_calls(node, node.gateway_pid)
    assert node.calls_up() == 0


@pytest.mark.slow
def test_garbage_and_huge_messages_are_dropped(start_node: StartNode):
    node = start_node(SMALL)
    gateway, wire = node.gateway_pid, Wire(node)
    noise = random.Random(7)
    whole = invite(wire.port).encode()
    for _ in range(300):
        wire.send(noise.randbytes(noise.randrange(1, 1500)))
    for _ in range(300):  # a good message with some bytes changed: gets further than noise
        damaged = bytearray(whole)
        for _ in range(noise.randrange(1, 12)):
            damaged[noise.randrange(len(damaged))] = noise.randrange(256)
        wire.send(bytes(damaged))
    wire.send(b"")
    wire.send(b"\0" * 1000)
    wire.send(b"\r\n\r\n")
    for length in (4_000, 30_000, 65_000):
        wire.send(invite(wire.port, Subject="x" * length))
    wire.send(invite(wire.port, body=SDP + "a=x\r\n" * 9_000))
    for cut in range(0, len(whole), 7):
        wire.send(whole[:cut])
    wire.close()
    time.sleep(1)
    # What still looked like calls gets no ACK; they end by themselves (RFC 3261, 64 T1 = 32 s). Here they
    # only must not hurt anything else.
    assert node.gateway_pid == gateway, node.log
    assert node.control_pid
    assert "Traceback" not in node.log
    assert node.http("/readyz") == 200


@pytest.mark.slow
def test_a_tcp_connection_that_sends_rubbish_or_nothing_hurts_nobody(start_node: StartNode):
    node = start_node(SMALL)
    gateway = node.gateway_pid
    noise = random.Random(9)
    idle = [socket.create_connection(("127.0.0.1", node.sip_port)) for _ in range(50)]
    for sender in idle[:25]:
        with contextlib.suppress(OSError):  # the node may well hang up on that
            sender.sendall(noise.randbytes(20_000))
    half = invite(idle[-1].getsockname()[1]).encode()
    idle[-1].sendall(half[: len(half) // 2])
    Sipp("call", node.sip_port, last_ms=300, transport="t1").wait()
    for connection in idle:
        connection.close()
    assert_takes_calls(node, gateway)
