"""Prompt texts: their markup, and how they become what is said.

A text is cut between sentences into pieces that are wholly fixed or not, so that what is fixed is rendered
when the plan is loaded. Markup: `{variable}`, `<pause 500ms>`, `<digits>…</digits>` (one by one),
`<spell>…</spell>`, `<slow>…</slow>` and `<fast>…</fast>`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from softswitch.dialplan.files.texts import Line, Prompts
from softswitch.dialplan.fragments import Part, Spoken, Template, said
from softswitch.events import BargeIn, Fragment, Say

RATES = (0.72, 0.85, 1.0, 1.18)
"""Speeds that a caller can choose: each 0.85 of the next."""
SLOW, FAST = 0.85, 1.18
SLOWEST, FASTEST = 0.6, 1.4
MAX_PAUSE = 10.0

TOKEN = re.compile(r"\{[^{}]*\}|<[^<>]*>|[{}<>]|[^{}<>]+")
VARIABLE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
PAUSE = re.compile(r"<pause (\d+(?:\.\d+)?)(ms|s)>")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
STRAY_SPACE = re.compile(r" (?=[.,;:!?])")
"""Stays where a variable is not set."""
TAGS = {"digits", "spell", "slow", "fast"}


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


class Script:
    """The lines of one prompt, in every language of the plan."""

    __slots__ = ("_lines", "_said")

    def __init__(self, lines: Mapping[str, tuple[tuple[Piece, ...], ...]]) -> None:
        self._lines = lines
        self._said: dict[Voice, tuple[Say, ...]] = {}

    def __bool__(self) -> bool:
        return any(self._lines.values())

    def render(self, voice: Voice, spoken: Spoken) -> tuple[Say, ...]:
        """All its lines."""
        if (said := self._said.get(voice)) is not None:
            return said
        pieces = [piece for line in self._lines.get(voice.language, ()) for piece in line]
        said = _says(pieces, voice, spoken)
        if all(piece.static for piece in pieces):
            self._said[voice] = said
        return said

    def nth(self, number: int, voice: Voice, spoken: Spoken) -> tuple[Say, ...]:
        """The line with that number, from 1; the last one beyond."""
        lines = self._lines.get(voice.language, ())
        return _says(lines[min(number, len(lines)) - 1], voice, spoken) if lines else ()

    def whole(self, voice: Voice, spoken: Spoken) -> tuple[Say, ...]:
        """All its lines, without the pieces in which a variable is not set."""
        pieces = (piece for line in self._lines.get(voice.language, ()) for piece in line)
        known = [p for p in pieces if all(spoken(part.text, part.how) for part in p.parts if part.variable)]
        return _says(known, voice, spoken)

    def count(self, language: str) -> int:
        return len(self._lines.get(language, ()))

    def lines(self, voice: Voice) -> Iterator[Say]:
        """Each line of a fixed script as one thing to say: to choose among."""
        for line in self._lines.get(voice.language, ()):
            yield Say(" ".join(piece.text for piece in line), True, voice.barge_in, language=voice.language)

    def static(self) -> Iterator[Say]:
        """Everything in it that is fixed, as it is said at the usual rate."""
        for language, lines in self._lines.items():
            voice = Voice(language, 1.0, BargeIn.SPEECH)
            for piece in (piece for line in lines for piece in line):
                yield from piece.fixed(voice)


def _says(pieces: Iterable[Piece], voice: Voice, spoken: Spoken) -> tuple[Say, ...]:
    return tuple(said for piece in pieces if (said := piece.say(voice, spoken)) is not None)


NOTHING = Script({})


@dataclass(frozen=True)
class Scripts:
    """Makes scripts of a plan. Equal prompts become one script."""

    languages: tuple[str, ...]
    audio: Path

    def script(self, prompts: Prompts, default: Mapping[str, str] | None = None) -> Script:
        """Raises ValueError for wrong markup. `default` is said where nothing is given, by language."""
        return Script(
            {
                language: tuple(
                    self._line(line) for line in prompts.in_language(language) or _default(default, language)
                )
                for language in self.languages
            }
        )

    def _line(self, line: Line) -> tuple[Piece, ...]:
        if line.audio:
            text = " ".join(line.text.split())
            return (Piece((Part(text, False, ""),), None, 1.0, str((self.audio / line.audio).absolute())),)
        return parse(line.text)


def _default(default: Mapping[str, str] | None, language: str) -> tuple[Line, ...]:
    return (Line(default[language]),) if default else ()


def variables(text: str) -> frozenset[str]:
    """The variables that a text says."""
    return frozenset(VARIABLE.findall(text))


def parse(text: str) -> tuple[Piece, ...]:
    """The pieces of a text. Raises ValueError that says which markup is wrong."""
    reader = _Reader()
    for token in TOKEN.findall(text):
        reader.take(token)
    return reader.pieces()


class _Reader:
    """Reads one text, token by token."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._parts: list[Part] = []
        self._pause: float | None = None
        self._open: list[str] = []
        self._ended = True  # whether the sentence before is over

    def take(self, token: str) -> None:
        if pause := PAUSE.fullmatch(token):
            self._take_pause(float(pause[1]) / (1000 if pause[2] == "ms" else 1))
        elif token[0] == "<":
            self._take_tag(token)
        elif token[0] == "{":
            if not (name := VARIABLE.fullmatch(token)):
                raise ValueError("'{' and '}' are for variables only, for instance {order_number}")
            self._parts.append(Part(name[1], True, self._how))
        elif token in "}>":
            raise ValueError(f"'{token}' has no opening bracket")
        else:
            self._parts.append(Part(_one_by_one(token, self._how) if self._how else token, False, self._how))

    def _take_pause(self, seconds: float) -> None:
        if seconds > MAX_PAUSE:
            raise ValueError(f"a pause may be at most {MAX_PAUSE:g} s long")
        if self._how:
            raise ValueError(f"<pause> may not stand inside <{self._how}>")
        self._cut()
        self._pause = seconds

    def _take_tag(self, tag: str) -> None:
        name = tag.strip("<>/").strip()
        if name not in TAGS or tag not in (f"<{name}>", f"</{name}>"):
            known = "<pause 500ms>, <digits>, <spell>, <slow> and <fast>"
            raise ValueError(f"{tag} is unknown; known are {known}")
        if tag[1] == "/":
            if self._open[-1:] != [name]:
                raise ValueError(f"{tag} closes nothing that is open")
            self._change_rate(name)
            self._open.pop()
        else:
            if self._open and (name in ("slow", "fast") or self._how):
                raise ValueError(f"{tag} may not stand inside <{self._open[-1]}>")
            self._change_rate(name)
            self._open.append(name)

    def _change_rate(self, name: str) -> None:
        if name in ("slow", "fast"):
            self._cut()

    @property
    def _how(self) -> str:
        return self._open[-1] if self._open and self._open[-1] in ("digits", "spell") else ""

    @property
    def _rate(self) -> float:
        return SLOW if "slow" in self._open else FAST if "fast" in self._open else 1.0

    def _cut(self) -> None:
        """What was read so far is said apart from what follows."""
        for parts in _sentences(self._parts):
            text = "".join(part.text for part in parts)
            if not text.strip():
                continue
            pause = self._pause if self._pause is not None else None if self._ended else 0.0
            piece = Piece(_stripped(parts), pause, self._rate)
            before = self._pieces[-1] if self._pieces else None
            if before and before.static and piece.static and pause is None and before.rate == piece.rate:
                joined = Part(f"{before.text} {piece.text}", False, "")
                self._pieces[-1] = Piece((joined,), before.pause, piece.rate)
            else:
                self._pieces.append(piece)
            self._pause = None
            self._ended = not parts[-1].variable and parts[-1].text.rstrip()[-1:] in {".", "!", "?"}
        self._parts = []

    def pieces(self) -> tuple[Piece, ...]:
        if self._open:
            raise ValueError(f"<{self._open[-1]}> is not closed")
        self._cut()
        if self._pause is not None:
            raise ValueError("nothing follows the <pause>")
        if not any(
            part.variable or any(map(str.isalnum, part.text)) for p in self._pieces for part in p.parts
        ):
            raise ValueError("expected a text to say")
        return tuple(self._pieces)


