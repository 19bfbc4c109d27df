"""Amounts of money: "forty two dollars and fifty cents", "nine ninety nine", "two grand", "42.50"."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from softswitch.dialplan.language import Language
from softswitch.dialplan.languages.parts import Currency
from softswitch.dialplan.slot_types.base import Base, Readings, ordered
from softswitch.dialplan.slot_types.date import two_digits
from softswitch.dialplan.slot_types.number import (
    WholeReader,
    limit,
    number_phrases,
    number_reader,
    within,
)
from softswitch.dialplan.slot_types.patterns import Found, Meaning, Patterns, Phrases, Reader, phrase_reader

CANONICAL = re.compile(r"(?:0|[1-9][0-9]{0,14})\.[0-9]{2}")
MOST = Decimal(10) ** 12
MOST_KEYS = 9


@lru_cache(maxsize=64)
def money_patterns(language: Language, currency: str) -> Patterns:
    """Only the declared currency's words are understood; all where none is declared or it is not known."""
    numbers = number_reader(language)
    known = language.money.currencies
    currencies = [known[currency]] if currency in known else list(known.values())
    units = {word for each in currencies for word in (each.one, each.many, *each.others)}
    cents = {word for each in currencies for word in (each.cent, each.cents)}

    def amount(tokens: Sequence[str], at: int) -> Found:
        return [
            (end, int(value * 100))
            for end, value in numbers.read(tokens, at)
            if 0 <= value <= MOST and value * 100 == int(value * 100)
        ]

    def minor(tokens: Sequence[str], at: int) -> Found:
        return two_digits(tokens, at, language)

    hundreds = WholeReader(numbers, 1, 19)

    def colloquial(tokens: Sequence[str], at: int) -> Found:
        """ "One twenty" for a hundred and twenty."""
        return [
            (end, (value * 100 + rest) * 100)
            for after, value in hundreds.read(tokens, at)
            for end, rest in minor(tokens, after)
        ]

    readers = {
        "amount": Reader(amount, numbers.first),
        "colloquial": Reader(colloquial, numbers.first),
        "cents": Reader(WholeReader(numbers, 1, 99).read, numbers.first),
        "minor": Reader(minor, numbers.first),
        "unit": phrase_reader(Phrases(dict.fromkeys(sorted(units), 0))),
        "cent": phrase_reader(Phrases(dict.fromkeys(sorted(cents), 0))),
    }
    return Patterns(language.money.rows, readers)


def resolve(meaning: Meaning) -> int | None:
    """Hundredths, or None where parts do not go together: "two point five" and "fifty cents"."""
    amount = meaning.get("amount", 0) * meaning.get("times", 1) + meaning.get("colloquial", 0)
    rest = meaning.get("cents", 0) + meaning.get("minor", 0)
    return None if rest and amount % 100 else amount + rest


class MoneySlot(Base):
    type = "money"
    keys = (1, MOST_KEYS)

    def __init__(self, language: Language, currency: str, minimum: str, maximum: str) -> None:
        """Raises ValueError when a limit is no number."""
        self._minimum, self._maximum = limit(minimum), limit(maximum)
        self._money = language.money
        self._comma = language.numbers.decimal_comma
        self._code = currency
        self._currency = self._money.currencies.get(currency)
        self._patterns = money_patterns(language, currency)
        self.first = self._patterns.first
        self.phrases = _phrases(language, currency)

    def read_any(self, tokens: Sequence[str], at: int, now: datetime) -> Readings:
        amounts = [(end, resolve(meaning)) for end, meaning in self._patterns.read(tokens, at)]
        return ordered((end, canonical(amount)) for end, amount in amounts if amount is not None)

    def fits(self, value: str) -> bool:
        return bool(CANONICAL.fullmatch(value)) and within(Decimal(value), self._minimum, self._maximum)

    def keyed(self, digits: str, now: datetime) -> str | None:
        if not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_KEYS):
            return None
        value = canonical(int(digits))
        return value if self.fits(value) else None

    def spoken(self, value: str, now: datetime | None = None) -> str:
        if not CANONICAL.fullmatch(value):
            return value
        whole, cents = int(value[:-3]), int(value[-2:])
        grouped = str(whole) if self._comma else f"{whole:,}"
        if self._currency and self._currency.symbol:
            return f"{self._currency.symbol}{grouped}.{cents:02}"
        if self._currency:
            return _named(self._currency, whole, grouped, cents, self._money.joiner)
        number = f"{grouped}{',' if self._comma else '.'}{cents:02}" if cents else grouped
        return f"{number} {' '.join(self._code)}".strip()


def canonical(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02}"


def _named(currency: Currency, whole: int, grouped: str, cents: int, joiner: str) -> str:
    units = f"{grouped} {currency.one if whole == 1 else currency.many}"
    part = f"{cents} {currency.cent if cents == 1 else currency.cents}"
    if whole and cents:
        return f"{units} {joiner} {part}"
    return part if cents else units


@lru_cache(maxsize=64)
def _phrases(language: Language, currency: str) -> tuple[str, ...]:
    known = language.money.currencies
    currencies = [known[currency]] if currency in known else list(known.values())
    words = [
        word for each in currencies for word in (each.one, each.many, *each.others, each.cent, each.cents)
    ]
    segments = money_patterns(language, currency).segments
    return tuple(dict.fromkeys([*number_phrases(language), *words, *segments]))
