"""What was dialled, counted against caps across all nodes of a database; the holds of those that tripped."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from softswitch.store.engine import transaction
from softswitch.store.tables import dialled, holds
from softswitch.trunks import guarding
from softswitch.trunks.guarding import Cap
from softswitch.values import DAY

KEEP_S = 2 * DAY
"""No cap looks farther back."""
_LOCK = 0x647573
"""PostgreSQL's advisory lock under which calls are admitted one after the other."""

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing is dialled while it is there; with a number as `scope`, not that number."""

    scope: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Usage:
    """`used` of a cap in the window up to now: calls or seconds; of the `number` that has most of them."""

    cap: Cap
    used: float
    number: str = ""


def admit(
    url: str, call_id: str, number: str, trunk: str, node: str, caps: Sequence[Cap], clock: Clock = time.time
) -> Hold | None:
    """Write down that `number` is dialled now, unless a hold is there or a cap trips: that hold then.

    Counting and writing are one step for all nodes of the database, so that no two of them pass one cap.
    Raises SoftswitchError when the database is away: what cannot be counted is not dialled.
    """
    with _alone(url) as connection:
        now = clock()
        if standing := _standing(connection, number):
            return standing
        if cap := guarding.tripped([(cap, _used(connection, cap, number, now)) for cap in caps]):
            hold = _hold(cap, number, now)
            _put(connection, hold)
            return hold
        row = {"call_id": call_id, "number": number, "trunk": trunk, "node": node, "at": now}
        connection.execute(sa.insert(dialled), row)
    return None


def trip(url: str, caps: Sequence[Cap], clock: Clock = time.time) -> list[Hold]:
    """All holds that are there; new ones for caps on minutes that calls have reached which are still up. Of a
    cap for each number `admit` takes care, when that number is dialled again.
    """
    holds, minutes = standing(url), [cap for cap in caps if cap.counts == "seconds" and not cap.each]
    open_ = [cap for cap in minutes if all(hold.scope != cap.scope("") for hold in holds)]
    if not any(guarding.tripped([(each.cap, each.used)]) for each in usage(url, open_, clock)):
        return holds
    with _alone(url) as connection:
        now = clock()
        for cap in open_:
            if guarding.tripped([(cap, _used(connection, cap, "", now))]):
                _put(connection, _hold(cap, "", now))
    return standing(url)


def close_orphans(url: str, node: str, live_call_ids: Collection[str], at: float) -> int:
    """Close what a process of `node` left open when it died, but for calls that are still up, and those that
    were dialled after `at` (Unix seconds), which is written down as the others' end; how many.
    """
    before = (dialled.c.node == node, dialled.c.ended_at.is_(None), dialled.c.at <= at)
    open_ = sa.select(dialled.c.call_id).where(*before)
    with transaction(url, writes=True) as connection:
        orphans = [call_id for call_id in connection.scalars(open_) if call_id not in live_call_ids]
        close = sa.update(dialled).where(dialled.c.call_id == sa.bindparam("of_call"), *before)
        if orphans:
            connection.execute(close.values(ended_at=at), [{"of_call": call_id} for call_id in orphans])
    return len(orphans)


def prune(url: str, before: float) -> int:
    """Drop calls that ended, and holds that were released, `before` (Unix seconds); how many of both."""
    with transaction(url, writes=True) as connection:
        gone = connection.execute(sa.delete(dialled).where(dialled.c.ended_at < before)).rowcount
        return gone + connection.execute(sa.delete(holds).where(holds.c.released_at < before)).rowcount


# --- with a call's records, in their transaction ---------------------------------------------------------


def goes_by(connection: sa.Connection, call_id: str, trunk: str) -> None:
    connection.execute(sa.update(dialled).where(dialled.c.call_id == call_id).values(trunk=trunk))


def answered(connection: sa.Connection, call_id: str, at: float) -> None:
    """Its minutes count from here. A first answer holds."""
    _set(connection, call_id, dialled.c.answered_at, at)


def ended(connection: sa.Connection, call_id: str, at: float) -> None:
    """Any call may be told; nothing comes of those that were not dialled. A first end holds."""
    _set(connection, call_id, dialled.c.ended_at, at)


def note(url: str, call_id: str, *, answered_at: float = 0.0, ended_at: float = 0.0) -> None:
    """The same of a call without records of its own."""
    with transaction(url, writes=True) as connection:
        if answered_at:
            answered(connection, call_id, answered_at)
        if ended_at:
            ended(connection, call_id, ended_at)


def _set(connection: sa.Connection, call_id: str, column: sa.Column[float], at: float) -> None:
    of_call = sa.update(dialled).where(dialled.c.call_id == call_id, column.is_(None))
    connection.execute(of_call.values({column: at}))


# --- what a person asks --------------------------------------------------------------------------------


def standing(url: str) -> list[Hold]:
    """All holds that are there, the oldest first."""
    with transaction(url) as connection:
        found = connection.execute(_HOLDS.order_by(holds.c.at))
        return [Hold(*row) for row in found]


def release(url: str, scope: str = "", clock: Clock = time.time) -> list[str]:
    """Lift the hold of that scope, or all of them; the scopes lifted. Their caps count from now on."""
    wanted = [_HELD, *([holds.c.scope == scope] if scope else [])]
    with _alone(url) as connection:
        found = list(connection.scalars(sa.select(holds.c.scope).where(*wanted).order_by(holds.c.at)))
        connection.execute(sa.update(holds).where(*wanted).values(released_at=clock()))
    return found


def usage(url: str, caps: Sequence[Cap], clock: Clock = time.time) -> list[Usage]:
    """What is used of every cap; of a cap of each number, by the number that has used most."""
    with transaction(url) as connection:
        now = clock()
        return [_usage(connection, cap, now) for cap in caps]


# --- counting ------------------------------------------------------------------------------------------

_HELD = holds.c.released_at.is_(None)
_HOLDS = sa.select(holds.c.scope, holds.c.reason, holds.c.at).where(_HELD)


@contextmanager
def _alone(url: str) -> Iterator[sa.Connection]:
    """A transaction in which nobody else counts. SQLite's takes the write lock when it begins."""
    with transaction(url, writes=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        yield connection


def _standing(connection: sa.Connection, number: str) -> Hold | None:
    """A hold for everything, or for this number."""
    of_all = ~holds.c.scope.startswith("+", autoescape=True)
    row = connection.execute(_HOLDS.where(of_all | (holds.c.scope == number)).order_by(holds.c.at)).first()
    return Hold(*row) if row else None


def _used(connection: sa.Connection, cap: Cap, number: str, now: float) -> float:
    released = sa.select(holds.c.released_at).where(holds.c.scope == cap.scope(number))
    since = max(now - cap.window, connection.scalar(released) or 0.0)
    of_number = [dialled.c.number == number] if cap.each else []
    if cap.counts == "calls":
        calls = sa.select(sa.func.count()).where(dialled.c.at > since, *of_number)
        return float(connection.scalar(calls) or 0)
    return float(connection.scalar(_seconds(since, now).where(*of_number)) or 0)


def _seconds(since: float, now: float) -> sa.Select[tuple[float]]:
    """How long calls lasted between the two, added up; a call that is still up has lasted until now."""
    end = sa.func.coalesce(dialled.c.ended_at, now)
    begin = sa.case((dialled.c.answered_at > since, dialled.c.answered_at), else_=since)
    return sa.select(sa.func.sum(end - begin)).where(dialled.c.answered_at.is_not(None), end > begin)


def _usage(connection: sa.Connection, cap: Cap, now: float) -> Usage:
    if not cap.each:
        return Usage(cap, _used(connection, cap, "", now))
    numbers = sa.select(dialled.c.number).where(dialled.c.at > now - cap.window).distinct()
    used = [(number, _used(connection, cap, number, now)) for number in connection.scalars(numbers).all()]
    number, most = max(used, key=lambda each: each[1], default=("", 0.0))
    return Usage(cap, most, number)


def _hold(cap: Cap, number: str, now: float) -> Hold:
    return Hold(cap.scope(number), f"the cap of {cap.told()} is reached", now)


def _put(connection: sa.Connection, hold: Hold) -> None:
    """Nobody else counts, so nobody else writes this hold."""
    new = {"reason": hold.reason, "at": hold.at, "released_at": None}
    if not connection.execute(sa.update(holds).where(holds.c.scope == hold.scope).values(new)).rowcount:
        connection.execute(sa.insert(holds), {"scope": hold.scope, **new})
