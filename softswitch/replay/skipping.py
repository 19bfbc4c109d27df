"""An event loop for replays whose clock jumps over the time in which nothing happens.

A month of calls takes a minute, and every wait, limit and pause has its full length on the loop's clock: what
our own code takes counts as it is, a wait counts in full and costs nothing. While something outside of this
process is waited for (a real language model), the clock does not jump.
"""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any


class SkippingLoop(asyncio.SelectorEventLoop):
    """`may_skip` is asked each time that nothing is left to be done before the next timer."""

    def __init__(self, may_skip: Callable[[], bool] = lambda: True) -> None:
        self.skipped = 0.0
        self.may_skip = may_skip
        super().__init__(_Selector(self))

    def time(self) -> float:
        return super().time() + self.skipped


class _Selector(selectors.DefaultSelector):
    def __init__(self, loop: SkippingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        """What is ready. Over loopback that is all that was sent: the kernel delivers it as it is sent."""
        ready: list[Any] = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None or not self._loop.may_skip():
            return super().select(timeout)
        self._loop.skipped += timeout
        return []
