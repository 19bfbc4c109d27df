"""Requests to one plan's model. One that is down or slow is not asked at all (breaker), one that is late is
asked a second time (hedge), and one plan's slow model leaves another plan's calls untouched (bulkhead).
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from softswitch.answer.asking import Failed, Llm, Message, Piece, ToolCall, Usage
from softswitch.answer.breaker import Attempt, Breaker, Limits
from softswitch.answer.hedging import hedged
from softswitch.answer.inquiring import Inquiry

Described = Sequence[Mapping[str, Any]]
"""Tools, as the protocol has them."""


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


class Requests:
    """Counted in `figures`; `under_way` are those of callers that were begun and have not ended."""

    def __init__(
        self, llm: Llm, figures: Figures, *, at_once: int, hedge_after: float, limits: Limits
    ) -> None:
        self._llm, self._figures = llm, figures
        self._at_once, self._hedge_after = at_once, hedge_after
        self.breaker = Breaker(limits)
        self.inquiry = Inquiry(llm, self.breaker, _now)
        self.under_way = 0

    def ask(
        self, messages: Sequence[Message], tools: Described, *, ahead: bool = False
    ) -> AsyncGenerator[Piece | ToolCall | Usage, None]:
        """A request behind breaker and bulkhead, hedged where that is configured. One that is made `ahead`
        of callers takes no place from them. Raises Failed.
        """
        if not ahead and self.under_way >= self._at_once:
            self._figures.shunned["bulkhead"] += 1
            raise Failed("busy", f"{self._at_once} requests of this plan are under way already")
        if not self.breaker.allow(_now()):
            self._figures.shunned["breaker"] += 1
            raise Failed("busy", f"{self._llm.model.name} is down or slow: it is not asked for a while")
        return self._watched(self._stream(messages, tools), ahead)

    async def _watched(
        self, parts: AsyncGenerator[Piece | ToolCall | Usage, None], ahead: bool
    ) -> AsyncGenerator[Piece | ToolCall | Usage, None]:
        """Tells the breaker what came of it: how long the first piece took, and whether the end came."""
        attempt = Attempt(self.breaker, _now)
        loop, slow = asyncio.get_running_loop(), self.breaker.limits.slow
        timers = loop.call_later(slow / 2, self._doubt, attempt), loop.call_later(slow, attempt.late)
        self.under_way += not ahead
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
            self.under_way -= not ahead
        attempt.succeeded()

    def _doubt(self, attempt: Attempt) -> None:
        if not attempt.has_begun:
            self.inquiry.begin()

    def _stream(
        self, messages: Sequence[Message], tools: Described
    ) -> AsyncGenerator[Piece | ToolCall | Usage, None]:
        def begin() -> AsyncGenerator[Piece | ToolCall | Usage, None]:
            self._figures.requests += 1
            return self._llm.ask(messages, tools)

        def hedge() -> None:
            self._figures.hedges += 1

        return hedged(begin, self._hedge_after, hedge) if self._hedge_after else begin()


def _now() -> float:
    """Monotonic seconds, of the loop's clock: that of a replay jumps."""
    return asyncio.get_running_loop().time()
