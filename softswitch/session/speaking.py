"""The session's mouth: prompts into the ring in order, and how much of them the caller has heard."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from softswitch.events import BargeIn, Say
from softswitch.ports import Line, Prompts, Synthesizer

log = logging.getLogger(__name__)
FRAME_S = 0.02
GAP_FRAMES = 9
"""Silence between two prompts that follow each other: a speaker's breath."""
BREATH_FRAMES = 6
"""Silence after a prompt that a key cut: without it the next one runs into the stump of the last."""
PIECE_S = 10
"""Audio is written in pieces of at most this length, so that any prompt fits a ring of 30 s in time."""


@dataclass
class Span:
    """Where one Say lies in what is played, in frames."""

    say: Say
    start: int
    end: int


@dataclass(frozen=True)
class Account:
    """What became of an answer: all of it, and the part that was heard."""

    said: str
    said_s: float
    heard: str
    heard_s: float


class Speaker:
    def __init__(self, line: Line, prompts: Prompts, synthesizer: Synthesizer) -> None:
        self._line = line
        self._prompts = prompts
        self._synthesizer = synthesizer
        self._waiting: deque[Say] = deque()
        self._pieces: deque[tuple[Span, bytes]] = deque()
        self._synthesis: asyncio.Task[None] | None = None
        self._spans: list[Span] = []
        self._breath = False
        self._piece_bytes = line.clock_rate * 2 * PIECE_S
        self._frame_bytes = round(line.clock_rate * FRAME_S) * 2

    def say(self, items: Sequence[Say]) -> None:
        """A new answer: what was left of the old one is dropped."""
        self.stop()
        self._spans = []
        self._waiting.extend(items)
        self._advance()

    def stop(self) -> None:
        """Silence at once; `account` still tells what was heard."""
        self._waiting.clear()
        self._pieces.clear()
        if self._synthesis:
            self._synthesis.cancel()
            self._synthesis = None
        self._line.expect_more(False)
        self._line.flush()

    def cut(self) -> None:
        """Silence at once, because a key was pressed. Who speaks has made the pause himself."""
        self.stop()
        self._breath = True

    def tick(self) -> None:
        if self._pieces:
            self._write()
        elif not self._waiting and not self._synthesis:
            self._line.expect_more(False)

    @property
    def done(self) -> bool:
        """Whether everything said has been played."""
        return not (self._waiting or self._pieces or self._synthesis or self._line.pending)

    @property
    def barge_in(self) -> BargeIn:
        """What may interrupt the prompt that is being played right now."""
        played = self._line.played
        playing = next((span for span in self._spans if played < span.end), None)
        return playing.say.barge_in if playing else BargeIn.SPEECH

    def account(self) -> Account:
        played = self._line.played
        heard_frames = 0
        words: list[str] = []
        for span in self._spans:
            part = min(max(played - span.start, 0), span.end - span.start)
            heard_frames += part
            words += _first_words(span.say.text, part, span.end - span.start)
        total = sum(span.end - span.start for span in self._spans)
        said = " ".join(span.say.text for span in self._spans)
        return Account(said, total * FRAME_S, " ".join(words), heard_frames * FRAME_S)

    def _advance(self) -> None:
        """Everything that is ready goes to the ring; the first text that is not is synthesised."""
        while self._waiting and not self._synthesis:
            say = self._waiting.popleft()
            pcm = self._prompts.get(say.text)
            if pcm is None:
                self._synthesis = asyncio.create_task(self._synthesize(say))
            else:
                self._append(say, pcm)

    async def _synthesize(self, say: Say) -> None:
        if self._spans:
            self._line.expect_more(True)
        try:
            pcm = await self._synthesizer.speak(say.text)
        except Exception:
            log.exception("cannot speak %r", say.text)
            pcm = b""
        self._synthesis = None
        self._append(say, pcm)
        self._advance()

    def _append(self, say: Say, pcm: bytes) -> None:
        before = GAP_FRAMES if self._spans else BREATH_FRAMES * self._breath
        if pcm:
            pcm = bytes(before * self._frame_bytes) + pcm
            self._breath = False
        start = self._spans[-1].end if self._spans else self._line.played + self._line.pending
        span = Span(say, start, start)
        self._spans.append(span)
        for at in range(0, len(pcm), self._piece_bytes):
            piece = pcm[at : at + self._piece_bytes]
            span.end += -(-len(piece) // self._frame_bytes)
            self._pieces.append((span, piece))
        self._write()

    def _write(self) -> None:
        while self._pieces:
            try:
                self._line.play(self._pieces[0][1])
            except BufferError:
                return
            self._pieces.popleft()


def _first_words(text: str, part: int, whole: int) -> list[str]:
    """The words of `text` that were out after `part` of `whole` frames, cut at a word."""
    words = text.split()
    return words if part >= whole else words[: int(len(words) * part / whole)]
