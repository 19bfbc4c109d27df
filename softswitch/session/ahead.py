"""A thought that begins while the caller may still speak on, kept until it is asked for."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Literal

from softswitch.ports import Thought
from softswitch.thinking import How, Think, Wanted


class Ahead:
    """A thought that began before it was asked for. Implements ports.Thought."""

    def __init__(self, order: Think, thought: Thought) -> None:
        self._order, self._thought = order, thought
        self._ready: asyncio.Queue[str | None] = asyncio.Queue()
        self._work = asyncio.create_task(self._think())

    def answers(self, order: Think) -> bool:
        return replace(self._order, key=order.key) == order

    @property
    def how(self) -> How:
        return self._thought.how

    @property
    def missing(self) -> Literal["", "unknown", "failed", "broken"]:
        return self._thought.missing

    @property
    def wanted(self) -> Wanted | None:
        return self._thought.wanted

    @property
    def sentences(self) -> AsyncGenerator[str, None]:
        return self._sentences()

    def close(self) -> None:
        self._work.cancel()

    async def _think(self) -> None:
        try:
            async with contextlib.aclosing(self._thought.sentences) as sentences:
                async for sentence in sentences:
                    self._ready.put_nowait(sentence)
        finally:
            self._ready.put_nowait(None)

    async def _sentences(self) -> AsyncGenerator[str, None]:
        try:
            while (sentence := await self._ready.get()) is not None:
                yield sentence
            await self._work  # raises what it failed of
        finally:
            self.close()
