"""Hours and holidays as authors write them: `monday-friday 9:00-18:00`, `12-24 closed`, `12-24 to 12-31`.

Everything raises ValueError, naming the piece that is wrong and what was expected.
"""

import re
from dataclasses import dataclass
from datetime import date

from softswitch.complaints import suggest

DAY_MINUTES = 24 * 60
LEAP_YEAR = 2000
"""Stands for every year, because it has all days."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORT = {day[:3]: day for day in WEEKDAYS} | {"tues": "tuesday", "thur": "thursday", "thurs": "thursday"}
WORDS = (*WEEKDAYS, "daily", "holidays")

DATE = re.compile(r"(?:([0-9]{4})-)?([0-9]{1,2})-([0-9]{1,2})")
SPAN = re.compile(r"([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})")
# "monday - friday", "monday to friday", "9:00 to 18:00"; not the "to" between two dates.
LOOSE = re.compile(r"\s*[-–]\s*|(?<=[a-z])\s+to\s+(?=[a-z])|(?<=:[0-9]{2})\s+to\s+(?=[0-9])")


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes since midnight, `end` excluded; an `end` beyond 24 hours lies on the next day."""

    start: int
    end: int

    def __str__(self) -> str:
        if (self.start, self.end) == (0, DAY_MINUTES):
            return "all day"
        end = self.end if self.end <= DAY_MINUTES else self.end - DAY_MINUTES
        return f"{_clock(self.start)}-{_clock(end)}"


@dataclass(frozen=True, slots=True)
class Dates:
    """One date, or a range with both ends. Those of each year are written with LEAP_YEAR."""

    first: date
    last: date
    each_year: bool

    def __contains__(self, day: date) -> bool:
        if not self.each_year:
            return self.first <= day <= self.last
        day = day.replace(year=LEAP_YEAR)
        if self.first <= self.last:
            return self.first <= day <= self.last
        return day >= self.first or day <= self.last

    @property
    def length(self) -> int:
        """Days from the first to the last; over the end of the year where they are of each year."""
        days = (self.last - self.first).days
        return days % 366 if self.each_year else days


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of hours. No spans: closed."""

    weekdays: frozenset[int]
    """0 is Monday."""
    holidays: bool
    dates: Dates | None
    spans: tuple[Span, ...]


def parse_rule(text: str) -> Rule:
    """`monday-friday 9:00-12:00, 13:00-18:00`, `sunday`, `daily 8:00-20:00`, `12-24 closed`, `holidays …`."""
    plain = LOOSE.sub("-", text.strip().lower().replace(",", " "))
    words = plain.split()
    at = next((index for index, word in enumerate(words) if _begins_spans(word, words[0])), len(words))
    days, spans = words[:at], words[at:]
    if not days:
        raise ValueError(f"'{text}': expected days first, as in 'monday-friday 9:00-18:00'")
    try:
        dates = parse_dates(" ".join(days)) if DATE.match(days[0]) else None
        weekdays, holidays = (frozenset[int](), False) if dates else _days(days)
        return Rule(weekdays, holidays, dates, _spans(spans))
    except ValueError as error:
        raise ValueError(f"'{text}': {error}") from None


def parse_dates(text: str) -> Dates:
    """`2026-12-25`, `12-25` (each year), or two of a kind with `to` between."""
    first, to, last = text.strip().partition(" to ")
    start, each_year = _date(first)
    if not to:
        return Dates(start, start, each_year)
    end, end_each_year = _date(last)
    if each_year != end_each_year:
        raise ValueError(f"'{text}': expected the year in both dates, or in none")
    if end < start and not each_year:
        raise ValueError(f"'{text}': the last date is before the first")
    return Dates(start, end, each_year)


def _begins_spans(word: str, first: str) -> bool:
    return ":" in word or word == "closed" or (first[0].isalpha() and word[0].isdigit())


def _date(text: str) -> tuple[date, bool]:
    match = DATE.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError
        return date(int(match[1] or LEAP_YEAR), int(match[2]), int(match[3])), match[1] is None
    except ValueError:
        raise ValueError(
            f"'{text.strip()}' is no date; expected 2026-12-25, 12-25 for each year, or 12-24 to 12-31"
        ) from None


def _days(words: list[str]) -> tuple[frozenset[int], bool]:
    weekdays: set[int] = set()
    for word in words:
        if word == "daily":
            weekdays |= set(range(7))
        elif word not in ("holiday", "holidays"):
            first, dash, last = word.partition("-")
            start = _weekday(first)
            length = (_weekday(last) - start) % 7 if dash else 0
            weekdays |= {(start + step) % 7 for step in range(length + 1)}
    return frozenset(weekdays), "holidays" in words or "holiday" in words


def _weekday(word: str) -> int:
    name = SHORT.get(word, word)
    if name not in WEEKDAYS:
        raise ValueError(f"unknown day '{word}'{suggest(word, WORDS)}")
    return WEEKDAYS.index(name)


def _spans(words: list[str]) -> tuple[Span, ...]:
    if words == ["closed"]:
        return ()
    return tuple(map(_span, words)) or (Span(0, DAY_MINUTES),)


def _span(word: str) -> Span:
    match = SPAN.fullmatch(word)
    if match is None:
        raise ValueError(f"'{word}' is no span of time; expected one such as 9:00-18:00")
    start, end = (_minutes(word, int(match[hour]), int(match[hour + 1])) for hour in (1, 3))
    if start in (end, DAY_MINUTES):
        raise ValueError(f"'{word}' has no length; for the whole day give the day alone")
    return Span(start, end if end > start else end + DAY_MINUTES)


def _minutes(word: str, hour: int, minute: int) -> int:
    total = hour * 60 + minute
    if minute > 59 or total > DAY_MINUTES:
        raise ValueError(f"'{word}': there is no {hour}:{minute:02}; expected 0:00 to 24:00")
    return total


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"
