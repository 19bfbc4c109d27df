"""Routes: the first that matches is taken, and every one that was tried tells why."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from softswitch.dialplan.hours import Calendar
from softswitch.dialplan.numbers import NumberPattern
from softswitch.dialplan.routes import CallFacts, HoursCondition, Route, choose

CALENDAR = Calendar("Europe/London", {"open": ["monday-friday 9:00-18:00"]}, ["12-25"])


def numbers(*texts: str) -> tuple[NumberPattern, ...]:
    return tuple(NumberPattern.parse(text, "GB") for text in texts)


def call(at: str = "2026-11-23 20:15", trunk: str = "office", to: str = "sip:1001@host") -> CallFacts:
    moment = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Europe/London"))
    return CallFacts(trunk, "sip:02079460000@host", to, moment, attestation="C")


@pytest.mark.parametrize(
    ("route", "matches"),
    [
        (Route("any"), True),
        (Route("trunk", trunks=("home", "OFF*")), True),
        (Route("trunk", trunks=("home",)), False),
        (Route("callers", callers=numbers("+33*", "020*")), True),
        (Route("callers", callers=numbers("+33*", "anonymous")), False),
        (Route("called", called=numbers("10*")), True),
        (Route("called", called=numbers("20*")), False),
        (Route("open", hours=HoursCondition.parse("open", CALENDAR)), False),
        (Route("closed", hours=HoursCondition.parse("not open", CALENDAR)), True),
        (Route("holiday", holiday=True), False),
        (Route("workday", holiday=False), True),
        (Route("vouched", attestations=("A", "B")), False),
        (Route("not vouched", attestations=("none", "C")), True),
        (Route("all but one", trunks=("office",), called=numbers("10*"), holiday=True), False),
    ],
)
def test_all_conditions_must_hold(route: Route, matches: bool) -> None:
    assert (choose([route], call(), CALENDAR).route == route) == matches


def test_the_first_match_is_taken_and_reasons_end_with_it() -> None:
    routes = [Route("one", trunks=("home",)), Route("two", start="welcome"), Route("three")]
    decision = choose(routes, call(), CALENDAR)
    assert decision.route is routes[1]
    assert decision.reasons == (
        "route 1 'one': trunk: 'office' is not home, so no",
        "route 2 'two': takes every call",
    )


def test_no_match_is_no_route_with_every_reason() -> None:
    decision = choose(
        [Route("one", holiday=True), Route("two", called=numbers("20*", "+44*"))], call(), CALENDAR
    )
    assert decision.route is None
    assert decision.reasons == (
        "route 1 'one': holiday: it is Monday 20:15 in Europe/London, no holiday, so no",
        "route 2 'two': to: '1001' is not 20* and '1001' does not begin with +44, so no",
    )


def test_reasons_of_hours() -> None:
    night = Route("night", hours=HoursCondition.parse("not open", CALENDAR))
    day = Route("day", hours=HoursCondition.parse("open", CALENDAR), callers=numbers("020*"))
    told = "it is Monday 20:15 in Europe/London, open is 9:00-18:00"
    assert choose([day, night], call(), CALENDAR).reasons == (
        f"route 1 'day': hours open: {told}, so no",
        f"route 2 'night': hours not open: {told}, so yes",
    )
    assert choose([day], call("2026-11-23 10:00"), CALENDAR).reasons == (
        "route 1 'day': from: +442079460000 begins with +4420, so yes; "
        "hours open: it is Monday 10:00 in Europe/London, open is 9:00-18:00, so yes",
    )


def test_a_holiday_is_that_of_the_calendars_zone() -> None:
    at = datetime.fromisoformat("2026-12-26T01:00+09:00")
    facts = CallFacts("office", "", "", at)
    assert choose([Route("holiday", holiday=True)], facts, CALENDAR).reasons == (
        "route 1 'holiday': holiday: it is Friday 25 December 2026 16:00 in Europe/London, a holiday, so yes",
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("opne", "unknown hours 'opne'; did you mean 'open'"),
        ("not", "expected the name of hours"),
        ("", "expected the name of hours"),
        ("is open", "expected the name of hours, such as 'open' or 'not open', got 'is open'"),
    ],
)
def test_wrong_hours_are_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        HoursCondition.parse(text, CALENDAR)


def test_hours_are_shown_as_written() -> None:
    assert str(HoursCondition.parse("not open", CALENDAR)) == "not open"
    assert str(HoursCondition.parse("open", CALENDAR)) == "open"
