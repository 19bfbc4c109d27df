"""What a node's distributor does to agents and callers, each function within the caller's transaction.

An agent is claimed by one statement that finds him available, for a caller whom this process holds: so no two
nodes ever ring one agent, nor more agents than wanted for one caller. Who holds what is told by `holder`, a
row in `workers` with a number that moves on, as in the outbox: no clock decides who is alive.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from softswitch.people.parties import Agent, Caller
from softswitch.store.people.rows import AGENT, CALLER, agent, caller
from softswitch.store.tables import UNENDED, agents, waiting, workers

Now = sa.ColumnElement[float]
NEVER = sa.cast(sa.null(), sa.Double)
MOST_AGENTS = 1000
MOST_CALLERS = 2000
"""More are not looked at: those with the worst places."""
SLACK_S = 1.0
"""What lies farther in the future than this is of a clock that has gone back since."""


@dataclass(frozen=True, slots=True)
class View:
    """All agents, and everybody who waits or speaks, best place first; `now` is the database's clock."""

    agents: tuple[Agent, ...]
    callers: tuple[Caller, ...]
    now: float

    @property
    def is_to_wake(self) -> bool:
        """Whether a wrap-up or a pause is over, or a clock has gone back and something would never be due."""
        resting = [agent for agent in self.agents if agent.until is not None]
        since = [agent.state_at for agent in resting]
        since += [each.back_since for each in self.callers if each.back_since and each.state == "call_back"]
        over = any(agent.until is not None and agent.until <= self.now for agent in resting)
        return over or any(at > self.now + SLACK_S for at in since)


@dataclass(frozen=True, slots=True)
class Claim:
    """To ring `agent` by the call `leg` for a caller, for whom `most` may be rung at once."""

    caller: Caller
    agent: Agent
    leg: str
    most: int


def look(connection: sa.Connection, now: Now) -> View:
    everybody = sa.select(*AGENT).order_by(agents.c.name).limit(MOST_AGENTS)
    place = (waiting.c.priority.desc(), waiting.c.since, waiting.c.id)
    queued = sa.select(*CALLER).where(UNENDED).order_by(*place).limit(MOST_CALLERS)
    return View(
        tuple(map(agent, connection.execute(everybody))),
        tuple(map(caller, connection.execute(queued))),
        connection.execute(sa.select(now)).scalar_one(),
    )


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
    # In one order, so that no two nodes wait for each other.
    return [
        each
        for each in sorted(claims, key=lambda each: each.agent.name)
        if _claim(connection, holder, node, each, now)
    ]


def _claim(connection: sa.Connection, holder: str, node: str, wanted: Claim, now: Now) -> bool:
    back = wanted.caller.state == "call_back"
    ours = waiting.c.holder == ("" if back else holder)
    of_state = waiting.c.state == "call_back" if back else waiting.c.state.in_(("waiting", "offered"))
    waits = (waiting.c.id == wanted.caller.id, UNENDED, ours, of_state)
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
    # A row that another node has locked is being claimed there.
    chosen = free.with_for_update(skip_locked=True, of=agents).cte("chosen")
    ring = sa.update(agents).where(agents.c.name.in_(sa.select(chosen.c.name)))
    held = {"holder": holder, "node": node, "call_id": wanted.caller.call_id, "leg": wanted.leg}
    rings = ring.values(state="ringing", state_at=now, reason="", until=None, **held)
    if not connection.execute(rings.returning(agents.c.name)).all():  # SQLite counts no rows after WITH
        return False
    offered = {
        "state": "calling" if back else "offered",
        "agent": wanted.agent.name,
        "holder": holder,
        "node": node,
        "tries": waiting.c.tries + 1,
        "offered_at": sa.func.coalesce(waiting.c.offered_at, now),
    }
    if connection.execute(sa.update(waiting).where(*waits).values(offered)).rowcount:
        return True
    let_go = {"state": "available", "holder": "", "leg": ""}  # another node calls him back
    connection.execute(sa.update(agents).where(agents.c.name == wanted.agent.name).values(let_go))
    return False


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
    rung = sa.exists(sa.select(1).where(agents.c.call_id == row.call_id, agents.c.state == "ringing"))
    alone = sa.update(waiting).where(
        waiting.c.call_id == row.call_id, UNENDED, waiting.c.state == "offered", ~rung
    )
    connection.execute(alone.values(state="waiting"))
    return agent(row)


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


def end_unheld(connection: sa.Connection, call_ids: Sequence[str], now: Now) -> None:
    """Their calls were over before their waits were written down."""
    theirs = sa.update(waiting).where(waiting.c.call_id.in_(call_ids), UNENDED, waiting.c.holder == "")
    connection.execute(theirs.values(state="abandoned", ended_at=now))


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


# --- the dead ---------------------------------------------------------------------------------------------

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
        _agents(connection, of_agents.values(holder=holder)),
        _callers(connection, of_callers.values(holder=holder)),
    )


def take_over(connection: sa.Connection, holder: str, now: Now) -> Inheritance:
    """Free what a dead process held: its agents, and its callers, who are called back where that can be."""
    connection.execute(sa.delete(workers).where(workers.c.holder == holder))
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
    return Inheritance(_agents(connection, freed), _lose(connection, lost, GRACE_S, now))


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
    return _callers(connection, lost.values(values))


def _agents(connection: sa.Connection, statement: sa.Update) -> tuple[Agent, ...]:
    return tuple(map(agent, connection.execute(statement.returning(*AGENT))))


def _callers(connection: sa.Connection, statement: sa.Update) -> tuple[Caller, ...]:
    return tuple(map(caller, connection.execute(statement.returning(*CALLER))))


def holders(connection: sa.Connection) -> list[tuple[str, int | None]]:
    """Who holds agents or callers at present, each with its number; None when it is not registered."""
    of_agents = sa.select(agents.c.holder).where(sa.text("holder <> ''"))
    of_callers = sa.select(waiting.c.holder).where(UNENDED, waiting.c.holder != "")
    held = sa.union(of_agents, of_callers).subquery()
    found = sa.select(held.c.holder, workers.c.beat).outerjoin(workers, workers.c.holder == held.c.holder)
    return [(row.holder, row.beat) for row in connection.execute(found)]


# --- time -------------------------------------------------------------------------------------------------


def wake(connection: sa.Connection, now: Now) -> tuple[Agent, ...]:
    """Agents whose wrap-up or pause is over, available again. Where a clock has gone back, waits that would
    be endless begin anew, those of call backs too.
    """
    late = sa.update(waiting).where(UNENDED, waiting.c.state == "call_back")
    late = late.where(waiting.c.back_since > now + SLACK_S)
    connection.execute(late.values(due_at=now + (waiting.c.due_at - waiting.c.back_since), back_since=now))
    ahead = sa.update(agents).where(agents.c.until.is_not(None), agents.c.state_at > now + SLACK_S)
    connection.execute(ahead.values(until=now + (agents.c.until - agents.c.state_at), state_at=now))
    over = sa.update(agents).where(agents.c.until.is_not(None), agents.c.until <= now)
    free = {"state": "available", "state_at": now, "until": None, "reason": "", "last_free_at": now}
    return _agents(connection, over.values(free))
