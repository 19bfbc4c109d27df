"""Runs a trace's calls against a dialplan: the real interpreter, the real answers, a real HTTP server.

Only audio is left out. The calls come at their times, many at once where the trace has a burst, on a clock
that jumps over idle time (see skipping). First audio counts from the end of the caller's words, without
fillers: the plan's own text is audio already, of other text the first sentence is synthesised.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from softswitch.answer.answerer import Answer, Answerer, Question, Settings
from softswitch.answer.asking import Llm, Model
from softswitch.answer.book import Book
from softswitch.answer.breaker import Limits
from softswitch.answer.remembering import Asked, Remembered
from softswitch.answer.replying import Reply
from softswitch.app.answering.thinker import PlanThinker, Thought
from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.routes import CallFacts
from softswitch.dialplan.testing import acting
from softswitch.events import Action, Await, Heard, Listen, Say
from softswitch.replay import trace as traces
from softswitch.replay.model import Script
from softswitch.replay.skipping import SkippingLoop
from softswitch.replay.trace import Call, Trace
from softswitch.thinking import Exchange, How, Think, Unanswered

SYNTHESIS_S = 0.0003
"""To synthesise a letter: 0.26 ms, measured with the embedded voice on one of two busy cores, rounded up."""
MOST_EXCHANGES = 30
Pausing = Callable[[], int]
"""How many requests the scripted model lets wait on purpose; none where a real one is asked. Only such waits
are jumped over: what is on its way is waited for.
"""
SPOKEN_S, HEARD_S = 0.07, 0.06
"""A letter's time in an answer, and in what a caller says: fifteen a second, and a little more."""
PAUSE_S = 0.8


@dataclass(frozen=True, slots=True)
class Took:
    """One turn: how it was answered, what came of it, after how many seconds first audio was there.

    `wrong`: an answer was given again that is not the right one, or none where there is one. `missed`: the
    same had been answered before, in other words, and would have held.
    """

    how: How | Literal["plan"]
    outcome: str
    first_audio: float
    wrong: bool = False
    missed: bool = False


@dataclass
class Run:
    """What a trace's turns came to, in the order in which they ended."""

    took: list[Took] = field(default_factory=list)
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    unasked: int = 0
    """Turns that were never reached: the conversation had ended before."""

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


