"""Sources that belong to nobody: they learn nothing, and scanners are met with silence while calls go on."""

import contextlib
import json
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from node import SOFTSWITCH, Node, wait_for
from rawsip import Phone
from stopwatch import Stopwatch

STRANGER = "127.0.0.9"
T1 = 0.5
METHODS = (
    *("OPTIONS", "INVITE", "REGISTER", "BYE", "CANCEL", "SUBSCRIBE", "NOTIFY", "MESSAGE", "REFER", "INFO"),
    *("UPDATE", "PRACK", "PUBLISH", "FROBNICATE"),
)
URIS = (
    *("sip:reception@127.0.0.1", "sip:100@127.0.0.1", "sip:127.0.0.1", "sips:reception@127.0.0.1"),
    *("tel:+4930123456", "nobody:knows-this-scheme", "sip:reception@127.0.0.1;transport=tcp?Subject=x"),
)
OVER_TCP = (
    b"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.9;branch=z9hG4bKtcp\r\n"
    b"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: tcp\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)
SCAN = """
import socket, sys
bind = socket.socket.bind
socket.socket.bind = lambda made, place: bind(made, ({address!r}, place[1]))  # svwar takes no -b
from sipvicious.{tool} import main
sys.argv[0] = {tool!r}
main()
"""


class Stranger:
    def __init__(self, node: Node, address: str = STRANGER) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 0))
        self._node = node
        self._address = address

    def __enter__(self) -> "Stranger":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, method: str = "OPTIONS", uri: str = URIS[0], seconds: float = 2.0, *extra: str) -> str:
        """The answer to one request; "" when there is none in time."""
        branch = uuid.uuid4().hex
        lines = (
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._address}:{self._socket.getsockname()[1]};rport;branch=z9hG4bK{branch}",
            "From: <sip:a@example.org>;tag=fromtag",
            f"To: <{uri.partition('?')[0]}>",
            f"Call-ID: {branch}",
            f"CSeq: 1 {method}",
            f"Contact: <sip:a@{self._address}>",
            "Max-Forwards: 70",
            *extra,
            "Content-Length: 0",
        )
        message = "\r\n".join((*lines, "", "")).encode()
        until = time.monotonic() + seconds
        self._socket.settimeout(min(T1, seconds))
        while time.monotonic() < until:  # as every client over UDP sends again (RFC 3261 section 17.1.2)
            self._socket.sendto(message, ("127.0.0.1", self._node.sip_port))
            with contextlib.suppress(TimeoutError):
                while branch not in (answer := self._socket.recv(65536).decode()):
                    pass
                return answer.replace(branch, "BRANCH")
        return ""


def command(node: Node, *words: str) -> "subprocess.CompletedProcess[str]":
    told = [str(SOFTSWITCH), "--set", f"data_dir={node.data_dir}", "ban", *words]
    return subprocess.run(told, capture_output=True, text=True, timeout=20, check=False)


def held(node: Node) -> dict[str, dict[str, object]]:
    listed = json.loads(command(node, "list", "--json").stdout)["bans"]
    return {ban["address"]: ban for ban in listed}


