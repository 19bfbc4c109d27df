"""Callers of this node who wait for a person, or speak with one."""

import time
from dataclasses import dataclass, field
from typing import Literal

from softswitch.app.people.legs import Leg
from softswitch.events import CallInfo
from softswitch.people.parties import Caller
from softswitch.ports import Waiter
from softswitch.waiting import Enqueue

Onward = Literal["", "given_back", "queue", "number"]


@dataclass(eq=False)
class Here:
    """`row` is what the database says of him once this process holds him. `rings` are the phones that ring
    for him, by agent; `winner` is the one of them that was answered, or has accepted. `onward` is where his
    talk was ended to, `to` the number or address there.
    """

    waiter: Waiter
    info: CallInfo
    plan: str
    order: Enqueue
    number: str
    entered: float = field(default_factory=time.monotonic)
    waited_before: float = 0.0
    row: Caller | None = None
    admitted: bool = False
    told_at: float | None = None
    rings: dict[str, Leg] = field(default_factory=dict)
    winner: Leg | None = None
    talks: bool = False
    aside: Leg | None = None
    """A third party with whom his agent speaks, or is going to, before he does."""
    apart: bool = False
    """Whether the two of them speak just now, and he hears music."""
    joined: bool = False
    """Whether his agent has left him to the third party."""
    gone: bool = False
    onward: Onward = ""
    to: str = ""

    def __post_init__(self) -> None:
        if self.order.since:  # by the clock of the day, which knows of the time before this process
            self.waited_before = max(0.0, time.time() - self.order.since)

    @property
    def waited(self) -> float:
        """Seconds."""
        return self.waited_before + time.monotonic() - self.entered

    @property
    def call_id(self) -> str:
        return self.info.call_id

    def wins(self, leg: Leg) -> bool:
        """Whether this phone gets him; then the others stop ringing."""
        if self.gone or leg.cancelled or self.winner not in (None, leg):
            return False
        self.winner = leg
        for other in self.rings.values():
            if other is not leg:
                other.cancel()
        return True

    def send_on(self, onward: Onward, to: str = "") -> None:
        """End his talk, and have him go on there."""
        self.onward, self.to = onward, to
        if self.winner:
            self.winner.cancel()

    def leave(self) -> None:
        """He does not wait any more, or is no more: what rings for him stops, and a talk ends."""
        self.gone = True
        for leg in self.rings.values():
            leg.cancel()

    def renew(self, waiter: Waiter, order: Enqueue) -> None:
        """He waits by another order from here on; what rings for him rings on."""
        self.waiter, self.order, self.row = waiter, order, None
        self.admitted, self.told_at = False, None
        self.entered, self.waited_before = time.monotonic(), 0.0
        self.__post_init__()
