"""What those who ring agents need of the node around them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from softswitch.app.dialing.outcome import Report
from softswitch.events import CallInfo
from softswitch.gateway import messages
from softswitch.ports import Voice
from softswitch.trunks.selection import Route
from softswitch.waiting import AgentChanged, CallerMoved, CallerOffered

Told = AgentChanged | CallerMoved | CallerOffered


class Wires(Protocol):
    @property
    def clock_rate(self) -> int:
        """Of audio, samples per second."""
        ...

    @property
    def away(self) -> str:
        """Why no phone can be rung just now, as a sentence; "" when they can."""
        ...

    def send(self, message: messages.Message) -> None: ...

    def tell(self, event: Told) -> None:
        """To be published."""
        ...

    def routes(self, number: str) -> Sequence[Route]:
        """Every try for the number (E.164), best first."""
        ...

    def tried(self, route: Route, status: int, reason: str) -> None: ...

    def calls_on(self, trunk: str) -> int: ...

    async def admit(self, call_id: str, number: str, trunk: str, *, each: bool) -> str:
        """Count a call to that number against the caps on dialling, those on each number with `each`; or why
        it may not be made. Raises SoftswitchError when that cannot be told.
        """
        ...

    def note(self, call_id: str, *, answered_at: float = 0.0, ended_at: float = 0.0) -> None:
        """When a call that was admitted was answered, or ended (Unix seconds)."""
        ...

    def is_open(self, plan: str, queue: str, at: float) -> bool:
        """Whether the dialplan's queue was open then (Unix seconds)."""
        ...

    def voice(self, plan: str) -> tuple[Voice, str] | None:
        """How a dialplan (its name) speaks, and its first language."""
        ...

    def number(self, info: CallInfo, plan: str) -> str:
        """Where a caller can be called back, E.164; "" where that is not known."""
        ...

    def can_dial(self, plan: str) -> bool: ...

    async def dial(self, number: str, plan: str, known: Mapping[str, str], call_id: str) -> Report:
        """As Dialer.dial; what of `known` is no variable of the plan is left out."""
        ...

    async def ended(self, call_id: str) -> object:
        """When a call that was dialled and answered is over."""
        ...
