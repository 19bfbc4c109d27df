"""What the gateway can still carry, measured: its own CPU time, the clock's pacing, control's backlog."""

import time
from dataclasses import dataclass

from softswitch.gateway.rings import PACING_BOUNDS_MS, Node, Region
from softswitch.gateway.survival import HEARTBEAT_LIMIT
from softswitch.sections import Media

WINDOW_S = 1.0
"""What is measured is the last second, looked at several times in each."""
CALM = 0.9
"""Once over a limit, it must fall under this share of it before calls are taken again."""
LATE_MS = 40.0
LATE_SHARE = 0.1
"""Frames so late, when they are more than this share, are heard as gaps in every call."""
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
        self.shortage = ""

    def _look(self, now: float) -> _Look:
        pacing = self._region.pacing()
        return _Look(now, time.process_time(), sum(pacing), sum(pacing[_ON_TIME:]), self._backlog(now))

    def tick(self, now: float) -> None:
        self._looks.append(self._look(now))
        while len(self._looks) > 2 and self._looks[1].at <= now - WINDOW_S:
            del self._looks[0]
        first, last = self._looks[0], self._looks[-1]
        if last.at - first.at < WINDOW_S / 2:  # a new process is busy with itself
            return
        busy = (last.cpu - first.cpu) / (last.at - first.at)
        late = (last.late - first.late) / max(1, last.ticks - first.ticks)
        # All callers' frames arrive together, once in 20 ms: what has waited all the time is the backlog.
        self.shortage = self._judge(busy, late, min(look.backlog for look in self._looks))

    def _judge(self, busy: float, late: float, backlog: float) -> str:
        limits = {
            "gateway busy": busy / self._media.busy_limit,
            "audio late": late / LATE_SHARE,
            "speech waiting": backlog / self._media.backlog_limit,
        }
        for shortage, used in limits.items():
            if used > (CALM if shortage == self.shortage else 1.0):
                return shortage
        return ""

    def _backlog(self, now: float) -> float:
        """Seconds of callers' speech that wait to be decoded; 0 while control is away: nothing is decoded."""
        node = self._region.node
        if now - node[Node.CONTROL_AT_NS] / 1e9 > HEARTBEAT_LIMIT:
            return 0.0
        return node[Node.BACKLOG_MS] / 1000
