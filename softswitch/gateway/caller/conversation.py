"""One call's script, played against what is heard: when to speak, press, wait and hang up.

Knows no SIP and no clock but the line's position, so that tests drive it with made-up audio.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from softswitch.gateway.caller.measure import Sent, answer_start, measure
from softswitch.gateway.caller.script import (
    CallScript,
    Keys,
    Observer,
    Pause,
    Sending,
    Silence,
    Turn,
    Utterance,
)
from softswitch.gateway.caller.voicing import Voicing, voiced_span

KEY_S = 0.1
KEY_GAP_S = 0.06


class Line(Protocol):
    """A call's audio as the conversation sees it. Positions are samples since the media began."""

    heard: Voicing

    @property
    def position(self) -> int: ...

    def say(self, pcm: bytes) -> int:
        """Send speech as soon as can be; the position of its first sample."""
        ...

    def press(self, digit: str) -> None: ...


class Conversation:
    """Call `advance` often (every 10 ms or so) until it says that the script is over."""

    def __init__(self, script: CallScript, line: Line, observer: Observer) -> None:
        self.turns: list[Turn] = []
        self.unsaid = [step.text for step in script.steps if isinstance(step, Utterance | Keys)]
        self.began = False
        """The caller has said or pressed something: what is heard from now on is no greeting."""
        self._script = script
        self._line = line
        self._observer = observer
        self._rate = line.heard.clock_rate
        self._sent: Sent | None = None
        self._running = self._run()

    def advance(self) -> bool:
        """Do what is due; False when the script is over and the caller may hang up."""
        return next(self._running, "over") is None

    def close(self) -> None:
        """The call has ended: the last turn is what was heard of it."""
        self._running = iter(())
        self._finish_turn()

    def _run(self) -> Iterator[None]:
        for step in self._script.steps:
            if isinstance(step, Pause):
                yield from self._until(self._line.position + self._samples(step.seconds))
                continue
            if isinstance(step, Silence):
                yield from self._until_spoken_to(step.seconds)
                continue
            yield from self._other_side(step.barge_in_after)
            self._finish_turn()
            self.unsaid.pop(0)
            self.began = True
            self._observer(Sending(step.kind, step.text, round(self._line.position / self._rate, 3)))
            yield from self._press(step) if isinstance(step, Keys) else self._say(step)
        yield from self._other_side(None)
        self._finish_turn()

    def _samples(self, seconds: float) -> int:
        return round(seconds * self._rate)

    def _until(self, position: int) -> Iterator[None]:
        while self._line.position < position:
            yield

    def _until_spoken_to(self, seconds: float) -> Iterator[None]:
        """Let the other side finish, and then break the silence, for so many seconds at the most."""
        yield from self._other_side(None)
        since = self._line.position
        until = since + self._samples(seconds)
        while self._line.heard.first(since) is None and self._line.position < until:
            yield

    def _other_side(self, barge_in_after: float | None) -> Iterator[None]:
        """Let the other side speak: to its end, or for so many seconds. Bounded when it stays silent."""
        line, script = self._line, self._script
        patience = (self._sent.end if self._sent else 0) + self._samples(script.answer_wait)
        while True:
            onset = answer_start(line.heard, self._sent) if self._sent else line.heard.first(0)
            now = line.position
            if onset is None:
                over = now >= patience
            elif barge_in_after is not None:
                over = now >= onset + self._samples(barge_in_after)
            else:
                ended = (line.heard.last_end(onset) or onset) + self._samples(script.quiet)
                over = now >= min(ended, onset + self._samples(script.longest_answer))
            if over:
                return
            yield

    def _say(self, step: Utterance) -> Iterator[None]:
        samples = np.frombuffer(step.pcm, dtype=np.int16)
        first, end = voiced_span(samples, self._rate) or (0, len(samples))
        start = self._line.say(step.pcm)
        self._sent = Sent(step.kind, step.text, start + first, start + end)
        yield from self._until(self._sent.end)

    def _press(self, step: Keys) -> Iterator[None]:
        start = self._line.position
        for digit in step.text:
            began = self._line.position
            self._line.press(digit)
            self._sent = Sent(step.kind, step.text, start, began + self._samples(KEY_S))
            yield from self._until(began + self._samples(KEY_S + KEY_GAP_S))

    def _finish_turn(self) -> None:
        if self._sent:
            turn = measure(self._line.heard, self._sent, self._line.position)
            self.turns.append(turn)
            self._observer(turn)
            self._sent = None
