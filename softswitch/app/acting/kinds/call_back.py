"""Kind `call_back`: a call through the dialplan, done when somebody has answered it.

One conversation for each promise: the number of every call that is made for it tells whose it is, so that an
attempt after a crash sees whether there was one, or whether the line is still up, before it dials. What
remains is the moment between the answer and its record: a node that dies whole in it calls again, and the
first time nobody had spoken yet.
"""

import asyncio
import time
from collections.abc import Sequence

from softswitch.actions.action import Action, Done, Later, Refused, Result
from softswitch.actions.kinds.call_back import CallBack as Settings
from softswitch.actions.templates import values_of
from softswitch.app.acting.registry import Means, Phone
from softswitch.app.dialing.dialer import NotNow
from softswitch.app.dialing.outcome import Outcome, Report
from softswitch.errors import SoftswitchError
from softswitch.store import promised_calls
from softswitch.store.promised_calls import Made

NOT_NOW_S = 10.0
STILL_UP_S = 5.0
LOST_S = 600.0
"""A call that nobody has recorded the end of in this time is of a node that is gone."""
NEVER = (Outcome.REFUSED, Outcome.UNREACHABLE)


class CallBack:
    def __init__(self, means: Means) -> None:
        self._phone = means.phone

    async def run(self, action: Action, settings: Settings) -> Result:
        if self._phone is None:
            return Later("this node makes no calls", NOT_NOW_S, counts=False)
        earlier = await asyncio.to_thread(
            promised_calls.made, self._phone.database_url, action.idempotency_key
        )
        if result := _known(earlier, settings):
            return result
        try:
            report = await self._dial(self._phone, action, settings)
        except NotNow as error:
            return Later(str(error), NOT_NOW_S, counts=False)
        except SoftswitchError as error:
            return Later(str(error))
        if report.outcome is Outcome.VOICEMAIL and settings.voicemail == "later":
            self._phone.dialer.hang_up(report.call_id)
        return _result(report, settings)

    async def _dial(self, phone: Phone, action: Action, settings: Settings) -> Report:
        values = values_of(action)
        context = {name: template.fill(values, {}) for name, template in settings.context.items()}
        return await phone.dialer.dial(
            settings.number.fill(values, {}),
            settings.plan.fill(values, {}),
            {name: value for name, value in context.items() if value},
            trunk=settings.trunk,
            caller_id=settings.caller_id,
            ring_for=settings.ring_for,
            call_id=promised_calls.new_call_id(action.idempotency_key),
        )

    async def close(self) -> None:
        pass


def _known(earlier: Sequence[Made], settings: Settings) -> Result | None:
    """What the attempts before have come to, though nobody wrote it down; None where it is to be dialled."""
    for call in earlier:
        if call.answered and (settings.voicemail == "leave" or call.answered_by != Outcome.VOICEMAIL):
            return _answered(call.call_id, call.answered_by)
    if any(not call.over and time.time() - call.started_at < LOST_S for call in earlier):
        return Later("a call of an attempt before is still up", STILL_UP_S, counts=False)
    return None


def _result(report: Report, settings: Settings) -> Result:
    told = f"{report.outcome}: {report.reason}" if report.reason else str(report.outcome)
    if report.outcome in NEVER:
        return Refused(told)
    if not report.outcome.answered or (report.outcome is Outcome.VOICEMAIL and settings.voicemail == "later"):
        return Later(told)
    return _answered(report.call_id, report.outcome)


def _answered(call_id: str, by: str) -> Done:
    return Done({"call_id": call_id, "answered_by": by or Outcome.UNKNOWN})
