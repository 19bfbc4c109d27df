r"""The messages of RFC 4475 and RFC 5118: each is answered or dropped as the RFC says, and the node lives.

The messages lie in tests/torture, as the RFCs print them, but for this:
- the topmost Via has `;rport`, where it can be read at all, so that answers come back to the test;
- addresses in SDP are 127.0.0.x instead of 192.0.2.x (of the same length): audio stays on this machine;
- Content-Length of RFC 5118's SDP is that of the text, and its empty `s=` in section 4.8 is `s=-`: RFC 8866
  section 5.3 forbids an empty one, and PJSIP refuses it;
- `mpart01` carries some binary octets in its second part, not the RFC's signature;
- branches are made unique: the RFCs use some again with another sent-by, and PJSIP looks at the branch alone.
An empty tuple of statuses is silence. Where an RFC leaves a choice, each choice is listed. The RFCs speak of
registrars and proxies too; this node is neither, so REGISTER gets 405.
"""

import re
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from node import Node

FOLDER = Path(__file__).parent.parent / "torture"
ANSWER_S = 2.0


class Case(NamedTuple):
    section: str
    name: str
    statuses: tuple[int, ...] = ()


RFC4475 = (
    Case("3.1.1.1", "wsinv", (481,)),  # well-formed; its To has the tag of no dialog here
    Case("3.1.1.2", "intmeth", (405, 501)),
    Case("3.1.1.3", "esc01", (200,)),
    Case("3.1.1.4", "escnull", (405,)),
    Case("3.1.1.5", "esc02", (405, 501)),  # not REGISTER: escapes mean nothing in a method
    Case("3.1.1.6", "lwsdisp", (200,)),
    Case("3.1.1.7", "longreq", (200,)),
    Case("3.1.1.8", "dblreq", (405,)),
    Case("3.1.1.9", "semiuri", (200,)),
    Case("3.1.1.10", "transports", (200,)),
    Case("3.1.1.11", "mpart01", (405,)),  # MESSAGE: nobody would read it
    Case("3.1.1.12", "unreason"),
    Case("3.1.1.13", "noreason"),
    Case("3.1.2.1", "badinv01", (400,)),
    Case("3.1.2.2", "clerr", (400,)),
    Case("3.1.2.3", "ncl", (400,)),
    Case("3.1.2.4", "scalar02", (400,)),
    Case("3.1.2.5", "scalarlg"),
    Case("3.1.2.6", "quotbal", (400,)),
    Case("3.1.2.7", "ltgtruri", (400,)),
    Case("3.1.2.8", "lwsruri", (400, 481)),
    Case("3.1.2.9", "lwsstart", (200, 400)),
    Case("3.1.2.10", "trws", (200, 400)),
    Case("3.1.2.11", "escruri", (200, 400)),
    Case("3.1.2.12", "baddate", (200, 400)),
    Case("3.1.2.13", "regbadct", (400, 405)),
    Case("3.1.2.14", "badaspec", (200, 400)),
    Case("3.1.2.15", "baddn", (200, 400)),
    Case("3.1.2.16", "badvers", (505,)),
    Case("3.1.2.17", "mismatch01", (400,)),
    Case("3.1.2.18", "mismatch02", (400, 501)),
    Case("3.1.2.19", "bigcode"),
    Case("3.2.1", "badbranch", (200,)),
    Case("3.3.1", "insuf", (400,)),
    Case("3.3.2", "unkscm", (416,)),
    Case("3.3.3", "novelsc", (416,)),
    Case("3.3.4", "unksm2", (400, 405, 416)),
    Case("3.3.5", "bext01", (420,)),
    Case("3.3.6", "invut", (415,)),
    Case("3.3.7", "regaut01", (405,)),
    Case("3.3.8", "multi01", (400,)),
    Case("3.3.9", "mcl01", (400,)),
    Case("3.3.10", "bcast"),
    Case("3.3.11", "zeromf", (200,)),  # a proxy would say 483
    Case("3.3.12", "cparam01", (405,)),
    Case("3.3.13", "cparam02", (405,)),
    Case("3.3.14", "regescrt", (405,)),
    Case("3.3.15", "sdp01", (406,)),
    Case("3.4.1", "inv2543", (200, 400)),  # it has no Contact, as RFC 2543 allowed
)
RFC5118 = (
    Case("4.1", "ipv6-good", (405,)),
    Case("4.2", "ipv6-bad", (400,)),
    Case("4.3", "port-ambiguous", (405,)),
    Case("4.4", "port-unambiguous", (405,)),
    Case("4.5", "via-received-param-with-delim", (481,)),
    Case("4.5", "via-received-param-no-delim", (200,)),
    Case("4.6", "ipv6-in-sdp", (488,)),  # valid, but with codecs that this node has not
    Case("4.7", "mult-ip-in-header", (481,)),
    Case("4.8", "mult-ip-in-sdp", (488,)),  # a call here has one IP version for signalling and audio
    Case("4.9", "ipv4-mapped-ipv6", (488,)),
    Case("4.10", "ipv6-bug-abnf-3-colons", (200, 400)),
    Case("4.10", "ipv6-correct-abnf-2-colons", (200,)),
)


