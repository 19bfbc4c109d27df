"""A dialplan with its thinker and its memory, on the clock of a trace."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from softswitch.answer.alike import Likeness
from softswitch.answer.answerer import Answer, Answerer, Question, Settings
from softswitch.answer.asking import Llm, Model
from softswitch.answer.book import Book
from softswitch.answer.breaker import Limits
from softswitch.answer.remembering import Asked, Remembered
from softswitch.answer.replying import Reply
from softswitch.app.answering.thinker import PlanThinker, names_in
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.routes import CallFacts
from softswitch.replay.model import Script
from softswitch.replay.skipping import SkippingLoop
from softswitch.replay.trace import Trace

Pausing = Callable[[], int]
"""How many requests the scripted model lets wait on purpose; none where a real one is asked. Only such waits
are jumped over: what is on its way is waited for.
"""


class Kept:
    """Remembers as the node does, without its table."""

    def __init__(self, clock: Callable[[], float], likeness: Likeness | None = None) -> None:
        self.book, self._clock, self.count = Book(), clock, 0
        self._likeness = likeness

    def __call__(self, asked: Asked, reply: Reply, expires_at: float) -> None:
        self.count += 1
        answer = Remembered(
            *(self.count, asked.plan, asked.version, asked.language, asked.key, reply.text, reply.scope),
            fields=asked.values(reply.fields),
            known=frozenset(asked.context or ()),
            caller=asked.caller if reply.scope == "caller" else "",
            state="new",
            made_at=self._clock(),
            expires_at=expires_at,
            intent=asked.intent,
            question=asked.text,
        )
        self.book.put([answer])
        if self._likeness:
            self._likeness.learn([answer])


class Shop:
    """A dialplan with its thinker, on a clock that begins with the trace: `async with Shop(...) as shop:`."""

    def __init__(
        self, plan: Plan, trace: Trace, model: Model, script: Script, *, remembers: bool, pausing: Pausing
    ) -> None:
        self.plan, self.remembers = plan, remembers
        self.begins = trace.begins.replace(tzinfo=trace.begins.tzinfo or plan.calendar.zone)
        self.script, self._llm = script, Llm(model)
        loop = asyncio.get_running_loop()
        self._loop, self._zero = loop, loop.time()
        self.answerer = Answerer(self._llm, _settings(plan, remembers=remembers), self.clock)
        self.kept = Kept(self.clock, self.answerer.likeness)
        self.answerer.remember(self.kept.book, self.kept)
        self.thinker = PlanThinker(plan, self.answerer)
        if isinstance(loop, SkippingLoop):
            loop.may_skip = lambda: self._under_way() <= pausing()

    async def __aenter__(self) -> "Shop":
        await self._llm.prepare()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.answerer.close()
        await self._llm.close()

    def _under_way(self) -> int:
        """Requests that were sent, and have not ended."""
        likeness = self.answerer.likeness
        return self.answerer.requests.under_way + (likeness.under_way if likeness else 0)

    def now(self) -> float:
        """Seconds since the trace began."""
        return self._loop.time() - self._zero

    def clock(self) -> float:
        return self.begins.timestamp() + self.now()

    def facts(self, caller: str) -> dict[str, str]:
        at = self.begins.fromtimestamp(self.clock(), self.begins.tzinfo)
        call = CallFacts("", caller, "", at)
        return self.plan.facts(call, self.plan.route(call))

    def ask(self, question: Question) -> Answer:
        return self.answerer.answer(question if self.remembers else replace(question, shareable=False))


def _settings(plan: Plan, *, remembers: bool) -> Settings:
    answers = plan.settings.answers
    assert answers
    return Settings(
        answers.remember if remembers else 0.0,
        at_once=answers.at_once,
        hedge_after=answers.hedge_after,
        sensitive=plan.sensitive,
        breaker=Limits(slow=5.0),
        names=names_in(plan),
    )
