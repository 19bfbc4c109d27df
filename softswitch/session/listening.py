"""The session's ear: from frames and keys to one input of the caller (RFC 6787's timers and names).

Time is counted in the caller's own frames, so a hold stops every timer and tests need no clock. The end of
speech has two stages: after `speech_complete_timeout` of silence the decoder is flushed at once, and what
was said ends the turn if it is a whole interpretation in this step; otherwise listening goes on, text
accumulates, and the turn ends at `speech_incomplete_timeout`.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from softswitch.events import Heard, Hypothesis, Listen, NoInput, Pressed
from softswitch.ports import Endpointer, Recognizer
from softswitch.session.keypad import Keypad
from softswitch.session.patience import Patience
from softswitch.session.utterance import FRAME_S, Timing, Utterance

log = logging.getLogger(__name__)
PRE_ROLL = 15
"""Frames before the confirmed start that belong to the utterance: the detector's delay and a soft onset."""
LONGEST_S = 30.0
"""RFC 6787 recognition-timeout: nobody talks longer at a dialplan."""
NOISE_S = 0.3
"""Shorter than this, and without a word: a click or a cough, not an input."""


class Listeners(Protocol):
    """Whom the ear tells."""

    def on_start_of_input(self, by_key: bool) -> bool:
        """Whether that stopped a prompt."""
        ...

    def on_partial(self, text: str) -> bool:
        """Whether these words stopped a prompt."""
        ...

    def on_likely(self, event: Heard) -> None:
        """What on_input will be told, unless he speaks on."""
        ...

    def on_input(self, event: Heard | Pressed | NoInput, timing: Timing) -> None: ...


class Ear:
    """Understands whatever `recognizers` has a language for, the plan's first one first. Armed by a Listen,
    it gives one input, and then nothing until it is armed again.
    """

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
        self._keypad = Keypad()
        self._since_key = 0.0
        self._decoding: set[asyncio.Task[None]] = set()
        self._interrupted = False
        """Whether this utterance stopped a prompt: it then never counts as mere noise."""

    def arm(self, listen: Listen) -> None:
        """Wait for the next input. Keys pressed meanwhile count (type-ahead)."""
        self._listen = listen
        self._quiet = 0.0
        self._since_key = 0.0
        self._interrupted = False
        self._endpointer.reset()
        self._settle_keys(listen)

    @property
    def idle(self) -> bool:
        """Whether the caller neither speaks nor keys."""
        return self._utterance is None and not self._keypad

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
        if mark.started and (listen is None or deaf or self._keypad or not listen.speech):
            self._endpointer.reset()  # so that it starts again for who listens later
        if listen is None or deaf:
            return
        if self._utterance is not None:
            self._utterance.hear(frame, mark.silence)
            self._judge(self._utterance, listen)
        elif self._keypad:  # who keys is not understood to speak: a cough does not cost him his digits
            self._since_key += FRAME_S
            self._settle_keys(listen)
        elif mark.started and listen.speech:
            self._begin(listen)
        elif prompt_over:
            self._quiet += FRAME_S
            if self._quiet >= listen.no_input_timeout:
                self._deliver(NoInput(), Timing())

    def key(self, digit: str) -> None:
        if not self._keypad.press(digit):
            return
        self._since_key = 0.0
        if self._listen is not None:
            self._drop_utterance()
            self._tell.on_start_of_input(by_key=True)
            self._settle_keys(self._listen)

    def _settle_keys(self, listen: Listen) -> None:
        """Deliver what was pressed once it is complete."""
        if digits := self._keypad.take(listen, late=self._since_key >= listen.interdigit_timeout):
            self._deliver(Pressed(digits), Timing())

    # --- speech ---------------------------------------------------------------------------------------

    def _begin(self, listen: Listen) -> None:
        recognizer = self._recognizers.get(listen.language, self._first)
        stream = recognizer.open(listen.grammar)
        self._utterance = utterance = Utterance(stream, self, self._decoding, list(self._pre_roll))
        self._interrupted = self._tell.on_start_of_input(by_key=False)
        utterance.decode()

    def _judge(self, utterance: Utterance, listen: Listen) -> None:
        """After each frame: whether he seems to have finished, or has, or the decoder is too slow."""
        silence = utterance.silence
        match utterance.stage:
            case "speaking" if silence >= listen.speech_complete_timeout - 1e-9 or _is_too_long(utterance):
                utterance.flush()
            case "flushed" if silence >= listen.speech_incomplete_timeout:
                self._conclude(utterance)
            case "flushing" if utterance.overdue >= self._patience:
                self._give_up(utterance)
        utterance.decode()

    def on_partial(self, text: str) -> None:
        self._interrupted = self._tell.on_partial(text) or self._interrupted

    def on_flushed(self, utterance: Utterance) -> None:
        """All is understood that was said so far. What completes an interpretation ends the turn at once."""
        listen, whole = self._listen, utterance.recognition()
        if listen is None:
            return
        went_on = utterance.silence < listen.speech_complete_timeout - FRAME_S
        over = utterance.silence >= listen.speech_incomplete_timeout or _is_too_long(utterance)
        if went_on and not over:
            utterance.go_on()
        elif over or (whole.text and self._completes(whole.text, whole.alternatives)):
            self._conclude(utterance)
        elif whole.text:
            self._tell.on_likely(Heard(whole.text, whole.confidence, whole.alternatives))

    def on_failed(self, utterance: Utterance) -> None:
        self._conclude(utterance)

    def _give_up(self, utterance: Utterance) -> None:
        """The recogniser hangs, or is far behind: what it has not understood by now it never will."""
        log.error("the recogniser was not done within %g s; the caller is asked again", self._patience)
        utterance.give_up()
        self._conclude(utterance)

    def _conclude(self, utterance: Utterance) -> None:
        said = utterance.recognition()
        voiced = utterance.seconds - utterance.silence - PRE_ROLL * FRAME_S
        self._drop_utterance()
        if said.text or voiced >= NOISE_S or self._interrupted:
            heard = Heard(said.text, said.confidence, said.alternatives, barged_in=self._interrupted)
            self._deliver(heard, utterance.timing)

    def _drop_utterance(self) -> None:
        utterance, self._utterance = self._utterance, None
        if utterance is not None:
            utterance.drop()
        self._endpointer.reset()

    def _deliver(self, event: Heard | Pressed | NoInput, timing: Timing) -> None:
        self._listen = None
        self._drop_utterance()
        self._tell.on_input(event, timing)


def _is_too_long(utterance: Utterance) -> bool:
    return utterance.seconds >= LONGEST_S
