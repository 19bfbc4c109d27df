"""What the dialer needs of the node around it."""

from collections.abc import Awaitable, Sequence
from typing import Protocol

from softswitch.app.dialplans import Admission
from softswitch.gateway import messages
from softswitch.gateway.line import CallLine
from softswitch.news import Announced, SessionEvent
from softswitch.ports import Voice
from softswitch.trunks.selection import Route


class Trunks(Protocol):
    def routes(self, number: str) -> Sequence[Route]:
        """Every try for the number (E.164), best first."""
        ...

    def tried(self, route: Route, status: int, reason: str) -> None:
        """What a call found there: a SIP status, 200 when it was answered; 408 also for no answer at all."""
        ...


class Wires(Protocol):
    @property
    def away(self) -> str:
        """Why no call can be made just now, as a sentence; "" when it can."""
        ...

    def send(self, message: messages.Message) -> None: ...

    def emit(self, event: SessionEvent) -> None: ...

    def announce(self, event: Announced) -> None: ...

    def adopt(self, line: CallLine, admission: Admission, voice: Voice) -> None:
        """The conversation of a call that was answered begins, in this voice."""
        ...

    def calls_on(self, trunk: str) -> int:
        """Calls that the gateway has there, of both directions."""
        ...

    def recall(self, plan: str, number: str) -> Awaitable[dict[str, str]]:
        """What a dialplan remembers of the number."""
        ...
