"""Calls callers back who keep their places: at their turn, once an agent is there for them.

The agent is kept for the caller while he is called. When he has answered and his dialplan has him wait, he
gets his old place, and the agent is free for him.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable
from dataclasses import replace

from softswitch.app.dialing.dialer import NotNow
from softswitch.app.dialing.outcome import Outcome
from softswitch.app.people.ledger import Ledger
from softswitch.app.people.legs import Leg, Legs
from softswitch.app.people.wires import Wires
from softswitch.errors import SoftswitchError
from softswitch.people.parties import Caller
from softswitch.sections.queues import Queue
from softswitch.store.people.claiming import Claim, Freed
from softswitch.waiting import AgentState

log = logging.getLogger(__name__)
COMES_S = 90.0
"""A caller who has answered waits for the agent by then, or the agent is free for others."""
FIRST_S, LAST_S = 60.0, 1800.0
"""Between two tries to call somebody back: doubled from the first to the last."""
NOT_NOW_S = 10.0
RINGING: AgentState = "ringing"
KNOWN = "called_back"
"""The fact by which a dialplan knows that it calls back: it holds the queue's name."""


class Backs:
    def __init__(self, legs: Legs, ledger: Ledger, wires: Wires, rules: Callable[[str], Queue]) -> None:
        self._legs, self._ledger, self._wires, self._rules = legs, ledger, wires, rules
        self._places: dict[str, tuple[Caller, asyncio.Event]] = {}
        """Of callers who have answered, by their new calls: where they stood, and that they wait again."""

    async def run(self, claim: Claim, leg: Leg) -> None:
        """One try."""
        caller = claim.caller
        self._ledger.moved(caller, "offered", agent=claim.agent.name, reason="call back")
        try:
            answered = await self._dial(caller)
        except NotNow as error:
            log.warning("call %s is not called back just now: %s", caller.call_id, error)
            await self._ledger.patiently(lambda: self._ledger.store.call_back(caller.id, "", NOT_NOW_S))
            await self._free(leg)
            return
        except SoftswitchError as error:
            log.warning("call %s is not called back just now: %s", caller.call_id, error)
            answered = Outcome.FAILED
        except Exception:  # a bug here must not keep the agent for ever
            log.exception("while call %s was to be called back", caller.call_id)
            answered = Outcome.REFUSED
        self._ledger.figures.backs[str(answered)] += 1
        if not answered.answered or answered is Outcome.VOICEMAIL:
            await self._later(caller, answered)
        await self._free(leg)

    async def _free(self, leg: Leg) -> None:
        self._legs.end(leg)
        await self._ledger.release(leg.call_id, Freed("available", idle_anew=False), RINGING)

    async def place_of(self, row: Caller) -> Caller:
        """The row of a caller who has begun to wait: with his old place, when he was called back."""
        found = self._places.get(row.call_id)
        if found is None:
            return row
        place, comes = found
        await self._ledger.store.inherit(row.id, place)
        self._places.pop(row.call_id, None)
        comes.set()
        return replace(row, since=place.since, priority=place.priority)

    async def _dial(self, caller: Caller) -> Outcome:
        """What came of it; of one who has answered once he waits again, or does not."""
        call_id, comes = uuid.uuid4().hex, asyncio.Event()
        self._places[call_id] = caller, comes
        await self._ledger.patiently(lambda: self._ledger.store.dialled(caller.id, call_id))
        try:
            known = {KNOWN: caller.queue}
            report = await self._wires.dial(caller.number, caller.plan, known, call_id)
            if report.outcome.answered and report.outcome is not Outcome.VOICEMAIL:
                await self._until_he_waits(call_id, comes)
        finally:
            came = self._places.pop(call_id, None) is None
        if not came and report.outcome in (Outcome.PERSON, Outcome.UNKNOWN):
            await self._ledger.end(caller, "served", "called back")  # and wants nobody any more
        return report.outcome

    async def _until_he_waits(self, call_id: str, comes: asyncio.Event) -> None:
        """Or hangs up, or does not come in time."""
        over = asyncio.ensure_future(self._wires.ended(call_id))
        waits = asyncio.ensure_future(comes.wait())
        try:
            await asyncio.wait((over, waits), timeout=COMES_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            waits.cancel()

    async def _later(self, caller: Caller, why: Outcome) -> None:
        """Tried again, unless he was for too long, or must not be called."""
        long_ago = caller.back_since is not None and self._is_long_ago(caller)
        if long_ago or why in (Outcome.REFUSED, Outcome.UNREACHABLE, Outcome.REJECTED):
            await self._ledger.end(caller, "lost", str(why))
            return
        wait = min(FIRST_S * 2**caller.tries, LAST_S)
        await self._ledger.patiently(lambda: self._ledger.store.call_back(caller.id, "", wait))
        self._ledger.moved(caller, "call_back", reason=str(why))

    def _is_long_ago(self, caller: Caller) -> bool:
        assert caller.back_since is not None and caller.due_at is not None
        return caller.due_at - caller.back_since >= self._rules(caller.queue).call_back_for
