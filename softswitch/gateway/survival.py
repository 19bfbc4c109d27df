"""What the gateway does for its callers while control is away. Pure: times in, orders out.

A caller hears the holding line, over and over; after `transfer_after` he is transferred to the human
destination where one is configured; after `give_up_after` the call is ended. When control is back it takes
the calls up again and nothing here applies.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

HEARTBEAT_LIMIT = 1.0
"""Seconds without a heartbeat after which control is taken to be away."""
PAUSE_S = 1.2
"""After the holding line, until it is heard again: too short for anybody to take the call for dead."""


class Order(StrEnum):
    TRANSFER = "transfer"
    GIVE_UP = "give up"


class Policy(Protocol):
    """Seconds without control."""

    @property
    def transfer_after(self) -> float: ...

    @property
    def give_up_after(self) -> float: ...


@dataclass
class Alone:
    """One call's time without control."""

    since: float
    transferred: bool = False

    def next(self, now: float, policy: Policy, human: str | None) -> Order | None:
        """The order that is due now, each at most once (a transfer that fails leaves him on the line)."""
        away = now - self.since
        if away >= policy.give_up_after:
            return Order.GIVE_UP
        if human and not self.transferred and away >= policy.transfer_after:
            self.transferred = True
            return Order.TRANSFER
        return None


def line_frames(pcm: bytes, frame_bytes: int, pause_s: float = PAUSE_S) -> list[bytes]:
    """The holding line in frames, with a pause after it, to be played in a circle."""
    pcm = pcm + bytes(-len(pcm) % frame_bytes) + bytes(frame_bytes * round(pause_s * 50))
    return [pcm[at : at + frame_bytes] for at in range(0, len(pcm), frame_bytes)]
