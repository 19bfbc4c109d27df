"""The prompts of a plan: their lines in every language, and how they become what is said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from softswitch.dialplan import markup, pieces
from softswitch.dialplan.files.texts import Line, Prompts
from softswitch.dialplan.fragments import Part, Spoken
from softswitch.dialplan.pieces import Piece, Voice
from softswitch.events import BargeIn, Say


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
        found = [piece for line in self._lines.get(voice.language, ()) for piece in line]
        said = pieces.says(found, voice, spoken)
        if all(piece.static for piece in found):
            self._said[voice] = said
        return said

    def nth(self, number: int, voice: Voice, spoken: Spoken) -> tuple[Say, ...]:
        """The line with that number, from 1; the last one beyond."""
        lines = self._lines.get(voice.language, ())
        return pieces.says(lines[min(number, len(lines)) - 1], voice, spoken) if lines else ()

    def whole(self, voice: Voice, spoken: Spoken) -> tuple[Say, ...]:
        """All its lines, without the pieces in which a variable is not set."""
        found = (piece for line in self._lines.get(voice.language, ()) for piece in line)
        known = [p for p in found if all(spoken(part.text, part.how) for part in p.parts if part.variable)]
        return pieces.says(known, voice, spoken)

    def count(self, language: str) -> int:
        return len(self._lines.get(language, ()))

    def lines(self, voice: Voice) -> Iterator[Say]:
        """Each line of a fixed script as one thing to say: to choose among."""
        for line in self._lines.get(voice.language, ()):
            if len(line) == 1:
                yield from line[0].fixed(voice)
            else:
                text = " ".join(piece.text for piece in line)
                yield Say(text, True, voice.barge_in, language=voice.language)

    def static(self) -> Iterator[Say]:
        """Everything in it that is fixed, as it is said at the usual rate."""
        for language, lines in self._lines.items():
            voice = Voice(language, 1.0, BargeIn.SPEECH)
            for piece in (piece for line in lines for piece in line):
                yield from piece.fixed(voice)


NOTHING = Script({})


@dataclass(frozen=True)
class Scripts:
    """Makes the scripts of a plan."""

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
        return markup.parse(line.text)


def _default(default: Mapping[str, str] | None, language: str) -> tuple[Line, ...]:
    return (Line(default[language]),) if default else ()
