"""The session's ear: from frames and keys to one input of the caller (RFC 6787's timers and names).

Time is counted in the caller's own frames, so a hold stops every timer and tests need no clock. The end of
speech has two stages: after `speech_complete_timeout` of silence the decoder is flushed at once, and what
was said ends the turn if it is a whole interpretation in this step; otherwise listening goes on, text
accumulates, and the turn ends at `speech_incomplete_timeout`.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from softswitch.events import Heard, Hypothesis, Listen, NoInput, Pressed, Recognition
from softswitch.ports import Endpointer, Recognizer, RecognizerStream
from softswitch.session.patience import Patience

log = logging.getLogger(__name__)
FRAME_S = 0.02
PRE_ROLL = 15
"""Frames before the confirmed start that belong to the utterance: the detector's delay and a soft onset."""
CHUNK = 5
"""Frames per decoding step: enough to be cheap, few enough that little is left at the end of speech."""
LONGEST_S = 30.0
"""RFC 6787 recognition-timeout: nobody talks longer at a dialplan."""
NOISE_S = 0.3
"""Shorter than this, and without a word: a click or a cough, not an input."""
MAX_KEYS = 32


@dataclass
class Timing:
    """How long each stage of an input took, for the turn's record."""

    endpoint_ms: float = 0.0  # silence that was waited for
    recognize_ms: float = 0.0  # flush of the decoder


@dataclass(eq=False)
class Utterance:
    stream: RecognizerStream
    pending: list[bytes] = field(default_factory=list)
    parts: list[Recognition] = field(default_factory=list)
    frames: int = 0
    silence: float = 0.0
    finishing: bool = False
    finished: bool = False  # flushed since he last spoke
    asked_at: float = 0.0
    recognize_ms: float = 0.0
    overdue: float = 0.0  # since the decoder was asked for its last result
    work: asyncio.Task[None] | None = None
    dead: bool = False

    def recognition(self) -> Recognition:
        """All parts as one. Alternatives are kept while there is only one part."""
        said = [part for part in self.parts if part.text]
        if len(said) <= 1:
            return said[0] if said else Recognition("", 0.0)
        confidence = min(part.confidence for part in said)
        return Recognition(" ".join(part.text for part in said), confidence)


class Listeners(Protocol):
    """Whom the ear tells."""

    def on_start_of_input(self, by_key: bool) -> None: ...

    def on_partial(self, text: str) -> None: ...

    def on_likely(self, event: Heard) -> None:
        """What on_input will be told, unless he speaks on."""
        ...

    def on_input(self, event: Heard | Pressed | NoInput, timing: Timing) -> None: ...


