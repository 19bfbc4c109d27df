"""What is asked of the records: calls to take up again after a crash, and what the commands show."""

from collections import Counter
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from softswitch.errors import SoftswitchError
from softswitch.events import CallInfo, Hypothesis
from softswitch.news import TurnFinished
from softswitch.store.engine import transaction
from softswitch.store.tables import callers, calls, turns


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call that had not ended when it was last recorded, and what its session needs to go on."""

    info: CallInfo
    plan: str
    plan_version: str
    step: str
    state: str  # "" when no turn was finished yet
    next_turn: int
    answered_at: float | None
    codec: str


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call as recorded. What is not known yet is None or empty."""

    call_id: str
    sip_call_id: str
    from_uri: str
    to_uri: str
    source: str
    plan: str
    plan_version: str
    started_at: float
    answered_at: float | None
    ended_at: float | None
    codec: str
    cause: int | None
    sip_status: int | None
    ended_by: str
    reason: str
    step: str
    packets_received: int
    packets_lost: int
    packets_sent: int
    jitter_ms: float
    underruns: int
    trunk: str
    route: str
    direction: str
    answered_by: str
    attestation: str
    recording: str
    recording_note: str
    round_trip_ms: float
    mos: float
    turns: int


@dataclass(frozen=True, slots=True)
class CallHistory:
    call: CallRecord
    turns: tuple[TurnFinished, ...]


_LIVE = calls.c.ended_at.is_(None)
_TURNS = sa.select(sa.func.count()).where(turns.c.call_id == calls.c.call_id).scalar_subquery()
_LAST_TURN = (
    sa.select(sa.func.max(turns.c.number)).where(turns.c.call_id == calls.c.call_id).scalar_subquery()
)
_CALL = sa.select(
    *(calls.c[field.name] for field in fields(CallRecord) if field.name != "turns"), _TURNS.label("turns")
)
TURN = sa.select(*(turns.c[field.name] for field in fields(TurnFinished)))


_INFO = [field.name for field in fields(CallInfo) if field.name in calls.c]  # what was signalled is not kept


def live_calls(url: str, node: str = "") -> list[LiveCall]:
    """Every call of `node` without an end, oldest first."""
    query = sa.select(calls, _LAST_TURN.label("last_turn")).where(_LIVE, calls.c.node == node)
    with transaction(url) as connection:
        rows = connection.execute(query.order_by(calls.c.started_at)).mappings().all()
    return [
        LiveCall(
            info=CallInfo(**{name: row[name] for name in _INFO}),
            next_turn=(row["last_turn"] or 0) + 1,
            **{name: row[name] for name in ("plan", "plan_version", "step", "state", "answered_at", "codec")},
        )
        for row in rows
    ]


def list_calls(
    url: str, *, limit: int = 20, since: float | None = None, live: bool = False
) -> list[CallRecord]:
    """The latest calls, newest first; those that started at `since` (Unix seconds) or later; `live` only."""
    query = _CALL.order_by(calls.c.started_at.desc()).limit(limit)
    if since is not None:
        query = query.where(calls.c.started_at >= since)
    if live:
        query = query.where(_LIVE)
    with transaction(url) as connection:
        return [CallRecord(**row) for row in connection.execute(query).mappings()]


def show_call(url: str, prefix: str) -> CallHistory:
    """The one call whose id begins with `prefix`. Raises SoftswitchError when there is none, or several."""
    query = _CALL.where(calls.c.call_id.startswith(prefix.lower(), autoescape=True)).limit(2)
    with transaction(url) as connection:
        found = connection.execute(query).mappings().all()
        if not found:
            raise SoftswitchError(f"There is no call {prefix}: see softswitch calls list")
        if len(found) > 1:
            raise SoftswitchError(f"Several calls begin with {prefix}: give more of the id")
        call = CallRecord(**found[0])
        said = connection.execute(TURN.where(turns.c.call_id == call.call_id).order_by(turns.c.number))
        return CallHistory(call, tuple(map(turn_of, said.mappings())))


def turn_of(row: sa.RowMapping) -> TurnFinished:
    """Of a row of TURN."""
    fields_of: dict[str, Any] = {str(name): value for name, value in row.items() if name != "id"}
    others = tuple(Hypothesis(**each) for each in row["alternatives"] or ())
    return TurnFinished(**fields_of | {"path": tuple(row["path"] or ()), "alternatives": others})


def remembered(url: str, plan: str, number: str) -> dict[str, str]:
    """What the plan remembers of the caller with that number, by variable."""
    query = sa.select(callers.c.name, callers.c.value)
    with transaction(url) as connection:
        found = connection.execute(query.where(callers.c.plan == plan, callers.c.number == number))
        return dict(map(tuple, found))


def forget_callers(url: str, before: float) -> int:
    """Drop what was last written `before` (Unix seconds); how many values that were."""
    with transaction(url, writes=True) as connection:
        return connection.execute(sa.delete(callers).where(callers.c.at < before)).rowcount


def ways(url: str, plan: str, version: str = "", limit: int = 100_000) -> Counter[tuple[str, str]]:
    """How often callers of a plan (of one version, or of all) went from step to step, over the last turns."""
    query = (
        sa.select(turns.c.step, turns.c.path)
        .join(calls, calls.c.call_id == turns.c.call_id)
        .where(calls.c.plan == plan)
        .order_by(turns.c.id.desc())
        .limit(limit)
    )
    if version:
        query = query.where(calls.c.plan_version == version)
    counted: Counter[tuple[str, str]] = Counter()
    with transaction(url) as connection:
        for step, path in connection.execute(query):
            counted.update(pairwise([step, *(path or ())] if step else path or ()))
    return counted
