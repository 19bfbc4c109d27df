"""What callers experience: silence when it is the node's turn, fillers, lower rungs, calls dropped."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from softswitch.events import EndedBy
from softswitch.news import CallFinished, SessionEvent, TurnFinished
from softswitch.session.session import Session

LOOK_S = 0.02


class Experience:
    """Of all calls that were up since it was made; `look` every 20 ms, or have it `run`."""

    def __init__(self, sessions: Callable[[], Iterable[Session]]) -> None:
        self._sessions = sessions
        self._silent_since: dict[str, float] = {}
        self._seen: set[str] = set()
        self.longest_silence = 0.0
        self.fillers = 0
        self.dropped = 0
        self.ended = 0
        self.rungs = Counter[str]()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self.look(time.monotonic())
            await asyncio.sleep(LOOK_S)

    def look(self, now: float) -> None:
        silent: dict[str, float] = {}
        for session in self._sessions():
            self._seen.add(session.call_id)
            if session.owes_sound:
                since = silent[session.call_id] = self._silent_since.get(session.call_id, now)
                self.longest_silence = max(self.longest_silence, now - since)
        self._silent_since = silent

    def take(self, event: SessionEvent) -> None:
        if isinstance(event, TurnFinished):
            self.rungs[event.rung] += 1
        elif isinstance(event, CallFinished):
            self.ended += 1
            self.dropped += event.ended.ended_by is EndedBy.FAILURE

    def told(self) -> dict[str, Any]:
        """As the desk tells it."""
        return {
            "calls": len(self._seen),
            "longest_silence_s": round(self.longest_silence, 2),
            "fillers": self.fillers,
            "turns": dict(sorted(self.rungs.items())),
            "ended": self.ended,
            "dropped": self.dropped,
        }
