"""What a node's distributor does to agents and callers, each function within the caller's transaction.

An agent is claimed by one statement that finds him available, for a caller whom this process holds: so no two
nodes ever ring one agent, nor more agents than wanted for one caller. Who holds what is told by `holder` (see
softswitch.store.leases).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from softswitch.people.parties import Agent, Caller
from softswitch.store.leases import Now
from softswitch.store.people.rows import AGENT, CALLER, agent, caller
from softswitch.store.people.tables import UNENDED, agents, waiting
from softswitch.store.tables import workers

NEVER = sa.cast(sa.null(), sa.Double)


@dataclass(frozen=True, slots=True)
class Claim:
    """To ring `agent` by the call `leg` for a caller, for whom `most` may be rung at once."""

    caller: Caller
    agent: Agent
    leg: str
    most: int


def take(connection: sa.Connection, holder: str, node: str, numbers: dict[str, str]) -> dict[str, Caller]:
    """Hold these callers of ours, who have just begun to wait; `numbers` (E.164 or "") by call.

    Who is not among the result does not wait any more.
    """
    taken: dict[str, Caller] = {}
    for call_id, number in numbers.items():
        mine = sa.update(waiting).where(waiting.c.call_id == call_id, UNENDED)
        back = waiting.c.state == "call_back"  # taken for lost, which he is not
        held = mine.values(
            holder=holder,
            node=node,
            number=sa.case((waiting.c.number == "", number), else_=waiting.c.number),
            state=sa.case((back, "waiting"), else_=waiting.c.state),
            due_at=None,
        )
        row = connection.execute(held.returning(*CALLER)).one_or_none()
        if row:
            taken[call_id] = caller(row)
    return taken


def claim(
    connection: sa.Connection, holder: str, node: str, claims: Sequence[Claim], now: Now
) -> list[Claim]:
    """Those that succeeded: the agent rings from here on, and the caller is offered, or called back."""
    # In the order of callers, who are waited for, so that no two nodes wait for each other.
    ordered = sorted(claims, key=lambda each: each.caller.id)
    return [each for each in ordered if _claim(connection, holder, node, each, now)]


def _claim(connection: sa.Connection, holder: str, node: str, wanted: Claim, now: Now) -> bool:
    name, waits = wanted.agent.name, _waits(wanted.caller, holder)
    chosen = _free(wanted, holder, waits).cte("chosen")
    ring = sa.update(agents).where(agents.c.name.in_(sa.select(chosen.c.name)))
    held = {"holder": holder, "node": node, "call_id": wanted.caller.call_id, "leg": wanted.leg}
    rings = ring.values(state="ringing", state_at=now, reason="", until=None, **held)
    if not connection.execute(rings.returning(agents.c.name)).all():  # SQLite counts no rows after WITH
        return False
    offered = {
        "state": "calling" if wanted.caller.state == "call_back" else "offered",
        "agent": name,
        "holder": holder,
        "node": node,
        "tries": waiting.c.tries + 1,
        "offered_at": sa.func.coalesce(waiting.c.offered_at, now),
    }
    if connection.execute(sa.update(waiting).where(*waits).values(offered)).rowcount:
        return True
    let_go = {"state": "available", "holder": "", "leg": ""}  # another node calls him back
    connection.execute(sa.update(agents).where(agents.c.name == name).values(let_go))
    return False


def _waits(caller: Caller, holder: str) -> Sequence[sa.ColumnElement[bool] | sa.TextClause]:
    """Whether the caller still waits as he did, and is this process's to find an agent for."""
    if caller.state == "call_back":
        ours = (waiting.c.holder == "", waiting.c.state == "call_back")
    else:
        ours = (waiting.c.holder == holder, waiting.c.state.in_(("waiting", "offered")))
    return waiting.c.id == caller.id, UNENDED, *ours


def _free(
    wanted: Claim, holder: str, waits: Sequence[sa.ColumnElement[bool] | sa.TextClause]
) -> sa.Select[tuple[str]]:
    """The agent's name, if he can be rung. A row that another node has locked is being claimed there."""
    other = agents.alias()
    rung = sa.select(sa.func.count()).where(
        other.c.call_id == wanted.caller.call_id, other.c.state == "ringing"
    )
    free = sa.select(agents.c.name).where(
        agents.c.name == wanted.agent.name,
        agents.c.state == "available",
        sa.exists(sa.select(1).where(workers.c.holder == holder)),
        sa.exists(sa.select(1).where(*waits)),
        rung.scalar_subquery() < wanted.most,
    )
    return free.with_for_update(skip_locked=True, of=agents)


