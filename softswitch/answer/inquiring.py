"""Asks after a model that keeps one caller waiting: on its own, with a few questions of a word.

A breaker that waits for callers opens late where few call, and each of them has waited. When a request is
half late, as many short ones as the breaker wants to see are sent beside it: a server that hangs lets them
hang too, one that only has a long answer to think about does not.
"""

import asyncio
import contextlib
from collections.abc import Callable

from softswitch.answer.asking import Failed, Llm
from softswitch.answer.breaker import Breaker

MOST = 4
QUESTION = ({"role": "user", "content": "ok?"},)


class Inquiry:
    """Of one plan's model. What is well says nothing; what is late or fails is told to the breaker."""

    def __init__(self, llm: Llm, breaker: Breaker, clock: Callable[[], float]) -> None:
        self._llm, self._breaker, self._clock = llm, breaker, clock
        self._not_before = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self.asked = 0

    def begin(self) -> None:
        """No more than once within the breaker's window."""
        limits, now = self._breaker.limits, self._clock()
        if self._breaker.state != "closed" or now < self._not_before:
            return
        self._not_before = now + limits.window
        for _ in range(min(MOST, limits.least - 1)):
            task = asyncio.create_task(self._ask(limits.slow))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ask(self, patience: float) -> None:
        self.asked += 1
        began = self._clock()
        try:
            async with asyncio.timeout(patience), contextlib.aclosing(self._llm.ask(QUESTION)) as parts:
                await anext(parts, None)
        except (Failed, TimeoutError):
            if self._breaker.state == "closed":
                now = self._clock()
                self._breaker.failed(now, now - began)