class Wire:
    """One UDP socket towards the node, over IPv4 or IPv6."""

    def __init__(self, node: Node, address: str) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self._node = (address, node.sip_port)
        self.host = f"[{address}]" if ":" in address else address

    def send(self, data: bytes) -> None:
        self.socket.sendto(data, self._node)

    def final_status(self, seconds: float) -> int | None:
        """Of the next final answer, which is acknowledged and ended; None when there is none in time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                answer = self.socket.recv(65536).decode("latin-1")
            except TimeoutError:
                break
            status = int(answer.split(" ")[1]) if answer.startswith("SIP/2.0 ") else 0
            if status >= 200:
                self._end(answer, status)
                return status
        return None

    def _end(self, answer: str, status: int) -> None:
        cseq = re.findall(r"^CSeq:\s*(\d+)\s+INVITE\r", answer, re.M)
        if not cseq:
            return
        dialog = [line for line in answer.split("\r\n") if re.match("(Via|From|To|Call-ID):", line)]
        for number, method in enumerate(("ACK", "BYE") if status < 300 else ("ACK",), int(cseq[0])):
            lines = [f"{method} sip:reception@{self.host} SIP/2.0", *dialog, f"CSeq: {number} {method}"]
            if method == "BYE":
                via = f"Via: SIP/2.0/UDP {self.host};rport;branch=z9hG4bK{uuid.uuid4().hex}"
                lines = [lines[0], via, *(line for line in lines[1:] if not line.startswith("Via"))]
            self.send(
                "\r\n".join((*lines, "Max-Forwards: 70", "Content-Length: 0", "", "")).encode("latin-1")
            )

    def asks(self) -> None:
        """The node answers OPTIONS."""
        port, key = self.socket.getsockname()[1], uuid.uuid4().hex
        self.send(
            "\r\n".join(
                (
                    f"OPTIONS sip:{self.host} SIP/2.0",
                    f"Via: SIP/2.0/UDP {self.host}:{port};rport;branch=z9hG4bK{key}",
                    f"From: <sip:tester@{self.host}>;tag={key}",
                    f"To: <sip:{self.host}>",
                    f"Call-ID: {key}",
                    "CSeq: 1 OPTIONS",
                    "Max-Forwards: 70",
                    "Content-Length: 0",
                    "",
                    "",
                )
            ).encode()
        )
        self.socket.settimeout(5)
        while key not in (answer := self.socket.recv(65536).decode("latin-1")):
            pass  # of the message before
        assert answer.startswith("SIP/2.0 200")


@pytest.fixture(scope="module")
def torture_node(prompts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("torture")
    with Node(folder, prompts, "sip.address6=::1") as node:
        yield node


def check(node: Node, case: Case, folder: str, address: str) -> None:
    gateway, wire = node.gateway_pid, Wire(node, address)
    try:
        message = (FOLDER / folder / f"{case.name}.sip").read_bytes()
        wire.send(re.sub(rb"z9hG4bK(kdjuw|as3-111)\b", rb"\g<0>-" + uuid.uuid4().hex.encode(), message))
        status = wire.final_status(ANSWER_S if case.statuses else 0.3)
        assert status in (case.statuses or (None,)), f"{case.name} (section {case.section}) got {status}"
        wire.asks()
    finally:
        wire.socket.close()
    assert node.gateway_pid == gateway


@pytest.mark.slow
@pytest.mark.parametrize("case", RFC4475, ids=lambda case: case.name)
def test_rfc_4475_messages_are_answered_or_dropped_as_it_says(torture_node: Node, case: Case) -> None:
    check(torture_node, case, "rfc4475", "127.0.0.1")


@pytest.mark.slow
@pytest.mark.parametrize("case", RFC5118, ids=lambda case: case.name)
def test_rfc_5118_messages_are_answered_or_dropped_as_it_says(torture_node: Node, case: Case) -> None:
    check(torture_node, case, "rfc5118", "::1")


@pytest.mark.slow
def test_after_all_of_them_nothing_is_left_and_nothing_was_a_bug(torture_node: Node) -> None:
    deadline = time.monotonic() + 10
    while torture_node.calls_up() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert torture_node.calls_up() == 0
    assert "Traceback" not in torture_node.log


def test_all_49_messages_are_there() -> None:
    assert len({case.name for case in RFC4475}) == 49
    assert {f"{case.name}.sip" for case in RFC4475} == {path.name for path in (FOLDER / "rfc4475").iterdir()}
    assert {f"{case.name}.sip" for case in RFC5118} == {path.name for path in (FOLDER / "rfc5118").iterdir()}
