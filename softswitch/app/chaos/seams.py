"""What stands before each dependency on a node that allows faults; other nodes have none of it."""

import asyncio
import errno
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from softswitch.actions.action import Action, Later, Result
from softswitch.actions.settings import Integration
from softswitch.answer.asking import Failed, Kind, Llm, Message, Model, Piece, ToolCall, Usage
from softswitch.app.acting.registry import Means, Registry
from softswitch.app.chaos.faults import Faults, Injected
from softswitch.events import Recognition, Say
from softswitch.ports import Recognizer, RecognizerStream, Voice
from softswitch.store.committing import Away

SQL_S = 5.0
"""A database that hangs is given up after so long, see store.writer.HANG_S."""


class FaultyLlm(Llm):
    def __init__(self, model: Model, faults: Faults) -> None:
        super().__init__(model)
        self._faults = faults

    async def ask(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] = ()
    ) -> AsyncGenerator[Piece | ToolCall | Usage, None]:
        await self._meet(self.model.first_piece, "stalled")
        async for part in super().ask(messages, tools):
            yield part

    async def vectors(self, texts: Sequence[str], patience: float) -> list[list[float]]:
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        await self._meet(patience, "timeout")
        return await super().vectors(texts, max(0.0, end - loop.time()))

    async def _meet(self, patience: float, late: Kind) -> None:
        try:
            await self._faults.meet("llm", patience)
        except TimeoutError:
            raise Failed(late, f"{self.model.name} said nothing for {patience:g} s") from None
        except Injected as fault:
            raise Failed("status", f"{self.model.name}: {fault}") from None


class FaultyRegistry(Registry):
    def __init__(self, means: Means, faults: Faults) -> None:
        super().__init__(means)
        self._faults = faults

    async def run(self, action: Action, settings: Integration) -> Result:
        try:
            await self._faults.meet(f"integration {action.name}")
        except Injected as fault:
            return Later(str(fault))
        return await super().run(action, settings)


class FaultyEar:
    """Implements ports.Recognizer."""

    def __init__(self, ear: Recognizer, faults: Faults) -> None:
        self._ear, self._faults = ear, faults

    def open(self, grammar: Sequence[str] | None) -> RecognizerStream:
        return _FaultyStream(self._ear.open(grammar), self._faults)


class _FaultyStream:
    def __init__(self, stream: RecognizerStream, faults: Faults) -> None:
        self._stream, self._faults = stream, faults

    async def accept(self, pcm: bytes) -> str:
        await self._faults.meet("recogniser")
        return await self._stream.accept(pcm)

    async def finish(self) -> Recognition:
        await self._faults.meet("recogniser")
        return await self._stream.finish()

    def close(self) -> None:
        self._stream.close()


class FaultyVoice:
    """Implements ports.Voice. What was rendered when the dialplan was loaded needs nobody."""

    def __init__(self, voice: Voice, faults: Faults) -> None:
        self._voice, self._faults = voice, faults

    def get(self, say: Say) -> bytes | None:
        return self._voice.get(say)

    async def speak(self, say: Say) -> bytes:
        await self._faults.meet("synthesiser")
        return await self._voice.speak(say)


def before_commit(faults: Faults, on_disk: bool) -> None:
    """In the records' thread; `on_disk` for a database that is a file here."""
    try:
        faults.meet_blocking("sql", SQL_S)
        if on_disk:
            faults.meet_blocking("disk", SQL_S)
    except (Injected, TimeoutError) as fault:
        raise Away(str(fault) or "no answer") from None


def before_journal(faults: Faults) -> None:
    try:
        faults.meet_blocking("disk", SQL_S)
    except (Injected, TimeoutError):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from None
