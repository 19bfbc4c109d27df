"""A second request where the first is late: whichever speaks first is listened to, the other is given up.

Dean and Barroso, The Tail at Scale (2013): a hedge sent after the usual latency's upper quantile cuts the
tail for a few per cent more requests.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import TypeVar

Value = TypeVar("Value")


async def hedged(
    begin: Callable[[], AsyncGenerator[Value, None]],
    after: float,
    on_hedge: Callable[[], None] = lambda: None,
) -> AsyncGenerator[Value, None]:
    """The values of `begin()`, or of a second one that is begun when nothing came for `after` seconds.

    One that fails before its first value counts as late; when both fail, the first one's error is raised.
    """
    streams = [begin()]
    firsts = [asyncio.create_task(_first(streams[0]))]
    try:
        await asyncio.wait(firsts, timeout=after)
        if not firsts[0].done() or _failed(firsts[0]):
            on_hedge()
            streams.append(begin())
            firsts.append(asyncio.create_task(_first(streams[1])))
        won = await _first_good(firsts)
        await _give_up([stream for stream in streams if stream is not streams[won]], firsts, won)
        with contextlib.suppress(StopAsyncIteration):
            yield firsts[won].result()
            async for value in streams[won]:
                yield value
    finally:
        await _give_up(streams, firsts, -1)


async def _first(stream: AsyncGenerator[Value, None]) -> Value:
    return await anext(stream)


def _failed(first: "asyncio.Task[Value]") -> bool:
    return first.done() and first.exception() is not None


async def _first_good(firsts: "list[asyncio.Task[Value]]") -> int:
    """Which one has a first value; the first one when none has."""
    waiting = set(firsts)
    while waiting:
        _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for number, first in enumerate(firsts):
            if first.done() and not _failed(first):
                return number
    return 0


async def _give_up(
    streams: list[AsyncGenerator[Value, None]], firsts: "list[asyncio.Task[Value]]", kept: int
) -> None:
    for number, first in enumerate(firsts):
        if number != kept:
            first.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await first
    for stream in streams:
        with contextlib.suppress(Exception):
            await stream.aclose()
