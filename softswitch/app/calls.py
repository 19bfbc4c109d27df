"""Every call that is up: offers become sessions, the gateway's news reaches them, and each is ticked."""

import logging
from collections import Counter
from collections.abc import Callable, Collection

from softswitch.events import CallConfirmed, CallEnded, CallInfo, Cause, LegEvent
from softswitch.gateway.line import CallLine
from softswitch.ports import Conversation
from softswitch.session.session import Parts, Session
from softswitch.store.queries import LiveCall

log = logging.getLogger(__name__)


class Calls:
    """Implements gateway.link.Switch.

    `unfinished` are the calls that the records know as up: those that the gateway still has are taken up
    again where they were.
    """

    def __init__(
        self,
        new_conversation: Callable[[CallInfo], Conversation],
        parts: Parts,
        unfinished: Collection[LiveCall],
        may_take: Callable[[], bool],
        on_ready: Callable[[set[str]], None],
    ) -> None:
        self._new_conversation = new_conversation
        self._parts = parts
        self._unfinished = {call.info.call_id: call for call in unfinished}
        self._may_take = may_take
        self._on_ready = on_ready
        self._sessions: dict[str, Session] = {}
        self.refused: Counter[str] = Counter()

    def by_state(self) -> dict[str, float]:
        """Calls by RFC 4235's dialog states, and those held."""
        states = Counter[str](trying=0, confirmed=0, held=0, transferring=0)
        for session in self._sessions.values():
            states[session.state] += 1
        return dict(states)

    # --- the gateway's news -----------------------------------------------------------------------------

    def on_offer(self, line: CallLine, established: bool, codec: str) -> None:
        call_id = line.info.call_id
        old = self._sessions.pop(call_id, None)
        if not established and not self._may_take():
            self.refused["503"] += 1
            line.hangup(Cause.TEMPORARY_FAILURE)
            return
        session = Session(line, self._new_conversation(line.info), self._parts)
        self._sessions[call_id] = session
        before = self._unfinished.pop(call_id, None)
        if old is not None:  # the connection was lost, not this process
            old.detach()
            session.resume(*old.resume_point())
        elif before is not None and before.state:
            log.info("call %s is taken up again at step %s", call_id, before.step)
            session.resume(before.state, before.next_turn)
        else:
            session.start()
        if established:  # who confirmed it may not have heard of it
            session.on_event(CallConfirmed(codec))

    def on_event(self, call_id: str, event: LegEvent) -> None:
        session = self._sessions.get(call_id)
        if session is None:
            return
        session.on_event(event)
        if isinstance(event, CallEnded):
            self._sessions.pop(call_id, None)

    def on_refused(self, status: int) -> None:
        self.refused[str(status)] += 1

    def on_gateway_lost(self) -> None:
        if self._sessions:
            log.warning("the gateway is away, and %d calls with it", len(self._sessions))

    def on_ready(self, live_call_ids: set[str]) -> None:
        """The gateway has named its calls: what it does not have is gone."""
        for call_id in set(self._sessions) - live_call_ids:
            self._sessions.pop(call_id).lose("gateway died")
        self._unfinished.clear()
        self._on_ready(live_call_ids)

    def on_tick(self) -> None:
        for session in list(self._sessions.values()):
            try:
                session.tick()
            except Exception:  # one call's bug is not another's
                log.exception("in call %s", session.call_id)

    def close(self) -> None:
        """The node stops: whatever is still up ends now."""
        for session in self._sessions.values():
            session.lose("node stopped")
        self._sessions.clear()
