"""A caller begins to wait, or chooses to wait no longer: written down with the turn in which he does."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from softswitch.news import StateSaved
from softswitch.store.leases import now_of
from softswitch.store.people.tables import UNENDED, waiting
from softswitch.store.tables import calls
from softswitch.waiting import Enqueue, LeaveQueue

_CALL = sa.bindparam("of_call", type_=sa.String)
_AT = sa.bindparam("at", type_=sa.Double)
_PLAN = sa.func.coalesce(sa.select(calls.c.plan).where(calls.c.call_id == _CALL).scalar_subquery(), "")
_GIVEN = ("queue", "priority", "skills", "reason", "since", "node")
_NEW = {name: sa.bindparam(f"new_{name}", type_=waiting.c[name].type) for name in _GIVEN}
_KNOWN = sa.select(1).select_from(waiting.alias()).where(sa.text("call_id = :of_call AND entered_at = :at"))
_TALKED = (
    sa.update(waiting)
    .where(waiting.c.call_id == _CALL, UNENDED, waiting.c.state == "talking")
    .values(state="served", ended_at=_AT, holder="")
)


def _enter(insert: Any) -> Any:
    """One who waits already keeps his place, and what rings for him rings on."""
    columns = ["call_id", "entered_at", "plan", *_GIVEN]
    row = sa.select(_CALL, _AT, _PLAN, *_NEW.values()).where(~sa.exists(_KNOWN))
    given = insert.from_select(columns, row)
    new = given.excluded
    rings = (waiting.c.state == "offered") & (waiting.c.node == new.node)
    same = {name: new[name] for name in ("entered_at", "queue", "priority", "skills", "reason", "node")}
    return given.on_conflict_do_update(
        index_elements=["call_id"],
        index_where=UNENDED,
        set_=same
        | {
            "since": sa.case((new.since < waiting.c.since, new.since), else_=waiting.c.since),
            "state": sa.case((rings, "offered"), else_="waiting"),
            "holder": sa.case((rings, waiting.c.holder), else_=""),
            "due_at": None,
        },
    )


_ENTER: dict[str, Any] = {
    "sqlite": _enter(sqlite.insert(waiting)),
    "postgresql": _enter(postgresql.insert(waiting)),
}


STILL_UP_S = 600.0
"""A caller who keeps his place is not called while he is on the line: not before his call has ended, or so
much later, where nobody has written down its end.
"""
HANG_UP_S = 2.0


def enter(connection: sa.Connection, event: StateSaved, node: str) -> None:
    """Write down that the call waits as `event.waits` says, unless that is so already."""
    assert event.waits
    put(connection, event.call_id, event.waits, event.at, node)


def put(connection: sa.Connection, call_id: str, order: Enqueue, at: float, node: str) -> None:
    """The same without a turn: the talk that he has, if any, is over."""
    key = {"of_call": call_id, "at": at}
    connection.execute(_TALKED, key)
    new = {
        "queue": order.queue,
        "priority": order.priority,
        "skills": list(order.skills),
        "reason": order.reason,
        "since": order.since or at,
        "node": node,
    }
    connection.execute(
        _ENTER[connection.dialect.name], key | {f"new_{name}": value for name, value in new.items()}
    )


def leave(connection: sa.Connection, call_id: str, order: LeaveQueue, at: float) -> None:
    """He waits no longer, or keeps his place to be called back; also one who was told that nobody comes, and
    chose so before he had heard it, or who was found to be gone before this was written down.
    """
    latest = sa.select(sa.func.max(waiting.c.id)).where(waiting.c.call_id == call_id).scalar_subquery()
    his = sa.update(waiting).where(
        waiting.c.id == latest, waiting.c.state.in_(("waiting", "offered", "over", "abandoned"))
    )
    if order.how != "call_back":
        connection.execute(his.values(state=order.how, ended_at=at, holder=""))
        return
    now = connection.scalar(sa.select(now_of(connection.dialect.name))) or at
    # A node's clock that is behind must not have him called while he is on the line.
    kept = {"state": "call_back", "holder": "", "ended_at": None, "due_at": max(at, now) + STILL_UP_S}
    number = order.number or waiting.c.number
    connection.execute(his.values(**kept, back_since=at, number=number))


def hung_up(connection: sa.Connection, call_id: str, at: float) -> None:
    """The call has ended: from here on he can be called back."""
    later = sa.update(waiting).where(waiting.c.call_id == call_id, UNENDED, waiting.c.state == "call_back")
    connection.execute(later.where(waiting.c.due_at > at + HANG_UP_S).values(due_at=at + HANG_UP_S))
