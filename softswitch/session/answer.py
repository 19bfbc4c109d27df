"""An answer as its caller hears it: which text lies where in its audio, and how far he has heard."""

from dataclasses import dataclass
from typing import Literal

from softswitch.events import Say
from softswitch.ports import Line

FRAME_S = 0.02


@dataclass(frozen=True)
class Span:
    """Where one Say lies in the answer, in bytes."""

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


class Answer:
    """One after the other on the same line: `begin` a new one, then `add` each text as its audio is there."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.frame_bytes = round(line.clock_rate * FRAME_S) * 2
        self.begin()

    def begin(self) -> None:
        self._spans: list[Span] = []
        self._begun_at = self._line.played  # the line's position, in frames, where the answer begins

    def add(self, say: Say, silence: int, size: int) -> None:
        """After so many bytes of silence, its text in so many; a `size` of 0 is a text that cannot be said.
        What is on its way to the caller as the first one is added goes before the answer.
        """
        if not self._spans:
            self._begun_at = self._line.played + self._line.pending
        start = self._end + silence
        self._spans.append(Span(say, start, start + size))

    def __bool__(self) -> bool:
        """Whether any of it is on its way to the caller, or was heard."""
        return bool(self._spans)

    @property
    def playing(self) -> Say | None:
        """What the caller hears right now, None once he has heard all that there is."""
        played = self._played
        return next((span.say for span in self._spans if played < span.end), None)

    @property
    def rung(self) -> Literal["", "static", "composed"]:
        """How it came about, so far; "" where nothing was said."""
        if not self._spans:
            return ""
        return "static" if all(span.say.static for span in self._spans) else "composed"

    @property
    def heard(self) -> int:
        """How many of its texts were played to their end."""
        played = self._played
        return sum(span.end <= played for span in self._spans)

    def account(self) -> Account:
        played = self._played
        words: list[str] = []
        for span in self._spans:
            words += _first_words(span.say.text, played - span.start, span.end - span.start)
        said = " ".join(span.say.text for span in self._spans)
        heard_s = self._seconds(min(played, self._end))
        return Account(said, self._seconds(self._end), " ".join(words), heard_s)

    @property
    def _end(self) -> int:
        return self._spans[-1].end if self._spans else 0

    @property
    def _played(self) -> int:
        """How much of it has been played, in bytes; fillers go before it."""
        return max(0, self._line.played - self._begun_at) * self.frame_bytes

    def _seconds(self, size: int) -> float:
        return size / self.frame_bytes * FRAME_S


def _first_words(text: str, part: int, whole: int) -> list[str]:
    """The words of `text` that were out after `part` of `whole`, cut at a word."""
    words = text.split() if whole else []
    return words if part >= whole else words[: max(0, int(len(words) * part / whole))]
