"""What people and metrics ask of the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import sqlalchemy as sa

from softswitch.errors import SoftswitchError
from softswitch.store.engine import transaction
from softswitch.store.outbox.tables import ORDERED, actions

STATES = ("queued", "running", "failed", "done", "dead", "cancelled")
UNFINISHED = ("queued", "running", "failed")
COUNTED = 10_000
"""Metrics count no further, so that no scrape costs more than a few milliseconds."""
FIRST = 1000
"""Among so many of those that were promised first the oldest is looked for that is due."""
TAIL_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """An action as it stands. Times are Unix seconds; None where that did not happen."""

    id: int
    state: str
    name: str
    kind: str
    call_id: str | None
    plan: str
    key: str
    arguments: dict[str, str]
    order_key: str
    blocked: bool
    promised_at: float
    attempts: int
    run_at: float
    failed_at: float | None
    finished_at: float | None
    leased_by: str
    error: str
    result: dict[str, Any] | None
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class Counts:
    """`states` counts up to COUNTED each; `oldest_s` is the age of the oldest promise not yet begun."""

    states: dict[str, int]
    oldest_s: float


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for; what is not given does not matter."""

    states: Sequence[str] = ()
    name: str = ""
    call: str = ""
    order_key: str = ""
    before: float | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        wanted: list[sa.ColumnElement[bool]] = []
        if self.states:
            wanted.append(actions.c.state.in_(self.states))
        if self.name:
            wanted.append(actions.c.name == self.name)
        if self.call:
            wanted.append(actions.c.call_id.startswith(self.call.lower(), autoescape=True))
        if self.order_key:
            wanted.append(actions.c.order_key == self.order_key)
        if self.before is not None:
            # What is finished counts from its end, anything else from its promise.
            wanted.append(sa.func.coalesce(actions.c.finished_at, actions.c.promised_at) < self.before)
        return wanted


_ENTRY = sa.select(*(actions.c[field.name] for field in fields(Entry)))


def listed(url: str, wanted: Filter, limit: int) -> list[Entry]:
    """The newest that fit, newest first."""
    with transaction(url) as connection:
        return newest(connection, wanted, limit)


def newest(connection: sa.Connection, wanted: Filter, limit: int) -> list[Entry]:
    """The same within a transaction. One state at a time: the index is by state, and then by number."""
    found: list[Entry] = []
    others = replace(wanted, states=()).conditions()
    for state in wanted.states or ("",):
        query = _ENTRY.where(*others, *_in_state(state, wanted.order_key))
        rows = connection.execute(query.order_by(actions.c.id.desc()).limit(limit)).mappings()
        found += map(_entry, rows)
    return sorted(found, key=lambda entry: -entry.id)[:limit]


def _in_state(state: str, order_key: str) -> list[sa.ColumnElement[bool] | sa.TextClause]:
    """Those of a key that are not finished have an index of their own. CASE keeps SQLite from going through
    all others that are in this state.
    """
    if not state:
        return []
    wanted = actions.c.state == state
    return [ORDERED, sa.case((wanted, sa.true()))] if order_key and state in UNFINISHED else [wanted]


def show(url: str, number: int) -> Entry:
    """Raises SoftswitchError when there is none with that number."""
    with transaction(url) as connection:
        row = connection.execute(_ENTRY.where(actions.c.id == number)).mappings().one_or_none()
    if row is None:
        raise SoftswitchError(f"there is no action {number}: see softswitch queue list")
    return _entry(row)


class Standing(NamedTuple):
    """What has come of one action so far."""

    idempotency_key: str
    state: str
    name: str
    result: dict[str, Any] | None


_STANDING = sa.select(*(actions.c[name] for name in Standing._fields))


def standing(connection: sa.Connection, keys: Sequence[str]) -> list[Standing]:
    """Of those with these idempotency keys that are written down."""
    return [
        Standing(*row) for row in connection.execute(_STANDING.where(actions.c.idempotency_key.in_(keys)))
    ]


def tail(url: str, after: int) -> list[Entry]:
    """Those that were promised after the one with that number, oldest first, TAIL_LIMIT at most."""
    query = _ENTRY.where(actions.c.id > after).order_by(actions.c.id).limit(TAIL_LIMIT)
    with transaction(url) as connection:
        return [_entry(row) for row in connection.execute(query).mappings()]


def numbered(url: str, numbers: Sequence[int]) -> list[Entry]:
    """Those with these numbers that are still there."""
    query = _ENTRY.where(actions.c.id.in_(numbers)).order_by(actions.c.id)
    with transaction(url) as connection:
        return [_entry(row) for row in connection.execute(query).mappings()]


def by_name(url: str) -> dict[str, dict[str, int]]:
    """How many actions of each name are in each state."""
    grouped = sa.select(actions.c.name, actions.c.state, sa.func.count()).group_by(
        actions.c.name, actions.c.state
    )
    counted: dict[str, dict[str, int]] = {}
    with transaction(url) as connection:
        for name, state, number in connection.execute(grouped):
            counted.setdefault(name, {})[state] = number
    return counted


def count(connection: sa.Connection, now: sa.ColumnElement[float]) -> Counts:
    """For metrics: what is finished well is not counted, since it only ever grows."""
    states = ("queued", "running", "failed", "dead")
    up_to = [
        sa.select(sa.literal(state), sa.func.count()).select_from(
            sa.select(1).where(actions.c.state == state).order_by(actions.c.id).limit(COUNTED).subquery()
        )
        for state in states
    ]
    counted = {row[0]: row[1] for row in connection.execute(sa.union_all(*up_to))}
    since = sa.case((actions.c.run_at > actions.c.promised_at, actions.c.run_at), else_=actions.c.promised_at)
    queued = sa.select(since.label("since")).where(actions.c.state == "queued").order_by(actions.c.id)
    first = queued.limit(FIRST).subquery()
    oldest = connection.execute(sa.select(now - sa.func.min(first.c.since))).scalar()
    return Counts(counted, max(0.0, oldest or 0.0))


def _entry(row: sa.RowMapping) -> Entry:
    return Entry(**{str(name): value for name, value in row.items()})
