"""How soon a trunk that was added or removed is so for its peer, on a node that runs."""

import socket
import time
import uuid
from collections.abc import Callable, Sequence

from figures.figure import Measurement, Spec, Workshop
from figures.node import Node
from softswitch.errors import SoftswitchError
from softswitch.store import trunks

CHANGES = 20
PEER = "127.0.0.9"
"""Of no trunk at first: it is refused."""
LIMIT_S = 10.0
OFTEN_S = 0.02


class Peer:
    """Sends OPTIONS, and sees how the node answers them."""

    def __init__(self, node: Node) -> None:
        self._to = ("127.0.0.1", node.sip_port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((PEER, 0))
        self._socket.settimeout(1.0)

    def status(self) -> int:
        host, port = self._socket.getsockname()
        branch = uuid.uuid4().hex
        lines = (
            f"OPTIONS sip:127.0.0.1:{self._to[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{branch}",
            f"From: <sip:peer@{host}>;tag={branch[:8]}",
            f"To: <sip:127.0.0.1:{self._to[1]}>",
            f"Call-ID: {branch}",
            "CSeq: 1 OPTIONS",
            f"Contact: <sip:peer@{host}:{port}>",
            "Max-Forwards: 70",
            "Content-Length: 0",
        )
        self._socket.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), self._to)
        return int(self._socket.recv(65535).split(b" ", 2)[1])

    def until(self, status: int) -> float:
        """Seconds until it is answered so."""
        began = time.monotonic()
        while self.status() != status:
            if time.monotonic() - began > LIMIT_S:
                raise SoftswitchError(f"after {LIMIT_S:g} s the node did not answer {status}")
            time.sleep(OFTEN_S)
        return time.monotonic() - began

    def close(self) -> None:
        self._socket.close()


def change(workshop: Workshop) -> Sequence[float]:
    """The slowest of many changes, from the commit in the database to the answer that shows it."""
    taken = []
    with Node(workshop, "turns", "sip.allow=127.0.0.1/32", f"bans.never={PEER}/32") as node:
        peer = Peer(node)
        peer.until(403)
        changes: Sequence[tuple[Callable[[], None], int]] = (
            (lambda: trunks.add(node.database_url, _row()), 200),
            (lambda: trunks.remove(node.database_url, "peer"), 403),
        )
        for number in range(CHANGES):
            make, status = changes[number % 2]
            make()
            taken.append(peer.until(status))
            time.sleep(0.1 * (number % 7))  # not in step with the node's own rhythm
        peer.close()
    workshop.tell(f"{len(taken)} changes, {min(taken):.2f} to {max(taken):.2f} s")
    return (max(taken),)


def _row() -> trunks.Row:
    return trunks.Row("peer", {"kind": "ip", "allow": [f"{PEER}/32"]})


CHANGE = Measurement(
    f"{CHANGES} trunks added and removed while the node runs",
    (Spec("trunk change effective, worst", "s", at_most=1.0),),
    change,
)
