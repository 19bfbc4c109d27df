"""Calls on their way in: vouched for, routed and looked up, before their conversations begin."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field

from softswitch.app.dialplans import Admission, Dialplans
from softswitch.events import CallInfo, Cause, LegEvent
from softswitch.gateway.line import CallLine
from softswitch.trunks import numbers

log = logging.getLogger(__name__)

Recall = Callable[[str, str], Awaitable[dict[str, str]]]
"""What a dialplan (its name) remembers of a caller (his number)."""
Vouch = Callable[[CallInfo], Awaitable[str]]
"""What the identity of a call's caller is worth; never raises, and takes no longer than it may."""
Prefetch = Callable[[str, str, Mapping[str, str]], None]
"""Asks for what a dialplan (its name) will look up soon: the name of the look-up, and its arguments."""
Begin = Callable[["Arrival", Admission, Mapping[str, str]], None]
"""Begins a conversation, with what is remembered of the caller."""
Refuse = Callable[[CallLine, Cause, str], None]
"""Refuses a call, which is counted under that status."""


@dataclass(eq=False)
class Arrival:
    """A call whose caller is being looked up, and what happened to it meanwhile. `attestation` is what his
    identity is worth, `admission` how it is let in, once these are known.
    """

    line: CallLine
    attestation: str = ""
    admission: Admission | None = None
    news: list[LegEvent] = field(default_factory=list)
    work: asyncio.Task[None] | None = None


class Arrivals:
    """Each call that is let in ends with `begin` or `refuse`, unless it is dropped before. The dialplan that
    it enters has been told so by then.
    """

    def __init__(self, dialplans: Dialplans, recall: Recall, begin: Begin, refuse: Refuse) -> None:
        self._dialplans, self._recall = dialplans, recall
        self._begin, self._refuse = begin, refuse
        self._arriving: dict[str, Arrival] = {}
        self.vouch: Vouch | None = None
        self.prefetch: Prefetch = lambda plan, name, arguments: None

    def __len__(self) -> int:
        return len(self._arriving)

    def let_in(self, line: CallLine) -> None:
        """Routes may ask who vouches for the caller: that is found out first."""
        arrival = self._arriving[line.info.call_id] = Arrival(line)
        if self.vouch is None:
            self._admit(arrival)
        else:
            arrival.work = asyncio.create_task(self._verify(arrival, self.vouch))

    def on_event(self, call_id: str, event: LegEvent) -> bool:
        """Whether it was about one of these, whose conversation will be told."""
        arrival = self._arriving.get(call_id)
        if arrival:
            arrival.news.append(event)
        return arrival is not None

    def keep(self, call_ids: Collection[str]) -> None:
        """The others are gone."""
        for call_id in self._arriving.keys() - call_ids:
            self.drop(call_id)

    def drop(self, call_id: str) -> None:
        """If it is there: it is offered anew, or gone, or the node stops."""
        arrival = self._arriving.pop(call_id, None)
        if arrival and arrival.work:
            arrival.work.cancel()
        if arrival and arrival.admission:
            self._dialplans.end(arrival.admission.loaded)

    def ask_ahead(self, admission: Admission, known: Mapping[str, str]) -> None:
        """What the dialplan wants looked up as a call arrives; nobody waits for it."""
        plan = admission.loaded.plan
        try:
            for name, arguments in plan.prefetched({**admission.facts, **known}):
                self.prefetch(plan.name, name, arguments)
        except Exception:  # a bug here must not be a call that rings for ever
            log.exception("while asking ahead for a call to %s", plan.name)

    # --- one after the other ----------------------------------------------------------------------------

    async def _verify(self, arrival: Arrival, vouch: Vouch) -> None:
        arrival.attestation = await vouch(arrival.line.info)
        self._admit(arrival)

    def _admit(self, arrival: Arrival) -> None:
        info = arrival.line.info
        try:
            admission = self._dialplans.admit(info, arrival.attestation)
        except Exception:  # a bug in routing must not be a call that rings for ever
            log.exception("call %s cannot be routed", info.call_id)
            self._turn_away(arrival, Cause.TEMPORARY_FAILURE, "503")
            return
        if admission is None:
            log.info("no dialplan has a route for call %s", info.call_id)
            self._turn_away(arrival, Cause.UNALLOCATED_NUMBER, "404")
            return
        arrival.admission = admission
        self._dialplans.begin(admission.loaded)
        self.ask_ahead(admission, {})
        if admission.caller:
            arrival.work = asyncio.create_task(self._look_up(arrival, admission))
        else:
            self._finish(arrival, admission, {})

    def _turn_away(self, arrival: Arrival, cause: Cause, status: str) -> None:
        del self._arriving[arrival.line.info.call_id]
        self._refuse(arrival.line, cause, status)

    async def _look_up(self, arrival: Arrival, admission: Admission) -> None:
        known: dict[str, str] = {}
        try:
            known = await self._recall(admission.loaded.plan.name, admission.caller)
        except Exception:  # nobody is turned away because he was forgotten
            log.exception("in call %s", arrival.line.info.call_id)
        if known:
            self.ask_ahead(admission, known)
        self._finish(arrival, admission, known)

    def _finish(self, arrival: Arrival, admission: Admission, known: Mapping[str, str]) -> None:
        line = arrival.line
        del self._arriving[line.info.call_id]
        line.info = numbers.discreet(line.info)  # it is routed and vouched for by now; the rest is told
        try:
            self._begin(arrival, admission, known)
        except Exception:  # nor a bug here
            log.exception("call %s cannot begin", line.info.call_id)
            self._refuse(line, Cause.TEMPORARY_FAILURE, "503")
