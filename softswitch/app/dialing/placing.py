"""Sees a call through: one way after the other until it is answered, then who answered, then the dialplan."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from softswitch.app.dialing import outcome, tries
from softswitch.app.dialing.call import Dialling, Step
from softswitch.app.dialing.limits import Limits
from softswitch.app.dialing.outcome import Outcome, Report
from softswitch.app.dialing.wires import Trunks, Wires
from softswitch.events import CallConfirmed, CallEnded, CallProgress, Cause, EndedBy
from softswitch.gateway import messages
from softswitch.gateway.line import CallLine
from softswitch.news import CallAnswered, CallFinished, CallStarted, StateSaved
from softswitch.sections.dialing import Dialing
from softswitch.session.answering import AnsweredBy
from softswitch.trunks import numbers
from softswitch.trunks.selection import Route

GRACE_S = 10.0
"""The gateway keeps a call's times. Where it says nothing for so much longer, it has lost the call."""
LOST = CallEnded(Cause.NETWORK_OUT_OF_ORDER, 0, EndedBy.FAILURE, reason="the gateway lost it")

CANCELLED = CallEnded(Cause.NORMAL_CLEARING, 0, EndedBy.NODE, reason="cancelled")


class Placing:
    """`may_go_on` says whether another way may be tried after a failure."""

    def __init__(
        self, settings: Dialing, trunks: Trunks, wires: Wires, limits: Limits, may_go_on: Callable[[], bool]
    ) -> None:
        self._settings = settings
        self._trunks = trunks
        self._wires = wires
        self._limits = limits
        self._may_go_on = may_go_on

    async def run(self, call: Dialling, routes: Sequence[Route]) -> CallEnded | None:
        """Until the dialplan has the call (None), or it is over."""
        ended = await self._reach(call, routes)
        if ended:
            self._give_up(call, ended)
        else:
            call.tell({"event": "answered", "trunk": call.info.trunk})
            ended = await self._welcome(call)
        if ended and call.voice:
            call.voice.close()
        return ended

    async def _reach(self, call: Dialling, routes: Sequence[Route]) -> CallEnded | None:
        """None when it was answered; else how the last way ended."""
        ended: CallEnded | None = CANCELLED
        for route in routes:
            if call.cancelled:
                break
            if why := self._limits.take(route.trunk):
                ended = CallEnded(Cause.NO_CIRCUIT, 0, EndedBy.NODE, reason=why)
                call.tell({"event": "passed over", "trunk": route.trunk.name, "reason": why})
                continue
            ended = await self._try(call, route)
            if ended is None or not outcome.mendable(ended) or not self._may_go_on():
                break
        return ended

    async def _try(self, call: Dialling, route: Route) -> CallEnded | None:
        """None when it was answered."""
        order = tries.originate(
            call.call_id, route, call.number, call.caller_id, call.ring_for, self._settings
        )
        call.line = None
        call.shown = numbers.shown(call.caller_id, route.trunk).number
        call.info = replace(call.info, trunk=route.trunk.name, from_uri=order.from_uri, to_uri=order.uri)
        call.tell({"event": "trying", "trunk": route.trunk.name, "target": route.target.hostport})
        self._wires.send(order)
        ended = await self._until_answered(call)
        status, reason = (ended.sip_status, ended.reason) if ended else (200, "")
        self._trunks.tried(route, status, reason)
        if ended:
            failed = {"event": "failed", "trunk": route.trunk.name, "status": status, "reason": reason}
            call.tell(failed | {"cause": int(ended.cause)})
        return ended

    async def _until_answered(self, call: Dialling) -> CallEnded | None:
        patience = call.ring_for + self._settings.answer_within + GRACE_S
        try:
            async with asyncio.timeout(patience):
                while True:
                    match await call.news.get():
                        case CallConfirmed() as confirmed:
                            call.codec, call.answered_at = confirmed.codec, time.time()
                            return None
                        case CallEnded() as ended:
                            return ended
                        case CallProgress() as progress:
                            told = {"event": "ringing", "trunk": call.info.trunk}
                            call.prepare()
                            call.tell(told | {"status": progress.status, "early_media": progress.early_media})
        except TimeoutError:
            self._wires.send(messages.Hangup(call.call_id, Cause.RECOVERY_ON_TIMER_EXPIRY))
            return LOST

    # --- from the answer to the conversation ------------------------------------------------------------

    async def _welcome(self, call: Dialling) -> CallEnded | None:
        """Tell who has answered, and let the dialplan speak when it is its turn."""
        assert call.line
        call.begin_listening(call.line)
        call.prepare()
        while True:
            match await call.news.get():
                case Step.DECIDED:
                    self._tell_who(call)
                case Step.READY:
                    assert call.voice
                    self._wires.adopt(call.line, call.admission(), call.voice)
                    return None
                case CallEnded() as ended:
                    call.stop_listening()
                    if call.answered_by is None:
                        call.answered_by = AnsweredBy.UNKNOWN
                        self._tell_who(call)
                    self._wires.emit(CallFinished(call.call_id, ended, "", time.time()))
                    return ended

    def _tell_who(self, call: Dialling) -> None:
        assert call.answered_by and call.answered_at
        by = call.answered_by
        self._wires.emit(CallAnswered(call.call_id, call.codec, call.answered_at, by))
        call.tell({"event": "answered by", "by": by, "after_s": round(time.time() - call.answered_at, 2)})
        report = Report(Outcome(by), call.call_id, call.number, call.info.trunk, status=200)
        call.report.set_result(report)

    # --- what is recorded -------------------------------------------------------------------------------

    def offered(self, call: Dialling, line: CallLine) -> None:
        """The gateway has sent the INVITE: a new way is written down, the first with what to go on from."""
        call.line = line
        if call.answered_at:  # the connection to the gateway was lost, not this process
            return
        call.info = replace(line.info, started_at=call.info.started_at)
        self._record(call)

    def _record(self, call: Dialling) -> None:
        plan = call.loaded.plan
        self._wires.emit(CallStarted(call.info, plan.name, plan.version, call.info.started_at))
        if not call.recorded:
            begun = call.admission().conversation({})
            self._wires.emit(StateSaved(call.call_id, begun.step, begun.dump(), time.time()))
        call.recorded = True

    def _give_up(self, call: Dialling, ended: CallEnded) -> None:
        """Nobody answered."""
        if not call.recorded:
            self._record(call)
        self._wires.emit(CallFinished(call.call_id, ended, "", time.time()))
        call.report.set_result(
            Report(
                outcome.of(ended),
                call.call_id,
                call.number,
                call.info.trunk,
                Cause(ended.cause) if ended.cause in set(Cause) else ended.cause,
                ended.sip_status,
                ended.reason,
            )
        )
