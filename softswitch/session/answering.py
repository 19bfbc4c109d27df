"""Who has answered a call that we made: a person, or a machine that wants a message.

Cadence tells most: a person says a word or two and waits; a greeting goes on. Words tell the rest: a short
"please leave a message", or a long "good morning, Smith and Sons, how can I help you". A single tone is the
beep of a machine. Whoever has answered, the dialplan's first word comes when he has finished; a machine's
beep is waited for. Times are seconds of audio, so tests need no clock.
"""

import re
from collections import deque
from enum import StrEnum

from softswitch.ports import Recognizer
from softswitch.session.cadence import Cadence
from softswitch.session.words import Words

TURN_S = 0.6
"""Silence after which a person waits for an answer; pauses inside of greetings are shorter."""
FLUSH_S = 0.3
"""Silence after which the ear is asked for all that it has, so that it is there in time."""
PATIENCE_S = 0.9
"""Silence after which the ear is waited for no more."""
LONG_S = 2.5
"""Who talks on for so long is a machine, unless his words are a person's."""
NOBODY_S = 2.5
"""Who says nothing for so long is spoken to."""
LIMIT_S = 4.0
"""Then it is decided, whatever was heard."""
MACHINE_SILENCE_S, PROMISED_SILENCE_S = 1.0, 4.0
"""Silence that ends a greeting without a beep; with one announced, it is waited for longer."""
GREETING_LIMIT_S = 45.0
"""No greeting is longer; then the message begins."""
PERSON_LIMIT_S = 8.0
"""A person who talks on is spoken to after so long."""
PRE_ROLL = 10

MACHINE = re.compile(
    r"\b(leave (a|your|us|me|my) |leave message|(after|at|hear) the (tone|beep|signal)|voice ?mail|mailbox"
    r"|answering machine|(can't|cannot|can not|unable to|couldn't) (take|come|get|answer|reach)"
    r"|not available|unavailable|(you have|you've) reached|missed your call|your message|been forwarded"
    r"|(is|are) (now |currently )?closed|not in service|try again|hang up|get back to you|call you back"
    r"|(deje|dejar|grabe) (un|su|tu|el) |buzón|contestador|después (del tono|de la señal|de oír)"
    r"|no (puedo|podemos|puede) (atender|contestar|responder)|no (está|se encuentra) disponible)"
)
"""What machines say, in English and Spanish; in other languages the cadence decides alone."""
PERSON = re.compile(
    r"\b((can|may) i (help|do)|how (can|may) i|what can i|speaking|good (morning|afternoon|evening)"
    r"|who is (it|this|that|calling)|en qué puedo|le atiende|buenos días|buenas (tardes|noches)|dígame)\b"
)
PROMISED = re.compile(r"\b(tone|beep|signal|tono|señal|pitido)\b")


class AnsweredBy(StrEnum):
    PERSON = "person"
    VOICEMAIL = "voicemail"
    UNKNOWN = "unknown"


class Answering:
    """Feed each frame from the answer on; `by` is known within LIMIT_S, and `ready` says when to speak."""

    def __init__(self, clock_rate: int, recognizer: Recognizer) -> None:
        self._cadence = Cadence(clock_rate)
        self._words = Words(recognizer)
        self._pre_roll: deque[bytes] = deque(maxlen=PRE_ROLL)
        self._beeped = False
        self.by: AnsweredBy | None = None

    @property
    def after(self) -> float:
        """Seconds since the answer."""
        return self._cadence.now

    def frame(self, frame: bytes) -> None:
        cadence, words = self._cadence, self._words
        cadence.feed(frame)
        self._beeped = self._beeped or cadence.tone
        if cadence.began_at is None:
            self._pre_roll.append(frame)
            words.before = b"".join(self._pre_roll)
        else:
            words.hear(frame, flush=cadence.silence >= FLUSH_S)
        if self.by is None:
            self.by = verdict(cadence, words.text, words.settled)

    @property
    def ready(self) -> bool:
        """Whether it is the dialplan's turn: the far end waits, or its beep is over."""
        cadence = self._cadence
        match self.by:
            case None:
                return False
            case AnsweredBy.UNKNOWN:
                return True
            case AnsweredBy.PERSON:
                return cadence.silence >= TURN_S - 1e-9 or cadence.now >= PERSON_LIMIT_S
        if self._beeped:
            return not cadence.tone
        promised = PROMISED.search(self._words.text)
        silence = PROMISED_SILENCE_S if promised else MACHINE_SILENCE_S
        return cadence.silence >= silence - 1e-9 or cadence.now >= GREETING_LIMIT_S

    def close(self) -> None:
        self._words.close()


def verdict(cadence: Cadence, text: str, settled: bool) -> AnsweredBy | None:
    """What the sound so far says, with the words understood so far; `settled` when no more are to come."""
    if cadence.tone or MACHINE.search(text):
        return AnsweredBy.VOICEMAIL
    if cadence.began_at is None:
        return AnsweredBy.UNKNOWN if cadence.now >= NOBODY_S else None
    personal = PERSON.search(text) is not None
    if cadence.spoken >= LONG_S and not personal:
        return AnsweredBy.VOICEMAIL
    waits = cadence.silence >= (TURN_S if settled else PATIENCE_S) - 1e-9
    if waits or (cadence.now >= LIMIT_S and personal):
        return AnsweredBy.PERSON
    return AnsweredBy.UNKNOWN if cadence.now >= LIMIT_S else None
