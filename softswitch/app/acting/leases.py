"""Who of the other workers is alive: told by numbers that move on, and by nobody's clock but one's own."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from softswitch.store.leases import Beat

BEAT_S = 1.0
"""Between two beats of a worker that holds actions."""
LOOK_S = 0.5
DEAD_S = 3.0
"""A worker whose number stands still for so long has died. With a look every half second, and a poll to claim
what it held, it is taken over within 4 s."""
MOST_GAP_S = 2 * LOOK_S
"""What a longer time between two looks counts: then the database was away, or this process slept, and whoever
looks knows nothing of the others."""


@dataclass(slots=True)
class _Seen:
    beat: int | None
    silent_s: float = 0.0


class Watch:
    """Feed it every look. `clock` is monotonic; a number that stands still for `dead_s` is of the dead."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        dead_s: float = DEAD_S,
        most_gap_s: float = MOST_GAP_S,
    ) -> None:
        self._clock = clock
        self._dead_s = dead_s
        self._most_gap_s = most_gap_s
        self._seen: dict[str, _Seen] = {}
        self._last = clock()

    def dead(self, beats: Sequence[Beat]) -> list[str]:
        """Who of those that hold actions has died."""
        now = self._clock()
        gap, self._last = min(now - self._last, self._most_gap_s), now
        seen = {holder: self._look(holder, beat, gap) for holder, beat in beats}
        self._seen = seen
        return [holder for holder, each in seen.items() if each.silent_s >= self._dead_s]

    def _look(self, holder: str, beat: int | None, gap: float) -> _Seen:
        before = self._seen.get(holder)
        if before is None or before.beat != beat:
            return _Seen(beat)
        return _Seen(beat, before.silent_s + gap)