def _sentences(parts: Iterable[Part]) -> list[list[Part]]:
    """The parts cut where a sentence ends."""
    sentences: list[list[Part]] = [[]]
    for part in parts:
        if part.variable or part.how:
            sentences[-1].append(part)
            continue
        first, *others = SENTENCE_END.split(part.text)
        sentences[-1].append(Part(first, False, ""))
        sentences += [[Part(text, False, "")] for text in others]
    return sentences


def _stripped(parts: list[Part]) -> tuple[Part, ...]:
    """Fixed neighbours as one part, with single spaces, none at the ends."""
    joined: list[Part] = []
    for part in parts:
        if joined and not part.variable and not joined[-1].variable:
            joined[-1] = Part(joined[-1].text + part.text, False, "")
        else:
            joined.append(part if part.variable else Part(part.text, False, ""))
    last = len(joined) - 1
    for at, part in enumerate(joined):
        if not part.variable:
            text = re.sub(r"\s+", " ", part.text)
            text = text.lstrip() if at == 0 else text
            joined[at] = Part(text.rstrip() if at == last else text, False, "")
    return tuple(part for part in joined if part.text)


def _one_by_one(text: str, how: str) -> str:
    """ "1002" as "1 0 0 2", "AB12" as "A, B, 1, 2"."""
    return one_by_one("".join(text.split()), how)


def one_by_one(value: str, how: str) -> str:
    """A value digit by digit ("digits") or letter by letter ("spell")."""
    return " ".join(value) if how == "digits" else ", ".join(value.upper())
