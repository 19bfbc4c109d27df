"""Guards on what an LLM says before a caller hears it: no invented numbers, nothing that is no speech. Pure.

Each sentence is looked at on its own, because it is spoken as soon as it is whole. A figure that occurs
neither in what the model was told nor in what the caller said was invented; its sentence is not spoken.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from softswitch.dialplan.language import Language
from softswitch.dialplan.slot_types.number import number_reader
from softswitch.dialplan.spoken import digit_spans, normalise

SMALL = 3
"""Figures up to this one may be said freely: "two ways", "one moment", "three steps"."""
LEAK = 8
"""So many words of the instructions in a row are a recital of them."""
_MARKUP = re.compile(r"`{1,3}|\*{1,3}|_{2,}|^#{1,6}\s+|^\s*[-*•]\s+|^\s*>\s?|<[^>]{1,40}>", re.M)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.I)
_CLOCK = {
    "half past": "30",
    "quarter past": "15",
    "quarter to": "45",
    "y media": "30",
    "y cuarto": "15",
    "menos cuarto": "45",
}
"""How minutes are said that are no number."""
_STAGE = re.compile(r"[\[(*](?:laughs|sighs|pause|smiles|music)[\])*]", re.I)


@dataclass(frozen=True, slots=True)
class Guards:
    """What holds in one answer. `known` are the figures that may be said, see `figures`.

    `most_words` bounds the whole answer; `forbidden` are words and phrases of topics that are never spoken
    of; `instructions` are what must not be recited.
    """

    language: Language
    known: frozenset[str]
    most_words: int = 80
    forbidden: tuple[str, ...] = ()
    instructions: str = ""

    def refuse(self, sentence: str) -> str:
        """Why a sentence must not be spoken; "" when it may."""
        words = normalise(sentence).split()
        if invented := sorted(figures(sentence, self.language) - self.known):
            return f"invented figure {invented[0]}"
        text = f" {' '.join(words)} "
        for phrase in self.forbidden:
            if f" {normalise(phrase)} " in text:
                return f"forbidden topic '{phrase}'"
        if not _recital(self.instructions).isdisjoint(_runs(words)):
            return "recites its instructions"
        return ""


def speakable(sentence: str) -> str:
    """Without what is for the eye: markup, links, emoji. "" when nothing that can be spoken is left."""
    text = _LINK.sub(r"\1", sentence)
    text = _MARKUP.sub("", _STAGE.sub("", _URL.sub("", text)))
    text = "".join(letter for letter in text if ord(letter) < 0x2190 or letter.isalnum())
    text = re.sub(r"\s+", " ", text).strip()
    return text if re.search(r"\w", text) else ""


def figures(text: str, language: Language, *, heard: bool = False) -> frozenset[str]:
    """Every number in it, in digits or words, as canonical text, but the smallest ones.

    Of runs of digits (phone numbers, codes) the digits: "4 1 2" and "412" are the same. A time of day gives
    its hour and minute, a date and an amount their parts too, because people say them apart. In what an ear
    `heard`, "to" among digits is a two; who writes "from nine to six" means no 926.
    """
    tokens = normalise(text).split()
    found = {f"{abs(number).normalize():f}" for number in _numbers(tokens, language)}
    found |= {digits for _, _, digits in digit_spans(tokens, language, heard=heard) if len(digits) > 1}
    found |= {part for token in tokens for part in _parts(token)}
    said = f" {' '.join(tokens)} "
    found |= {minutes for words, minutes in _CLOCK.items() if f" {words} " in said}
    return frozenset(figure for figure in found if Decimal(figure) > SMALL)


def known_figures(texts: Iterable[str], language: Language) -> frozenset[str]:
    """Of everything that the model was told: figures that may be said. "18:00" may be said as six."""
    return frozenset[str]().union(*(_known(text, language) for text in texts))


@lru_cache(maxsize=5_000)
def _known(text: str, language: Language) -> frozenset[str]:
    """A plan tells its models the same texts again and again."""
    told = normalise(text)
    hours = (int(hour) - 12 for hour in re.findall(r"\b(1[3-9]|2[0-3]):[0-5][0-9]\b", told))
    found = (figures(told, language, heard=heard) for heard in (False, True))
    return frozenset(map(str, hours)).union(*found)


@lru_cache(maxsize=100)
def _recital(instructions: str) -> frozenset[tuple[str, ...]]:
    return frozenset(_runs(normalise(instructions).split()))


def _numbers(tokens: Sequence[str], language: Language) -> Iterable[Decimal]:
    """Of each place the longest number; "020" is none, but digits."""
    reader = number_reader(language)
    at = 0
    while at < len(tokens):
        readings = [] if re.match("0[0-9]", tokens[at]) else reader.read(tokens, at)
        if readings:
            at, value = readings[0]
            yield value
        else:
            at += 1


def _parts(token: str) -> set[str]:
    """ "9:30" as 9 and 30, "12.50" as 12 and 50, "2026-11-03" as its parts, "3rd" as 3."""
    parts = re.findall("[0-9]+", token.replace(",", ""))
    return {part.lstrip("0") or "0" for part in parts} if not token.isdigit() else set()


def _runs(words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return (tuple(words[at : at + LEAK]) for at in range(len(words) - LEAK + 1))
