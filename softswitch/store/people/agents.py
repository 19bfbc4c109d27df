"""What people do to agents: add, remove, set the state of; nodes see it at their next look."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from softswitch.errors import SoftswitchError
from softswitch.people.parties import Agent
from softswitch.store import changes, messages
from softswitch.store.engine import transaction
from softswitch.store.people.rows import AGENT, agent
from softswitch.store.people.tables import agents, waiting

KIND = "agents"
"""Of `changes`."""
Tells = Callable[[Agent, str], tuple[str, tuple[str, str]]]
"""Of an agent and his state before: a node's name, and a message (topic and payload) of that node."""


@dataclass(frozen=True, slots=True)
class Hired:
    """What is said of an agent when he is added; None: as the queue says."""

    name: str
    address: str
    skills: Sequence[str] = ()
    ring_time: float | None = None
    wrap_up: float | None = None
    accept_key: str | None = None
    away: bool = False


def add(url: str, hired: Hired) -> None:
    """Raises SoftswitchError when there is one of that name."""
    now = time.time()
    row = {
        "name": hired.name,
        "address": hired.address,
        "skills": list(hired.skills),
        "ring_time": hired.ring_time,
        "wrap_up": hired.wrap_up,
        "accept_key": hired.accept_key,
        "state": "away" if hired.away else "available",
        "state_at": now,
        "last_free_at": now,
    }
    with transaction(url, writes=True) as connection:
        if connection.execute(sa.select(1).where(agents.c.name == hired.name)).first():
            raise SoftswitchError(f"there is an agent {hired.name} already: see softswitch agent list")
        connection.execute(sa.insert(agents), row)
        changes.bump(connection, KIND)


def remove(url: str, name: str) -> None:
    """Raises SoftswitchError for one who is not there, is rung or speaks with a caller."""
    with transaction(url, writes=True) as connection:
        found = _found(connection, name)
        if found.holder:
            raise SoftswitchError(f"{name} is {found.state} with a caller: set him away, then remove him")
        connection.execute(sa.delete(agents).where(agents.c.name == name))
        changes.bump(connection, KIND)


def listed(url: str) -> list[Agent]:
    with transaction(url) as connection:
        found = connection.execute(sa.select(*AGENT).order_by(agents.c.name))
        return [agent(row) for row in found]


def set_state(
    url: str, name: str, state: str, reason: str = "", tells: Tells | None = None
) -> tuple[Agent, Agent]:
    """The agent before and after. Who is rung or speaks gets that state after the talk (`next_state`).

    Where no node tells of it, `tells` gives the message, which waits with those of its node until one that
    lives publishes them.
    """
    with transaction(url, writes=True) as connection:
        before = _found(connection, name)
        his = sa.update(agents).where(agents.c.name == name)
        if before.holder:
            connection.execute(his.values(next_state=state))
        else:
            now = time.time()
            free_at = now if state == "available" and before.state != "available" else before.last_free_at
            new = {"state": state, "state_at": now, "reason": reason, "until": None, "last_free_at": free_at}
            connection.execute(his.values(new))
        changes.bump(connection, KIND)
        after = _found(connection, name)
        if tells and after.state != before.state:
            node, told = tells(after, before.state)
            messages.add(connection, node, [told])
        return before, after


def put_code(url: str, name: str, code: str) -> str:
    """Keep the wrap-up code with the agent's present or last talk; the id of that call.

    Raises SoftswitchError when he has had none.
    """
    talked = sa.select(waiting.c.id, waiting.c.call_id).where(
        waiting.c.agent == name, waiting.c.answered_at.is_not(None)
    )
    with transaction(url, writes=True) as connection:
        _found(connection, name)
        row = connection.execute(talked.order_by(waiting.c.id.desc()).limit(1)).first()
        if row is None:
            raise SoftswitchError(f"{name} has spoken with no caller yet")
        connection.execute(sa.update(waiting).where(waiting.c.id == row.id).values(code=code))
        call_id: str = row.call_id
        return call_id


def _found(connection: sa.Connection, name: str) -> Agent:
    query = sa.select(*AGENT).where(agents.c.name == name).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise SoftswitchError(f"there is no agent {name}: see softswitch agent list")
    return agent(row)