@dataclass(frozen=True, slots=True)
class Freed:
    """What becomes of an agent: `for_s` is None where a person ends that state. `idle_anew`: he goes to the
    end of those who are idle, since he was not just rung in vain for one whom another took.
    """

    state: str
    reason: str = ""
    for_s: float | None = None
    idle_anew: bool = True


def release(connection: sa.Connection, holder: str, leg: str, freed: Freed, now: Now) -> Agent | None:
    """The agent of that leg is rung, or spoken with, no more; None where he was taken away meanwhile.

    What a person has set for after the talk counts instead. His caller waits again when nobody else is rung.
    """
    mine = sa.update(agents).where(agents.c.leg == leg, agents.c.holder == holder)
    wanted = agents.c.next_state != ""
    until = NEVER if freed.for_s is None else now + freed.for_s
    new = mine.values(
        state=sa.case((wanted, agents.c.next_state), else_=freed.state),
        until=sa.case((wanted, NEVER), else_=until),
        reason=sa.case((wanted, ""), else_=freed.reason),
        state_at=now,
        last_free_at=now if freed.idle_anew else agents.c.last_free_at,
        next_state="",
        holder="",
        leg="",
    )
    row = connection.execute(new.returning(*AGENT)).one_or_none()
    if row is None:
        return None
    _wait_again(connection, row.call_id)
    return agent(row)


def _wait_again(connection: sa.Connection, call_id: str) -> None:
    """The caller for whom nobody is rung any more."""
    rung = sa.exists(sa.select(1).where(agents.c.call_id == call_id, agents.c.state == "ringing"))
    offered = (waiting.c.call_id == call_id, UNENDED, waiting.c.state == "offered")
    connection.execute(sa.update(waiting).where(*offered, ~rung).values(state="waiting"))


def connect(connection: sa.Connection, holder: str, caller_id: int, leg: str, now: Now) -> Agent | None:
    """The agent of that leg has accepted: from here on the two talk. None where he was taken away."""
    mine = sa.update(agents).where(agents.c.leg == leg, agents.c.holder == holder)
    busy = mine.values(state="busy", state_at=now).returning(*AGENT)
    row = connection.execute(busy).one_or_none()
    if row is None:
        return None
    talks = sa.update(waiting).where(waiting.c.id == caller_id, UNENDED)
    connection.execute(talks.values(state="talking", agent=row.name, answered_at=now))
    return agent(row)


def end(connection: sa.Connection, caller_id: int, state: str, now: Now) -> bool:
    """He waits and speaks no longer; False where that was so before."""
    his = sa.update(waiting).where(waiting.c.id == caller_id, UNENDED)
    return connection.execute(his.values(state=state, ended_at=now, holder="")).rowcount > 0


def abandon(connection: sa.Connection, holder: str, call_ids: Sequence[str], now: Now) -> None:
    """These calls were over before this process held them. Who has left to be called back keeps his place."""
    theirs = sa.update(waiting).where(
        waiting.c.call_id.in_(call_ids),
        UNENDED,
        waiting.c.holder.in_(("", holder)),
        waiting.c.state.in_(("waiting", "offered")),
    )
    connection.execute(theirs.values(state="abandoned", ended_at=now, holder=""))


# --- call backs -------------------------------------------------------------------------------------------


def call_back(connection: sa.Connection, caller_id: int, number: str, in_s: float, now: Now) -> bool:
    """He keeps his place and is called at his turn, not before `in_s`; `number` "" is the one known."""
    his = sa.update(waiting).where(waiting.c.id == caller_id, UNENDED)
    known = waiting.c.number if not number else sa.literal(number)
    later = {"state": "call_back", "holder": "", "due_at": now + in_s, "number": known}
    later["back_since"] = sa.func.coalesce(waiting.c.back_since, now)
    return connection.execute(his.values(later)).rowcount > 0


def dialled(connection: sa.Connection, caller_id: int, back_call: str) -> None:
    """By which call he is called back."""
    his = sa.update(waiting).where(waiting.c.id == caller_id, UNENDED)
    connection.execute(his.values(back_call=back_call))


def inherit(connection: sa.Connection, caller_id: int, place: Caller, now: Now) -> bool:
    """Who was called back has the place that he had before; his former wait is over."""
    his = sa.update(waiting).where(waiting.c.id == caller_id, UNENDED)
    connection.execute(his.values(since=place.since, priority=place.priority))
    return end(connection, place.id, "served", now)
