"""What workers do to the outbox, each function within the caller's transaction: claim in batches, finish in
batches, and take over what a dead worker left. Who is dead is told by softswitch.store.leases: what such a
worker still tells of its actions does not count any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from softswitch.actions.action import Action
from softswitch.store import leases
from softswitch.store.leases import Beat, Now
from softswitch.store.outbox import ordering
from softswitch.store.outbox.tables import FAILED, RUNNING, WAITING, actions
from softswitch.store.tables import workers

REBASED_AT_ONCE = 500
SLACK_S = 1.0
"""A failure that lies farther in the future than this is of a clock that has gone back since."""
TAKEN_OVER = "the worker that did it died; nobody knows how far it came"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt. `failed`: to be tried again in `wait_s` seconds."""

    action: Action
    state: Literal["done", "failed", "dead"]
    kind: str = ""
    error: str = ""
    result: Mapping[str, Any] | None = None
    wait_s: float = 0.0
    counts: bool = True
    """Whether it was an attempt at all."""


_ME: sa.BindParameter[str] = sa.bindparam("me")
_ID: sa.BindParameter[int] = sa.bindparam("of_id")
_CLAIMED = tuple(
    actions.c[name]
    for name in (
        *("id", "name", "arguments", "idempotency_key", "promised_at", "attempts"),
        *("call_id", "plan", "order_key", "run_at"),
    )
)
_MINE = sa.update(actions).where(
    actions.c.id == _ID,
    # Who has a holder is running. Were that said here, PostgreSQL would search all that this holder has.
    actions.c.leased_by == _ME,
    # Taken away and claimed again by the same process, it is another attempt.
    actions.c.attempts == sa.bindparam("attempt"),
)


def due(connection: sa.Connection, names: Sequence[str], now: Now) -> list[str]:
    """Those of the names for which something can be claimed now."""
    if not names:
        return []
    # The least of an index is found at once; asked whether there is any, PostgreSQL may read the whole table.
    first = sa.select(sa.func.min(actions.c.run_at)).where(WAITING)
    waiting = (
        sa.select(sa.literal(name)).where(first.where(actions.c.name == name).scalar_subquery() <= now)
        for name in names
    )
    return list(connection.scalars(sa.union_all(*waiting)))


def claim(connection: sa.Connection, holder: str, name: str, limit: int, now: Now) -> list[Action]:
    """Take the next actions of one name, those due longest first; two workers never get the same one."""
    ready = sa.select(actions.c.id).where(WAITING, actions.c.name == name, actions.c.run_at <= now)
    return _take(connection, holder, ready.order_by(actions.c.run_at, actions.c.id).limit(limit))


def claim_keys(connection: sa.Connection, holder: str, keys: Sequence[str], now: Now) -> list[Action]:
    """Take those with these idempotency keys that are due, before any others."""
    # Said with CASE, so that SQLite goes by the keys and not through all that wait.
    since = sa.case((WAITING, actions.c.run_at))
    return _take(
        connection,
        holder,
        sa.select(actions.c.id).where(actions.c.idempotency_key.in_(keys), since <= now),
    )


def _take(connection: sa.Connection, holder: str, ready: sa.Select[tuple[int]]) -> list[Action]:
    known = sa.exists(sa.select(1).where(workers.c.holder == holder))
    picked = ready.where(known)
    # A common table expression that locks is run once; a subquery might be run again, and lock more.
    chosen = picked.with_for_update(skip_locked=True, of=actions).cte("picked")
    take = (
        sa.update(actions)
        .where(actions.c.id.in_(sa.select(chosen.c.id)))
        .values(state="running", leased_by=holder, attempts=actions.c.attempts + 1, failed_at=None)
        .returning(*_CLAIMED)
    )
    rows = connection.execute(take).mappings().all()
    return [_action(row) for row in sorted(rows, key=lambda row: (row["run_at"], row["id"]))]


@dataclass(frozen=True, slots=True)
class Finished:
    """`lost` attempts were taken away from the worker meanwhile; `over` are done or dead from now on."""

    lost: int
    over: Sequence[Outcome]


