"""An agent is rung for a caller, told whom he gets, and speaks with him; what becomes of the agent."""

import asyncio
import logging
import time
from collections.abc import Callable

from softswitch.app.people import whispering
from softswitch.app.people.ledger import Ledger
from softswitch.app.people.legs import Leg, Legs
from softswitch.app.people.places import Here
from softswitch.app.people.ringing import Reached, Ringer
from softswitch.app.people.talks import Talks
from softswitch.app.people.whispering import Verdict
from softswitch.app.people.wires import Wires
from softswitch.people import telling
from softswitch.people.parties import Agent, Caller
from softswitch.sections.queues import Queue
from softswitch.store.people.claiming import Claim, Freed
from softswitch.store.people.looking import History
from softswitch.waiting import AgentChanged, AgentState, CallerOffered

log = logging.getLogger(__name__)
WHISPER_PATIENCE_S = 2.0
"""A whisper that is not spoken by then is left out: the caller waits."""


class Offering:
    def __init__(
        self,
        legs: Legs,
        ringer: Ringer,
        ledger: Ledger,
        wires: Wires,
        rules: Callable[[str], Queue],
        talks: Talks,
    ) -> None:
        self._legs, self._ringer, self._ledger, self._wires = legs, ringer, ledger, wires
        self._rules, self._talks = rules, talks

    async def run(self, here: Here, claim: Claim, leg: Leg) -> None:
        """From the first ring to the agent's being free again, or not."""
        agent, rule = claim.agent, self._rules(claim.caller.queue)
        self._tell_offer(claim)
        try:
            reached, why = await self._until_accepted(here, claim, leg, rule)
            self._ledger.figures.rung[str(reached)] += 1
            before: AgentState = "ringing"
            freed = after_miss(rule, reached, why)
            if reached is Reached.ANSWERED:
                before, freed = "busy", await self._talk(here, claim, leg, rule)
        except Exception:  # a bug at one agent's phone must hold neither him nor the caller
            log.exception("while agent %s was rung for call %s", agent.name, claim.caller.call_id)
            before, freed = "ringing", Freed("away", "the node failed to ring")
        self._let_go(here, agent, leg)
        await self._ledger.release(leg.call_id, freed, before)

    async def _talk(self, here: Here, claim: Claim, leg: Leg, rule: Queue) -> Freed:
        freed = await self._talks.run(here, claim.agent, claim.caller, leg)
        if freed:
            return freed
        declined = leg.ended and not leg.cancelled
        return after_miss(rule, Reached.DECLINED if declined else Reached.CANCELLED, "")

    async def resume(self, here: Here, agent: Agent, caller: Caller, leg: Leg) -> None:
        """As Talks.resume, to the agent's being free again."""
        freed = await self._talks.resume(here, agent, caller, leg)
        self._let_go(here, agent, leg)
        await self._ledger.release(leg.call_id, freed, "busy")

    def _let_go(self, here: Here, agent: Agent, leg: Leg) -> None:
        here.rings.pop(agent.name, None)
        if here.winner is leg:
            here.winner = None
        self._legs.end(leg)

    # --- until he has accepted ----------------------------------------------------------------------------

    async def _until_accepted(self, here: Here, claim: Claim, leg: Leg, rule: Queue) -> tuple[Reached, str]:
        caller, agent = claim.caller, claim.agent
        preparing = asyncio.create_task(self._prepare(here, claim, rule))
        link = _link(rule, caller)
        headers = telling.headers(caller.call_id, caller.queue, caller.reason, link)
        ring_for = agent.ring_time or rule.ring_time
        reached, why = await self._ringer.reach(leg, agent.address, ring_for, headers, agent=True)
        if reached is not Reached.ANSWERED:
            preparing.cancel()
            return reached, why
        key = rule.accept_key if agent.accept_key is None else agent.accept_key
        if not key and not here.wins(leg):
            return Reached.CANCELLED, ""
        verdict = await whispering.introduce(leg, await _in_time(preparing), key, rule)
        return self._judge(here, leg, verdict)

    def _judge(self, here: Here, leg: Leg, verdict: Verdict) -> tuple[Reached, str]:
        if leg.cancelled or (verdict is Verdict.ACCEPTED and not here.wins(leg)):
            return Reached.CANCELLED, ""
        match verdict:
            case Verdict.ACCEPTED:
                return Reached.ANSWERED, ""
            case Verdict.SILENT:
                return Reached.NO_ANSWER, "no key was pressed"
        return Reached.DECLINED, ""

    async def _prepare(self, here: Here, claim: Claim, rule: Queue) -> bytes:
        """The whisper as audio; on the way the agent's screen is told of the caller."""
        caller = claim.caller
        history = await self._ledger.store.history(caller.call_id)
        self._wires.tell(_offered(claim, rule, history))
        found = self._wires.voice(here.plan)
        if found is None:
            return b""
        voice, language = found
        words = whispering.text(rule, caller, history, time.time())
        return await whispering.speak(voice, language, words, self._wires.clock_rate)

    def _tell_offer(self, claim: Claim) -> None:
        caller, agent = claim.caller, claim.agent
        self._wires.tell(AgentChanged(agent.name, "ringing", "available", "", time.time(), caller.call_id))
        self._ledger.moved(caller, "offered", agent=agent.name)


def _offered(claim: Claim, rule: Queue, history: History) -> CallerOffered:
    caller, now = claim.caller, time.time()
    return CallerOffered(
        claim.agent.name,
        caller.call_id,
        caller.queue,
        caller.reason,
        caller.number,
        round(max(0.0, now - caller.since), 1),
        tuple({"via": turn.via, "heard": turn.heard, "said": turn.said} for turn in history.turns),
        dict(history.slots),
        now,
        _link(rule, caller),
    )


def after_miss(rule: Queue, reached: Reached, why: str) -> Freed:
    """What becomes of an agent who did not come to speak with the caller."""
    wanted = {
        Reached.NO_ANSWER: rule.no_answer,
        Reached.BUSY: rule.busy,
        Reached.DECLINED: rule.decline,
        Reached.FAILED: rule.failed,
    }.get(reached)
    reason = f"{reached}: {why}"[:200] if why and reached is not Reached.NO_ANSWER else str(reached)
    match wanted:
        case None:  # he was rung in vain, and nobody blames him
            return Freed("available", idle_anew=False)
        case "pause":
            return Freed("away", reason, rule.pause)
    return Freed(wanted, reason)


def _link(rule: Queue, caller: Caller) -> str:
    known = {"call_id": caller.call_id, "caller": caller.number, "queue": caller.queue}
    return telling.link(rule.link, known)


async def _in_time(preparing: asyncio.Task[bytes]) -> bytes:
    try:
        async with asyncio.timeout(WHISPER_PATIENCE_S):
            return await preparing
    except Exception:  # without a whisper he speaks with the caller all the same
        log.warning("an agent was not told whom he gets", exc_info=True)
        return b""
