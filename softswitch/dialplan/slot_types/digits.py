"""Digit strings, "double oh seven"; and phone numbers, those of them that a country's plan knows."""

from collections.abc import Sequence
from datetime import datetime

import phonenumbers

from softswitch.dialplan.language import Language
from softswitch.dialplan.numbers import spoken_groups
from softswitch.dialplan.slot_types.base import Base, Readings, in_threes, strings
from softswitch.dialplan.slot_types.patterns import DIGITS
from softswitch.dialplan.spoken import LONGEST_TYPED, as_meant, digit_groups
from softswitch.e164 import e164

LONGEST_NUMBER = 17  # E.164 has 15 digits, and 00 may stand before them
SHORTEST_NUMBER = 5
SURELY_WHOLE = 10
MOST_TRIES = 5  # each try asks for the plan of a country, some 40 us


class DigitReader:
    """Reads strings of digits in one language, all ways that a group such as "twenty three" may be meant."""

    def __init__(self, language: Language) -> None:
        self._numbers = language.numbers
        self.first = (
            frozenset(self._numbers.lookup) | self._numbers.one | frozenset(self._numbers.sound_alikes)
        )

    def read(self, tokens: Sequence[str], at: int, most: int) -> Readings:
        token = tokens[at] if at < len(tokens) else ""
        if token not in self.first and token[:1] not in DIGITS and token[:1] != "+":
            return []
        meant = as_meant(tokens, self._numbers)
        fillers = self._numbers.fillers

        def edges(here: int) -> list[tuple[int, str]]:
            if here > at and here < len(meant) and meant[here] in fillers:
                here += 1
            return digit_groups(meant, here, self._numbers) if here < len(meant) else []

        return strings(edges, at, most)


class DigitsSlot(Base):
    type = "digits"

    def __init__(self, language: Language, length: tuple[int, int] | None) -> None:
        self._reader = DigitReader(language)
        self.first = self._reader.first
        self.keys = length or (1, LONGEST_TYPED)
        self.phrases = language.digit_phrases

    def read(self, tokens: Sequence[str], at: int, now: datetime) -> Readings:
        least, most = self.keys
        return [each for each in self._reader.read(tokens, at, most) if len(each[1]) >= least]

    def read_any(self, tokens: Sequence[str], at: int, now: datetime) -> Readings:
        return self._reader.read(tokens, at, LONGEST_TYPED)

    def fits(self, value: str) -> bool:
        least, most = self.keys
        return value.isascii() and value.isdigit() and least <= len(value) <= most

    def spoken(self, value: str, now: datetime | None = None) -> str:
        return in_threes(value)


class PhoneSlot(Base):
    type = "phone"
    keys = (SHORTEST_NUMBER, LONGEST_NUMBER)

    def __init__(self, language: Language, country: str) -> None:
        self._reader = DigitReader(language)
        self._plus = language.numbers.plus
        self.first = self._reader.first | self._plus
        self._country = country
        e164(
            "0", country
        )  # a country's plan is read from disk at its first use, and no call is to wait for it
        self.phrases = (*language.digit_phrases, *sorted(self._plus))

    def read_any(self, tokens: Sequence[str], at: int, now: datetime) -> Readings:
        """The longest number; a shorter one would be a part of it."""
        token = tokens[at] if at < len(tokens) else ""
        international = token in self._plus or token.startswith("+")
        start = at + 1 if token in self._plus else at
        found = self._reader.read(tokens, start, LONGEST_NUMBER)
        for end, digits in [each for each in found if len(each[1]) >= SHORTEST_NUMBER][:MOST_TRIES]:
            number = e164(f"+{digits}" if international else digits, self._country)
            if number and (international or _is_whole(digits, number)):
                return [(end, number)]
        return []

    def fits(self, value: str) -> bool:
        return value.startswith("+") and e164(value, "") == value

    def keyed(self, digits: str, now: datetime) -> str | None:
        number = e164(digits, self._country) if digits.isascii() and digits.isdigit() else ""
        return number if number and _is_whole(digits, number) else None

    def spoken(self, value: str, now: datetime | None = None) -> str:
        return spoken_groups(value)


def _is_whole(digits: str, number: str) -> bool:
    """Whether it is no beginning of a number: a short one must be in use, because few countries have them."""
    return len(digits) >= SURELY_WHOLE or phonenumbers.is_valid_number(phonenumbers.parse(number))
