"""The calls that a node makes itself, as whoever knows all its calls sees them."""

from collections.abc import Collection
from typing import Protocol

from softswitch.events import Cause, LegEvent
from softswitch.gateway.line import CallLine


class Outbound(Protocol):
    """Until their conversations begin. One may hand on what is about the calls of another."""

    def on_offer(self, line: CallLine, established: bool, codec: str) -> bool:
        """Whether it is one of them."""
        ...

    def on_event(self, call_id: str, event: LegEvent) -> bool:
        """Whether it was about one of them."""
        ...

    def on_ready(self, live_call_ids: Collection[str]) -> None: ...

    def on_tick(self) -> None: ...

    def give_up(self, line: CallLine) -> None:
        """One that nobody can go on with."""
        ...


class Nothing:
    """A node that makes no calls."""

    def on_offer(self, line: CallLine, established: bool, codec: str) -> bool:
        return False

    def on_event(self, call_id: str, event: LegEvent) -> bool:
        return False

    def on_ready(self, live_call_ids: Collection[str]) -> None:
        pass

    def on_tick(self) -> None:
        pass

    def give_up(self, line: CallLine) -> None:
        line.hangup(Cause.NORMAL_UNSPECIFIED)
