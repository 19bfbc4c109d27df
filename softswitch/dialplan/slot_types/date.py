"""Dates: "the twenty third of november", "next friday", "in three days", "2026-11-23"."""

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

from softswitch.dialplan.language import Language
from softswitch.dialplan.languages.parts import Calendar
from softswitch.dialplan.slot_types.base import Base, Readings, ordered
from softswitch.dialplan.slot_types.number import WholeReader, number_reader
from softswitch.dialplan.slot_types.patterns import Found, Meaning, Patterns, Phrases, Reader, phrase_reader
from softswitch.dialplan.spoken import cardinals

CANONICAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ISO = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
FULL = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
SHORT = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})")
DAY = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th|o|a)")
YEARS = (1900, 2099)
NEAR = (timedelta(days=-30), timedelta(days=300))  # from now; a date within needs no year


@lru_cache(maxsize=64)
def date_patterns(language: Language) -> Patterns:
    calendar = language.calendar
    numbers = number_reader(language)
    day = WholeReader(numbers, 1, 31)
    ordinals = Phrases(calendar.ordinals)
    months = {name: number for number, name in enumerate(calendar.months, 1)}
    months |= {name[:3]: number for name, number in months.items()}
    weekdays = Phrases({name: number for number, name in enumerate(calendar.weekdays)})
    count = Reader(WholeReader(numbers, 1, 999).read, numbers.first)

    def ordinal(tokens: Sequence[str], at: int) -> Found:
        typed = DAY.fullmatch(tokens[at])
        return [(at + 1, int(typed[1]))] if typed else ordinals.read(tokens, at)

    def any_day(tokens: Sequence[str], at: int) -> Found:
        return [*ordinal(tokens, at), *day.read(tokens, at)]

    def year(tokens: Sequence[str], at: int) -> Found:
        return _year(tokens, at, language)

    readers = {
        "day": Reader(any_day, ordinals.first | day.first),
        "ordinal": Reader(ordinal, ordinals.first),
        "month": phrase_reader(Phrases(months)),
        "year": Reader(year, numbers.first),
        "weekday": phrase_reader(weekdays),
        "typed": Reader(_typed(calendar), frozenset()),
        "short": Reader(_short(calendar), frozenset()),
    }
    return Patterns(calendar.rows, readers | dict.fromkeys(("days", "weeks", "months"), count))


def _year(tokens: Sequence[str], at: int, language: Language) -> Found:
    """ "two thousand twenty six", and in halves "twenty twenty six", "nineteen oh five"."""
    found: Found = []
    for end, value in cardinals(tokens, at, language.numbers):
        if YEARS[0] <= value <= YEARS[1]:
            found.append((end, value))
        if value * 100 in range(YEARS[0] - YEARS[0] % 100, YEARS[1]):
            found += [(after, value * 100 + rest) for after, rest in two_digits(tokens, end, language)]
    return sorted(found, key=lambda each: -each[0])


def two_digits(tokens: Sequence[str], at: int, language: Language) -> Found:
    """What is written in two digits: "thirty five", "oh five"."""
    stops = cardinals(tokens, at, language.numbers)
    if stops and stops[0] == (at + 1, 0):
        return [
            (end, value) for end, value in cardinals(tokens, at + 1, language.numbers) if 1 <= value <= 9
        ][:1]
    return [(end, value) for end, value in reversed(stops) if 10 <= value <= 99]


def _typed(calendar: Calendar) -> Callable[[Sequence[str], int], Found]:
    """A date with its year, as its ordinal; where day and month may be either, the language's order first."""

    def read(tokens: Sequence[str], at: int) -> Found:
        if iso := ISO.fullmatch(tokens[at]):
            choices = [(int(iso[1]), int(iso[2]), int(iso[3]))]
        elif full := FULL.fullmatch(tokens[at]):
            choices = [(int(full[3]), *pair) for pair in _orders(full, calendar)]
        else:
            return []
        days = [made for choice in choices if (made := _date(*choice))]
        return [(at + 1, made.toordinal()) for made in dict.fromkeys(days)]

    return read


def _short(calendar: Calendar) -> Callable[[Sequence[str], int], Found]:
    """Month and day in one number: 1123."""

    def read(tokens: Sequence[str], at: int) -> Found:
        match = SHORT.fullmatch(tokens[at])
        orders = _orders(match, calendar) if match else []
        return [(at + 1, month * 100 + day) for month, day in orders if _date(2000, month, day)]

    return read


