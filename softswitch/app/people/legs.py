"""The calls to people's phones: known by their ids, they get no conversation of their own."""

import asyncio
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from softswitch.app.outbound import Outbound
from softswitch.events import CallConfirmed, CallEnded, Cause, EndedBy, LegEvent
from softswitch.gateway import messages
from softswitch.gateway.line import CallLine

LOST = CallEnded(Cause.NETWORK_OUT_OF_ORDER, 0, EndedBy.FAILURE, reason="the gateway lost it")
Send = Callable[[messages.Message], None]


@dataclass(eq=False)
class Leg:
    """`sent`: an INVITE is on its way, or was. `cancelled`: nobody waits for it any more."""

    send: Send
    call_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    line: CallLine | None = None
    news: asyncio.Queue[LegEvent] = field(default_factory=asyncio.Queue)
    ended: CallEnded | None = None
    answered: bool = False
    sent: bool = False
    cancelled: bool = False
    counted: bool = False
    """Against the caps on dialling, so that its end is noted."""

    def take(self, event: LegEvent) -> None:
        if isinstance(event, CallEnded):
            self.ended = event
        elif isinstance(event, CallConfirmed):
            self.answered = True
        self.news.put_nowait(event)

    def hang_up(self) -> None:
        """Before the answer a CANCEL, after it a BYE. CallEnded follows."""
        if self.sent and self.ended is None:
            self.send(messages.Hangup(self.call_id, Cause.NORMAL_CLEARING))

    def cancel(self) -> None:
        """Nobody waits for it any more, whatever becomes of it."""
        self.cancelled = True
        self.hang_up()
        self.news.put_nowait(CallEnded(Cause.NORMAL_CLEARING, 0, EndedBy.NODE, reason="cancelled"))


class Legs:
    """Implements app.outbound.Outbound: has its own calls, and hands on what is about those of `others`.

    `expected` are legs of the process before this one, by id: those that the gateway still has are found
    again, and told to `on_found` once the gateway has named all its calls, with the ids of those.
    """

    def __init__(self, others: Outbound, send: Send) -> None:
        self._others = others
        self._send = send
        self._legs: dict[str, Leg] = {}
        self._ending: set[str] = set()
        self.expected: set[str] = set()
        self.on_end: Callable[[str], None] = lambda call_id: None
        """Told of those that were answered, and are counted."""
        self.on_found: Callable[[dict[str, Leg], set[str]], None] = lambda found, live: None

    def begin(self) -> Leg:
        leg = Leg(self._send)
        self._legs[leg.call_id] = leg
        return leg

    def find(self, call_id: str) -> Leg:
        return self._legs[call_id]

    def end(self, leg: Leg) -> None:
        """Nothing more is wanted of it; what is still up is hung up, and known until the gateway says so."""
        leg.cancelled = True
        leg.hang_up()
        if not leg.sent or leg.ended:
            self._legs.pop(leg.call_id, None)
        else:
            self._ending.add(leg.call_id)

    def on_offer(self, line: CallLine, established: bool, codec: str) -> bool:
        call_id = line.info.call_id
        leg = self._legs.get(call_id)
        if leg is None and established and call_id in self.expected:
            leg = self._legs[call_id] = self._found(call_id)
        if leg is None:
            return self._others.on_offer(line, established, codec)
        leg.line = line
        if leg.cancelled:
            leg.hang_up()
        elif established and not leg.answered:  # while the connection to the gateway was lost
            leg.take(CallConfirmed(codec, line.telephone_event))
        return True

    def _found(self, call_id: str) -> Leg:
        """One of the process before this one, which may have counted it."""
        return Leg(self._send, call_id, sent=True, answered=True, counted=True)

    def on_event(self, call_id: str, event: LegEvent) -> bool:
        leg = self._legs.get(call_id)
        if leg is None:
            return self._others.on_event(call_id, event)
        self._tell(leg, event)
        if isinstance(event, CallEnded) and call_id in self._ending:
            self._forget(call_id)
        return True

    def _tell(self, leg: Leg, event: LegEvent) -> None:
        leg.take(event)
        if isinstance(event, CallEnded) and leg.counted and leg.answered:
            self.on_end(leg.call_id)

    def on_ready(self, live_call_ids: Collection[str]) -> None:
        live = set(live_call_ids)
        for call_id, leg in list(self._legs.items()):
            if leg.sent and call_id not in live and leg.ended is None:
                self._tell(leg, LOST)
            if leg.ended and call_id in self._ending:
                self._forget(call_id)
        found = {call_id: leg for call_id, leg in self._legs.items() if call_id in self.expected}
        self.expected = set()
        self.on_found(found, live)
        self._others.on_ready(live | self._under_way)

    @property
    def _under_way(self) -> set[str]:
        """Some may not be with the gateway yet."""
        return {call_id for call_id, leg in self._legs.items() if not leg.ended}

    def _forget(self, call_id: str) -> None:
        self._ending.discard(call_id)
        self._legs.pop(call_id, None)

    def on_tick(self) -> None:
        self._others.on_tick()

    def give_up(self, line: CallLine) -> None:
        """A call that nobody here knows. One that is bridged was fetched for a caller, outside of queues."""
        if not line.bridged_to:
            self._others.give_up(line)
            return
        call_id = line.info.call_id
        leg = self._legs[call_id] = self._found(call_id)
        leg.line = line
        self.expected.add(call_id)
