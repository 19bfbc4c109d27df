"""How callers correct themselves: "no, I said five", "not five but six", "change the day to friday"."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from softswitch.dialplan import expansion
from softswitch.dialplan.language import Language

PLACE = re.compile(r"\{(value|other|name)\}")


class Correction(NamedTuple):
    """Words for the new value, for the one that was wrong, and for the variable; "" where nothing is said."""

    value: str
    other: str
    name: str


class Corrections:
    """The templates of one language, by their first words."""

    def __init__(self, language: Language) -> None:
        found = {phrase for text in language.talk.corrections for phrase in expansion.expand(text)}
        # With more words as they are written less is left to be a value.
        phrases = sorted(found, key=lambda phrase: (-_literal(phrase), phrase))
        self._by_first: dict[str, list[re.Pattern[str]]] = {}
        for phrase in phrases:
            first = phrase.split()[0]
            self._by_first.setdefault("" if first[0] == "{" else first, []).append(_pattern(phrase))
        self.phrases = tuple(
            sorted(
                {piece.strip() for phrase in phrases for piece in PLACE.sub("\n", phrase).split("\n")} - {""}
            )
        )

    def find(self, text: str) -> Iterator[Correction]:
        """Every way to take a normalised text for a correction, the one with most words of its own first."""
        first = text.partition(" ")[0]
        for key in (first, ""):
            for pattern in self._by_first.get(key, ()):
                if match := pattern.fullmatch(text):
                    parts = match.groupdict("")
                    yield Correction(parts.get("value", ""), parts.get("other", ""), parts.get("name", ""))


@lru_cache(maxsize=16)
def of(language: Language) -> Corrections:
    return Corrections(language)


def _literal(phrase: str) -> int:
    return sum(word[0] != "{" for word in phrase.split())


def _pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(
        PLACE.sub(
            lambda match: f"(?P<{match[1]}>.+?)",
            re.escape(phrase).replace(r"\{", "{").replace(r"\}", "}").replace(r"\ ", " "),
        )
    )
