"""Named hours and holidays: is it open, and why.

What is written is the wall clock of the time zone. A date overrules the week; on a holiday the week does not
count, only lines for `holidays` or for that date do. A span belongs to the day on which it begins, also where
it ends after midnight.
"""

import difflib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from softswitch.complaints import suggest
from softswitch.dialplan.calendar_text import DAY_MINUTES, Rule, Span, parse_dates, parse_rule

DAY = timedelta(days=1)


class Calendar:
    """Hours by name, and holidays, in one time zone. Moments are aware datetimes."""

    def __init__(self, time_zone: str, hours: Mapping[str, Sequence[str]], holidays: Sequence[str]) -> None:
        """Raises ValueError with what is wrong and what was expected; hours are named in it."""
        self.zone = parse_zone(time_zone)
        self._rules = {name: parse_hours(name, lines) for name, lines in hours.items()}
        self._holidays = [parse_dates(text) for text in holidays]

    def check_name(self, name: str) -> str:
        """The name. Raises ValueError when no hours have it."""
        if name not in self._rules:
            raise ValueError(f"unknown hours '{name}'{suggest(name, self._rules)}")
        return name

    def is_holiday(self, day: date) -> bool:
        return any(day in dates for dates in self._holidays)

    def is_within(self, name: str, at: datetime) -> bool:
        return self._span_at(name, at) is not None

    def why(self, name: str, at: datetime) -> str:
        """'it is Monday 20:15 in Europe/London, open is 9:00-18:00'"""
        if found := self._span_at(name, at):
            span, since = found
            return f"{self.told(at)}, {name} is {span}{since}"
        spans = self._spans(name, self._local(at).date())
        shown = " and ".join(map(str, spans)) or "never on that day"
        return f"{self.told(at)}, {name} is {shown}"

    def told(self, at: datetime) -> str:
        """'it is Monday 20:15 in Europe/London', with date and ', a holiday' on holidays."""
        moment = self._local(at)
        holiday = self.is_holiday(moment.date())
        day = f"{moment:%A} {moment.day} {moment:%B %Y}" if holiday else f"{moment:%A}"
        return f"it is {day} {moment.hour}:{moment:%M} in {self.zone.key}{', a holiday' if holiday else ''}"

    def next_opening(self, at: datetime) -> datetime | None:
        """When the first of all hours of a day begins, in UTC: today, where that is to come, or tomorrow."""
        today = self._local(at).date()
        openings = [self._opening(day) for day in (today, today + DAY)]
        return next((opening for opening in openings if opening and opening > at), None)

    def _opening(self, day: date) -> datetime | None:
        starts = [span.start for name in self._rules for span in self._spans(name, day)]
        if not starts:
            return None
        hour, minute = divmod(min(starts), 60)
        return datetime.combine(day, time(hour, minute), self.zone).astimezone(UTC)

    def _local(self, at: datetime) -> datetime:
        if at.tzinfo is None:
            raise ValueError("expected a moment with its time zone")
        return at.astimezone(self.zone)

    def _span_at(self, name: str, at: datetime) -> tuple[Span, str] | None:
        """The span that a moment lies in, and ' since the day before' where it began then."""
        moment = self._local(at)
        minute = moment.hour * 60 + moment.minute
        for day, passed, since in (
            (moment.date(), minute, ""),
            (moment.date() - DAY, minute + DAY_MINUTES, " since the day before"),
        ):
            for span in self._spans(name, day):
                if span.start <= passed < span.end:
                    return span, since
        return None

    def _spans(self, name: str, day: date) -> Sequence[Span]:
        """What begins on a day, from the rules that count for it."""
        rules = self._counting(self._rules[self.check_name(name)], day)
        if any(not rule.spans for rule in rules):
            return ()
        return sorted((span for rule in rules for span in rule.spans), key=lambda span: span.start)

    def _counting(self, rules: Sequence[Rule], day: date) -> Sequence[Rule]:
        """The narrowest dates, those with a year first; without any, the holiday or the week."""
        dated = [
            (rule.dates.each_year, rule.dates.length, rule)
            for rule in rules
            if rule.dates and day in rule.dates
        ]
        if dated:
            narrowest = min(item[:2] for item in dated)
            return [rule for *key, rule in dated if tuple(key) == narrowest]
        if self.is_holiday(day):
            return [rule for rule in rules if rule.holidays]
        return [rule for rule in rules if day.weekday() in rule.weekdays]


def parse_hours(name: str, lines: Sequence[str]) -> tuple[Rule, ...]:
    """The rules of named hours. Raises ValueError that names them."""
    try:
        return tuple(map(parse_rule, lines))
    except ValueError as error:
        raise ValueError(f"hours '{name}': {error}") from None


def parse_zone(text: str) -> ZoneInfo:
    """A time zone by its IANA name. Raises ValueError with the nearest names."""
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        by_city = {name.lower(): name for name in sorted(available_timezones())}
        by_city |= {name.rpartition("/")[2]: by_city[name] for name in list(by_city)}
        wanted = text.lower().replace(" ", "_")
        near = dict.fromkeys(by_city[name] for name in difflib.get_close_matches(wanted, by_city, n=3))
        hint = f"; did you mean {' or '.join(near)}?" if near else "; expected one such as Europe/London"
        raise ValueError(f"unknown time zone '{text}'{hint}") from None
