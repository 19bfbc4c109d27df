"""What the node can still carry, measured: the gateway's CPU time, the clock's pacing, control's backlog and
how late control is.
"""

import time
from collections import deque
from dataclasses import dataclass

from softswitch.gateway.rings import PACING_BOUNDS_MS, Node, Region
from softswitch.gateway.survival import HEARTBEAT_LIMIT
from softswitch.sections.media import Media

WINDOW_S = 1.0
"""What is measured is the last second, looked at several times in each."""
CALM = 0.9
"""Once over a limit, it must fall under this share of it before calls are taken again."""
LATE_MS = 40.0
LATE_SHARE = 0.1
"""Frames so late, when they are more than this share, are heard as gaps in every call."""
CONTROL_LATE_S = 0.33
"""How long ago control's last heartbeat was, in the mean of CONTROL_WINDOW_S. One comes every 20 ms: so late
it is with everything, and soon it would be taken to be away. One stall, or its death, makes half of that.
"""
CONTROL_WINDOW_S = 3.0
_ON_TIME = sum(bound <= LATE_MS for bound in PACING_BOUNDS_MS)


@dataclass(frozen=True, slots=True)
class _Look:
    at: float
    cpu: float
    ticks: int
    late: int
    backlog: float


class Capacity:
    """`shortage` names what is short, "" while there is room. `tick` several times a second."""

    def __init__(self, media: Media, region: Region) -> None:
        self._media = media
        self._region = region
        self._looks = [self._look(time.monotonic())]
        self._ages: deque[tuple[float, float]] = deque()
        self.shortage = ""

    def _look(self, now: float) -> _Look:
        pacing = self._region.pacing()
        return _Look(now, time.process_time(), sum(pacing), sum(pacing[_ON_TIME:]), self._backlog(now))

    def tick(self, now: float) -> None:
        self._looks.append(self._look(now))
        self._ages.append((now, self._age(now)))
        while self._ages[0][0] <= now - CONTROL_WINDOW_S:
            self._ages.popleft()
        while len(self._looks) > 2 and self._looks[1].at <= now - WINDOW_S:
            del self._looks[0]
        first, last = self._looks[0], self._looks[-1]
        if last.at - first.at < WINDOW_S / 2:  # a new process is busy with itself
            return
        busy = (last.cpu - first.cpu) / (last.at - first.at)
        late = (last.late - first.late) / max(1, last.ticks - first.ticks)
        # All callers' frames arrive together, once in 20 ms: what has waited all the time is the backlog.
        backlog = min(look.backlog for look in self._looks)
        self.shortage = self._judge(busy, late, backlog, self._control_late())

    def _judge(self, busy: float, late: float, backlog: float, control_late: float) -> str:
        limits = {
            "gateway busy": busy / self._media.busy_limit,
            "audio late": late / LATE_SHARE,
            "speech waiting": backlog / self._media.backlog_limit,
            "control late": control_late / CONTROL_LATE_S,
        }
        for shortage, used in limits.items():
            if used > (CALM if shortage == self.shortage else 1.0):
                return shortage
        return ""

    def _control_late(self) -> float:
        return sum(age for _, age in self._ages) / len(self._ages)

    def _age(self, now: float) -> float:
        """Of control's latest heartbeat, in seconds; 0 while it is away, for which survival.py has rules."""
        age = now - self._region.node[Node.CONTROL_AT_NS] / 1e9
        return age if age <= HEARTBEAT_LIMIT else 0.0

    def _backlog(self, now: float) -> float:
        """Seconds of callers' speech that wait to be decoded; 0 while control is away: nothing is decoded."""
        node = self._region.node
        if now - node[Node.CONTROL_AT_NS] / 1e9 > HEARTBEAT_LIMIT:
            return 0.0
        return node[Node.BACKLOG_MS] / 1000
