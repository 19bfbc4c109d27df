"""The three requests of CalDAV (RFC 4791) that booking a slot takes, and what stands in a calendar.

Events that repeat are worked out here: not every server does that.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from yarl import URL

from softswitch.actions.action import Later, Refused
from softswitch.actions.slots import Busy, in_zone
from softswitch.app.acting import web

MOST_BYTES = 8 << 20
"""Of a calendar's answer: some ten thousand events."""
UTC_FORMAT = "%Y%m%dT%H%M%SZ"
DATA = "{urn:ietf:params:xml:ns:caldav}calendar-data"
QUERY = """<?xml version="1.0" encoding="utf-8"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
  <D:prop><C:calendar-data/></D:prop>
  <C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">
    <C:time-range start="{begin}" end="{end}"/>
  </C:comp-filter></C:comp-filter></C:filter>
</C:calendar-query>"""


class Unsuccessful(Exception):
    """The calendar answered otherwise than it should; `result` is what that means for the action."""

    def __init__(self, result: Later | Refused) -> None:
        super().__init__(result.error)
        self.result = result


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in a calendar between two times."""

    uid: str
    busy: Busy


@dataclass(frozen=True, slots=True)
class Collection:
    """A calendar. Its methods raise Unsuccessful, or one of web.FAILURES."""

    session: web.Session
    url: str
    headers: Mapping[str, str]
    seconds: float

    async def between(self, begin: datetime, end: datetime, zone: ZoneInfo) -> list[Standing]:
        """What takes up time; `zone` is where events are that do not say."""
        query = QUERY.format(begin=begin.strftime(UTC_FORMAT), end=end.strftime(UTC_FORMAT))
        headers = {"Depth": "1", "Content-Type": 'application/xml; charset="utf-8"'}
        async with self._ask("REPORT", "", headers, query.encode()) as answer:
            if answer.status != 207:
                raise Unsuccessful(web.unsuccessful(answer))
            body = await web.read(answer, MOST_BYTES)
        if body is None:
            raise Unsuccessful(Refused(f"the calendar's answer is longer than {MOST_BYTES >> 20} MB"))
        return await asyncio.to_thread(_standing, body, begin, end, zone)

    async def add(self, name: str, event: bytes) -> bool:
        """Write an event; whether it was not there before. It does not change one that is."""
        headers = {"If-None-Match": "*", "Content-Type": 'text/calendar; charset="utf-8"'}
        async with self._ask("PUT", name, headers, event) as answer:
            if answer.status == 412:
                return False
            if not 200 <= answer.status < 300:
                raise Unsuccessful(web.unsuccessful(answer))
            return True

    async def remove(self, name: str) -> None:
        """Take an event out, if it is there."""
        async with self._ask("DELETE", name, {}, None) as answer:
            if not 200 <= answer.status < 300 and answer.status != 404:
                raise Unsuccessful(web.unsuccessful(answer))

    def _ask(self, method: str, name: str, headers: Mapping[str, str], body: bytes | None) -> Any:
        return self.session.request(
            method,
            URL(self.url + name, encoded=True),
            headers={**self.headers, **headers},
            data=body,
            allow_redirects=False,
            timeout=web.within(self.seconds),
        )


def _standing(body: bytes, begin: datetime, end: datetime, zone: ZoneInfo) -> list[Standing]:
    """Raises Unsuccessful for what is no calendar."""
    try:
        # An answer that swells is stopped by expat (CVE-2013-0340), a long one before it comes here.
        texts = [each.text or "" for each in ElementTree.fromstring(body).iter(DATA)]
        return [standing for text in texts for standing in _of_calendar(text, begin, end, zone)]
    except (ElementTree.ParseError, ValueError, KeyError, IndexError) as error:
        raise Unsuccessful(Later(f"the calendar's answer cannot be read: {type(error).__name__}")) from None


def _of_calendar(text: str, begin: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Standing]:
    calendar = icalendar.Calendar.from_ical(text)
    # The library looks at wall clocks where an event says no zone: a day more on both sides has them all.
    wider = begin - timedelta(days=1), end + timedelta(days=1)
    for event in recurring_ical_events.of(calendar).between(*wider):
        if event.get("TRANSP") == "TRANSPARENT" or event.get("STATUS") == "CANCELLED":
            continue
        first, last = _utc(event.start, zone), _utc(event.end, zone)
        if first < end and begin < last:
            yield Standing(str(event.get("UID", "")), (first, last))


def _utc(moment: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    return in_zone(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)


def event(uid: str, busy: Busy, stamp: datetime, texts: Mapping[str, str]) -> bytes:
    """An event as it is written, `texts` by their names in RFC 5545."""
    inner = icalendar.Event()
    for name, value in (("uid", uid), ("dtstamp", stamp), ("dtstart", busy[0]), ("dtend", busy[1])):
        inner.add(name, value)
    for name, text in texts.items():
        inner.add(name, text)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//softswitch//EN")
    calendar.add("version", "2.0")
    calendar.add_component(inner)
    return bytes(calendar.to_ical())
