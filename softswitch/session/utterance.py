"""One utterance of a caller: decoded while he speaks, and flushed when he seems to have finished.

    speaking → flushing   he is silent, or has spoken for too long: the decoder is asked for all that it has
    flushing → flushed    it has told; whether his turn is over is for the ear to say
    flushing → speaking   it has told, but he went on meanwhile
    flushed  → speaking   he went on

What was said accumulates over all of these.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Literal, Protocol

from softswitch.events import Recognition
from softswitch.ports import RecognizerStream

log = logging.getLogger(__name__)
FRAME_S = 0.02
CHUNK = 5
"""Frames per decoding step: enough to be cheap, few enough that little is left at the end of speech."""


@dataclass
class Timing:
    """How long each stage of an input took, for the turn's record."""

    endpoint_ms: float = 0.0  # silence that was waited for
    recognize_ms: float = 0.0  # flush of the decoder


class Hearer(Protocol):
    """The ear, told by an utterance that it has not dropped."""

    def on_partial(self, text: str) -> None: ...

    def on_flushed(self, utterance: "Utterance") -> None: ...

    def on_failed(self, utterance: "Utterance") -> None:
        """The decoder is of no use any more."""
        ...


@dataclass(eq=False)
class Utterance:
    """Begins with `pending`, the frames before it was noticed. `tasks` keeps its work from the collector."""

    stream: RecognizerStream
    hearer: Hearer
    tasks: set[asyncio.Task[None]]
    pending: list[bytes]
    stage: Literal["speaking", "flushing", "flushed"] = "speaking"
    silence: float = 0.0
    """Seconds since he last spoke."""
    overdue: float = 0.0
    """Seconds since the decoder was asked for all that it has."""
    _frames: int = 0
    _parts: list[Recognition] = field(default_factory=list)
    _asked_at: float = 0.0
    _recognize_ms: float = 0.0
    _work: asyncio.Task[None] | None = None
    _dropped: bool = False

    def __post_init__(self) -> None:
        self._frames = len(self.pending)

    @property
    def seconds(self) -> float:
        return self._frames * FRAME_S

    @property
    def timing(self) -> Timing:
        return Timing(self.silence * 1000, self._recognize_ms)

    def recognition(self) -> Recognition:
        """All parts as one. Alternatives are kept while there is only one part."""
        said = [part for part in self._parts if part.text]
        if len(said) <= 1:
            return said[0] if said else Recognition("", 0.0)
        confidence = min(part.confidence for part in said)
        return Recognition(" ".join(part.text for part in said), confidence)

    # --- what the ear does with it ------------------------------------------------------------------------

    def hear(self, frame: bytes, silence: float) -> None:
        """One frame more, after which he has been silent for so many seconds."""
        if silence < self.silence and self.stage == "flushed":
            self.stage = "speaking"
        self.silence = silence
        self._frames += 1
        self.pending.append(frame)
        if self.stage == "flushing":
            self.overdue += FRAME_S

    def flush(self) -> None:
        self.stage, self.overdue, self._asked_at = "flushing", 0.0, time.perf_counter()

    def go_on(self) -> None:
        """He spoke while the decoder was flushed."""
        self.stage = "speaking"

    def decode(self) -> None:
        """Do so when there is enough to do and nothing is in flight."""
        if self._has_work and self._work is None and not self._dropped:
            self._work = asyncio.create_task(self._decode())
            self.tasks.add(self._work)
            self._work.add_done_callback(self.tasks.discard)

    def give_up(self) -> None:
        """The decoder is waited for no longer."""
        if self._work:
            self._work.cancel()
        self._recognize_ms = self.overdue * 1000

    def drop(self) -> None:
        """Nothing more is told of it; its stream is closed once nothing is in flight."""
        self._dropped = True
        if self._work is None:
            self.stream.close()

    # --- beside the frames --------------------------------------------------------------------------------

    @property
    def _has_work(self) -> bool:
        return self.stage == "flushing" or len(self.pending) >= CHUNK

    async def _decode(self) -> None:
        try:
            while self._has_work and not self._dropped:
                if self.pending:
                    await self._accept()
                else:
                    await self._finish()
        except Exception as error:  # its text may tell what was said
            log.error("the recogniser failed (%s); the caller is asked again", type(error).__name__)
            if not self._dropped:
                self.hearer.on_failed(self)
        finally:
            self._work = None
            if self._dropped:
                self.stream.close()

    async def _accept(self) -> None:
        audio = b"".join(self.pending)
        self.pending.clear()
        partial = await self.stream.accept(audio)
        if partial and not self._dropped:
            self.hearer.on_partial(partial)

    async def _finish(self) -> None:
        told = await self.stream.finish()
        if self._dropped:
            return
        self.stage = "flushed"
        self._recognize_ms = (time.perf_counter() - self._asked_at) * 1000
        self._parts.append(told)
        self.hearer.on_flushed(self)
