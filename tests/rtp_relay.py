"""A bad network for tests: stands between a caller and a node, and loses, delays, reorders and doubles RTP.

Callers call the relay's `uri` instead of the node's. It hands SIP over UDP on as it is, but puts ports of its
own into the SDP of the first INVITE and its answer, so that all audio and RTCP of that call goes through it.
"""

import heapq
import itertools
import random
import re
import selectors
import socket
import threading
import time
from dataclasses import dataclass, field

Address = tuple[str, int]
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Weather:
    """What happens to RTP. `delay` is uniform between its bounds, in seconds: packets overtake each other.
    RTCP takes the mean of them.
    """

    loss: float = 0.05
    delay: tuple[float, float] = (0.0, 0.08)
    doubled: float = 0.02
    seed: int = 1


CLEAR = Weather(0.0, (0.0, 0.0), 0.0)


def socket_pair() -> tuple[socket.socket, socket.socket]:
    """For RTP and RTCP: an even port and the next one."""
    while True:
        rtp, rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        try:
            rtp.bind((HOST, 0))
            port = rtp.getsockname()[1]
            if port % 2 == 0:
                rtcp.bind((HOST, port + 1))
                return rtp, rtcp
        except OSError:
            pass
        rtp.close()
        rtcp.close()


@dataclass
class Way:
    """One direction of one kind of packet: what comes in at `at` leaves from `by` for `to`."""

    at: socket.socket
    by: socket.socket
    bad: bool
    to: Address | None = None


@dataclass
class RtpRelay:
    """`with RtpRelay(node.sip_port) as relay:`; what became of packets is counted in `passed`, `lost` ..."""

    node_port: int
    weather: Weather = Weather()
    passed: int = 0
    lost: int = 0
    doubled: int = 0
    overtaken: int = 0
    _caller: Address | None = None
    _due: list[tuple[float, int, bytes, Way]] = field(default_factory=list)

    def __enter__(self) -> "RtpRelay":
        self._chance = random.Random(self.weather.seed)
        self._numbers = itertools.count()
        self._last_sent: dict[int, int] = {}
        self._callers_sip, self._nodes_sip = (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)
        )
        for each in (self._callers_sip, self._nodes_sip):
            each.bind((HOST, 0))
        self._near, self._far = socket_pair(), socket_pair()  # to the caller, to the node
        pairs = zip(self._near, self._far, (True, False), strict=True)
        self._ways = [way for near, far, bad in pairs for way in (Way(near, far, bad), Way(far, near, bad))]
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        for each in (self._callers_sip, self._nodes_sip, *self._near, *self._far):
            each.close()

    @property
    def uri(self) -> str:
        return f"sip:reception@{HOST}:{self._callers_sip.getsockname()[1]}"

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            for sip in (self._callers_sip, self._nodes_sip):
                selector.register(sip, selectors.EVENT_READ)
            for way in self._ways:
                selector.register(way.at, selectors.EVENT_READ, way)
            while not self._stopped.is_set():
                wait = self._due[0][0] - time.monotonic() if self._due else 0.05
                for key, _ in selector.select(max(0.0, min(wait, 0.05))):
                    self._take(key.fileobj, key.data)  # type: ignore[arg-type]
                self._send_due()

    def _take(self, at: socket.socket, way: Way | None) -> None:
        try:
            packet, source = at.recvfrom(65536)
        except OSError:  # an ICMP error: the other side has closed that port
            return
        if way is not None:
            self._schedule(packet, way)
        elif at is self._callers_sip:
            self._caller = source
            self._hand_on(packet, self._far, self._near, self._nodes_sip, (HOST, self.node_port))
        elif self._caller:
            self._hand_on(packet, self._near, self._far, self._callers_sip, self._caller)

    def _hand_on(
        self,
        packet: bytes,
        told: tuple[socket.socket, socket.socket],
        to: tuple[socket.socket, socket.socket],
        by: socket.socket,
        destination: Address,
    ) -> None:
        """SIP, with a port of `told` for audio; what `to` sends goes to the port that stood there."""
        head, _, body = packet.decode().partition("\r\n\r\n")
        if found := re.search(r"^m=audio (\d+)", body, re.M):
            port = int(found[1])
            for way in self._ways:
                if way.by in to:
                    way.to = HOST, port + to.index(way.by)
            body = body.replace(found[0], f"m=audio {told[0].getsockname()[1]}")
            body = re.sub(r"^a=rtcp:.*\r\n", "", body, flags=re.M)
            head = re.sub(r"^(Content-Length|l):.*", rf"\1: {len(body)}", head, flags=re.M | re.I)
        by.sendto(f"{head}\r\n\r\n{body}".encode(), destination)

    def _schedule(self, packet: bytes, way: Way) -> None:
        if not way.bad:
            self._put(packet, way, sum(self.weather.delay) / 2)
            return
        if self._chance.random() < self.weather.loss:
            self.lost += 1
            return
        twice = self._chance.random() < self.weather.doubled
        self.doubled += twice
        for _ in range(1 + twice):
            self._put(packet, way, self._chance.uniform(*self.weather.delay))

    def _put(self, packet: bytes, way: Way, delay: float) -> None:
        heapq.heappush(self._due, (time.monotonic() + delay, next(self._numbers), packet, way))

    def _send_due(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic():
            _, number, packet, way = heapq.heappop(self._due)
            if way.to is None:
                continue
            way.by.sendto(packet, way.to)
            if way.bad:
                self.passed += 1
                self.overtaken += number < self._last_sent.get(id(way), -1)
                self._last_sent[id(way)] = max(number, self._last_sent.get(id(way), -1))
