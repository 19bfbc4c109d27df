"""Calls that control does nothing about, because it is away or hangs: what their callers hear, and where they
go in the end; see survival. Everything here runs on the SIP thread.
"""

import logging
import time
from pathlib import Path

from softswitch.config import Config
from softswitch.events import Cause
from softswitch.gateway import holding, transfer
from softswitch.gateway.guard import guarded
from softswitch.gateway.leg import Leg
from softswitch.gateway.rings import Slot
from softswitch.gateway.survival import Alone, Order, line_frames

log = logging.getLogger(__name__)
ANSWER_LIMIT = 1.0
"""Seconds that control may take to answer a call, or to have it ring, before the gateway does it itself."""


class Caretaker:
    def __init__(self, config: Config, frame_bytes: int) -> None:
        self._survival, self._human = config.survival, config.human
        self._frame_bytes = frame_bytes
        self._line: list[bytes] = []

    def learn_line(self, path: str) -> None:
        """What callers hear, from a raw PCM file. Where it cannot be read they hear the one before."""
        try:
            self._line = line_frames(Path(path).read_bytes(), self._frame_bytes)
        except OSError as error:
            log.error("the holding line cannot be read from %s: %s", path, error.strerror)

    @property
    def may_take_calls(self) -> bool:
        """Whether new calls are held while control is away; not before it has ever been there."""
        return bool(self._line) and self._survival.new_calls == "hold"

    def expect_answer(self, leg: Leg) -> None:
        """Control is there, but for whatever reason it may do nothing about this call."""
        leg.timers.set("control", time.monotonic() + ANSWER_LIMIT, lambda: self.take(leg))

    def take(self, leg: Leg) -> None:
        """Control does nothing about it from here on. Those who are bridged talk on."""
        leg.timers.cancel("ring", "control")
        if leg.hold_wanted:  # or nobody would hear the line
            guarded(holding.hold, leg, False)
        leg.port.slot.counters[Slot.EXPECT_MORE] = 0
        if leg.bridged:
            return
        if leg.fetched:  # for one who has gone, or is no longer his
            guarded(leg.hangup, Cause.NORMAL_CLEARING)
            return
        leg.alone = Alone(time.monotonic())
        leg.port.holding_line = self._line
        if not leg.answered:
            if self.may_take_calls and not leg.outbound:  # nobody is called for a line that he is to hold
                guarded(leg.answer)
            else:
                guarded(leg.hangup, Cause.TEMPORARY_FAILURE)

    def tick(self, leg: Leg, now: float) -> None:
        """Several times a second."""
        if leg.alone is None:
            return
        human = (leg.kept and leg.kept.human) or self._human
        order = leg.alone.next(now, leg.kept or self._survival, human)
        if order is Order.TRANSFER and human:
            guarded(transfer.blind, leg, human)
        elif order is Order.GIVE_UP:
            guarded(leg.hangup, Cause.TEMPORARY_FAILURE)


def give_back(leg: Leg) -> None:
    """Control has it in hand again."""
    leg.alone = None
    leg.port.holding_line = None
