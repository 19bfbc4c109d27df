"""Every call that is up: offers become sessions, the gateway's news reaches them, and each is ticked."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Protocol

from softswitch.app.dialplans import Admission, Dialplans, Loaded
from softswitch.events import CallConfirmed, CallEnded, CallInfo, Cause, LegEvent
from softswitch.gateway.line import CallLine
from softswitch.gateway.link import News
from softswitch.ports import Voice, Waiter
from softswitch.session.parts import Parts
from softswitch.session.session import Session
from softswitch.store.queries import LiveCall
from softswitch.trunks import numbers

log = logging.getLogger(__name__)

Recall = Callable[[str, str], Awaitable[dict[str, str]]]
"""What a dialplan (its name) remembers of a caller (his number)."""
Vouch = Callable[[CallInfo], Awaitable[str]]
"""What the identity of a call's caller is worth; never raises, and takes no longer than it may."""


Prefetch = Callable[[str, str, Mapping[str, str]], None]
"""Asks for what a dialplan (its name) will look up soon: the name of the look-up, and its arguments."""


class Outbound(Protocol):
    """The calls that this node makes, until their conversations begin; see app.dialing."""

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


class Bridged(Protocol):
    """Who knows with whom callers speak; see app.people."""

    def agent_of(self, leg_id: str) -> str:
        """The agent at the other end of that call; "" where it is somebody else, or not known."""
        ...

    def take_up(self, waiter: Waiter, info: CallInfo, plan: str) -> None:
        """This caller speaks with that person still."""
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


