"""What each event of a session does to the tables. Applying an event twice is the same as once."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from softswitch.events import (
    CallAnswered,
    CallFinished,
    CallStarted,
    SessionEvent,
    StateSaved,
    TurnFinished,
)
from softswitch.store.tables import calls, turns

_OF_CALL = calls.c.call_id == sa.bindparam("of_call")
_KNOWN = sa.select(calls.c.call_id).where(_OF_CALL)
_SAVE = sa.update(calls).where(_OF_CALL)
_ANSWER = _SAVE.where(calls.c.answered_at.is_(None))
_FINISH = _SAVE.where(calls.c.ended_at.is_(None))
_INSERT: dict[str, dict[sa.Table, sa.Insert]] = {
    "sqlite": {
        calls: sqlite.insert(calls).on_conflict_do_nothing(index_elements=["call_id"]),
        turns: sqlite.insert(turns).on_conflict_do_nothing(index_elements=["call_id", "number"]),
    },
    "postgresql": {
        calls: postgresql.insert(calls).on_conflict_do_nothing(index_elements=["call_id"]),
        turns: postgresql.insert(turns).on_conflict_do_nothing(index_elements=["call_id", "number"]),
    },
}


def apply(connection: sa.Connection, event: SessionEvent, node: str = "") -> None:
    """Write one event of `node` in the connection's transaction. A call's first answer and first end hold.

    Raises LookupError for an event of a call whose CallStarted was never recorded (for a turn it is
    sqlalchemy's IntegrityError).
    """
    match event:
        case CallStarted(info=info):
            plan = {"plan": event.plan, "plan_version": event.plan_version, "node": node}
            connection.execute(_INSERT[connection.dialect.name][calls], asdict(info) | plan)
        case CallAnswered():
            _update(connection, _ANSWER, event.call_id, {"answered_at": event.at, "codec": event.codec})
        case StateSaved():
            _update(connection, _SAVE, event.call_id, {"step": event.step, "state": event.state})
        case TurnFinished():
            connection.execute(_INSERT[connection.dialect.name][turns], asdict(event))
        case CallFinished():
            _update(connection, _FINISH, event.call_id, _ending(event))


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
