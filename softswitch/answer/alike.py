"""Remembered answers to questions that ask the same in other words, by a server's embedding model.

Only where words find none: what two questions must not differ in is in `apart`, to whom an answer may be
given in `remembering`. A server that is late, fails or is away changes nothing.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from softswitch.answer import questions
from softswitch.answer.apart import may_be_same
from softswitch.answer.asking import Embedding, Failed, Llm
from softswitch.answer.book import Book
from softswitch.answer.breaker import Breaker, Limits
from softswitch.answer.prompting import MOST_QUESTION, plain
from softswitch.answer.remembering import Asked, Remembered
from softswitch.answer.vectors import Vector, Vectors, vector_of

Result = Literal["found", "none", "late", "failed", "shunned"]
MOST_WAITING = 4_000
"""Questions that wait for their vectors; of more the latest."""
BATCH = 8
"""Of one request: more would hold up the loop when they are read."""
LEARNING_S = 10.0


class Likeness:
    """Of one version of a plan. Give it its remembered answers by `learn`: their vectors are made meanwhile.

    `results` counts the questions that were compared, or were to be; `under_way` are requests.
    """

    def __init__(self, llm: Llm, embedding: Embedding, *, at_once: int, names: frozenset[str]) -> None:
        """`names` keep questions apart (apart.names_of)."""
        self._llm, self._embedding, self._at_once, self._names = llm, embedding, at_once, names
        self.results = Counter[Result](found=0, none=0, late=0, failed=0, shunned=0)
        self.under_way = 0
        self.breaker = Breaker(Limits(least=3, slow=embedding.patience, wait=10.0, probes=1))
        self._vectors: dict[str, Vectors] = {}
        self._waiting: deque[tuple[str, str, str]] = deque(maxlen=MOST_WAITING)
        self._learning: asyncio.Task[None] | None = None
        self._asking: dict[str, asyncio.Task[Vector | Result]] = {}

    @property
    def known(self) -> int:
        """Vectors at hand."""
        return sum(map(len, self._vectors.values()))

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def close(self) -> None:
        tasks = [*self._asking.values(), *([self._learning] if self._learning else ())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- what is remembered ---------------------------------------------------------------------------

    def learn(self, answers: Iterable[Remembered]) -> None:
        """Those whose question can be compared, once a server has told their vectors."""
        for answer in answers:
            known = answer.key in self._vectors.get(answer.language, ())
            if answer.state != "forgotten" and not answer.intent and not known:
                self._waiting.append((answer.language, answer.key, answer.question))
        self._go_on()

    def _go_on(self) -> None:
        """What failed is tried again by the next who comes, once the breaker lets it."""
        if self._waiting and (self._learning is None or self._learning.done()):
            self._learning = asyncio.create_task(self._learn())

    async def _learn(self) -> None:
        while self._waiting:
            taken = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            batch = [each for each in taken if _is_whole(each[2], each[0])]
            if batch and not await self._put(batch):
                self._waiting.extendleft(reversed(batch))
                return
            await asyncio.sleep(0)

    async def _put(self, batch: Sequence[tuple[str, str, str]]) -> bool:
        """Whether the server told the vectors of these: language, key and text."""
        if not self.breaker.allow(_now()):
            return False
        vectors = await self._ask([text for _, _, text in batch], LEARNING_S)
        if isinstance(vectors, str):
            return False
        for (language, key, _), vector in zip(batch, vectors, strict=True):
            self._vectors.setdefault(language, Vectors()).put(key, vector)
        return True

    # --- what is asked ----------------------------------------------------------------------------------

    def compares(self, asked: Asked) -> bool:
        """Whether there is anything that this question can be compared with."""
        self._go_on()
        whole = asked.key and not asked.intent and not asked.own and _is_whole(asked.text, asked.language)
        return bool(whole and self._vectors.get(asked.language))

    async def find(
        self, asked: Asked, book: Book, now: float, *, approved_only: bool = False
    ) -> Remembered | None:
        """The answer to the question that is the most alike, for that caller; within the patience."""
        vector = await self._vector(asked.text)
        if isinstance(vector, str):
            self.results[vector] += 1
            return None
        found = self._nearest(vector, asked, book, now, approved_only)
        self.results["found" if found else "none"] += 1
        return found

    def _nearest(
        self, vector: Vector, asked: Asked, book: Book, now: float, approved_only: bool
    ) -> Remembered | None:
        """None where another question is as near, and was answered in another way."""
        least, margin = self._embedding.least, self._embedding.margin
        near = self._vectors[asked.language].near(vector, least - margin)
        best, key = next((each for each in near if each[1] != asked.key), (0.0, ""))
        if best < least or not may_be_same(asked.key, key, asked.language, self._names):
            return None
        found = book.find(replace(asked, key=key), now, approved_only=approved_only)
        if found is None or not found.answer:
            return None
        rivals = (replace(asked, key=other) for likeness, other in near if likeness > best - margin)
        return None if any(book.said(rival) - {found.answer} for rival in rivals) else found

    async def _vector(self, text: str) -> Vector | Result:
        """Those who ask the same at the same moment cause one request."""
        task = self._asking.get(text)
        if task is None:
            if self.under_way >= self._at_once or not self.breaker.allow(_now()):
                return "shunned"
            task = self._asking[text] = asyncio.create_task(self._one(text))
            task.add_done_callback(lambda _: self._asking.pop(text))
        return await asyncio.shield(task)

    async def _one(self, text: str) -> Vector | Result:
        vectors = await self._ask([text], self._embedding.patience)
        return vectors if isinstance(vectors, str) else vectors[0]

    async def _ask(self, texts: list[str], patience: float) -> list[Vector] | Result:
        """What callers wait for must be in time; what is learnt must only come."""
        began, self.under_way = _now(), self.under_way + 1
        try:
            told = await self._llm.vectors([plain(text, MOST_QUESTION) for text in texts], patience)
            vectors = [vector_of(numbers) for numbers in told]
        except (Failed, ValueError) as error:
            self.breaker.failed(_now(), _now() - began)
            return "late" if isinstance(error, Failed) and error.kind == "timeout" else "failed"
        except asyncio.CancelledError:
            self.breaker.cancelled()
            raise
        finally:
            self.under_way -= 1
        self.breaker.succeeded(_now(), 0.0)
        return vectors


def _is_whole(question: str, language: str) -> bool:
    """Whether it means the same wherever it is asked."""
    return bool(questions.key(question, language, follows=True))


def _now() -> float:
    """Monotonic seconds, of the loop's clock: that of a replay jumps."""
    return asyncio.get_running_loop().time()
