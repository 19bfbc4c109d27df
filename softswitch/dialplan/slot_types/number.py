"""Numbers: "a hundred and five", "two and a half", "one point five", "half a dozen", "1,250"."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from softswitch.dialplan.language import Language
from softswitch.dialplan.languages.parts import Kind, Numbers
from softswitch.dialplan.slot_types.base import TYPED_FIRST, Base, Readings, ordered
from softswitch.dialplan.slot_types.patterns import Found, Phrases
from softswitch.dialplan.spoken import cardinals

CANONICAL = re.compile(r"(?!-0$)-?(?:0|[1-9][0-9]{0,19})(?:\.[0-9]{0,9}[1-9])?")
TYPED = re.compile(r"[+-]?[0-9]{1,15}(?:[.,][0-9]{1,10})*")
MOST_DECIMALS = 10
REMEMBERED = 256
"""Places in utterances: of one that may be an amount, a day or a year, every slot wants the number anew."""


class NumberReader:
    """Reads decimal numbers in one language."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._phrases = Phrases({phrase: Decimal(value) for phrase, value in numbers.phrases.items()})
        self._fractions = Phrases({phrase: Decimal(value) for phrase, value in numbers.fractions.items()})
        words = {
            word
            for word, (kind, _) in numbers.lookup.items()
            if kind not in (Kind.TIMES, Kind.SCALE) or word in numbers.bare_scales
        }
        self._read = lru_cache(maxsize=REMEMBERED)(self._read_anew)
        self.first = frozenset(words | numbers.one | numbers.point | numbers.minus | self._phrases.first)

    def read(self, tokens: Sequence[str], at: int) -> tuple[tuple[int, Decimal], ...]:
        """Every number that begins at token `at`, longest first."""
        if at >= len(tokens) or not (tokens[at] in self.first or tokens[at][:1] in TYPED_FIRST):
            return ()
        return self._read(tuple(tokens), at)

    def _read_anew(self, tokens: tuple[str, ...], at: int) -> tuple[tuple[int, Decimal], ...]:
        if tokens[at] in self._numbers.minus:
            found = [(end, -value) for end, value in self._unsigned(tokens, at + 1)]
        else:
            found = self._unsigned(tokens, at)
        return tuple(sorted(dict.fromkeys(found), key=lambda reading: -reading[0]))

    def _unsigned(self, tokens: Sequence[str], at: int) -> list[tuple[int, Decimal]]:
        if at >= len(tokens):
            return []
        found = self._phrases.read(tokens, at)
        typed = typed_number(tokens[at], self._numbers.decimal_comma)
        if typed is not None:
            found += [(at + 1, typed), *self._scaled(tokens, at + 1, typed)]
        found += self._after_point(tokens, at, Decimal(0))
        for end, value in cardinals(tokens, at, self._numbers):
            found.append((end, Decimal(value)))
            found += self._continued(tokens, end, Decimal(value))
        return found

    def _continued(self, tokens: Sequence[str], at: int, value: Decimal) -> list[tuple[int, Decimal]]:
        """What may follow a whole number: "and a half", "point five", "dozen", then "million"."""
        if at >= len(tokens):
            return []
        parts = [(end, value + fraction) for end, fraction in self._fractions.read(tokens, at)]
        parts += self._after_point(tokens, at, value)
        found = [*parts, *(scaled for end, part in parts for scaled in self._scaled(tokens, end, part))]
        if dozen := self._numbers.dozens.get(tokens[at]):
            found.append((at + 1, value * dozen))
        return found

    def _scaled(self, tokens: Sequence[str], at: int, value: Decimal) -> list[tuple[int, Decimal]]:
        kind, scale = self._numbers.lookup.get(tokens[at], (None, 0)) if at < len(tokens) else (None, 0)
        return [(at + 1, value * scale)] if kind is Kind.SCALE else []

    def _after_point(self, tokens: Sequence[str], at: int, whole: Decimal) -> list[tuple[int, Decimal]]:
        if tokens[at] not in self._numbers.point:
            return []
        found: list[tuple[int, Decimal]] = []
        digits, at = "", at + 1
        while at < len(tokens) and (groups := cardinals(tokens, at, self._numbers)):
            at, value = max((group for group in groups if group[1] < 100), default=(at, -1))
            if value < 0 or len(digits) >= MOST_DECIMALS:
                break
            digits += str(value)
            found.append((at, whole + Decimal(f"0.{digits}")))
        return found


