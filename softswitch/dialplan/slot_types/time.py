"""Times of day: "half past nine", "quarter to ten", "nine in the morning", "nineteen hundred", "9:30"."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from softswitch.dialplan.language import Language
from softswitch.dialplan.languages.parts import Half
from softswitch.dialplan.slot_types.base import Base, Readings, ordered
from softswitch.dialplan.slot_types.date import two_digits
from softswitch.dialplan.slot_types.number import WholeReader, number_reader
from softswitch.dialplan.slot_types.patterns import Found, Meaning, Patterns, Phrases, Reader, phrase_reader

CANONICAL = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
TYPED = re.compile(r"([01]?[0-9]|2[0-4])[:.]([0-5][0-9])")
HALF_DAY, DAY = 720, 1440  # minutes
MORNING = 7 * 60  # of a time without its half of the day: from here to noon it is rather the morning


@lru_cache(maxsize=64)
def time_patterns(language: Language) -> Patterns:
    numbers = number_reader(language)
    minute = WholeReader(numbers, 1, 59)

    def minutes(tokens: Sequence[str], at: int) -> Found:
        return [(end, value) for end, value in two_digits(tokens, at, language) if value < 60]

    def before(tokens: Sequence[str], at: int) -> Found:
        return [(end, -value) for end, value in minute.read(tokens, at)]

    readers = {
        "hour": Reader(WholeReader(numbers, 0, 24).read, numbers.first),
        "minute": Reader(minute.read, numbers.first),
        "minutes": Reader(minutes, numbers.first),
        "before": Reader(before, numbers.first),
        "half": phrase_reader(Phrases({phrase: int(half) for phrase, half in language.clock.halves.items()})),
        "typed": Reader(_typed, frozenset()),
        "typed24": Reader(_typed24, frozenset()),
    }
    return Patterns(language.clock.rows, readers)


def _typed(tokens: Sequence[str], at: int) -> Found:
    match = TYPED.fullmatch(tokens[at])
    return [(at + 1, int(match[1]) * 60 + int(match[2]))] if match and match[1][0] != "0" else []


def _typed24(tokens: Sequence[str], at: int) -> Found:
    match = TYPED.fullmatch(tokens[at])
    return [(at + 1, int(match[1]) * 60 + int(match[2]))] if match and match[1][0] == "0" else []


def resolve(meaning: Meaning) -> list[int]:
    """Minutes since midnight, likeliest first."""
    if "at" in meaning:
        return [meaning["at"]]
    start = meaning.get("typed", meaning.get("typed24", meaning.get("hour", 0) * 60))
    moved = start + meaning.get("minute", 0) + meaning.get("minutes", 0) + meaning.get("before", 0)
    whole_day = "sure" in meaning or start // 60 > 12 or start < 60
    if not whole_day and "half" in meaning:
        return [_in_half(moved % HALF_DAY, Half(meaning["half"]))]
    if whole_day and ("half" not in meaning or start // 60 not in range(1, 13)):
        return [moved % DAY]
    if "half" in meaning:
        return [_in_half(moved % HALF_DAY, Half(meaning["half"]))]
    early, late = moved % HALF_DAY, moved % HALF_DAY + HALF_DAY
    return [early, late] if early >= MORNING else [late, early]


def _in_half(minutes: int, half: Half) -> int:
    """A time on the twelve-hour clock, twelve being 0, in the half of the day that is named."""
    if half is Half.FORENOON:
        return minutes + HALF_DAY if minutes < 60 else minutes
    late = {Half.MORNING: HALF_DAY, Half.AFTERNOON: 0, Half.EVENING: 4 * 60, Half.NIGHT: 5 * 60}[half]
    return minutes + HALF_DAY if minutes >= late else minutes


class TimeSlot(Base):
    type = "time"
    keys = (4, 4)

    def __init__(self, language: Language, minimum: str, maximum: str) -> None:
        """A maximum before the minimum is one after midnight. Raises ValueError when a limit is no time."""
        for text in filter(None, (minimum, maximum)):
            if not CANONICAL.fullmatch(text):
                raise ValueError(f"expected a time such as 09:30, found '{text}'")
        self._clock = language.clock
        self._patterns = time_patterns(language)
        self.first = self._patterns.first
        self._minimum, self._maximum = minimum or "00:00", maximum or "23:59"
        self.phrases = _phrases(language)

    def read_any(self, tokens: Sequence[str], at: int, now: datetime) -> Readings:
        return ordered(
            (end, canonical(minutes))
            for end, meaning in self._patterns.read(tokens, at)
            for minutes in resolve(meaning)
        )

    def fits(self, value: str) -> bool:
        if not CANONICAL.fullmatch(value):
            return False
        after, before = self._minimum <= value, value <= self._maximum
        return (after and before) if self._minimum <= self._maximum else (after or before)

    def keyed(self, digits: str, now: datetime) -> str | None:
        """HHMM; of 0330 the afternoon is taken where the night does not fit."""
        value = f"{digits[:2]}:{digits[2:]}"
        if not CANONICAL.fullmatch(value):
            return None
        later = canonical(int(digits[:2]) * 60 + int(digits[2:]) + HALF_DAY)
        return value if self.fits(value) else later if value < "12" and self.fits(later) else None

    def spoken(self, value: str, now: datetime | None = None) -> str:
        if not CANONICAL.fullmatch(value):
            return value
        clock, hour, minute = self._clock, int(value[:2]), value[3:]
        if value in ("12:00", "00:00"):
            return clock.noon if hour else clock.midnight
        if not clock.twelve_hours:
            return f"{hour}:{minute}"
        half = "P M" if hour >= 12 else "A M"
        return f"{(hour - 1) % 12 + 1}{'' if minute == '00' else ':' + minute} {half}"


def canonical(minutes: int) -> str:
    hour, minute = divmod(minutes % DAY, 60)
    return f"{hour:02}:{minute:02}"


@lru_cache(maxsize=64)
def _phrases(language: Language) -> tuple[str, ...]:
    """The words of the rows, numbers, and hours with what often follows them."""
    numbers = language.numbers
    hours = [word for word, value in [*numbers.units.items(), *numbers.teens.items()] if 1 <= value <= 12]
    segments = time_patterns(language).segments
    after = [
        word for word, value in [*numbers.tens.items(), *numbers.teens.items()] if value in (15, 30, 45, 40)
    ]
    pairs = [f"{hour} {follow}" for hour in hours for follow in (*after, *language.clock.halves)]
    return tuple(dict.fromkeys([*segments, *language.clock.halves, *language.number_words, *pairs]))
