"""Makes calls: checks the order and the guard, then sees each through; and knows which of them are whose.

Retries at another time are none of its business: whoever wants them dials again.
"""

import asyncio
import logging
import time
import uuid
from collections import Counter, OrderedDict
from collections.abc import Collection, Coroutine, Mapping, Sequence
from typing import Any

from softswitch.app.dialing import tries
from softswitch.app.dialing.call import Dialling, Tell
from softswitch.app.dialing.guard import Guard
from softswitch.app.dialing.limits import Limits
from softswitch.app.dialing.outcome import Outcome, Report
from softswitch.app.dialing.placing import LOST, Placing
from softswitch.app.dialing.wires import Trunks, Wires
from softswitch.app.dialplans import Dialplans, Loaded
from softswitch.config import Config
from softswitch.dialplan import given
from softswitch.e164 import e164
from softswitch.errors import SoftswitchError
from softswitch.events import CallConfirmed, CallEnded, Cause, EndedBy, LegEvent
from softswitch.gateway import messages
from softswitch.gateway.line import CallLine
from softswitch.news import CallFinished
from softswitch.trunks import guarding
from softswitch.trunks.selection import Route

log = logging.getLogger(__name__)
AT_ONCE = 100
"""Calls that may be on their way to an answer at once."""
MOST_PAST = 1000
"""Ends of calls that are kept for who asks a moment later."""
UNKNOWN_END = CallEnded(Cause.NORMAL_UNSPECIFIED, 0, EndedBy.NODE)


class NotNow(SoftswitchError):
    """The order is sound, and later or on another node it will do."""


