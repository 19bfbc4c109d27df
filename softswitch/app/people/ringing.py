"""Rings a person's phone until it is answered, one way after the other, or it is known why it is not."""

import asyncio
import time
from collections.abc import Sequence
from enum import StrEnum

from softswitch.app.dialing import outcome
from softswitch.app.dialing.limits import Limits
from softswitch.app.people.legs import LOST, Leg
from softswitch.app.people.ways import Headers, Way, Ways
from softswitch.app.people.wires import Wires
from softswitch.e164 import user_part
from softswitch.errors import SoftswitchError
from softswitch.events import CallConfirmed, CallEnded, Cause, EndedBy
from softswitch.gateway import messages
from softswitch.sections.dialing import Dialing

GRACE_S = 5.0
"""The gateway keeps a call's times. Where it says nothing for so much longer, it has lost the call."""


class Reached(StrEnum):
    """What came of ringing. The words are reasons that are shown of agents."""

    ANSWERED = "answered"
    BUSY = "busy"
    DECLINED = "declined"
    NO_ANSWER = "no answer"
    FAILED = "not reached"
    CANCELLED = "cancelled"


class Ringer:
    def __init__(self, settings: Dialing, wires: Wires) -> None:
        self._settings = settings
        self._wires = wires
        self._ways = Ways(settings, wires.routes)
        self._limits = Limits(wires.calls_on)

    async def reach(
        self, leg: Leg, address: str, ring_for: float, headers: Headers = (), *, agent: bool = False
    ) -> tuple[Reached, str]:
        """What came of it, and a word on why. What trunks have part in counts against the caps on dialling;
        an `agent` is called often, so that those on each number are not for his.
        """
        try:
            ways = self._ways.to(address, leg.call_id, ring_for, headers)
            if why := await self._count(leg, address, ways, agent):
                return Reached.FAILED, why
        except SoftswitchError as error:
            return Reached.FAILED, str(error)
        found = await self._reach(leg, ways)
        if leg.counted:
            reached = found[0] is Reached.ANSWERED
            self._wires.note(leg.call_id, **{"answered_at" if reached else "ended_at": time.time()})
        return found

    async def _count(self, leg: Leg, address: str, ways: Sequence[Way], agent: bool) -> str:
        trunk = next((way.route.trunk.name for way in ways if way.route), "")
        if not trunk:
            return ""
        why = await self._wires.admit(leg.call_id, user_part(address), trunk, each=not agent)
        leg.counted = not why
        return why

    async def _reach(self, leg: Leg, ways: Sequence[Way]) -> tuple[Reached, str]:
        ended = LOST
        for way in ways:
            if leg.cancelled:
                break
            if way.route and (why := self._limits.take(way.route.trunk)):
                ended = CallEnded(Cause.NO_CIRCUIT, 0, EndedBy.NODE, reason=why)
                continue
            found = await self._try(leg, way)
            if found is None:
                return Reached.ANSWERED, ""
            ended = found
            if not outcome.mendable(ended):
                break
        return (Reached.CANCELLED, "") if leg.cancelled else (_reached(ended), ended.reason)

    async def _try(self, leg: Leg, way: Way) -> CallEnded | None:
        """None when it was answered."""
        leg.sent, leg.ended, leg.answered = True, None, False
        self._wires.send(way.order)
        ended = await self._until_answered(leg, way.order.ring_for + way.order.answer_within + GRACE_S)
        if way.route and not leg.cancelled:
            self._wires.tried(way.route, ended.sip_status if ended else 200, ended.reason if ended else "")
        return ended

    async def _until_answered(self, leg: Leg, patience: float) -> CallEnded | None:
        try:
            async with asyncio.timeout(patience):
                while True:
                    match await leg.news.get():
                        case CallConfirmed() if not leg.cancelled:
                            return None
                        case CallEnded() as ended:
                            return ended
        except TimeoutError:
            self._wires.send(messages.Hangup(leg.call_id, Cause.RECOVERY_ON_TIMER_EXPIRY))
            return LOST


_OF_OUTCOME = {
    outcome.Outcome.BUSY: Reached.BUSY,
    outcome.Outcome.NO_ANSWER: Reached.NO_ANSWER,
    outcome.Outcome.REJECTED: Reached.DECLINED,
}


def _reached(ended: CallEnded) -> Reached:
    return _OF_OUTCOME.get(outcome.of(ended), Reached.FAILED)
