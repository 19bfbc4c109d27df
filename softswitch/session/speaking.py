"""The session's mouth: prompts into the ring in order, and how much of them the caller has heard.

An answer is one stretch of audio from its first sample to its last: what follows with a pause of 0 goes on
in the very next sample. Only whole frames go to the ring; the rest of one waits for what comes next, and is
filled with silence when nothing does.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence

from softswitch.events import BargeIn, Say
from softswitch.ports import Line, Voice
from softswitch.session.answer import FRAME_S, Answer
from softswitch.session.fillers import Fillers
from softswitch.session.patience import Patience
from softswitch.thinking import Think

log = logging.getLogger(__name__)
BREATH_S = 0.18
"""Silence between two prompts that follow each other."""
AFTER_KEY_S = 0.12
"""Silence after a prompt that a key cut: without it the next one runs into the stump of the last."""
PIECE_S = 10
"""Audio is written in pieces of at most this length, so that any prompt fits a ring of 30 s in time."""


class Speaker:
    def __init__(self, line: Line, voice: Voice, fillers: Fillers, patience: float = Patience.voice) -> None:
        self._patience = patience
        self._line = line
        self._voice = voice
        self._fillers = fillers
        self._waiting: deque[Say | Think] = deque()
        self._thought: deque[Say] = deque()
        self._pieces: deque[bytes] = deque()
        self._rest = b""  # less than a frame, until it is known what follows
        self._synthesis: asyncio.Task[None] | None = None
        self.answer = Answer(line)
        self._after_key = False
        self._lead = 0.0  # silence before the answer's first word
        self.failed = False
        """Whether a text of the answer could not be said."""
        self.waits = False
        """Whether something more is to be said, which somebody else is still finding out."""
        self._frame_bytes = self.answer.frame_bytes
        self._piece_bytes = self._frame_bytes * round(PIECE_S / FRAME_S)

    def say(self, items: Sequence[Say | Think]) -> None:
        """A new answer: what was left of the old one is dropped. In the stead of a Think stands what comes by
        `think`, until `thought`.
        """
        self.stop()
        self._lead = BREATH_S if self.waits and (self.answer or self._fillers.said) else 0.0
        self.waits = self.failed = False
        self.answer.begin()
        self._waiting.extend(items)
        self._fillers.rewind()
        self._advance()

    def think(self, say: Say) -> None:
        """Another sentence of what is being thought."""
        if any(isinstance(item, Think) for item in self._waiting):  # else it was stopped meanwhile
            self._thought.append(say)
            self._advance()

    def thought(self) -> None:
        """That was all of it: what was to be said afterwards follows."""
        at = next((at for at, item in enumerate(self._waiting) if isinstance(item, Think)), None)
        if at is not None:
            self._waiting.rotate(-at)
            self._waiting.popleft()
            self._waiting.extendleft(reversed(self._thought))
            self._waiting.rotate(at)
            self._thought.clear()
            self._advance()

    def stop(self) -> None:
        """Silence at once; `answer` still tells what was heard."""
        self._waiting.clear()
        self._thought.clear()
        self._pieces.clear()
        self._rest = b""
        if self._synthesis:
            self._synthesis.cancel()
            self._synthesis = None
        self._line.expect_more(False)
        self._line.flush()

    def cut(self) -> None:
        """Silence at once, because a key was pressed. Who speaks has made the pause himself."""
        self.stop()
        self._after_key = True

    def tick(self) -> None:
        """Every 20 ms."""
        if self._pieces:
            self._write()
        elif (self._synthesis and not self.answer) or (self.waits and self.done) or self._is_behind:
            self._fill()
        elif not self._waiting and not self._synthesis:
            self._line.expect_more(False)

    @property
    def done(self) -> bool:
        """Whether everything said has been played."""
        return not self._waiting and self.silent

    @property
    def silent(self) -> bool:
        """Whether all that is known of the answer has been played."""
        return not (self._thought or self._pieces or self._synthesis or self._line.pending)

    @property
    def barge_in(self) -> BargeIn:
        """What may interrupt the prompt that is being played right now."""
        if (self._synthesis or self._thinks) and not self.answer:
            return BargeIn.OFF  # who speaks while he waits shall not lose his answer
        playing = self.answer.playing
        return playing.barge_in if playing else BargeIn.SPEECH

    # --- what is said, in order -------------------------------------------------------------------------

    @property
    def _thinks(self) -> bool:
        """Whether what is to be said next is being thought."""
        return bool(self._waiting) and isinstance(self._waiting[0], Think)

    @property
    def _is_behind(self) -> bool:
        """Whether the next sentence is not thought yet, and everything before it was heard."""
        return self._thinks and self.silent

    def _advance(self) -> None:
        """Everything that is ready goes to the ring; the first text that is not is synthesised."""
        while not self._synthesis and (say := self._next()):
            pcm = self._voice.get(say)
            if pcm is None:
                self._synthesis = asyncio.create_task(self._synthesize(say))
            else:
                self._append(say, pcm)
        if not self._waiting and not self._synthesis:
            self._end()

    def _next(self) -> Say | None:
        """What is to be said now; None where nothing is, or it is still being thought."""
        if not self._waiting:
            return None
        if isinstance(self._waiting[0], Think):
            return self._thought.popleft() if self._thought else None
        item = self._waiting.popleft()
        assert isinstance(item, Say)
        return item

    async def _synthesize(self, say: Say) -> None:
        if self.answer:
            self._line.expect_more(True)
        try:
            async with asyncio.timeout(self._patience):
                pcm = await self._voice.speak(say)
        except Exception as error:  # its text may be a caller's own words, which no log shall show
            log.error("cannot speak %d characters: %s", len(say.text), type(error).__name__)
            pcm = b""
            self.failed = True
        self._synthesis = None
        self._append(say, pcm)
        self._advance()

    def _append(self, say: Say, pcm: bytes) -> None:
        """A text that cannot be said has no audio: it stands in the answer, and takes no time."""
        silence = bytes(2 * round(self._pause(say) * self._line.clock_rate)) if pcm else b""
        self.answer.add(say, len(silence), len(pcm))
        if pcm:
            self._after_key = False
            self._put(silence + pcm)

    def _pause(self, say: Say) -> float:
        """Seconds of silence before it."""
        if self.answer:
            return BREATH_S if say.pause is None else say.pause
        if self._fillers.said:
            return BREATH_S
        return AFTER_KEY_S if self._after_key else self._lead

    def _put(self, pcm: bytes) -> None:
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % self._frame_bytes
        self._rest = pcm[whole:]
        for at in range(0, whole, self._piece_bytes):
            self._pieces.append(pcm[at : min(at + self._piece_bytes, whole)])
        self._write()

    def _end(self) -> None:
        """Nothing follows: what is left of a frame is played with silence."""
        if self._rest:
            self._put(bytes(self._frame_bytes - len(self._rest)))

    def _write(self) -> None:
        while self._pieces:
            try:
                self._line.play(self._pieces[0])
            except BufferError:
                return
            self._pieces.popleft()

    def _fill(self) -> None:
        """The answer is late: something is heard meanwhile."""
        say = self._fillers.due(self._line.pending > 0)
        pcm = self._voice.get(say) if say else None
        if say and pcm and self.answer:  # in the midst of it, and so a part of it
            self._append(say, pcm)
        elif pcm:
            self._pieces.append(pcm)
            self._write()
