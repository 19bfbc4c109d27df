"""Slots of a calendar: which times of a week are open, and which of them nothing stands in.

Times of events are compared in UTC; slots begin at times of day where the calendar is, so that a change to
summer time moves none of them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60

Busy = tuple[datetime, datetime]
"""From when to when something stands in the calendar, in UTC."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Days of the week, Monday is 0, and minutes since midnight."""

    days: frozenset[int]
    begins: int
    ends: int


ALWAYS = (Opening(frozenset(range(7)), 0, DAY_MINUTES),)


def parse_opening(text: str) -> Opening:
    """`mon-fri 09:00-17:30`, `sat 10:00-12:00`, `09:00-12:00` for every day, `mon,thu 14:00-24:00`."""
    found = re.fullmatch(r"\s*(?:([a-z,-]+)\s+)?(\d\d?):(\d\d)\s*-\s*(\d\d?):(\d\d)\s*", text.lower())
    days = days_of(found[1]) if found else None
    if found and days is not None:
        begins, ends = (60 * int(found[each]) + int(found[each + 1]) for each in (2, 4))
        if begins < ends <= DAY_MINUTES and int(found[3]) < 60 and int(found[5]) < 60:
            return Opening(days, begins, ends)
    raise ValueError("expected opening hours such as mon-fri 09:00-17:00")


def days_of(text: str | None) -> frozenset[int] | None:
    """The days of `mon-fri` or `mon,thu`, Monday is 0; all of them for None, None for no such text."""
    if text is None:
        return frozenset(range(7))
    days: set[int] = set()
    for each in text.split(","):
        first, _, last = each.partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            return None
        begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        days.update((begin + step) % 7 for step in range((end - begin) % 7 + 1))
    return frozenset(days)


@dataclass(frozen=True, slots=True)
class Diary:
    """How a calendar is divided: slots of one length, one after another from each opening's beginning."""

    zone: ZoneInfo
    length: timedelta
    openings: Sequence[Opening] = ALWAYS

    def is_open(self, begin: datetime) -> bool:
        """Whether a slot that begins then lies within one opening."""
        local = begin.astimezone(self.zone)
        minute = 60 * local.hour + local.minute
        return any(
            local.weekday() in each.days
            and each.begins <= minute
            and minute + self.length.total_seconds() / 60 <= each.ends
            for each in self.openings
        )

    def free(self, busy: Sequence[Busy], earliest: datetime, latest: datetime, most: int) -> list[datetime]:
        """The first slots that begin between two times and are free, in UTC."""
        found: list[datetime] = []
        for begin in self._slots(earliest, latest):
            if len(found) == most:
                break
            if not taken(busy, begin, begin + self.length):
                found.append(begin)
        return found

    def _slots(self, earliest: datetime, latest: datetime) -> Iterator[datetime]:
        day, last = earliest.astimezone(self.zone).date(), latest.astimezone(self.zone).date()
        while day <= last:
            yield from (each for each in self._of_day(day) if earliest <= each <= latest)
            day += timedelta(days=1)

    def _of_day(self, day: date) -> list[datetime]:
        minutes = self.length.total_seconds() / 60
        starts = set[datetime]()
        for each in self.openings:
            count = int((each.ends - each.begins) // minutes) if day.weekday() in each.days else 0
            for number in range(count):
                start = timedelta(minutes=each.begins + number * minutes)
                starts.add(in_zone(datetime.combine(day, time()) + start, self.zone))
        return sorted(starts)


def in_zone(local: datetime, zone: ZoneInfo) -> datetime:
    """A wall clock's time in UTC. One that summer time leaves out is the one an hour later."""
    return local.replace(tzinfo=zone).astimezone(UTC)


def taken(busy: Sequence[Busy], begin: datetime, end: datetime) -> bool:
    return any(first < end and begin < last for first, last in busy)