class Calls:
    """Implements gateway.link.Switch.

    `unfinished` are the calls that the records know as up: those that the gateway still has are taken up
    again where they were, in the version of the dialplan that they began with.
    """

    def __init__(
        self,
        dialplans: Dialplans,
        recall: Recall,
        unfinished: Collection[LiveCall],
        may_take: Callable[[], bool],
        on_ready: Callable[[set[str]], None],
    ) -> None:
        self._dialplans = dialplans
        self._recall = recall
        self._unfinished = {call.info.call_id: call for call in unfinished}
        self._may_take = may_take
        self._on_ready = on_ready
        self._sessions: dict[str, tuple[Session, Loaded]] = {}
        self._arriving: dict[str, Arrival] = {}
        self.refused: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        """Those of the gateway by reason."""
        self.outbound: Outbound = Nothing()
        self.people: Bridged | None = None
        self.vouch: Vouch | None = None
        self.prefetch: Prefetch = lambda plan, name, arguments: None
        self.listeners: list[Callable[[News], None]] = []

    def by_state(self) -> dict[str, float]:
        """Calls by RFC 4235's dialog states, and those held."""
        states = Counter[str](trying=len(self._arriving), confirmed=0, held=0, transferring=0)
        for session, _ in self._sessions.values():
            states[session.state] += 1
        return dict(states)

    # --- the gateway's news -----------------------------------------------------------------------------

    def on_offer(self, line: CallLine, established: bool, codec: str) -> None:
        if self.outbound.on_offer(line, established, codec):
            return
        call_id = line.info.call_id
        self._drop_arrival(call_id)
        old = self._sessions.pop(call_id, None)
        before = self._unfinished.pop(call_id, None) or _kept(line, codec)
        if old is not None:  # the connection was lost, not this process
            self._go_on(line, *old)
        elif before is not None and before.state and self._take_up(line, before):
            pass
        elif line.info.direction == "out":
            self.outbound.give_up(line)
            return
        elif not established and not self._may_take():
            self._refuse(line, Cause.TEMPORARY_FAILURE, "503")
            return
        else:
            self._let_in(line)
        if established:  # who confirmed it may not have heard of it
            self.on_event(call_id, CallConfirmed(codec, line.telephone_event))

    def find(self, call_id: str) -> tuple[Session, Loaded] | None:
        """A call in conversation, and the dialplan that it follows."""
        return self._sessions.get(call_id)

    def _go_on(self, line: CallLine, old: Session, loaded: Loaded) -> None:
        old.detach()
        self._resume(line, loaded, *old.resume_point())

    def _take_up(self, line: CallLine, before: LiveCall) -> bool:
        loaded = self._dialplans.running((before.plan, before.plan_version))
        if loaded is None:  # its dialplan is not configured any more: as a new call it may find another
            return False
        log.info("call %s is taken up again at step %s", line.info.call_id, before.step)
        self._dialplans.begin(loaded)
        self._resume(line, loaded, before.state, before.next_turn)
        return True

    def _resume(self, line: CallLine, loaded: Loaded, state: str, next_turn: int) -> None:
        """Where the conversation was; or in silence, for one who speaks with a person."""
        session = self._open(line, Admission(loaded), loaded.parts)
        if self.people and line.bridged_to:
            agent = self.people.agent_of(line.bridged_to)
            session.take_up_bridged(state, next_turn, line.bridged_to, agent)
            self.people.take_up(session.waiter, line.info, loaded.plan.name)
        else:
            session.resume(state, next_turn)

    def _open(
        self,
        line: CallLine,
        admission: Admission,
        parts: Parts,
        known: Mapping[str, str] = MappingProxyType({}),
        attestation: str = "",
    ) -> Session:
        """A session that has not begun yet: who asks for it says how it begins."""
        session = Session(line, admission.conversation(known), parts, admission.route, attestation)
        self._sessions[line.info.call_id] = session, admission.loaded
        return session

    def _let_in(self, line: CallLine) -> None:
        """Routes may ask who vouches for the caller: that is found out first."""
        arrival = self._arriving[line.info.call_id] = Arrival(line)
        if self.vouch is None:
            self._admit(arrival)
        else:
            arrival.work = asyncio.create_task(self._verify(arrival, self.vouch))

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
        self._ask_ahead(admission, {})
        if admission.caller:
            arrival.work = asyncio.create_task(self._recall_and_start(arrival, admission))
        else:
            self._start(arrival, admission, {})

    def _turn_away(self, arrival: Arrival, cause: Cause, status: str) -> None:
        del self._arriving[arrival.line.info.call_id]
        self._refuse(arrival.line, cause, status)

    def adopt(self, line: CallLine, admission: Admission, voice: Voice) -> None:
        """A call that this node made was answered: its conversation begins, in this voice."""
        parts = replace(admission.loaded.parts, voice=voice)
        self._ask_ahead(admission, {})
        self._open(line, admission, parts).take_over(line.telephone_event)

    def _ask_ahead(self, admission: Admission, known: Mapping[str, str]) -> None:
        """What the dialplan wants looked up as a call arrives; nobody waits for it."""
        plan = admission.loaded.plan
        try:
            for name, arguments in plan.prefetched({**admission.facts, **known}):
                self.prefetch(plan.name, name, arguments)
        except Exception:  # a bug here must not be a call that rings for ever
            log.exception("while asking ahead for a call to %s", plan.name)

    def _refuse(self, line: CallLine, cause: Cause, status: str) -> None:
        self.refused[status] += 1
        line.hangup(cause)

    async def _recall_and_start(self, arrival: Arrival, admission: Admission) -> None:
        known: dict[str, str] = {}
        try:
            known = await self._recall(admission.loaded.plan.name, admission.caller)
        except Exception:  # nobody is turned away because he was forgotten
            log.exception("in call %s", arrival.line.info.call_id)
        self._start(arrival, admission, known)

    def _start(self, arrival: Arrival, admission: Admission, known: dict[str, str]) -> None:
        line, attestation = arrival.line, arrival.attestation
        del self._arriving[line.info.call_id]
        line.info = numbers.discreet(line.info)  # it is routed and vouched for by now; the rest is told
        if known:
            self._ask_ahead(admission, known)
        self._open(line, admission, admission.loaded.parts, known, attestation).start(admission.down)
        for event in arrival.news:
            self.on_event(line.info.call_id, event)

    def _drop_arrival(self, call_id: str) -> None:
        """It is offered anew, or the node stops."""
        arrival = self._arriving.pop(call_id, None)
        if arrival and arrival.work:
            arrival.work.cancel()
        if arrival and arrival.admission:
            self._dialplans.end(arrival.admission.loaded)

    def on_event(self, call_id: str, event: LegEvent) -> None:
        if self.outbound.on_event(call_id, event):
            return
        if arrival := self._arriving.get(call_id):
            arrival.news.append(event)
            return
        session, _ = self._sessions.get(call_id, (None, None))
        if session is None:
            return
        session.on_event(event)
        if isinstance(event, CallEnded):
            self._forget(call_id)

    def _forget(self, call_id: str) -> None:
        _, loaded = self._sessions.pop(call_id)
        self._dialplans.end(loaded)

    def on_refused(self, status: int, reason: str) -> None:
        self.refused[str(status)] += 1
        self.refusals[reason or "other"] += 1

    def on_news(self, message: News) -> None:
        for listener in self.listeners:
            try:
                listener(message)
            except Exception:  # one part's bug must not end the connection for all
                log.exception("at the gateway's news")

    def on_gateway_lost(self) -> None:
        if self._sessions:
            log.warning("the gateway is away, and %d calls with it", len(self._sessions))

    def on_ready(self, live_call_ids: set[str]) -> None:
        """The gateway has named its calls: what it does not have is gone."""
        self.outbound.on_ready(live_call_ids)
        for call_id in set(self._sessions) - live_call_ids:
            self._sessions[call_id][0].lose("gateway died")
            self._forget(call_id)
        for call_id in set(self._arriving) - live_call_ids:
            self._drop_arrival(call_id)
        self._unfinished.clear()
        self._dialplans.settle()
        self._on_ready(live_call_ids)

    def sessions(self) -> list[Session]:
        """Of all calls that are up."""
        return [session for session, _ in self._sessions.values()]

    def on_tick(self) -> None:
        self.outbound.on_tick()
        for session, _ in list(self._sessions.values()):
            try:
                session.tick()
            except Exception:  # one call's bug is not another's
                log.exception("in call %s", session.call_id)

    def close(self) -> None:
        """The node stops: whatever is still up ends now."""
        for call_id in list(self._arriving):
            self._drop_arrival(call_id)
        for session, _ in self._sessions.values():
            session.lose("node stopped")
        self._sessions.clear()


def _kept(line: CallLine, codec: str) -> LiveCall | None:
    """Where the conversation was by what the gateway has kept of it; see app.keeping."""
    if not line.kept:
        return None
    plan, version, step, state, next_turn = json.loads(line.kept)
    return LiveCall(line.info, plan, version, step, state, next_turn, line.info.started_at, codec)
