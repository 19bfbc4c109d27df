"""The path of an answer beyond the dialplan's own text: remembered, else thought; and who shares it.

A hundred callers who ask the same thing cause one request. A model that is down or slow is not asked at all
(breaker), one that is late is asked a second time (hedge), and one plan's slow model leaves another plan's
calls untouched (bulkhead). What comes of it is told; what is done then is the ladder's business.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from softswitch.answer.asking import Failed, Llm, Message, Piece, ToolCall, Usage
from softswitch.answer.book import Book
from softswitch.answer.breaker import Attempt, Breaker, Limits
from softswitch.answer.guarding import Guards
from softswitch.answer.hedging import hedged
from softswitch.answer.inquiring import Inquiry
from softswitch.answer.remembering import UNKNOWN_S, Asked, Remembered, bound, may_keep
from softswitch.answer.replying import Reply
from softswitch.answer.sentences import sentences_of
from softswitch.answer.sharing import Flight, Flights
from softswitch.answer.thinking import Outcome, Thought, Tools
from softswitch.thinking import How

Described = Sequence[Mapping[str, Any]]
"""Tools, as the protocol has them."""
Keep = Callable[[Asked, Reply, float], None]
"""Is given an answer to remember, and the Unix time at which it expires; never waits."""

Used = Callable[[Remembered], None]
"""Is told of each that was given again."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Of one plan. Seconds; with `remember` 0 nothing is kept; `at_once` bounds the requests under way; with
    `hedge_after` 0 each is sent once.
    """

    remember: float = 0.0
    approved_only: bool = False
    at_once: int = 20
    hedge_after: float = 0.0
    sensitive: frozenset[str] = frozenset()
    breaker: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Brief:
    """What a model is told, and what is looked at in its answer."""

    messages: list[Message]
    guards: Guards


@dataclass(frozen=True, slots=True)
class Question:
    """`brief` is asked for where it has to be thought about. `shareable`: nothing of this call but the
    question goes into it.
    """

    asked: Asked
    brief: Callable[[], Brief]
    tools: Tools | None = None
    shareable: bool = False


@dataclass(slots=True)
class Answer:
    """Iterate `sentences` once; `how` is known before the first, `outcome` after the last."""

    sentences: AsyncGenerator[str, None]
    how: How
    outcome: Outcome | None = None


@dataclass
class Figures:
    """`outcomes` by how and what came of it; requests are those that were sent, hedges among them."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    requests: int = 0
    hedges: int = 0
    shunned: Counter[str] = field(default_factory=Counter)
    """Not asked at all: breaker, bulkhead."""
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Answerer:
    """Answers one plan's questions with one model."""

    def __init__(self, llm: Llm, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        """`clock` tells Unix time, by which answers expire."""
        self._llm = llm
        self._book = Book()
        self._settings = settings
        self._clock = clock
        self._keep: Keep = lambda asked, reply, expires_at: None
        self._used: Used = lambda answer: None
        self._flights: Flights[Thought, str] = Flights()
        self.breaker = Breaker(settings.breaker)
        self.inquiry = Inquiry(llm, self.breaker, _now)
        self.under_way = 0
        self.figures = Figures()

    def remember(self, book: Book, keep: Keep, used: Used = lambda answer: None) -> None:
        """Answers are found in this book from here on, and new ones given to `keep`."""
        self._book, self._keep, self._used = book, keep, used

    def answer(self, question: Question) -> Answer:
        """Begins at once; never raises: what goes wrong is the answer's outcome."""
        asked = question.asked
        approved_only = self._settings.approved_only
        if found := self._book.find(asked, self._clock(), approved_only=approved_only):
            self._used(found)
            return self._recalled(found)
        day = tuple(sorted((asked.context or {}).items()))
        about = (asked.plan, asked.version, asked.language, asked.key, asked.intent, day)
        shares = question.shareable and asked.key
        answer = Answer(_nothing(), "thought")
        if shares and (flight := self._flights.find(about)):
            answer.how = "shared"
            answer.sentences = self._shared(answer, flight, question)
            return answer
        thought, sentences = self._think(question)
        if shares:
            sentences = self._flights.begin(about, thought, sentences).values()
        answer.sentences = _then(sentences, partial(self._conclude, answer, thought))
        return answer

    # --- remembered and shared ------------------------------------------------------------------------

    def _recalled(self, found: Remembered) -> Answer:
        reply = Reply(found.answer, found.scope, tuple(found.fields), bool(found.answer), True)
        outcome = Outcome("answered" if reply.knows else "unknown", reply, found.answer)
        self.figures.outcomes["remembered", outcome.kind] += 1
        return Answer(_each(sentences_of(found.answer)), "remembered", outcome)

    async def _shared(
        self, answer: Answer, flight: Flight[Thought, str], question: Question
    ) -> AsyncGenerator[str, None]:
        """What another caller's request gives, once it is known that it holds for this one too."""
        thought = flight.source
        await flight.first(lambda: bool(thought.reply.text))
        told = thought.reply
        if told.scope in ("nothing", "plan") and not told.fields and thought.rounds == 1:
            sentences = flight.values()
        else:
            answer.how = "thought"
            thought, sentences = self._think(question)
        async with contextlib.aclosing(sentences):
            async for sentence in sentences:
                yield sentence
        self._conclude(answer, thought)

    def _conclude(self, answer: Answer, thought: Thought) -> None:
        answer.outcome = thought.outcome
        self.figures.outcomes[answer.how, thought.outcome.kind] += 1

    # --- thinking ---------------------------------------------------------------------------------------

    def _think(self, question: Question) -> tuple[Thought, AsyncGenerator[str, None]]:
        """A thought, and its sentences."""
        brief, plain = question.brief(), self._llm.model.structured == "none"
        thought = Thought(self._ask, brief.guards, question.tools, plain)
        return thought, _then(thought.sentences(brief.messages), partial(self._learn, thought, question))

    def _learn(self, thought: Thought, question: Question) -> None:
        """A thought has ended: it is counted, and remembered where it may be."""
        outcome, settings = thought.outcome, self._settings
        self.figures.prompt_tokens += outcome.usage.prompt_tokens
        self.figures.completion_tokens += outcome.usage.completion_tokens
        keeps = outcome.kind in ("answered", "unknown") and settings.remember > 0 and outcome.rounds == 1
        reply = bound(replace(outcome.reply, text=outcome.spoken), question.asked)
        if keeps and may_keep(reply, question.asked, settings.sensitive):
            last = settings.remember if reply.knows else min(settings.remember, UNKNOWN_S)
            self._keep(question.asked, reply, self._clock() + last)

    def _ask(
        self, messages: Sequence[Message], tools: Described
    ) -> AsyncGenerator[Piece | ToolCall | Usage, None]:
        """A request behind breaker and bulkhead, hedged where that is configured. Raises Failed."""
        if self.under_way >= self._settings.at_once:
            self.figures.shunned["bulkhead"] += 1
            raise Failed("busy", f"{self._settings.at_once} requests of this plan are under way already")
        if not self.breaker.allow(_now()):
            self.figures.shunned["breaker"] += 1
            raise Failed("busy", f"{self._llm.model.name} is down or slow: it is not asked for a while")
        return self._watched(self._stream(messages, tools))

    async def _watched(
        self, parts: AsyncGenerator[Piece | ToolCall | Usage, None]
    ) -> AsyncGenerator[Piece | ToolCall | Usage, None]:
        """Tells the breaker what came of it: how long the first piece took, and whether the end came."""
        attempt = Attempt(self.breaker, _now)
        loop, slow = asyncio.get_running_loop(), self._settings.breaker.slow
        timers = loop.call_later(slow / 2, self._doubt, attempt), loop.call_later(slow, attempt.late)
        self.under_way += 1
        try:
            async with contextlib.aclosing(parts):
                async for part in parts:
                    attempt.begun()
                    yield part
        except Failed as failed:
            attempt.failed(at_once=failed.kind == "status")
            raise
        except (asyncio.CancelledError, GeneratorExit):
            attempt.left()
            raise
        finally:
            for timer in timers:
                timer.cancel()
            self.under_way -= 1
        attempt.succeeded()

    def _doubt(self, attempt: Attempt) -> None:
        if not attempt.has_begun:
            self.inquiry.begin()

    def _stream(
        self, messages: Sequence[Message], tools: Described
    ) -> AsyncGenerator[Piece | ToolCall | Usage, None]:
        def begin() -> AsyncGenerator[Piece | ToolCall | Usage, None]:
            self.figures.requests += 1
            return self._llm.ask(messages, tools)

        def hedge() -> None:
            self.figures.hedges += 1

        after = self._settings.hedge_after
        return hedged(begin, after, hedge) if after else begin()


async def _then(sentences: AsyncGenerator[str, None], do: Callable[[], None]) -> AsyncGenerator[str, None]:
    """The same, and at their end, should it come, `do` is done."""
    async with contextlib.aclosing(sentences):
        async for sentence in sentences:
            yield sentence
    do()


async def _each(sentences: Sequence[str]) -> AsyncGenerator[str, None]:
    for sentence in sentences:
        yield sentence


async def _nothing() -> AsyncGenerator[str, None]:
    return
    yield


def _now() -> float:
    """Monotonic seconds, of the loop's clock: that of a replay jumps."""
    return asyncio.get_running_loop().time()
