"""Named hours and holidays: what is open when, and why, over both clock changes too."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.dialplan.hours import Calendar, parse_zone

LONDON = ZoneInfo("Europe/London")
HOLIDAYS = ["12-25", "2026-12-28 to 2026-12-29"]


def calendar(*lines: str, holidays: list[str] | None = None) -> Calendar:
    return Calendar("Europe/London", {"open": lines}, HOLIDAYS if holidays is None else holidays)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("lines", "at", "within"),
    [
        # 2026-11-23 is a Monday.
        (["monday-friday 9:00-18:00"], "2026-11-23 08:59:59", False),
        (["monday-friday 9:00-18:00"], "2026-11-23 09:00", True),
        (["monday-friday 9:00-18:00"], "2026-11-27 17:59:59", True),
        (["monday-friday 9:00-18:00"], "2026-11-27 18:00", False),
        (["monday-friday 9:00-18:00"], "2026-11-28 12:00", False),
        (["Mon - Fri 9:00 – 18:00"], "2026-11-25 12:00", True),
        (["monday to friday 9:00 to 18:00"], "2026-11-25 12:00", True),
        (["saturday-monday 9:00-18:00"], "2026-11-23 12:00", True),
        (["saturday-monday 9:00-18:00"], "2026-11-24 12:00", False),
        (["tue, thurs 9:00-18:00"], "2026-11-26 12:00", True),
        (["tue, thurs 9:00-18:00"], "2026-11-25 12:00", False),
        (["monday 9:00-12:00, 13:00-18:00"], "2026-11-23 12:30", False),
        (["monday 9:00-12:00", "monday 13:00-18:00"], "2026-11-23 13:30", True),
        (["sunday"], "2026-11-22 00:00", True),
        (["sunday"], "2026-11-22 23:59", True),
        (["daily 8:00-24:00"], "2026-11-22 23:59", True),
        (["friday 22:00-02:00"], "2026-11-27 23:00", True),
        (["friday 22:00-02:00"], "2026-11-28 01:59", True),
        (["friday 22:00-02:00"], "2026-11-28 02:00", False),
        (["friday 22:00-02:00"], "2026-11-27 01:00", False),
        (["daily 9:00-18:00", "sunday closed"], "2026-11-22 12:00", False),
        # 2026-12-24 is a Thursday.
        (["daily 9:00-18:00", "2026-12-24 9:00-12:00"], "2026-12-24 13:00", False),
        (["monday", "2026-12-24 9:00-12:00"], "2026-12-24 10:00", True),
        (["daily", "12-24 9:00-12:00"], "2031-12-24 13:00", False),
        (["12-24 closed", "2026-12-24 9:00-12:00"], "2026-12-24 10:00", True),
        (["daily", "12-24 to 01-02 closed"], "2027-01-01 10:00", False),
        (["daily", "12-24 to 01-02 closed"], "2027-01-03 10:00", True),
        (["12-24 to 01-02 closed", "12-31 9:00-12:00"], "2026-12-31 10:00", True),
        # Holidays.
        (["daily"], "2026-12-25 10:00", False),
        (["daily", "holidays"], "2026-12-25 10:00", True),
        (["daily", "holidays 9:00-11:00"], "2026-12-29 12:00", False),
        (["daily", "2026-12-25 9:00-11:00"], "2026-12-25 10:00", True),
        (["thursday 22:00-02:00"], "2026-12-25 01:00", True),
    ],
)
def test_is_within(lines: list[str], at: str, within: bool) -> None:
    assert calendar(*lines).is_within("open", moment(at)) == within


def test_another_zones_moment_is_read_in_the_calendars() -> None:
    hours = calendar("monday 9:00-18:00")
    assert hours.is_within("open", datetime(2026, 7, 20, 8, 30, tzinfo=UTC))
    assert not hours.is_within("open", datetime(2026, 11, 23, 8, 30, tzinfo=UTC))
    assert hours.is_within("open", datetime(2026, 11, 23, 4, 30, tzinfo=ZoneInfo("America/New_York")))


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        (date(2026, 12, 25), True),
        (date(2040, 12, 25), True),
        (date(2026, 12, 24), False),
        (date(2026, 12, 28), True),
        (date(2026, 12, 29), True),
        (date(2026, 12, 30), False),
        (date(2027, 12, 28), False),
    ],
)
def test_holidays(day: date, holiday: bool) -> None:
    assert calendar().is_holiday(day) == holiday


def test_the_leap_day_is_a_holiday_when_there_is_one() -> None:
    hours = calendar(holidays=["02-29"])
    assert hours.is_holiday(date(2028, 2, 29))
    assert not hours.is_holiday(date(2027, 2, 28))


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("2026-11-23 20:15", "it is Monday 20:15 in Europe/London, open is 9:00-12:00 and 13:00-18:00"),
        ("2026-11-23 09:05", "it is Monday 9:05 in Europe/London, open is 9:00-12:00"),
        ("2026-11-28 01:00", "it is Saturday 1:00 in Europe/London, open is 22:00-2:00 since the day before"),
        ("2026-11-22 10:00", "it is Sunday 10:00 in Europe/London, open is never on that day"),
        (
            "2026-12-25 10:00",
            "it is Friday 25 December 2026 10:00 in Europe/London, a holiday, open is never on that day",
        ),
        ("2026-12-05 12:00", "it is Saturday 12:00 in Europe/London, open is all day"),
    ],
)
def test_why(at: str, why: str) -> None:
    hours = calendar("mon-thu 9:00-12:00, 13:00-18:00", "friday 22:00-2:00", "2026-12-05")
    assert hours.why("open", moment(at)) == why


@pytest.mark.parametrize(
    ("line", "utc", "within"),
    [
        # In London 2026-03-29 1:00 GMT is followed by 2:00 BST.
        ("sunday 0:30-3:00", "2026-03-29T00:29", False),
        ("sunday 0:30-3:00", "2026-03-29T00:59", True),
        ("sunday 0:30-3:00", "2026-03-29T01:59", True),
        ("sunday 0:30-3:00", "2026-03-29T02:00", False),
        # Hours that begin in the missing hour begin when the clock jumps.
        ("sunday 1:30-2:30", "2026-03-29T00:59", False),
        ("sunday 1:30-2:30", "2026-03-29T01:00", True),
        ("sunday 1:30-2:30", "2026-03-29T01:30", False),
        # 2026-10-25 2:00 BST is followed by 1:00 GMT: the hour comes twice.
        ("sunday 0:30-1:50", "2026-10-25T00:45", True),
        ("sunday 0:30-1:50", "2026-10-25T00:55", False),
        ("sunday 0:30-1:50", "2026-10-25T01:45", True),
        ("sunday 0:30-2:30", "2026-10-25T02:29", True),
        ("sunday 0:30-2:30", "2026-10-25T02:30", False),
    ],
)
def test_the_wall_clock_counts_in_spring_and_autumn(line: str, utc: str, within: bool) -> None:
    assert calendar(line).is_within("open", datetime.fromisoformat(f"{utc}+00:00")) == within


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("mondey 9:00-18:00", "unknown day 'mondey'; did you mean 'monday'?"),
        ("9:00-18:00", "expected days first"),
        ("", "expected days first"),
        ("monday 9-17", "'9-17' is no span of time; expected one such as 9:00-18:00"),
        ("monday 9:00", "'9:00' is no span of time"),
        ("monday 9:00-25:00", "there is no 25:00"),
        ("monday 9:60-10:00", "there is no 9:60"),
        ("monday 9:00-9:00", "for the whole day give the day alone"),
        ("monday closed 9:00-10:00", "'closed' is no span of time"),
        ("2026-02-30 9:00-10:00", "'2026-02-30' is no date; expected 2026-12-25"),
        ("2026-12-31 to 2026-12-24 closed", "the last date is before the first"),
        ("2026-12-24 to 12-31 closed", "expected the year in both dates, or in none"),
    ],
)
def test_wrong_lines_are_named_with_what_was_expected(line: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"^hours 'open': '{line}'") as error:
        calendar(line)
    assert told in str(error.value)


def test_wrong_holidays_are_named() -> None:
    with pytest.raises(ValueError, match="'christmas' is no date"):
        calendar(holidays=["christmas"])


@settings(deadline=None)
@given(st.text(alphabet="monday-friday 0123456789:,to closed", max_size=30) | st.text(max_size=20))
def test_any_line_is_hours_or_a_value_error(line: str) -> None:
    try:
        calendar(line).is_within("open", datetime(2026, 1, 1, tzinfo=UTC))
    except ValueError as error:
        assert str(error)


def test_unknown_hours_are_told_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="unknown hours 'opne'; did you mean 'open'"):
        calendar("daily").check_name("opne")


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Europe/Londn", "Europe/London"),
        ("europe/london", "Europe/London"),
        ("London", "Europe/London"),
        ("", "expected one such as"),
        ("Europe", "Europe/"),
        ("../../etc/passwd", "unknown time zone"),
    ],
)
def test_an_unknown_time_zone_is_told_with_the_nearest(zone: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"unknown time zone '{zone}'; ") as error:
        parse_zone(zone)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("lines", "at", "opening"),
    [
        (["monday-friday 9:00-12:00, 13:00-18:00"], "2026-11-23 08:00", "2026-11-23 09:00"),
        (["monday-friday 9:00-12:00, 13:00-18:00"], "2026-11-23 09:00", "2026-11-24 09:00"),
        (["monday-friday 9:00-18:00"], "2026-11-27 12:00", None),
        (["monday-friday 9:00-18:00"], "2026-12-24 12:00", None),
        (["monday-friday 9:00-18:00", "holidays 10:00-12:00"], "2026-12-24 12:00", "2026-12-25 10:00"),
        (["daily"], "2026-11-23 12:00", "2026-11-24 00:00"),
        (["daily 22:00-6:00"], "2026-11-23 03:00", "2026-11-23 22:00"),
        # Clocks go forward on 2026-03-29 at 1:00, and back on 2026-10-25 at 2:00.
        (["sunday 9:00-12:00"], "2026-03-28 23:00", "2026-03-29 09:00"),
        (["sunday 9:00-12:00"], "2026-10-24 23:00", "2026-10-25 09:00"),
        (["sunday 1:30-12:00"], "2026-03-29 00:30", "2026-03-29 02:30"),
    ],
)
def test_the_next_opening_is_todays_or_tomorrows_first(
    lines: list[str], at: str, opening: str | None
) -> None:
    found = calendar(*lines).next_opening(moment(at))
    assert found == (moment(opening).astimezone(UTC) if opening else None)


def test_the_first_of_all_named_hours_opens_a_day() -> None:
    both = Calendar("Europe/London", {"shop": ["daily 9:00-18:00"], "phone": ["monday 8:00-18:00"]}, [])
    assert both.next_opening(moment("2026-11-22 20:00")) == moment("2026-11-23 08:00").astimezone(UTC)
    assert Calendar("Europe/London", {}, []).next_opening(moment("2026-11-22 20:00")) is None


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="with its time zone"):
        calendar("daily").is_within("open", datetime(2026, 1, 1))
