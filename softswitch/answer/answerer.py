"""The path of an answer beyond the dialplan's own text: remembered, else thought; and who shares it.

A hundred callers who ask the same thing cause one request. What comes of it is told; what is done then is the
ladder's business.
"""

import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from softswitch.answer.alike import Likeness
from softswitch.answer.asking import Llm, Message
from softswitch.answer.book import Book
from softswitch.answer.breaker import Limits
from softswitch.answer.guarding import Guards
from softswitch.answer.remembering import UNKNOWN_S, Asked, Remembered, bound, may_keep
from softswitch.answer.replying import Reply
from softswitch.answer.requesting import Figures, Requests
from softswitch.answer.sentences import sentences_of
from softswitch.answer.sharing import Flight, Flights
from softswitch.answer.thinking import Outcome, Thought, Tools
from softswitch.thinking import How

Keep = Callable[[Asked, Reply, float], None]
"""Is given an answer to remember, and the Unix time at which it expires; never waits."""

Used = Callable[[Remembered], None]
"""Is told of each that was given again."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Of one plan. Seconds; with `remember` 0 nothing is kept; `at_once` bounds the requests under way; with
    `hedge_after` 0 each is sent once; `names` keep questions apart (apart.names_of).
    """

    remember: float = 0.0
    approved_only: bool = False
    at_once: int = 20
    hedge_after: float = 0.0
    sensitive: frozenset[str] = frozenset()
    breaker: Limits = field(default_factory=Limits)
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Brief:
    """What a model is told, and what is looked at in its answer."""

    messages: list[Message]
    guards: Guards


@dataclass(frozen=True, slots=True)
class Question:
    """`brief` is asked for where it has to be thought about. `shareable`: nothing of this call but the
    question goes into it. `ahead`: nobody waits for the answer.
    """

    asked: Asked
    brief: Callable[[], Brief]
    tools: Tools | None = None
    shareable: bool = False
    ahead: bool = False


@dataclass(slots=True)
class Answer:
    """Iterate `sentences` once; `how` is known before the first, `outcome` after the last."""

    sentences: AsyncGenerator[str, None]
    how: How
    outcome: Outcome | None = None


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
        self.figures = Figures()
        embedding = llm.model.embedding
        self.likeness = (
            Likeness(llm, embedding, at_once=settings.at_once, names=settings.names) if embedding else None
        )
        self.requests = Requests(
            llm,
            self.figures,
            at_once=settings.at_once,
            hedge_after=settings.hedge_after,
            limits=settings.breaker,
        )

    def remember(self, book: Book, keep: Keep, used: Used = lambda answer: None) -> None:
        """Answers are found in this book from here on, and new ones given to `keep`."""
        self._book, self._keep, self._used = book, keep, used

    def knows(self, asked: Asked) -> bool:
        """Whether an answer is remembered, approved or not. That is no use of it."""
        return self._book.find(asked, self._clock()) is not None

    async def close(self) -> None:
        """The model itself is left open: others may ask it."""
        await self.requests.inquiry.close()
        if self.likeness:
            await self.likeness.close()

    def answer(self, question: Question) -> Answer:
        """Begins at once; never raises: what goes wrong is the answer's outcome."""
        asked = question.asked
        approved_only = self._settings.approved_only
        if found := self._book.find(asked, self._clock(), approved_only=approved_only):
            self._used(found)
            return self._recalled(found)
        answer = Answer(_nothing(), "thought")
        about = _about(question)
        shared = about and self._flights.find(about)
        if self.likeness and not shared and self.likeness.compares(asked):
            answer.sentences = self._alike(answer, self.likeness, question)
        else:
            answer.sentences = self._anew(answer, question)
        return answer

    def _anew(self, answer: Answer, question: Question) -> AsyncGenerator[str, None]:
        """What nobody has answered yet; another caller may just be asking the same."""
        about = _about(question)
        if about and (flight := self._flights.find(about)):
            answer.how = "shared"
            return self._shared(answer, flight, question)
        thought, sentences = self._think(question)
        if about:
            sentences = self._flights.begin(about, thought, sentences).values()
        return _then(sentences, partial(self._conclude, answer, thought))

    # --- remembered and shared ------------------------------------------------------------------------

    def _recalled(self, found: Remembered) -> Answer:
        reply = Reply(found.answer, found.scope, tuple(found.fields), bool(found.answer), True)
        outcome = Outcome("answered" if reply.knows else "unknown", reply, found.answer)
        self.figures.outcomes["remembered", outcome.kind] += 1
        return Answer(_each(sentences_of(found.answer)), "remembered", outcome)

    async def _alike(
        self, answer: Answer, likeness: Likeness, question: Question
    ) -> AsyncGenerator[str, None]:
        """What answered a question in other words; where there is none, as without."""
        approved_only = self._settings.approved_only
        found = await likeness.find(question.asked, self._book, self._clock(), approved_only=approved_only)
        if found:
            self._used(found)
            recalled = self._recalled(found)
            answer.how, answer.outcome, sentences = recalled.how, recalled.outcome, recalled.sentences
        else:
            sentences = self._anew(answer, question)
        async with contextlib.aclosing(sentences):
            async for sentence in sentences:
                yield sentence

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
        ask = partial(self.requests.ask, ahead=question.ahead)
        thought = Thought(ask, brief.guards, question.tools, plain)
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


def _about(question: Question) -> tuple[object, ...] | None:
    """What all who ask at the same moment share; None where it is this caller's alone."""
    asked = question.asked
    if not question.shareable or not asked.key:
        return None
    day = tuple(sorted((asked.context or {}).items()))
    return asked.plan, asked.version, asked.language, asked.key, asked.intent, day


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
