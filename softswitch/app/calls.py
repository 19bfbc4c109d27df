"""Every call that is up: offers become sessions, the gateway's news reaches them, and each is ticked."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Protocol, TypeVar

from softswitch.app.arriving import Arrival, Arrivals, Recall
from softswitch.app.dialplans import Admission, Dialplans, Loaded
from softswitch.app.outbound import Nothing, Outbound
from softswitch.events import CallConfirmed, CallEnded, CallInfo, Cause, LegEvent
from softswitch.gateway.line import CallLine
from softswitch.gateway.link import News
from softswitch.ports import Voice, Waiter
from softswitch.session.parts import Parts
from softswitch.session.session import Session
from softswitch.store.queries import LiveCall

log = logging.getLogger(__name__)
Done = TypeVar("Done")


class Bridged(Protocol):
    """Who knows with whom callers speak; see app.people."""

    def agent_of(self, leg_id: str) -> str:
        """The agent at the other end of that call; "" where it is somebody else, or not known."""
        ...

    def take_up(self, waiter: Waiter, info: CallInfo, plan: str) -> None:
        """This caller speaks with that person still."""
        ...


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
        self._unfinished = {call.info.call_id: call for call in unfinished}
        self._may_take = may_take
        self._on_ready = on_ready
        self._sessions: dict[str, tuple[Session, Loaded]] = {}
        self.arrivals = Arrivals(dialplans, recall, self._begin, self._refuse)
        self.refused: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        """Those of the gateway by reason."""
        self.outbound: Outbound = Nothing()
        self.people: Bridged | None = None
        self.listeners: list[Callable[[News], None]] = []

    def by_state(self) -> dict[str, float]:
        """Calls by RFC 4235's dialog states, and those held."""
        states = Counter[str](trying=len(self.arrivals), confirmed=0, held=0, transferring=0)
        for session, _ in self._sessions.values():
            states[session.state] += 1
        return dict(states)

    # --- the gateway's news -----------------------------------------------------------------------------

    def on_offer(self, line: CallLine, established: bool, codec: str) -> None:
        try:
            self._take(line, established, codec)
        except Exception:  # one call's bug is not another's
            log.exception("call %s cannot be taken", line.info.call_id)
            line.hangup(Cause.TEMPORARY_FAILURE)

    def _take(self, line: CallLine, established: bool, codec: str) -> None:
        if self.outbound.on_offer(line, established, codec):
            return
        if not self._goes_on(line, codec):
            if line.info.direction == "out":
                self.outbound.give_up(line)
                return
            if not established and not self._may_take():
                self._refuse(line, Cause.TEMPORARY_FAILURE, "503")
                return
            self.arrivals.let_in(line)
        if established:  # who confirmed it may not have heard of it
            self.on_event(line.info.call_id, CallConfirmed(codec, line.telephone_event))

    def find(self, call_id: str) -> tuple[Session, Loaded] | None:
        """A call in conversation, and the dialplan that it follows."""
        return self._sessions.get(call_id)

    def _goes_on(self, line: CallLine, codec: str) -> bool:
        """Whether it was in conversation before, and is so again."""
        call_id = line.info.call_id
        self.arrivals.drop(call_id)
        before = self._unfinished.pop(call_id, None) or _kept(line, codec)
        if call_id in self._sessions:  # the connection was lost, not this process
            old, loaded = self._sessions.pop(call_id)
            old.detach()
            self._resume(line, loaded, *old.resume_point())
            return True
        return before is not None and bool(before.state) and self._take_up(line, before)

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

    def _begin(self, arrival: Arrival, admission: Admission, known: Mapping[str, str]) -> None:
        line, parts = arrival.line, admission.loaded.parts
        self._open(line, admission, parts, known, arrival.attestation).start(admission.down)
        for event in arrival.news:
            self.on_event(line.info.call_id, event)

    def adopt(self, line: CallLine, admission: Admission, voice: Voice) -> None:
        """A call that this node made was answered: its conversation begins, in this voice."""
        parts = replace(admission.loaded.parts, voice=voice)
        self.arrivals.ask_ahead(admission, {})
        self._open(line, admission, parts).take_over(line.telephone_event)

    def _refuse(self, line: CallLine, cause: Cause, status: str) -> None:
        self.refused[status] += 1
        line.hangup(cause)

    def on_event(self, call_id: str, event: LegEvent) -> None:
        own = _guarded(call_id, self.outbound.on_event, call_id, event)
        if own or self.arrivals.on_event(call_id, event):
            return
        if found := self.find(call_id):
            session, _ = found
            _guarded(call_id, session.on_event, event)
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
        self.arrivals.keep(live_call_ids)
        self._unfinished.clear()
        self._dialplans.settle()
        self._on_ready(live_call_ids)

    def sessions(self) -> list[Session]:
        """Of all calls that are up."""
        return [session for session, _ in self._sessions.values()]

    def on_tick(self) -> None:
        _guarded("of our own", self.outbound.on_tick)
        for session, _ in list(self._sessions.values()):
            _guarded(session.call_id, session.tick)

    def close(self) -> None:
        """The node stops: whatever is still up ends now."""
        self.arrivals.keep(())
        for session, _ in self._sessions.values():
            session.lose("node stopped")
        self._sessions.clear()


def _guarded(call: str, do: Callable[..., Done], *arguments: object) -> Done | None:
    try:
        return do(*arguments)
    except Exception:  # one call's bug is not another's
        log.exception("in call %s", call)
        return None


def _kept(line: CallLine, codec: str) -> LiveCall | None:
    """Where the conversation was by what the gateway has kept of it; see app.keeping."""
    if not line.kept:
        return None
    plan, version, step, state, next_turn = json.loads(line.kept)
    return LiveCall(line.info, plan, version, step, state, next_turn, line.info.started_at, codec)
