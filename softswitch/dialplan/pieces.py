"""Parts of prompts that are said in one go: fixed ones are rendered when the plan is loaded, others as their
variables are known.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from softswitch.dialplan.fragments import Part, Spoken, Template, said
from softswitch.events import BargeIn, Fragment, Say

RATES = (0.72, 0.85, 1.0, 1.18)
"""Speeds that a caller can choose: each 0.85 of the next."""
SLOW, FAST = 0.85, 1.18
SLOWEST, FASTEST = 0.6, 1.4
STRAY_SPACE = re.compile(r" (?=[.,;:!?])")
"""Stays where a variable is not set."""


class Voice(NamedTuple):
    """How a turn is spoken."""

    language: str
    rate: float
    barge_in: BargeIn


class Piece:
    """Part of a text that is said in one go."""

    __slots__ = ("_said", "_template", "audio", "parts", "pause", "rate", "static", "text")

    def __init__(self, parts: tuple[Part, ...], pause: float | None, rate: float, audio: str = "") -> None:
        self.parts, self.pause, self.rate, self.audio = parts, pause, rate, audio
        self.static = not any(part.variable for part in parts)
        self.text = "".join(part.text for part in parts) if self.static else ""
        self._template = Template(() if self.static else parts)
        self._said: dict[Voice, Say] = {}  # as many as there are rates, languages and kinds of barge-in

    def say(self, voice: Voice, spoken: Spoken) -> Say | None:
        """None when nothing is left to say, because its variables are not set."""
        if not self.static:
            text = STRAY_SPACE.sub("", said(self.parts, spoken))
            fragments = self._template.fragments(text, spoken)
            return self._made(text, voice, fragments) if any(map(str.isalnum, text)) else None
        if (made := self._said.get(voice)) is None:
            made = self._said[voice] = self._made(self.text, voice)
        return made

    def fixed(self, voice: Voice) -> Iterator[Say]:
        """What of it is rendered when the dialplan is loaded."""
        if self.static:
            yield self._made(self.text, voice)
        for fragment in self._template.fixed:
            yield replace(self._made(fragment.text, voice, (fragment,)), static=True)

    def _made(self, text: str, voice: Voice, fragments: tuple[Fragment, ...] = ()) -> Say:
        # A recording is heard as it was spoken.
        rate = 1.0 if self.audio else round(min(max(self.rate * voice.rate, SLOWEST), FASTEST), 2)
        usual = voice.rate == 1.0
        static = bool(self.audio) or (self.static and usual)
        fragments = fragments if usual else ()  # at another rate nothing was rendered
        return Say(text, static, voice.barge_in, rate, self.pause, self.audio, voice.language, fragments)


def says(pieces: Iterable[Piece], voice: Voice, spoken: Spoken) -> tuple[Say, ...]:
    return tuple(said for piece in pieces if (said := piece.say(voice, spoken)) is not None)
