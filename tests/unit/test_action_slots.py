"""Slots of a calendar: opening hours, what is free, and days on which clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.actions.slots import ALWAYS, Diary, Opening, in_zone, parse_opening, taken

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = [parse_opening("mon-fri 09:00-12:00"), parse_opening("mon,wed 14:00-15:00")]


def diary(minutes: int = 60, openings: list[Opening] | None = None) -> Diary:
    return Diary(BERLIN, timedelta(minutes=minutes), openings or OFFICE)


def local(text: str) -> datetime:
    return in_zone(datetime.fromisoformat(text), BERLIN)


def texts(found: list[datetime]) -> list[str]:
    return [each.astimezone(BERLIN).strftime("%a %d %H:%M") for each in found]


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        ("mon-fri 09:00-17:30", Opening(frozenset(range(5)), 540, 1050)),
        ("Sat 9:00 - 12:00", Opening(frozenset({5}), 540, 720)),
        ("fri-mon 00:00-24:00", Opening(frozenset({4, 5, 6, 0}), 0, 1440)),
        ("mon,wed-thu 08:00-09:00", Opening(frozenset({0, 2, 3}), 480, 540)),
        ("08:00-09:00", Opening(frozenset(range(7)), 480, 540)),
    ],
)
def test_opening_hours_are_written_as_people_do(text: str, opening: Opening) -> None:
    assert parse_opening(text) == opening


@pytest.mark.parametrize(
    "text",
    ["", "mon", "9-12", "12:00-09:00", "09:00-09:00", "09:61-10:00", "09:00-24:01", "monday 9:00-10:00"],
)
def test_opening_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="mon-fri 09:00-17:00"):
        parse_opening(text)


def test_free_slots_follow_one_another_within_the_opening_hours() -> None:
    found = diary().free([], local("2026-11-27T10:30"), local("2026-12-10T00:00"), 7)
    assert texts(found) == [
        *("Fri 27 11:00", "Mon 30 09:00", "Mon 30 10:00", "Mon 30 11:00", "Mon 30 14:00"),
        *("Tue 01 09:00", "Tue 01 10:00"),
    ]


def test_what_stands_in_the_calendar_is_not_free_and_what_only_touches_it_is() -> None:
    busy = [(local("2026-11-30T09:30"), local("2026-11-30T11:00"))]
    found = diary().free(busy, local("2026-11-30T00:00"), local("2026-11-30T23:00"), 10)
    assert texts(found) == ["Mon 30 11:00", "Mon 30 14:00"]


def test_a_slot_is_open_when_all_of_it_is() -> None:
    assert diary().is_open(local("2026-11-30T11:00"))
    assert not diary().is_open(local("2026-11-30T11:30"))
    assert not diary().is_open(local("2026-11-29T11:00")), "a Sunday"
    assert diary(45).is_open(local("2026-11-30T09:05"))


def test_slots_keep_their_time_of_day_when_clocks_change() -> None:
    before, after = local("2026-10-23T00:00"), local("2026-10-27T00:00")
    found = diary(60, [parse_opening("09:00-10:00")]).free([], before, after, 10)
    assert [each.hour for each in found] == [7, 7, 8, 8], "09:00 where the calendar is, in UTC"


def test_the_night_in_which_clocks_are_put_forward_has_no_slot_twice() -> None:
    night = [parse_opening("sun 00:00-06:00")]
    found = diary(60, night).free([], local("2026-03-29T00:00"), local("2026-03-29T12:00"), 10)
    assert texts(found) == ["Sun 29 00:00", "Sun 29 01:00", "Sun 29 03:00", "Sun 29 04:00", "Sun 29 05:00"]


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 600)), max_size=20),
    st.integers(0, 3000),
    st.sampled_from([15, 30, 45, 60, 1440]),
)
def test_what_is_said_to_be_free_is_free_and_open(
    events: list[tuple[int, int]], after: int, minutes: int
) -> None:
    start = datetime(2026, 3, 27, tzinfo=UTC)
    busy = [(start + timedelta(minutes=at), start + timedelta(minutes=at + lasts)) for at, lasts in events]
    for openings in (OFFICE, list(ALWAYS)):
        this = diary(minutes, openings)
        earliest = start + timedelta(minutes=after)
        for each in this.free(busy, earliest, earliest + timedelta(days=5), 20):
            assert each >= earliest
            assert not taken(busy, each, each + this.length)
            assert this.is_open(each) or minutes == 1440
