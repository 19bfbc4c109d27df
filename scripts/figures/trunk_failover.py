"""A trunk that is dead: how soon after the first timeout a call that we make goes by the next one."""

import json
import re
import socket
import time
from collections.abc import Sequence
from pathlib import Path

from figures.beside import Beside
from figures.figure import Measurement, Spec, Workshop
from figures.node import Node
from softswitch.cli import desk
from softswitch.errors import SoftswitchError

NUMBERS = [f"4420794600{number:02d}" for number in range(10)]
ANSWER_WITHIN_S = 1.0
"""The timeout: a trunk that has said nothing at all by then is passed by."""


class Peer(Beside):
    """A far end that notes when each call's first INVITE came. It answers 486, or, dead, nothing."""

    def __init__(self, answers: bool) -> None:
        super().__init__()
        self._answers = answers
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.invited: dict[str, float] = {}

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def run(self) -> None:
        with self._socket:
            while not self.over.is_set():
                try:
                    self._take(*self._socket.recvfrom(65535))
                except TimeoutError:
                    continue

    def _take(self, data: bytes, source: tuple[str, int]) -> None:
        message = data.decode(errors="replace")
        if message.startswith("INVITE "):
            self.invited.setdefault(_called(message), time.monotonic())
            if self._answers:
                self._socket.sendto(_busy(message).encode(), source)


def _called(invite: str) -> str:
    found = re.match(r"INVITE sip:\+?(\d+)@", invite)
    if not found:
        raise SoftswitchError(f"an INVITE to no number: {invite.splitlines()[0]}")
    return found[1]


def _busy(invite: str) -> str:
    kept = [line for line in invite.split("\r\n") if re.match(r"(Via|From|Call-ID|CSeq):", line, re.I)]
    to = next(line for line in invite.split("\r\n") if line.lower().startswith("to:"))
    lines = ("SIP/2.0 486 Busy Here", *kept, f"{to};tag=peer", "Content-Length: 0")
    return "\r\n".join(lines) + "\r\n\r\n"


def failover(workshop: Workshop) -> Sequence[float]:
    """The slowest of several calls, from the first trunk's timeout to the INVITE at the second."""
    with Peer(answers=False) as dead, Peer(answers=True) as alive:
        settings = (
            f"trunks_file={_file(workshop.folder, dead.port, alive.port)}",
            "dialing.prefixes=+44",
            f"dialing.answer_within={ANSWER_WITHIN_S:g}s",
        )
        with Node(workshop, "turns", *settings) as node:
            for number in NUMBERS:
                desk.ask(node.config, "dial", number=f"+{number}", plan="turns", context={})
        late = [alive.invited[number] - dead.invited[number] - ANSWER_WITHIN_S for number in NUMBERS]
    workshop.tell(f"{len(late)} calls, {min(late):.3f} to {max(late):.3f} s after the timeout")
    return (max(late),)


def _file(folder: Path, dead: int, alive: int) -> Path:
    """One that works for all numbers, and before it a dead one for each: who has failed once goes last."""
    trunks = [_trunk("alive", alive, 1, "+44")]
    trunks += [_trunk(f"dead-{number}", dead, 0, f"+{number}") for number in NUMBERS]
    path = folder / "dead-trunks.yaml"
    path.write_text(json.dumps({"trunks": trunks}, indent=1))
    return path


def _trunk(name: str, port: int, priority: int, prefix: str) -> dict[str, object]:
    """Never probed: only the call itself finds out."""
    reached = {"hosts": f"127.0.0.1:{port}", "priority": priority, "prefixes": prefix}
    return {"name": name, "kind": "ip", "health": {"every": "0"}, **reached}


FAILOVER = Measurement(
    f"{len(NUMBERS)} calls out by a trunk that is dead and one that is not",
    (Spec("trunk down, call on the next trunk after the timeout, worst", "s", at_most=1.0),),
    failover,
)
