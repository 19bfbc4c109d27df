"""Kind `calendar`: finds free slots in a calendar, or books one, over CalDAV.

CalDAV has no request that writes an event only where nothing stands. So it is looked before and after: who
finds another one after writing takes his own back and tries again later. Of two who write at the same time
at least one looks after both have written, so the slot is never two people's. The event is named by the
idempotency key and written only if it is not there: another attempt makes no second one.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from softswitch.actions.action import Action, Done, Later, Refused, Result
from softswitch.actions.addresses import Allowed
from softswitch.actions.kinds.calendar import Calendar as Settings
from softswitch.actions.slots import Busy, in_zone, taken
from softswitch.actions.templates import Template, Unfilled, values_of
from softswitch.app.acting import caldav, web
from softswitch.app.acting.caldav import Collection, Standing
from softswitch.app.acting.registry import Means
from softswitch.app.acting.saying import one_line
from softswitch.app.acting.tokens import basic

LOOK_BACK = timedelta(days=3)
YEARS = range(2000, 2200)
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Calendar:
    def __init__(self, means: Means) -> None:
        self._secrets = means.integrations.secrets
        self._session = web.open_session(Allowed(means.integrations.file.hosts))

    async def run(self, action: Action, settings: Settings) -> Result:
        try:
            if settings.operation == "find":
                return await self._find(action, settings)
            return await self._book(action, settings)
        except caldav.Unsuccessful as error:
            return error.result
        except web.FAILURES as error:
            return web.failed(error, settings.timeout)

    async def close(self) -> None:
        await self._session.close()

    async def _find(self, action: Action, settings: Settings) -> Result:
        asked = _moment(settings.start, action, settings) if settings.start else None
        earliest = max(asked or _soonest(settings), _soonest(settings))
        standing = await self._standing(settings, earliest)
        return Done(_told(settings, [each.busy for each in standing], earliest))

    async def _book(self, action: Action, settings: Settings) -> Result:
        assert settings.start and settings.summary
        begin = _moment(settings.start, action, settings)
        slot = begin, begin + timedelta(seconds=settings.length)
        mine = f"{action.idempotency_key}@softswitch"
        earliest = max(begin, _soonest(settings))
        calendar, name = self._collection(settings), f"{action.idempotency_key}.ics"
        standing = await self._standing(settings, earliest, begin)
        others = [each.busy for each in standing if each.uid != mine]
        is_booked = any(each.uid == mine and each.busy == slot for each in standing)
        if is_booked and not taken(others, *slot):
            return Done({"uid": mine, **_named("", begin, settings)})
        if why := _why_not(settings, others, slot):
            if is_booked:
                await calendar.remove(name)
            told = _told(settings, others, earliest) | {"why": why}
            return Refused(f"the slot {_local(begin, settings)} is {why}", told)
        # Where it is there though it was not seen, somebody has moved it since it was booked.
        is_new = await calendar.add(name, _event(mine, slot, action, settings))
        if is_new and await self._lost(calendar, settings, slot, mine):
            await calendar.remove(name)
            return Later("the slot was taken at the same moment")
        return Done({"uid": mine, **_named("", begin, settings)})

    async def _lost(self, calendar: Collection, settings: Settings, slot: Busy, mine: str) -> bool:
        """Whether another one was written meanwhile."""
        standing = await calendar.between(*slot, settings.diary.zone)
        return any(each.uid != mine for each in standing)

    async def _standing(
        self, settings: Settings, earliest: datetime, also: datetime | None = None
    ) -> list[Standing]:
        """From a time on, or an earlier one of these days, for as many days as are looked through."""
        first = max(min(earliest, also or earliest), datetime.now(UTC) - LOOK_BACK)
        last = earliest + timedelta(days=settings.days, seconds=settings.length)
        return await self._collection(settings).between(first, last, settings.diary.zone)

    def _collection(self, settings: Settings) -> Collection:
        headers = {}
        if settings.basic:
            user = settings.basic.user.fill({}, self._secrets)
            headers["Authorization"] = basic(user, settings.basic.password.fill({}, self._secrets))
        return Collection(self._session, settings.url.fill({}, {}), headers, settings.timeout)


def _why_not(settings: Settings, others: Sequence[Busy], slot: Busy) -> str:
    """Why a slot cannot be booked; nothing when it can."""
    if slot[0] < _soonest(settings):
        return "past"
    if not settings.diary.is_open(slot[0]):
        return "closed"
    return "taken" if taken(others, *slot) else ""


def _soonest(settings: Settings) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=settings.notice)


def _moment(template: Template, action: Action, settings: Settings) -> datetime:
    """A time in UTC. Raises Unfilled for what is none."""
    text = template.fill(values_of(action), {}).strip()
    try:
        moment = datetime.fromisoformat(text)
        if moment.year not in YEARS:
            raise ValueError(text)
    except ValueError:
        raise Unfilled(f"'{one_line(text)[:50]}' is no time such as 2026-11-24 09:30") from None
    return in_zone(moment, settings.diary.zone) if moment.tzinfo is None else moment.astimezone(UTC)


def _event(uid: str, slot: Busy, action: Action, settings: Settings) -> bytes:
    values = values_of(action)
    given = {"summary": settings.summary, "description": settings.description}
    texts = {name: CONTROLS.sub(" ", text.fill(values, {})) for name, text in given.items() if text}
    return caldav.event(uid, slot, datetime.fromtimestamp(action.promised_at, UTC), texts)


def _told(settings: Settings, busy: Sequence[Busy], earliest: datetime) -> dict[str, str]:
    """The next free slots, each as one time and as date and time of day; `free` is how many there are."""
    latest = earliest + timedelta(days=settings.days)
    found = settings.diary.free(busy, earliest, latest, settings.most)
    told = {"free": str(len(found))}
    for number, begin in enumerate(found, 1):
        told |= _named(f"free_{number}", begin, settings)
    return told


def _named(name: str, moment: datetime, settings: Settings) -> dict[str, str]:
    local = _local(moment, settings)
    day, _, clock = local.partition("T")
    begin = f"{name}_" if name else ""
    return {name or "start": local, f"{begin}date": day, f"{begin}time": clock}


def _local(moment: datetime, settings: Settings) -> str:
    """As dialplans write dates and times."""
    return moment.astimezone(settings.diary.zone).strftime("%Y-%m-%dT%H:%M")
