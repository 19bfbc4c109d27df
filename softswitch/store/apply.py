"""What each event of a session does to the tables. Applying an event twice is the same as once."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from softswitch.news import (
    Announced,
    CallAnswered,
    CallFinished,
    CallStarted,
    RecordingChanged,
    SessionEvent,
    StateSaved,
    TurnFinished,
)
from softswitch.store import dialled
from softswitch.store.outbox import adding
from softswitch.store.people import entering
from softswitch.store.tables import callers, calls, turns

_OF_CALL = calls.c.call_id == sa.bindparam("of_call")
_KNOWN = sa.select(calls.c.call_id).where(_OF_CALL)
_SAVE = sa.update(calls).where(_OF_CALL)
_ANSWER = _SAVE.where(calls.c.answered_at.is_(None))
_FINISH = _SAVE.where(calls.c.ended_at.is_(None))
_PLAN = sa.select(calls.c.plan).where(_OF_CALL).scalar_subquery()


def _remember(insert: Any) -> Any:
    """The latest value holds, in whatever order nodes write."""
    new = insert.values(plan=_PLAN).excluded
    return insert.values(plan=_PLAN).on_conflict_do_update(
        index_elements=["plan", "number", "name"],
        set_={"value": new.value, "at": new.at},
        where=callers.c.at <= new.at,
    )


def _start(insert: Any) -> Any:
    """A call that we make and that nobody has answered yet may begin again, by another way."""
    ways = ("sip_call_id", "from_uri", "to_uri", "source", "trunk")
    return insert.on_conflict_do_update(
        index_elements=["call_id"],
        set_={name: insert.excluded[name] for name in ways},
        where=(calls.c.direction == "out") & calls.c.answered_at.is_(None) & calls.c.ended_at.is_(None),
    )


_INSERT: dict[str, dict[sa.Table, sa.Insert]] = {
    dialect: {
        calls: _start(insert(calls)),
        turns: insert(turns).on_conflict_do_nothing(index_elements=["call_id", "number"]),
        callers: _remember(insert(callers)),
    }
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


def apply(connection: sa.Connection, event: SessionEvent | Announced, node: str = "") -> None:
    """Write one event of `node` in the connection's transaction. A call's first answer and first end hold;
    what is only announced has its own place in the records, or none.

    Raises LookupError for an event of a call whose CallStarted was never recorded (for a turn it is
    sqlalchemy's IntegrityError).
    """
    match event:
        case CallStarted():
            _begin(connection, event, node)
        case CallAnswered():
            answered = {"answered_at": event.at, "codec": event.codec, "answered_by": event.answered_by}
            _update(connection, _ANSWER, event.call_id, answered)
            if event.answered_by:
                dialled.answered(connection, event.call_id, event.at)
        case StateSaved():
            _save(connection, event)
            if event.waits:
                entering.enter(connection, event, node)
            if event.leaves:
                entering.leave(connection, event.call_id, event.leaves, event.at)
        case TurnFinished():
            connection.execute(_INSERT[connection.dialect.name][turns], asdict(event))
        case CallFinished():
            _update(connection, _FINISH, event.call_id, _ending(event))
            dialled.ended(connection, event.call_id, event.at)
            entering.hung_up(connection, event.call_id, event.at)
        case RecordingChanged():
            _update(connection, _SAVE, event.call_id, {"recording": event.file, "recording_note": event.note})


def _begin(connection: sa.Connection, event: CallStarted, node: str) -> None:
    row = {name: value for name, value in asdict(event.info).items() if name != "signalled"}
    row |= {"plan": event.plan, "plan_version": event.plan_version, "route": event.route}
    row |= {"node": node, "attestation": event.attestation}
    connection.execute(_INSERT[connection.dialect.name][calls], row)
    if event.info.direction == "out":
        dialled.goes_by(connection, event.info.call_id, event.info.trunk)


def _save(connection: sa.Connection, event: StateSaved) -> None:
    """The state, and with it what was promised and what is to be remembered."""
    _update(connection, _SAVE, event.call_id, {"step": event.step, "state": event.state})
    adding.promise(connection, event)
    if event.remembered and event.caller:
        known = {"of_call": event.call_id, "number": event.caller, "at": event.at}
        connection.execute(
            _INSERT[connection.dialect.name][callers],
            [known | {"name": name, "value": value} for name, value in event.remembered],
        )


def _ending(event: CallFinished) -> dict[str, Any]:
    ended = event.ended
    return asdict(ended.quality) | {
        "ended_at": event.at,
        "cause": int(ended.cause),
        "sip_status": ended.sip_status,
        "ended_by": str(ended.ended_by),
        "reason": ended.reason,
        "step": event.step,
    }


def _update(connection: sa.Connection, statement: sa.Update, call_id: str, new: Mapping[str, Any]) -> None:
    if connection.execute(statement, {"of_call": call_id, **new}).rowcount:
        return
    if connection.execute(_KNOWN, {"of_call": call_id}).first() is None:
        raise LookupError(f"call {call_id} was never recorded as started")