def _orders(match: re.Match[str], calendar: Calendar) -> list[tuple[int, int]]:
    """Month and day, the likelier order first."""
    first, second = int(match[1]), int(match[2])
    day_first = calendar.day_first or "." in match[0]
    return [(second, first), (first, second)] if day_first else [(first, second), (second, first)]


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def resolve(meaning: Meaning, today: date, past: bool) -> list[date]:
    """The dates that are meant, likeliest first; with `past` also the last one of those without a year."""
    if "typed" in meaning:
        return [date.fromordinal(meaning["typed"])]
    month, day = divmod(meaning["short"], 100) if "short" in meaning else (meaning.get("month", 0), 0)
    day = day or meaning.get("day") or meaning.get("ordinal") or 0
    if "year" in meaning:
        exact = _date(meaning["year"], month, day)
        return [exact] if exact else []
    if day:
        days = [_occurrence(today, month, day, 1)] + ([_occurrence(today, month, day, -1)] if past else [])
        return [found for found in days if found]
    try:
        return _weekdays(meaning, today) if "weekday" in meaning else [_from(today, meaning)]
    except (OverflowError, ValueError):
        return []


def _occurrence(today: date, month: int, day: int, step: int) -> date | None:
    """The first such day from today on, or back from today; 0 for any month. February's 29th may be far."""
    index = today.year * 12 + today.month - 1
    for turn in range(8 * 12 + 1):
        year, month0 = divmod(index + step * turn, 12)
        if (
            month in (0, month0 + 1)
            and (found := _date(year, month0 + 1, day))
            and (found - today).days * step >= 0
        ):
            return found
    return None


def _weekdays(meaning: Meaning, today: date) -> list[date]:
    ahead = (meaning["weekday"] - today.weekday()) % 7
    coming = today + timedelta(days=ahead or 7)
    if "past" in meaning:
        return [today - timedelta(days=(7 - ahead) % 7 or 7)]
    if "week" not in meaning:
        return [_from(coming, meaning)]
    days = meaning["weekday"] - today.weekday() + 7 * meaning["week"]
    dates = [today + timedelta(days=days)]
    return [*dates, coming] if "loose" in meaning and coming not in dates else dates


def _from(start: date, meaning: Meaning) -> date:
    index = start.year * 12 + start.month - 1 + meaning.get("months", 0)
    year, month0 = divmod(index, 12)
    day = min(start.day, monthrange(year, month0 + 1)[1])
    days = meaning.get("days", 0) + meaning.get("more_days", 0) + 7 * meaning.get("weeks", 0)
    return date(year, month0 + 1, day) + timedelta(days=days)


class DateSlot(Base):
    type = "date"
    keys = (4, 8)

    def __init__(self, language: Language, minimum: str, maximum: str) -> None:
        """Raises ValueError when a limit is no date."""
        for text in filter(None, (minimum, maximum)):
            if not _parsed(text):
                raise ValueError(f"expected a date such as 2026-11-23, found '{text}'")
        self._calendar = language.calendar
        self._patterns = date_patterns(language)
        self.first = self._patterns.first
        self._minimum, self._maximum = minimum, maximum
        self.phrases = _phrases(language)

    def read_any(self, tokens: Sequence[str], at: int, now: datetime) -> Readings:
        return ordered(
            (end, found.isoformat())
            for end, meaning in self._patterns.read(tokens, at)
            for found in resolve(meaning, now.date(), bool(self._maximum))
        )

    def fits(self, value: str) -> bool:
        return bool(_parsed(value)) and self._minimum <= value and value <= (self._maximum or "9999-12-31")

    def keyed(self, digits: str, now: datetime) -> str | None:
        if len(digits) not in (4, 8) or not (digits.isascii() and digits.isdigit()):
            return None
        meaning = {"day": int(digits[:2]), "month": int(digits[2:4])}
        if len(digits) == 8:
            meaning["year"] = int(digits[4:])
        if not all(meaning.values()):
            return None
        dates = [found.isoformat() for found in resolve(meaning, now.date(), bool(self._maximum))]
        return next(filter(self.fits, dates), None)

    def spoken(self, value: str, now: datetime | None = None) -> str:
        if not (day := _parsed(value)):
            return value
        calendar = self._calendar
        near = now is None or NEAR[0] <= day - now.date() <= NEAR[1]
        return (calendar.near if near else calendar.far).format(
            weekday=calendar.weekdays[day.weekday()],
            month=calendar.months[day.month - 1],
            day=f"{day.day}{calendar.suffixes.get(day.day, calendar.suffixes[0])}",
            year=day.year,
        )


def _parsed(value: str) -> date | None:
    return _date(*map(int, value.split("-"))) if CANONICAL.fullmatch(value) else None


@lru_cache(maxsize=64)
def _phrases(language: Language) -> tuple[str, ...]:
    """The words of the rows, names, and days alone and after a month's name, which are heard better whole."""
    calendar = language.calendar
    months = [month.lower() for month in calendar.months]
    days = [*calendar.ordinals, *language.number_words]
    joined = [f"{month} {day}" for month in months for day in calendar.ordinals]
    names = [*months, *(weekday.lower() for weekday in calendar.weekdays)]
    return tuple(dict.fromkeys([*date_patterns(language).segments, *names, *days, *joined]))
