"""What becomes of agents and callers whose process died, or whose calls were lost: each function within the
caller's transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from softswitch.people.parties import Agent, Caller
from softswitch.store import leases
from softswitch.store.leases import Beat, Now
from softswitch.store.people.claiming import NEVER
from softswitch.store.people.rows import changed_agents, changed_callers
from softswitch.store.people.tables import HELD, UNENDED, agents, waiting
from softswitch.store.tables import workers

AFTER_DEATH_S = 30.0
"""An agent whose talk was cut by the death of its node is left alone for so long."""
GRACE_S = 20.0
"""Callers of a process that died are not called back before: their calls may go on with the next one."""
ORPHAN_S = 10.0


@dataclass(frozen=True, slots=True)
class Inheritance:
    agents: tuple[Agent, ...]
    callers: tuple[Caller, ...]


def adopt(connection: sa.Connection, holder: str, node: str) -> Inheritance:
    """What the processes of this node before this one held, is this one's; it is what is returned."""
    of_agents = sa.update(agents).where(agents.c.node == node, agents.c.holder != "")
    of_callers = sa.update(waiting).where(waiting.c.node == node, UNENDED, waiting.c.state != "call_back")
    return Inheritance(
        changed_agents(connection, of_agents.values(holder=holder)),
        changed_callers(connection, of_callers.values(holder=holder)),
    )


def take_over(connection: sa.Connection, holder: str, now: Now) -> Inheritance:
    """Free what a dead process held: its agents, and its callers, who are called back where that can be."""
    leases.leave(connection, holder)
    mine = sa.update(agents).where(agents.c.holder == holder)
    reason = "the node died"
    talked = agents.c.state == "busy"
    freed = mine.values(
        state=sa.case(
            (agents.c.next_state != "", agents.c.next_state), (talked, "wrap_up"), else_="available"
        ),
        until=sa.case((talked & (agents.c.next_state == ""), now + AFTER_DEATH_S), else_=NEVER),
        state_at=now,
        reason=reason,
        last_free_at=sa.case((talked, now), else_=agents.c.last_free_at),
        next_state="",
        holder="",
        leg="",
    )
    lost = sa.update(waiting).where(waiting.c.holder == holder, UNENDED)
    return Inheritance(changed_agents(connection, freed), _lose(connection, lost, GRACE_S, now))


def lose(connection: sa.Connection, caller_ids: Sequence[int], now: Now) -> tuple[Caller, ...]:
    """The calls of these callers are gone: they are called back once, or have ended, as is returned."""
    return _lose(connection, sa.update(waiting).where(waiting.c.id.in_(caller_ids), UNENDED), 0.0, now)


def lose_orphans(connection: sa.Connection, now: Now) -> tuple[Caller, ...]:
    """The same for those whose process died between their turn and its taking hold of them."""
    nobodys = (UNENDED, waiting.c.holder == "", waiting.c.state.in_(("waiting", "offered")))
    orphans = sa.update(waiting).where(*nobodys, waiting.c.entered_at < now - ORPHAN_S)
    return _lose(connection, orphans, 0.0, now)


def _lose(connection: sa.Connection, lost: sa.Update, in_s: float, now: Now) -> tuple[Caller, ...]:
    waits = waiting.c.state.in_(("waiting", "offered")) & (waiting.c.number != "")
    again = (waits & waiting.c.back_since.is_(None)) | (waiting.c.state == "calling")
    values = {
        "state": sa.case((again, "call_back"), else_="lost"),
        "ended_at": sa.case((again, NEVER), else_=now),
        "due_at": sa.case((again, now + in_s), else_=NEVER),
        "back_since": sa.case(
            (again, sa.func.coalesce(waiting.c.back_since, now)), else_=waiting.c.back_since
        ),
        "holder": "",
    }
    return changed_callers(connection, lost.values(values))


def holders(connection: sa.Connection) -> list[Beat]:
    """Who holds agents or callers at present."""
    of_agents = sa.select(agents.c.holder).where(HELD)
    of_callers = sa.select(waiting.c.holder).where(UNENDED, waiting.c.holder != "")
    held = sa.union(of_agents, of_callers).subquery()
    found = sa.select(held.c.holder, workers.c.beat).outerjoin(workers, workers.c.holder == held.c.holder)
    return [Beat(*row) for row in connection.execute(found)]