def finish(connection: sa.Connection, holder: str, outcomes: Sequence[Outcome], now: Now) -> Finished:
    """Write down what became of attempts."""
    over = [each for each in outcomes if each.state != "failed"]
    ordering.lock(connection, (each.action.order_key for each in over))
    told = _MINE.values(
        state=sa.bindparam("new_state"),
        leased_by="",
        kind=sa.bindparam("new_kind"),
        error=sa.bindparam("new_error"),
    )
    end = told.values(finished_at=now, result=sa.bindparam("new_result", type_=actions.c.result.type))
    again = told.values(
        failed_at=now,
        run_at=now + sa.bindparam("wait_s", type_=sa.Double),
        attempts=actions.c.attempts - sa.bindparam("uncounted", type_=sa.Integer),
    )
    written = _execute(connection, end, [_end(holder, each) for each in over])
    written += _execute(
        connection, again, [_again(holder, each) for each in outcomes if each.state == "failed"]
    )
    ordering.promote(connection, (each.action.order_key for each in over))
    lost = len(outcomes) - written
    return Finished(lost, _written(connection, over) if lost else over)


def _written(connection: sa.Connection, over: Sequence[Outcome]) -> Sequence[Outcome]:
    """Those of them that are, and not what others have made of the same actions."""
    told = sa.select(actions.c.id, actions.c.state, actions.c.attempts)
    rows = connection.execute(told.where(actions.c.id.in_([each.action.id for each in over])))
    found = {tuple(row) for row in rows}
    return [each for each in over if (each.action.id, each.state, each.action.attempts) in found]


def holders(connection: sa.Connection) -> list[Beat]:
    """Who holds actions at present."""
    held = sa.select(actions.c.leased_by).where(RUNNING).distinct().subquery()
    of = sa.select(held.c.leased_by, workers.c.beat)
    found = connection.execute(of.outerjoin(workers, workers.c.holder == held.c.leased_by))
    return [Beat(*row) for row in found]


def take_over(connection: sa.Connection, holder: str, now: Now) -> int:
    """Free what a dead worker held, to be tried again at once; how many actions those are."""
    leases.leave(connection, holder)
    held = sa.update(actions).where(RUNNING, actions.c.leased_by == holder)
    freed = {"state": "failed", "leased_by": "", "error": TAKEN_OVER, "failed_at": now, "run_at": 0.0}
    return connection.execute(held.values(freed)).rowcount


def rebase(connection: sa.Connection, now: Now) -> int:
    """Where a clock has gone back, failed actions would wait for it to come round again: their waits begin
    anew. How many those are, of REBASED_AT_ONCE that are looked at.
    """
    ahead = sa.select(actions.c.id).where(FAILED, actions.c.failed_at > now + SLACK_S).limit(REBASED_AT_ONCE)
    wait = actions.c.run_at - actions.c.failed_at
    anew = sa.update(actions).where(actions.c.id.in_(ahead.scalar_subquery()), FAILED)
    return connection.execute(anew.values(run_at=now + wait, failed_at=now)).rowcount


def forget_workers(connection: sa.Connection, now: Now, older_than_s: float) -> None:
    """Drop workers that hold nothing and were not heard of for so long; one that lives registers anew."""
    holding = sa.select(actions.c.leased_by).where(RUNNING)
    idle = sa.delete(workers).where(workers.c.at < now - older_than_s, workers.c.holder.not_in(holding))
    connection.execute(idle)


def _execute(connection: sa.Connection, statement: sa.Update, rows: Sequence[Mapping[str, Any]]) -> int:
    return connection.execute(statement, rows).rowcount if rows else 0


def _told(holder: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "of_id": outcome.action.id,
        "me": holder,
        "new_state": outcome.state,
        "new_kind": outcome.kind,
        "new_error": outcome.error,
        "attempt": outcome.action.attempts,
    }


def _end(holder: str, outcome: Outcome) -> dict[str, Any]:
    return _told(holder, outcome) | {"new_result": outcome.result or None}


def _again(holder: str, outcome: Outcome) -> dict[str, Any]:
    return _told(holder, outcome) | {"wait_s": outcome.wait_s, "uncounted": int(not outcome.counts)}


def _action(row: sa.RowMapping) -> Action:
    known: dict[str, Any] = {column.name: row[column.name] for column in _CLAIMED}
    return Action(**known | {"call_id": row["call_id"] or ""})
