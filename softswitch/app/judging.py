"""Ears and voices that are judged by what calls experience with them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from softswitch.answer.breaker import Breaker
from softswitch.events import Recognition, Say
from softswitch.ports import Recognizer, RecognizerStream, Voice


@dataclass
class Judged:
    """Something that calls use, by what came of it."""

    breaker: Breaker

    @property
    def is_down(self) -> bool:
        return self.breaker.state != "closed"

    def told(self, good: bool, took: float) -> None:
        now = time.monotonic()
        if self.is_down:
            self.breaker.allow(now)  # calls that are up try it again
        if good:
            self.breaker.succeeded(now, took)
        else:
            self.breaker.failed(now, took)

    def given_up(self, took: float) -> None:
        """Nobody waits any more: because it was late, or for a reason that says nothing."""
        if took >= 0.95 * self.breaker.limits.slow:
            self.told(False, took)


class JudgedEar:
    """Implements ports.Recognizer."""

    def __init__(self, ear: Recognizer, judged: Judged) -> None:
        self._ear, self._judged = ear, judged

    def open(self, grammar: Sequence[str] | None) -> RecognizerStream:
        return _JudgedStream(self._ear.open(grammar), self._judged)


class _JudgedStream:
    def __init__(self, stream: RecognizerStream, judged: Judged) -> None:
        self._stream, self._judged = stream, judged
        self.close = stream.close

    async def accept(self, pcm: bytes) -> str:
        with _Watch(self._judged, tells_good=False):
            return await self._stream.accept(pcm)

    async def finish(self) -> Recognition:
        with _Watch(self._judged):
            return await self._stream.finish()


class JudgedVoice:
    """Implements ports.Voice."""

    def __init__(self, voice: Voice, judged: Judged) -> None:
        self._voice, self._judged = voice, judged
        self.get = voice.get

    async def speak(self, say: Say) -> bytes:
        with _Watch(self._judged):
            return await self._voice.speak(say)


class _Watch:
    """`with` a use of something."""

    def __init__(self, judged: Judged, tells_good: bool = True) -> None:
        self._judged, self._tells_good = judged, tells_good

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        took = time.monotonic() - self._began
        if kind is None:
            if self._tells_good:
                self._judged.told(True, took)
        elif issubclass(kind, Exception):
            self._judged.told(False, took)
        else:
            self._judged.given_up(took)