class Dialer:
    """Implements app.outbound.Outbound. `outcomes` counts what became of calls."""

    def __init__(self, config: Config, dialplans: Dialplans, trunks: Trunks, wires: Wires) -> None:
        self._config = config
        self._dialplans = dialplans
        self._trunks = trunks
        self._wires = wires
        limits = Limits(lambda trunk: wires.calls_on(trunk) + self._unoffered(trunk))
        self._placing = Placing(config.dialing, trunks, wires, limits, lambda: not self._closed)
        self.guard = Guard(config, wires)
        self._dialling: dict[str, Dialling] = {}
        self._up: dict[str, asyncio.Future[CallEnded]] = {}
        self._past: OrderedDict[str, CallEnded] = OrderedDict()
        self._strays: set[str] = set()
        self._work: set[asyncio.Task[None]] = set()
        self._closed = False
        self.outcomes: Counter[str] = Counter()

    @property
    def dialling(self) -> int:
        """Calls on their way to an answer, or whose answer is listened to."""
        return len(self._dialling)

    @property
    def closed(self) -> bool:
        """Whether it dials no more."""
        return self._closed

    def close(self) -> None:
        """Dial no more. What rings may ring on, but is not tried elsewhere."""
        self._closed = True

    async def dial(
        self,
        number: str,
        plan: str,
        context: Mapping[str, str],
        *,
        trunk: str = "",
        caller_id: str = "",
        ring_for: float = 0.0,
        call_id: str = "",
        on_progress: Tell = lambda progress: None,
    ) -> Report:
        """Call the number for a dialplan (its name), with values of its variables in `context`.

        `trunk` and `caller_id` limit the choice of ways; `ring_for` is in seconds, 0 for the configured time;
        `call_id` is one that no call has, "" for any.
        Returns when it is known who answered, or that nobody did. The conversation goes on by itself: `ended`
        waits for its end. Cancelled before, it hangs up. Raises SoftswitchError for what is wrong with the
        order, and NotNow when nothing can be dialled just now.
        """
        call = self._ordered(number, plan, context, caller_id, ring_for, call_id, on_progress)
        if why := guarding.forbidden(call.number, self._config.dialing):
            return self._count(_unsent(Outcome.REFUSED, call, why))
        routes = tries.allowed(self._trunks.routes(call.number), call.number, trunk, call.caller_id)
        self._check()
        self._begin(call, routes)
        try:
            return self._count(await asyncio.shield(call.report))
        except asyncio.CancelledError:
            self.hang_up(call.call_id)
            raise

    def is_dialling(self, call_id: str) -> bool:
        """Whether it is on its way to an answer."""
        return call_id in self._dialling

    async def ended(self, call_id: str) -> CallEnded:
        """The end of a call that was answered; of one long over it is not known any more."""
        if over := self._up.get(call_id):
            return await asyncio.shield(over)
        return self._past.get(call_id, UNKNOWN_END)

    def hang_up(self, call_id: str) -> None:
        """End the call wherever it is: being dialled, or in conversation."""
        if call := self._dialling.get(call_id):
            call.cancelled = True
        self._wires.send(messages.Hangup(call_id, Cause.NORMAL_CLEARING))

    # --- before a call ----------------------------------------------------------------------------------

    def _ordered(
        self,
        number: str,
        plan: str,
        context: Mapping[str, str],
        caller_id: str,
        ring_for: float,
        call_id: str,
        tell: Tell,
    ) -> Dialling:
        """The call, as it is to be made. Raises SoftswitchError for what is wrong with it."""
        loaded = self._loaded(plan)
        country, values = loaded.plan.settings.country, given.check(loaded.plan, context)
        wanted, shown = _number(number, country), _number(caller_id, country) if caller_id else ""
        ring_for = ring_for or self._config.dialing.ring_timeout
        return Dialling(wanted, loaded, values, shown, ring_for, tell, call_id or uuid.uuid4().hex)

    def _loaded(self, plan: str) -> Loaded:
        found = next((loaded for loaded in self._dialplans.active if loaded.plan.name == plan), None)
        if found is None:
            names = ", ".join(loaded.plan.name for loaded in self._dialplans.active)
            raise SoftswitchError(
                f"this node runs no dialplan '{plan}' but {names}: name it in `dialplan` and restart it"
            )
        return found

    def _check(self) -> None:
        if self._closed:
            raise NotNow("the node drains and makes no calls: dial on another, or when it is back")
        if self._wires.away:
            raise NotNow(self._wires.away)
        if len(self._dialling) >= AT_ONCE:
            raise NotNow(f"{AT_ONCE} calls are being dialled already: try again in a moment")

    def _count(self, report: Report) -> Report:
        self.outcomes[report.outcome] += 1
        return report

    def _unoffered(self, trunk: str) -> int:
        """Calls on their way to the gateway, which knows nothing of them yet."""
        return sum(call.line is None and call.info.trunk == trunk for call in self._dialling.values())

    # --- a call -----------------------------------------------------------------------------------------

    def _begin(self, call: Dialling, routes: Sequence[Route]) -> None:
        self._dialling[call.call_id] = call
        self._dialplans.begin(call.loaded)
        self._start(self._place(call, routes))

    async def _place(self, call: Dialling, routes: Sequence[Route]) -> None:
        """From the guard to the dialplan; whatever happens, whoever waits for the report gets one."""
        adopted = False
        try:
            if why := await self.guard.admit(call.call_id, call.number, routes[0].trunk.name):
                call.report.set_result(_unsent(Outcome.HELD, call, why))
            else:
                self._up[call.call_id] = asyncio.get_running_loop().create_future()
                call.remembered = await self._remembered(call)
                ended = await self._placing.run(call, routes)
                adopted = ended is None
                if ended:
                    self._over(call.call_id, ended)
        except Exception as error:
            if not isinstance(error, SoftswitchError):
                log.exception("call %s could not be dialled", call.call_id)
            if call.line:  # nobody would speak to who answers
                self.give_up(call.line)
            if not call.report.done():
                call.report.set_exception(error)
        finally:
            del self._dialling[call.call_id]
            if not adopted:
                self._up.pop(call.call_id, None)
                self._dialplans.end(call.loaded)

    async def _remembered(self, call: Dialling) -> dict[str, str]:
        if not call.loaded.parts.remembers:
            return {}
        known = await self._wires.recall(call.loaded.plan.name, call.number)
        return {name: value for name, value in known.items() if name in call.loaded.parts.remembers}

    def _over(self, call_id: str, ended: CallEnded) -> None:
        if over := self._up.pop(call_id, None):
            over.set_result(ended)
            self._past[call_id] = ended
            if len(self._past) > MOST_PAST:
                self._past.popitem(last=False)

    # --- the gateway's news (app.outbound.Outbound) --------------------------------------------------------

    def on_offer(self, line: CallLine, established: bool, codec: str) -> bool:
        """Whether the call is on its way here. One that a process was dialling when it died is given up."""
        call_id = line.info.call_id
        if call := self._dialling.get(call_id):
            self._placing.offered(call, line)
            if established and not call.answered_at:  # while the connection to the gateway was lost
                call.news.put_nowait(CallConfirmed(codec))
            return True
        if line.info.direction == "in" or established:
            return False
        self.give_up(line)
        return True

    def give_up(self, line: CallLine) -> None:
        self._strays.add(line.info.call_id)
        line.hangup(Cause.NORMAL_CLEARING)

    def on_event(self, call_id: str, event: LegEvent) -> bool:
        """Whether it was about a call that is on its way here."""
        if call := self._dialling.get(call_id):
            call.news.put_nowait(event)
            return True
        if not isinstance(event, CallEnded):
            return False
        self._over(call_id, event)
        if call_id in self._strays:
            self._strays.discard(call_id)
            self._wires.emit(CallFinished(call_id, event, "", time.time()))
        return False

    def on_ready(self, live_call_ids: Collection[str]) -> None:
        """The gateway has named its calls: what it does not have is gone."""
        for call in self._dialling.values():
            if call.line and call.call_id not in live_call_ids:
                call.news.put_nowait(LOST)
        for call_id in set(self._up) - set(live_call_ids) - set(self._dialling):
            self._over(call_id, LOST)
        self._strays &= set(live_call_ids)
        self.guard.close_orphans({*live_call_ids, *self._dialling})

    def on_tick(self) -> None:
        for call in list(self._dialling.values()):
            try:
                call.listen()
            except Exception:  # one call's bug is not another's
                log.exception("in call %s", call.call_id)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)


def _number(text: str, country: str) -> str:
    number = e164(text, country)
    if not number:
        raise SoftswitchError(f"'{text}' is no number that can be dialled; write it as in +442079460000")
    return number


def _unsent(outcome: Outcome, call: Dialling, why: str) -> Report:
    return Report(outcome, "", call.number, cause=Cause.CALL_REJECTED, reason=why)
