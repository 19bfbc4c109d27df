"""What the node can still carry, measured: the gateway's CPU time, the clock's pacing, control's backlog and
how late control is.
"""

import time
from dataclasses import dataclass
from itertools import pairwise

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
CONTROL_LATE_S = 0.2
"""Between two heartbeats of control, which gives one every 20 ms: so late it is with everything, and soon it
would be taken to be away. It is the mean of a second: a short stall is no lateness.
"""
_ON_TIME = sum(bound <= LATE_MS for bound in PACING_BOUNDS_MS)


@dataclass(frozen=True, slots=True)
class _Look:
    at: float
    cpu: float
    ticks: int
    late: int
    backlog: float
    beat: float
    """When control's latest heartbeat was; 0 before the first."""


class Capacity:
    """`shortage` names what is short, "" while there is room. `tick` several times a second."""

    def __init__(self, media: Media, region: Region) -> None:
        self._media = media
        self._region = region
        self._looks = [self._look(time.monotonic())]
        self.shortage = ""

    def _look(self, now: float) -> _Look:
        pacing, beat = self._region.pacing(), self._region.node[Node.CONTROL_AT_NS] / 1e9
        return _Look(now, time.process_time(), sum(pacing), sum(pacing[_ON_TIME:]), self._backlog(now), beat)

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
        """Seconds from one heartbeat of control to the next, as far as looks can tell; 0 while it is away:
        survival.py has the rules for that.
        """
        beats = pairwise(self._looks)
        gaps = [before.at - before.beat for before, after in beats if 0 < before.beat < after.beat]
        gaps = [gap for gap in gaps if gap <= HEARTBEAT_LIMIT]
        return sum(gaps) / len(gaps) if gaps else 0.0

    def _backlog(self, now: float) -> float:
        """Seconds of callers' speech that wait to be decoded; 0 while control is away: nothing is decoded."""
        node = self._region.node
        if now - node[Node.CONTROL_AT_NS] / 1e9 > HEARTBEAT_LIMIT:
            return 0.0
        return node[Node.BACKLOG_MS] / 1000
