"""Kind `calendar` against a real Radicale: a slot is nobody's twice, and a promise no two events."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from acting import Receiver, action, integrations, run
from radicale_server import Radicale

from softswitch.actions.action import Action, Done, Later, Refused, Result
from softswitch.actions.templates import Unfilled
from softswitch.app.acting import caldav
from softswitch.app.acting.registry import Means, Registry
from softswitch.errors import InvalidFile

BERLIN = ZoneInfo("Europe/Berlin")
DAY = (datetime.now(BERLIN) + timedelta(days=3)).date()
"""A day on which nothing stands at the beginning of a test."""


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    with Radicale(tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture
def calendar(radicale: Radicale, monkeypatch: pytest.MonkeyPatch) -> Radicale:
    monkeypatch.setenv("DAV_PASSWORD", "s3cret")
    radicale.clear()
    return radicale


def text(url: str, more: str = "", start: str = "{date} {time}") -> str:
    return (
        "hosts: 127.0.0.1\nsecrets: {dav: {env: DAV_PASSWORD}}\nactions:\n  order:\n    kind: calendar\n"
        f"    url: {url}\n    basic: {{user: ann, password: '{{secret:dav}}'}}\n"
        f"    time_zone: Europe/Berlin\n    length: 30m\n    hours: 09:00-12:00\n"
        f"    start: '{start}'\n    summary: 'Haircut, {{name}}'\n"
        f"    description: 'Call {{call_id}}'\n    {more}\n"
    )


def wanted(time: str = "10:00", key: str = "k" * 32, **more: str) -> Action:
    given = action(date=DAY.isoformat(), time=time, **({"name": "Ann"} | more))
    return replace(given, idempotency_key=key)


async def book(calendar: Radicale, given: Action | None = None, more: str = "") -> Result:
    result: Result = await run(text(calendar.url, more), given or wanted(), grace=5.0)
    return result


def at(time: str, **days: int) -> str:
    """A time of the day in UTC, as iCalendar writes it."""
    local = datetime.fromisoformat(f"{DAY}T{time}").replace(tzinfo=BERLIN) + timedelta(**days)
    return local.astimezone(ZoneInfo("UTC")).strftime("%Y%m%dT%H%M%SZ")


def taken(calendar: Radicale, begin: str, end: str, uid: str = "other", *more: str) -> None:
    calendar.put(uid, f"DTSTART:{at(begin)}", f"DTEND:{at(end)}", "SUMMARY:Other", *more)


async def test_a_free_slot_is_booked_with_what_the_caller_said(calendar: Radicale) -> None:
    said = wanted(name="Ann; Bob, \\n\r\nDTEND:20200101T000000Z")
    assert await book(calendar, said) == Done(
        {"uid": f"{'k' * 32}@softswitch", "start": f"{DAY}T10:00", "date": str(DAY), "time": "10:00"}
    )
    (event,) = calendar.events()
    assert f"UID:{'k' * 32}@softswitch\n" in event
    assert f"DTSTART:{at('10:00')}\nDTEND:{at('10:30')}\n" in event
    assert "SUMMARY:Haircut\\, Ann\\; Bob\\, " in event
    assert event.count("\nDTEND:") == 1
    assert f"DESCRIPTION:Call {'c' * 32}" in event


async def test_a_second_attempt_is_the_same_event(calendar: Radicale) -> None:
    first = await book(calendar)
    assert await book(calendar) == first
    assert await book(calendar, more="notice: 10d") == first, "it is booked, though it is too late to book it"
    assert len(calendar.events()) == 1


@pytest.mark.parametrize(
    ("begin", "end"), [("10:00", "10:30"), ("09:45", "10:05"), ("10:29", "14:00"), ("08:00", "13:00")]
)
async def test_a_taken_slot_is_refused_with_the_next_that_are_free(
    calendar: Radicale, begin: str, end: str
) -> None:
    taken(calendar, begin, end)
    result = await book(calendar, more="most: 2")
    assert isinstance(result, Refused)
    assert result.error == f"the slot {DAY}T10:00 is taken"
    next_free = "10:30" if end < "10:31" else f"{DAY + timedelta(days=1)}T09:00"
    assert result.result["why"] == "taken"
    assert result.result["free"] == "2"
    assert next_free in result.result["free_1"]
    assert result.result["free_1"] == f"{result.result['free_1_date']}T{result.result['free_1_time']}"
    assert len(calendar.events()) == 1


@pytest.mark.parametrize("line", ["TRANSP:TRANSPARENT", "STATUS:CANCELLED"])
async def test_what_takes_no_time_leaves_the_slot_free(calendar: Radicale, line: str) -> None:
    taken(calendar, "10:00", "10:30", "other", line)
    assert isinstance(await book(calendar), Done)
    calendar.clear()
    taken(calendar, "10:00", "10:30", "other", "STATUS:CONFIRMED")
    assert isinstance(await book(calendar), Refused)


async def test_events_that_repeat_last_all_day_or_say_no_zone_take_their_time(calendar: Radicale) -> None:
    week_ago = at("10:00", days=-7)
    calendar.put("weekly", f"DTSTART:{week_ago}", "DURATION:PT30M", "RRULE:FREQ=DAILY;COUNT=30")
    assert isinstance(await book(calendar), Refused)
    calendar.clear()
    day = DAY.strftime("%Y%m%d")
    calendar.put("floating", f"DTSTART:{day}T100000", f"DTEND:{day}T103000")
    assert isinstance(await book(calendar), Refused)
    calendar.clear()
    calendar.put("holiday", f"DTSTART;VALUE=DATE:{day}")
    result = await book(calendar)
    assert isinstance(result, Refused)
    assert result.result["free_1_date"] == str(DAY + timedelta(days=1))


async def test_a_slot_outside_the_opening_hours_or_in_the_past_is_refused(calendar: Radicale) -> None:
    closed = await book(calendar, wanted("12:00"))
    assert isinstance(closed, Refused)
    assert (closed.result["why"], closed.result["free_1_time"]) == ("closed", "09:00")
    past = await book(
        calendar, replace(wanted(), arguments={"date": "2020-01-02", "time": "10:00", "name": ""})
    )
    assert isinstance(past, Refused)
    assert past.result["why"] == "past"
    soon = await book(calendar, more="notice: 30d")
    assert isinstance(soon, Refused)
    assert calendar.events() == []


async def test_of_many_who_want_a_slot_at_the_same_time_one_at_most_has_it(calendar: Radicale) -> None:
    registry = Registry(Means(integrations(text(calendar.url))))
    settings = registry.integrations.find("shop", "order")
    assert settings
    # Slots of half an hour, a quarter apart: each overlaps its neighbours.
    many = [wanted(time, key * 32) for key, time in zip("abcdef", ["10:00", "10:15"] * 3, strict=True)]
    for _ in range(6):
        results = await asyncio.gather(*(registry.run(each, settings) for each in many))
        booked = [each for each in results if isinstance(each, Done)]
        assert len(calendar.events()) == len(booked) <= 1
        if all(not isinstance(each, Later) for each in results):
            break
        await asyncio.sleep(0.05)
    assert len(booked) == 1 or not calendar.events()
    await registry.close()


async def test_an_attempt_that_died_after_writing_and_lost_the_race_is_taken_back(
    calendar: Radicale, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(await book(calendar), Done)
    taken(calendar, "10:00", "10:30")
    result = await book(calendar)
    assert isinstance(result, Refused)
    (left,) = calendar.events()
    assert "UID:other" in left


async def test_who_finds_another_one_after_writing_takes_his_own_back(
    calendar: Radicale, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = caldav.Collection.add

    async def meanwhile(self: caldav.Collection, name: str, event: bytes) -> bool:
        await asyncio.to_thread(taken, calendar, "10:15", "10:45")
        return await add(self, name, event)

    monkeypatch.setattr(caldav.Collection, "add", meanwhile)
    assert await book(calendar) == Later("the slot was taken at the same moment")
    (left,) = calendar.events()
    assert "UID:other" in left


async def test_an_event_that_was_moved_since_is_booked_all_the_same(calendar: Radicale) -> None:
    assert isinstance(await book(calendar), Done)
    uid = f"{'k' * 32}@softswitch"
    calendar.delete(f"{'k' * 32}.ics")
    calendar.put(uid, f"DTSTART:{at('11:00')}", f"DTEND:{at('11:30')}", name="k" * 32)
    assert isinstance(await book(calendar), Done)
    (event,) = calendar.events()
    assert f"DTSTART:{at('11:00')}" in event, "it stays where it was moved to"


async def test_free_slots_are_found_from_a_day_on(calendar: Radicale) -> None:
    taken(calendar, "09:00", "11:00")
    find = text(calendar.url, "operation: find\n    most: 3", "{date}")
    found = await run(find, wanted())
    assert isinstance(found, Done)
    tomorrow = DAY + timedelta(days=1)
    assert found.result["free"] == "3"
    assert [found.result[f"free_{n}"] for n in (1, 2, 3)] == [
        f"{DAY}T11:00",
        f"{DAY}T11:30",
        f"{tomorrow}T09:00",
    ]
    assert found.result["free_3_time"] == "09:00"
    no_start = "\n".join(line for line in find.splitlines() if "start:" not in line)
    assert isinstance(await run(no_start, wanted()), Done)


async def test_a_wrong_password_is_to_be_mended_and_a_wrong_calendar_is_refused(
    calendar: Radicale, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = await run(text(calendar.url.replace("work", "nowhere")), wanted())
    assert isinstance(missing, Refused)
    assert "404" in missing.error
    monkeypatch.setenv("DAV_PASSWORD", "wr0ng")
    wrong = await book(calendar)
    assert isinstance(wrong, Later)
    assert "401" in wrong.error
    assert "wr0ng" not in wrong.error


async def test_a_calendar_cannot_send_on_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAV_PASSWORD", "s3cret")
    with Receiver() as server:
        server.answers = lambda path, n: (307, {"Location": "/elsewhere/"}, b"")
        handler = server._server.RequestHandlerClass
        monkeypatch.setattr(handler, "do_REPORT", handler.do_GET, raising=False)  # type: ignore[attr-defined]
        result = await run(text(f"{server.url}/ann/work/"), wanted())
    assert isinstance(result, Refused)
    assert "redirects are not followed" in result.error
    assert [each["path"] for each in server.requests] == ["/ann/work/"]


@pytest.mark.parametrize("body", [b"", b"<html>", b"<a>" * 1000, b"x" * (9 << 20)])
async def test_an_answer_that_is_no_calendar_books_nothing(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAV_PASSWORD", "s3cret")
    with Receiver() as server:
        server.answers = lambda path, n: (207, {}, body)
        # http.server knows REPORT by this name.
        handler = server._server.RequestHandlerClass
        monkeypatch.setattr(handler, "do_REPORT", handler.do_GET, raising=False)  # type: ignore[attr-defined]
        result = await run(text(f"{server.url}/ann/work/"), wanted())
    assert isinstance(result, Later | Refused)
    assert "answer" in result.error
    assert [each["method"] for each in server.requests] == ["REPORT"]


@pytest.mark.parametrize("time", ["", "ten", "25:00", "10:00\nx"])
async def test_what_is_no_time_is_refused(calendar: Radicale, time: str) -> None:
    given = replace(wanted(), arguments={"date": "soon", "time": time, "name": ""})
    with pytest.raises(Unfilled, match="is no time such as"):
        await book(calendar, given)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("time_zone: Europe/Berlin", "time_zone: Berlin"), "expected a time zone such as Europe/Berlin"),
        (("hours: 09:00-12:00", "hours: 9 to 5"), "expected opening hours such as"),
        (("/ann/work/", "/ann/work"), "expected the URL of a calendar"),
        (("/ann/work/", "/{name}/"), "expected the URL of a calendar"),
        (("    summary", "    # summary"), "give `start` and `summary`"),
        (("http://127.0.0.1", "http://dav.example.com"), "dav.example.com is not listed"),
    ],
)
def test_a_calendar_that_is_set_up_wrongly_is_told(
    change: tuple[str, str], told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DAV_PASSWORD", "s3cret")
    with pytest.raises(InvalidFile) as raised:
        integrations(text("http://127.0.0.1/ann/work/").replace(*change), tmp_path)
    assert told in str(raised.value)