class Ear:
    """Understands whatever `recognizers` has a language for, the plan's first one first."""

    def __init__(
        self,
        endpointer: Endpointer,
        recognizers: Mapping[str, Recognizer],
        completes: Callable[[str, Sequence[Hypothesis]], bool],
        tell: Listeners,
        patience: float = Patience.ear,
    ) -> None:
        self._endpointer = endpointer
        self._recognizers = recognizers
        self._first = next(iter(recognizers.values()))
        self._completes = completes
        self._tell = tell
        self._patience = patience
        self._listen: Listen | None = None
        self._pre_roll: deque[bytes] = deque(maxlen=PRE_ROLL)
        self._utterance: Utterance | None = None
        self._quiet = 0.0
        self._keys: list[str] = []
        self._since_key = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self.interrupted = False
        """Set by the session when this utterance stopped a prompt: it then never counts as mere noise."""

    def arm(self, listen: Listen) -> None:
        """Wait for the next input. Keys pressed meanwhile count (type-ahead)."""
        self._listen = listen
        self._quiet = 0.0
        self._since_key = 0.0
        self.interrupted = False
        self._endpointer.reset()
        self._settle_keys(late=False)

    @property
    def idle(self) -> bool:
        """Whether the caller neither speaks nor keys."""
        return self._utterance is None and not self._keys

    @property
    def owes(self) -> bool:
        """Whether the caller has said something, is silent again, and waits for what comes of it."""
        return self._utterance is not None and self._utterance.silence > 0

    def disarm(self) -> None:
        self._listen = None
        self._drop_utterance()

    def frame(self, frame: bytes, prompt_over: bool, deaf: bool = False) -> None:
        """One frame of the caller. `deaf` while a prompt plays that speech may not interrupt."""
        mark = self._endpointer.feed(frame)
        self._pre_roll.append(frame)
        listen = self._listen
        if mark.started and (listen is None or deaf or self._keys or not listen.speech):
            self._endpointer.reset()  # so that it starts again for who listens later
        if listen is None or deaf:
            return
        if self._utterance is not None:
            self._hear(self._utterance, frame, mark.silence, listen)
        elif self._keys:  # who keys is not understood to speak: a cough does not cost him his digits
            self._since_key += FRAME_S
            self._settle_keys(late=self._since_key >= listen.interdigit_timeout)
        elif mark.started and listen.speech:
            self._begin(listen)
        elif prompt_over:
            self._quiet += FRAME_S
            if self._quiet >= listen.no_input_timeout:
                self._deliver(NoInput(), Timing())

    def key(self, digit: str) -> None:
        if len(self._keys) >= MAX_KEYS:
            return
        self._keys.append(digit)
        self._since_key = 0.0
        if self._listen is not None:
            self._drop_utterance()
            self._tell.on_start_of_input(by_key=True)
            self._settle_keys(late=False)

    # --- keys -----------------------------------------------------------------------------------------

    def _settle_keys(self, late: bool) -> None:
        """Deliver what was pressed once it is complete: enough keys, the terminator, or a long pause."""
        listen = self._listen
        if listen is None or not self._keys:
            return
        if listen.dtmf_length == 1:
            self._deliver(Pressed(self._keys.pop(0)), Timing())
            return
        end = self._keys.index(listen.dtmf_terminator) if listen.dtmf_terminator in self._keys else -1
        if end > 0 or len(self._keys) >= listen.dtmf_length or late:
            count = min(end, listen.dtmf_length) if end > 0 else listen.dtmf_length
            digits = "".join(self._keys[:count])
            del self._keys[: count + (end == count)]
            self._deliver(Pressed(digits), Timing())

    # --- speech ---------------------------------------------------------------------------------------

    def _begin(self, listen: Listen) -> None:
        recognizer = self._recognizers.get(listen.language, self._first)
        utterance = Utterance(recognizer.open(listen.grammar))
        utterance.pending = list(self._pre_roll)
        utterance.frames = len(self._pre_roll)
        self._utterance = utterance
        self._tell.on_start_of_input(by_key=False)
        self._work(utterance)

    def _hear(self, utterance: Utterance, frame: bytes, silence: float, listen: Listen) -> None:
        spoke_again = silence < utterance.silence
        utterance.silence = silence
        utterance.frames += 1
        utterance.pending.append(frame)
        if spoke_again:
            utterance.finished = False
        too_long = utterance.frames * FRAME_S >= LONGEST_S
        if utterance.finished:
            if silence >= listen.speech_incomplete_timeout and not utterance.finishing:
                self._conclude(utterance)
                return
        elif not utterance.finishing and (silence >= listen.speech_complete_timeout - 1e-9 or too_long):
            utterance.finishing = True
            utterance.asked_at = time.perf_counter()
            utterance.overdue = 0.0
        if utterance.finishing:
            utterance.overdue += FRAME_S
            if utterance.overdue >= self._patience:
                self._give_up(utterance)
                return
        self._work(utterance)

    def _give_up(self, utterance: Utterance) -> None:
        """The recogniser hangs, or is far behind: what it has not understood by now it never will."""
        log.error("the recogniser was not done within %g s; the caller is asked again", self._patience)
        if utterance.work:
            utterance.work.cancel()
        utterance.recognize_ms = utterance.overdue * 1000
        self._conclude(utterance)

    def _work(self, utterance: Utterance) -> None:
        """Start decoding when there is enough to do and nothing is in flight."""
        enough = utterance.finishing or len(utterance.pending) >= CHUNK
        if enough and utterance.work is None:
            utterance.work = asyncio.create_task(self._decode(utterance))
            self._tasks.add(utterance.work)
            utterance.work.add_done_callback(self._tasks.discard)

    async def _decode(self, utterance: Utterance) -> None:
        stream = utterance.stream
        try:
            while not utterance.dead:
                if utterance.pending and (utterance.finishing or len(utterance.pending) >= CHUNK):
                    audio = b"".join(utterance.pending)
                    utterance.pending.clear()
                    partial = await stream.accept(audio)
                    if partial and not utterance.dead:
                        self._tell.on_partial(partial)
                elif utterance.finishing:
                    self._finished(utterance, await stream.finish())
                else:
                    break
        except Exception as error:  # its text may tell what was said
            log.error("the recogniser failed (%s); the caller is asked again", type(error).__name__)
            if not utterance.dead:
                self._conclude(utterance)
        finally:
            utterance.work = None
            if utterance.dead:
                stream.close()

    def _finished(self, utterance: Utterance, recognition: Recognition) -> None:
        if utterance.dead:
            return
        utterance.finishing = False
        utterance.finished = True
        utterance.recognize_ms = (time.perf_counter() - utterance.asked_at) * 1000
        utterance.parts.append(recognition)
        whole = utterance.recognition()
        listen = self._listen
        if listen is None:
            return
        if utterance.silence < listen.speech_complete_timeout - FRAME_S:  # he went on meanwhile
            utterance.finished = False
            return
        over = utterance.silence >= listen.speech_incomplete_timeout
        if over or (whole.text and self._completes(whole.text, whole.alternatives)):
            self._conclude(utterance)
        elif whole.text:
            self._tell.on_likely(Heard(whole.text, whole.confidence, whole.alternatives))

    def _conclude(self, utterance: Utterance) -> None:
        recognition = utterance.recognition()
        timing = Timing(utterance.silence * 1000, utterance.recognize_ms)
        voiced = utterance.frames * FRAME_S - utterance.silence - PRE_ROLL * FRAME_S
        self._drop_utterance()
        if not recognition.text and voiced < NOISE_S and not self.interrupted:
            return
        self._deliver(Heard(recognition.text, recognition.confidence, recognition.alternatives), timing)

    def _drop_utterance(self) -> None:
        utterance, self._utterance = self._utterance, None
        if utterance is not None:
            utterance.dead = True
            if utterance.work is None:
                utterance.stream.close()
        self._endpointer.reset()

    def _deliver(self, event: Heard | Pressed | NoInput, timing: Timing) -> None:
        self._listen = None
        self._drop_utterance()
        self._tell.on_input(event, timing)
