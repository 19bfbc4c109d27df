"""What a distributor sees: all agents, everybody who waits, and whose rest or wait a clock has ended."""

from dataclasses import dataclass

import sqlalchemy as sa

from softswitch.people.parties import Agent, Caller
from softswitch.store.leases import Now
from softswitch.store.people.rows import AGENT, CALLER, agent, caller, changed_agents
from softswitch.store.people.tables import UNENDED, agents, waiting

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


def look(connection: sa.Connection, now: Now) -> View:
    everybody = sa.select(*AGENT).order_by(agents.c.name).limit(MOST_AGENTS)
    place = (waiting.c.priority.desc(), waiting.c.since, waiting.c.id)
    queued = sa.select(*CALLER).where(UNENDED).order_by(*place).limit(MOST_CALLERS)
    return View(
        tuple(map(agent, connection.execute(everybody))),
        tuple(map(caller, connection.execute(queued))),
        connection.execute(sa.select(now)).scalar_one(),
    )


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
    return changed_agents(connection, over.values(free))