class Kept:
    """Remembers as the node does, without its table."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.book, self._clock, self.count = Book(), clock, 0

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


class Shop:
    """A dialplan with its thinker, on a clock that begins with the trace. Close it at the end."""

    def __init__(
        self, plan: Plan, trace: Trace, model: Model, script: Script, *, remembers: bool, pausing: Pausing
    ) -> None:
        self.plan, self.remembers = plan, remembers
        self.begins = trace.begins.replace(tzinfo=trace.begins.tzinfo or plan.calendar.zone)
        self.script = script
        self.llm = Llm(model)
        loop = asyncio.get_running_loop()
        self._loop, self._zero = loop, loop.time()
        answers = plan.settings.answers
        assert answers
        settings = Settings(
            answers.remember if remembers else 0.0,
            at_once=answers.at_once,
            hedge_after=answers.hedge_after,
            sensitive=plan.sensitive,
            breaker=Limits(slow=5.0),
        )
        self.answerer = Answerer(self.llm, settings, self.clock)
        self.kept = Kept(self.clock)
        self.answerer.remember(self.kept.book, self.kept)
        self.thinker = PlanThinker(plan, self.answerer)
        if isinstance(loop, SkippingLoop):
            loop.may_skip = lambda: self.answerer.under_way <= pausing()

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


async def run(
    plan: Plan,
    trace: Trace,
    model: Model,
    script: Script,
    *,
    remembers: bool,
    pausing: Pausing,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Run:
    """All calls of the trace. `tell` hears of calls that have ended, and how many there are."""
    shop = Shop(plan, trace, model, script, remembers=remembers, pausing=pausing)
    await shop.llm.prepare()
    result, seen = Run(), dict[str, float]()
    ended = Counter[str]()

    async def hold(call: Call) -> None:
        await asyncio.sleep(max(0.0, call.at - shop.now()))
        await _Talk(shop, call, result, seen).hold()
        ended["calls"] += 1
        tell(ended["calls"], len(trace.calls))

    try:
        async with asyncio.TaskGroup() as tasks:
            for call in trace.calls:
                tasks.create_task(hold(call))
    finally:
        await shop.llm.close()
    figures = shop.answerer.figures
    result.requests = figures.requests
    result.prompt_tokens, result.completion_tokens = figures.prompt_tokens, figures.completion_tokens
    return result


class _Talk:
    """One call. `seen` are the answers that all calls were given, and until when they hold."""

    def __init__(self, shop: Shop, call: Call, result: Run, seen: dict[str, float]) -> None:
        self._shop, self._call, self._result, self._seen = shop, call, result, seen
        self._talk = Conversation(shop.plan, shop.facts(call.caller), clock=shop.clock)
        self._history: deque[Exchange] = deque(maxlen=MOST_EXCHANGES)
        self._before = ""

    async def hold(self) -> None:
        actions = self._go_on(self._talk.start())
        said = _said(actions)
        self._history.append(Exchange("", said))
        for number, turn in enumerate(self._call.turns):
            if not isinstance(actions[-1], Listen):
                self._result.unasked += len(self._call.turns) - number
                return
            await asyncio.sleep(PAUSE_S + len(said) * SPOKEN_S + len(turn.heard) * HEARD_S)
            actions, said = await self._take(turn, said)
            self._history.append(Exchange(turn.heard, said))
            self._before = turn.heard

    def _go_on(self, actions: tuple[Action, ...]) -> tuple[Action, ...]:
        """What is promised is done at once."""
        while isinstance(actions[-1], Await):
            actions = self._talk.take(acting.acted(actions[-1], {}))
        return actions

    async def _take(self, turn: traces.Turn, heard: str) -> tuple[tuple[Action, ...], str]:
        began = self._shop.now()
        actions = self._go_on(self._talk.take(Heard(turn.heard, turn.sure, answer_heard=heard)))
        think = next((action for action in actions if isinstance(action, Think)), None)
        if think is None:
            audio = self._shop.now() - began + _synthesis(actions)
            self._result.took.append(Took("plan", "answered", audio))
            return actions, _said(actions)
        return await self._think(think, actions, began)

    async def _think(
        self, think: Think, actions: tuple[Action, ...], began: float
    ) -> tuple[tuple[Action, ...], str]:
        shop = self._shop
        question = shop.thinker.question(think, self._talk.context, tuple(self._history))
        answer, spoken, first = shop.ask(question), list[str](), 0.0
        async for sentence in answer.sentences:
            first = first or shop.now() - began + len(sentence) * SYNTHESIS_S
            spoken.append(sentence)
        why = Thought(answer).missing
        if why:
            actions = self._go_on(self._talk.take(Unanswered(think.key, why)))
            first = first or shop.now() - began + _synthesis(actions)
        self._note(question.asked, answer, " ".join(spoken), why or "answered", first)
        return actions, " ".join([*spoken, _said(actions)])

    def _note(self, asked: Asked, answer: Answer, spoken: str, outcome: str, first: float) -> None:
        right = self._shop.script.answer(asked.text, self._before, asked.context or {})
        again = answer.how in ("remembered", "shared")
        wrong = again and (spoken != right.text if outcome == "answered" else right.knows)
        missed = False
        if answer.how == "thought" and outcome == "answered" and right.scope in ("nothing", "plan"):
            now, name = self._shop.clock(), f"{right.pattern}: {right.text}"
            missed = self._seen.get(name, 0.0) > now
            answers = self._shop.plan.settings.answers
            self._seen[name] = now + (answers.remember if answers else 0.0)
        self._result.took.append(Took(answer.how, outcome, first, wrong, missed))


def _said(actions: Sequence[Action]) -> str:
    return " ".join(action.text for action in actions if isinstance(action, Say))


def _synthesis(actions: Sequence[Action]) -> float:
    """Of the first thing said: none where it is the plan's own text, which is audio already."""
    first = next((action for action in actions if isinstance(action, Say)), None)
    return 0.0 if first is None or first.static else len(first.text) * SYNTHESIS_S


@dataclass(frozen=True, slots=True)
class Reused:
    """Of a trace's pairs: how many there are, of how many the first answer was kept, and those whose second
    question was given a wrong one again.
    """

    pairs: int
    kept: int
    wrong: tuple[traces.Pair, ...]


async def run_pairs(plan: Plan, trace: Trace, model: Model, script: Script, *, pausing: Pausing) -> Reused:
    """Every pair, one after the other, all in one memory. The model is the scripted one."""
    shop = Shop(plan, trace, model, script, remembers=True, pausing=pausing)
    await shop.llm.prepare()
    kept, wrong = 0, []
    try:
        for pair in trace.pairs:
            before = shop.kept.count
            bad = [await _reuses_wrongly(shop, pair.first)]
            kept += shop.kept.count > before
            bad.append(await _reuses_wrongly(shop, pair.second))
            wrong += [pair] * any(bad)
            await asyncio.sleep(1.0)
    finally:
        await shop.llm.close()
    return Reused(len(trace.pairs), kept, tuple(wrong))


async def _reuses_wrongly(shop: Shop, asked: traces.Asked) -> bool:
    known: Mapping[str, str] = shop.plan.beginning(shop.facts(asked.caller)) | dict(asked.context)
    history = (Exchange(asked.before, "Yes."),) if asked.before else ()
    question = shop.thinker.question(Think("", asked.heard, language=shop.plan.languages[0]), known, history)
    shop.script.only = asked.answer
    answer = shop.ask(question)
    spoken = " ".join([sentence async for sentence in answer.sentences])
    right = shop.script.answer(asked.heard, asked.before, question.asked.context or {})
    return answer.how in ("remembered", "shared") and spoken != right.text