@pytest.fixture(scope="module")
def patient_node(prompts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """It knows 127.0.0.1 only, and bans by itself nobody who does not exaggerate."""
    folder = tmp_path_factory.mktemp("patient")
    with Node(folder, prompts, "sip.allow=127.0.0.1/32", "bans.requests=5000") as node:
        yield node


@pytest.mark.slow
def test_a_stranger_gets_the_same_bare_403_whatever_he_asks(patient_node: Node) -> None:
    answers = set()
    with Stranger(patient_node) as stranger:
        for method in METHODS:
            for uri in URIS:
                answer = stranger.ask(method, uri)
                assert answer, f"no answer to {method} {uri}"
                # What is left once his own words are taken out: what the node says of itself.
                to = re.search(r"(?m)^To: .*?(;tag=\S*)?\r$", answer)
                assert to
                answers.add(answer.replace(to[0], "To:\r").replace(f"1 {method}", "1 METHOD"))
    start_lines = {answer.partition("\r\n")[0] for answer in answers}
    assert start_lines == {"SIP/2.0 403 Forbidden"}
    names = {name.lower() for answer in answers for name in re.findall(r"(?m)^([\w-]+):", answer)}
    assert names == {"via", "from", "to", "call-id", "cseq", "content-length"}


@pytest.mark.slow
def test_a_stranger_cannot_tell_a_number_that_exists_from_one_that_does_not(patient_node: Node) -> None:
    with Stranger(patient_node) as stranger:
        there, not_there = (
            stranger.ask("INVITE", f"sip:{user}@127.0.0.1") for user in ("reception", "noreception")
        )
    hide = re.compile(r"<sip:\w+@127\.0\.0\.1>")
    assert hide.sub("", there) == hide.sub("", not_there) != ""


@pytest.mark.slow
def test_a_stranger_gets_no_answer_to_an_ack(patient_node: Node) -> None:
    with Stranger(patient_node) as stranger:
        assert stranger.ask("ACK", seconds=0.3) == ""


@pytest.mark.slow
def test_a_ban_by_hand_holds_within_a_second_and_is_lifted_as_fast(patient_node: Node) -> None:
    with Stranger(patient_node, "127.0.0.10") as stranger:
        assert stranger.ask()
        assert command(patient_node, "add", "127.0.0.10", "--reason", "as a test").returncode == 0
        watch = Stopwatch()
        wait_for(lambda: not stranger.ask(seconds=0.1), "the banned source gets nothing", 5)
        assert watch.own_s < 1.5
        assert held(patient_node)["127.0.0.10"]["reason"] == "as a test"
        assert patient_node.metrics()["softswitch_bans"] == 1
        assert command(patient_node, "lift", "127.0.0.10").returncode == 0
        watch = Stopwatch()
        wait_for(lambda: stranger.ask(seconds=0.1), "it gets its 403 again", 5)
        assert watch.own_s < 1.5
    assert "127.0.0.10" not in held(patient_node)


@pytest.mark.slow
def test_an_allowed_source_can_be_banned_by_hand_but_not_this_machine(patient_node: Node) -> None:
    refused = command(patient_node, "add", "127.0.0.1")
    assert refused.returncode == 1
    assert "never banned" in refused.stderr
    wrong = command(patient_node, "lift", "example.org")
    assert (wrong.returncode, "expected an IP address" in wrong.stderr) == (1, True)


@pytest.mark.slow
def test_with_unknown_drop_a_stranger_gets_nothing_at_all(prompts: Path, tmp_path: Path) -> None:
    with Node(tmp_path, prompts, "sip.allow=127.0.0.1/32", "sip.unknown=drop") as node:
        with Stranger(node) as stranger:
            answers = [stranger.ask(method, seconds=0.2) for method in ("OPTIONS", "INVITE", "REGISTER")]
        assert answers == ["", "", ""]
        with socket.create_connection(("127.0.0.1", node.sip_port), 2, (STRANGER, 0)) as connection:
            connection.sendall(OVER_TCP)
            assert connection.recv(1000) == b""  # hung up
        with Stranger(node, "127.0.0.1") as known:
            assert known.ask().startswith("SIP/2.0 200")


def scan(tool: str, address: str, *options: str) -> "subprocess.Popen[bytes]":
    """SIPVicious from `address`; what it found does not matter, what it sent does."""
    told = [sys.executable, "-c", SCAN.format(tool=tool, address=address), *options, "127.0.0.1"]
    return subprocess.Popen(told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.slow
def test_sipvicious_is_banned_within_the_limit_while_a_call_goes_on(prompts: Path, tmp_path: Path) -> None:
    node = Node(tmp_path, prompts, "sip.allow=127.0.0.1/32")
    with node, Phone(node.sip_port) as phone:
        assert phone.invite() == 200
        port = str(node.sip_port)
        every, patience = ("-p", port, "-t", "0.05"), ("--maximumtime", "3")
        scans = [scan("svmap", "127.0.0.21", *every) for _ in range(3)]  # each asks a host once
        scans.append(scan("svwar", "127.0.0.22", *every, *patience, "--force", "-e", "100-150"))
        scans.append(scan("svcrack", "127.0.0.23", *every, *patience, "-u", "100", "-r", "1-50"))
        for process in scans:
            process.wait(30)
        with Stranger(node, "127.0.0.22") as scanner:
            assert scanner.ask(seconds=0.3) == ""
        scanners = {f"127.0.0.{last}" for last in (21, 22, 23)}
        wait_for(lambda: held(node).keys() >= scanners, "all three are banned", 5)
        assert all("friendly-scanner" in str(ban["reason"]) for ban in held(node).values())
        metrics = node.metrics()
        # Counted each tenth of a second: some more than the two that a scanner has get through.
        assert metrics['softswitch_strangers_messages_total{answer="403"}'] < 30
        assert metrics["softswitch_bans"] == 3
        assert phone.hears()
        assert node.calls_up() == 1
        phone.bye()
        assert node.wait_for_calls(1)[0].ended_by == "caller"
        node.stop()
        node.start()
        wait_for(lambda: node.metrics()["softswitch_bans"] == 3, "the bans outlive a restart", 5)
        with Stranger(node, "127.0.0.21") as scanner:
            assert scanner.ask(seconds=0.3) == ""
