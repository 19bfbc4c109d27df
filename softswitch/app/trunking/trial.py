"""Calls of `trunk test`: one to an echo target, with a known sound and keys, and what comes back of them."""

import asyncio
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from statistics import median_low

import numpy as np

from softswitch.app.outbound import Outbound
from softswitch.app.trunking import echo
from softswitch.events import CallConfirmed, CallEnded, Cause, DtmfReceived, EndedBy, LegEvent, MediaQuality
from softswitch.gateway.line import CallLine

AT_ONCE = 2
FIRST_CHIRP_S, EVERY_S, CHIRPS = 0.5, 3.0, 3
"""Echo targets often speak first, so that the sound is played more than once."""
LONGEST_DELAY_S = 2.0
LOOK_S = 0.5
AHEAD_FRAMES = 10
"""Of the sound lie ready in the ring, so that control may be late."""
KEYS = "159"
KEYS_BACK_S = 3.0
END_S = 5.0
LOST = CallEnded(Cause.NETWORK_OUT_OF_ORDER, 0, EndedBy.FAILURE, reason="the gateway lost it")


@dataclass(frozen=True, slots=True)
class Echoed:
    """The sound as it came back: seconds it was under way, and its level against the one sent in dB."""

    delay: float
    gain_db: float


@dataclass(eq=False)
class Trial:
    """One call. `heard` is all that came in, by 20 ms frames."""

    call_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    line: CallLine | None = None
    news: asyncio.Queue[LegEvent] = field(default_factory=asyncio.Queue)
    ended: CallEnded | None = None
    keys: str = ""
    _heard: list[bytes] = field(default_factory=list)
    _offsets: list[int] = field(default_factory=list)
    _written: int = 0
    _plays: bool = False

    def take(self, event: LegEvent) -> None:
        match event:
            case DtmfReceived(digit=digit):
                self.keys += digit
            case CallEnded():
                self.ended = event
        self.news.put_nowait(event)

    async def answered(self) -> CallConfirmed | None:
        """None when it ends instead, see `ended`."""
        while True:
            match await self.news.get():
                case CallConfirmed() as confirmed:
                    return confirmed
                case CallEnded():
                    return None

    async def over(self) -> MediaQuality:
        """Hang up; what was received of audio packets."""
        if self.ended is None and self.line:
            self.line.hangup(Cause.NORMAL_CLEARING)
            try:
                async with asyncio.timeout(END_S):
                    while not isinstance(await self.news.get(), CallEnded):
                        pass
            except TimeoutError:
                pass
        return self.ended.quality if self.ended else MediaQuality()

    # --- audio ------------------------------------------------------------------------------------------

    async def listen_for_echo(self) -> Echoed | None:
        """Play the sound until it comes back, a few times at most; None when it does not."""
        self._plays = True
        for _ in range(round((FIRST_CHIRP_S + CHIRPS * EVERY_S) / LOOK_S)):
            await asyncio.sleep(LOOK_S)
            if found := self._find():
                return found
            if self.ended:
                break
        return None

    @property
    def level_dbfs(self) -> float:
        """Of what was heard all in all."""
        return echo.level(np.frombuffer(b"".join(self._heard), np.int16))

    def tick(self) -> None:
        """Every 20 ms."""
        if self.line is None or self.ended:  # the line of a call that is over takes nothing any more
            return
        frames = self.line.read()
        if not self._plays:
            return
        self._heard += frames
        if self._written:
            self._offsets.append(len(self._heard) - self.line.played)
        while self.line.pending < AHEAD_FRAMES:
            self.line.play(self._frame(self._written))
            self._written += 1

    def _frame(self, number: int) -> bytes:
        """The sound's turn comes again and again, with silence between."""
        assert self.line
        size = self.line.clock_rate // 50
        start = (number * size) % round(EVERY_S * self.line.clock_rate)
        inside = start - round(FIRST_CHIRP_S * self.line.clock_rate)
        chirp = echo.chirp(self.line.clock_rate)
        return chirp[inside : inside + size].tobytes() if 0 <= inside < len(chirp) else bytes(2 * size)

    def _find(self) -> Echoed | None:
        """Both directions are counted by one clock, in frames: the difference of two positions is a time."""
        if self.line is None or not self._offsets:
            return None
        rate = self.line.clock_rate
        heard, chirp = np.frombuffer(b"".join(self._heard), np.int16), echo.chirp(rate)
        offset = median_low(self._offsets) * rate // 50
        for number in reversed(range(CHIRPS)):
            start = offset + round((FIRST_CHIRP_S + number * EVERY_S) * rate)
            window = heard[max(0, start) : start + round(LONGEST_DELAY_S * rate) + len(chirp)]
            if found := echo.find(window, chirp):
                return Echoed(found.at / rate, found.level_dbfs - echo.level(chirp))
        return None

    # --- keys -------------------------------------------------------------------------------------------

    async def press_keys(self) -> str:
        """Send KEYS; those that came back."""
        assert self.line
        self.keys, self._plays = "", False
        self.line.send_dtmf(KEYS)
        for _ in range(round(KEYS_BACK_S / LOOK_S)):
            await asyncio.sleep(LOOK_S)
            if KEYS in self.keys or self.ended:
                break
        return self.keys


class Trials:
    """Implements app.outbound.Outbound: has its own calls, and hands on what is about those of `others`."""

    def __init__(self, others: Outbound) -> None:
        self._others = others
        self._trials: dict[str, Trial] = {}

    @property
    def has_room(self) -> bool:
        return len(self._trials) < AT_ONCE

    def begin(self) -> Trial:
        trial = Trial()
        self._trials[trial.call_id] = trial
        return trial

    def end(self, trial: Trial) -> None:
        del self._trials[trial.call_id]

    def on_offer(self, line: CallLine, established: bool, codec: str) -> bool:
        if trial := self._trials.get(line.info.call_id):
            trial.line = line
            return True
        return self._others.on_offer(line, established, codec)

    def on_event(self, call_id: str, event: LegEvent) -> bool:
        if trial := self._trials.get(call_id):
            trial.take(event)
            return True
        return self._others.on_event(call_id, event)

    def on_ready(self, live_call_ids: Collection[str]) -> None:
        for call_id, trial in self._trials.items():
            if trial.line and call_id not in live_call_ids:
                trial.take(LOST)
        self._others.on_ready(live_call_ids)

    def on_tick(self) -> None:
        for trial in self._trials.values():
            trial.tick()
        self._others.on_tick()

    def give_up(self, line: CallLine) -> None:
        self._others.give_up(line)