class WholeReader:
    """Whole numbers within limits, for patterns."""

    def __init__(self, reader: NumberReader, least: int, most: int) -> None:
        self._reader = reader
        self._least, self._most = Decimal(least), Decimal(most)
        self.first = reader.first

    def read(self, tokens: Sequence[str], at: int) -> Found:
        return [
            (end, int(value))
            for end, value in self._reader.read(tokens, at)
            if self._least <= value <= self._most and value == int(value)
        ]


@lru_cache(maxsize=64)
def number_reader(language: Language) -> NumberReader:
    return NumberReader(language.numbers)


def typed_number(token: str, decimal_comma: bool) -> Decimal | None:
    """A number in digits, with separators as the language has them: "1,250.5", in Spanish "1.250,5"."""
    if not TYPED.fullmatch(token):
        return None
    thousands, point = (".", ",") if decimal_comma else (",", ".")
    whole, _, fraction = token.partition(point)
    if point in fraction or thousands in fraction:
        return None
    groups = whole.split(thousands)
    if len(groups) > 1 and not (
        1 <= len(groups[0].lstrip("+-")) <= 3 and all(len(g) == 3 for g in groups[1:])
    ):
        # A single point that parts no thousands is a decimal one whatever the language: people type 2.5.
        return typed_number(token, False) if decimal_comma and not fraction else None
    return Decimal("".join(groups) + (f".{fraction}" if fraction else ""))


def canonical(value: Decimal) -> str:
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


class NumberSlot(Base):
    type = "number"

    def __init__(self, language: Language, minimum: str, maximum: str) -> None:
        """Raises ValueError when a limit is no number."""
        self._language = language
        self._reader = number_reader(language)
        self.first = self._reader.first
        self._minimum, self._maximum = limit(minimum), limit(maximum)
        self.keys = (1, len(str(int(abs(self._maximum)))) if self._maximum is not None else 9)
        self.phrases = number_phrases(language)

    def read_any(self, tokens: Sequence[str], at: int, now: datetime) -> Readings:
        return ordered((end, canonical(value)) for end, value in self._reader.read(tokens, at))

    def fits(self, value: str) -> bool:
        return bool(CANONICAL.fullmatch(value)) and within(Decimal(value), self._minimum, self._maximum)

    def keyed(self, digits: str, now: datetime) -> str | None:
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
            return None
        value = str(int(digits))
        return value if self.fits(value) else None

    def spoken(self, value: str, now: datetime | None = None) -> str:
        if self._language.numbers.decimal_comma:
            return value.replace(".", ",")
        whole, point, fraction = value.partition(".")
        # With its commas no speech normaliser takes a number of four digits for a year.
        return f"{int(whole):,}{point}{fraction}" if CANONICAL.fullmatch(value) and abs(int(whole)) else value


def limit(text: str) -> Decimal | None:
    """Raises ValueError when the limit is no number."""
    if text and not re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{1,10})?", text):
        raise ValueError(f"expected a number such as 5 or 2.5, found '{text}'")
    return Decimal(text) if text else None


def within(value: Decimal, minimum: Decimal | None, maximum: Decimal | None) -> bool:
    return (minimum is None or minimum <= value) and (maximum is None or value <= maximum)


@lru_cache(maxsize=64)
def number_phrases(language: Language) -> tuple[str, ...]:
    """Number words, the tens with their units, and what else numbers are made of."""
    numbers = language.numbers
    joiner = f" {numbers.tens_joiner} " if numbers.tens_joiner else " "
    units = [unit for unit, value in numbers.units.items() if value]
    whole = [f"{ten}{joiner}{unit}" for ten in numbers.tens for unit in units]
    before = [*numbers.one, *units]
    scaled = [
        f"{word} {scale}" for word in before for scale in numbers.scales if scale not in numbers.bare_scales
    ]
    others = [*numbers.scales, *numbers.phrases, *numbers.fractions, *sorted(numbers.point)]
    return tuple(dict.fromkeys([*language.number_words, *whole, *scaled, *others]))
