"""Rows of agents and waiting callers, as choosing sees them."""

from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from softswitch.people.parties import Agent, Caller
from softswitch.store.people.tables import agents, waiting

AGENT = tuple(agents.c[field.name] for field in fields(Agent))
CALLER = tuple(waiting.c[field.name] for field in fields(Caller))


_AGENT_SKILLS, _CALLER_SKILLS = (
    [field.name for field in fields(kind)].index("skills") for kind in (Agent, Caller)
)


def agent(row: sa.Row[Any]) -> Agent:
    """Of a row of AGENT."""
    return Agent(*_values(row, _AGENT_SKILLS))


def caller(row: sa.Row[Any]) -> Caller:
    """Of a row of CALLER."""
    return Caller(*_values(row, _CALLER_SKILLS))


def _values(row: sa.Row[Any], skills: int) -> tuple[Any, ...]:
    """In the order of the fields: hundreds of rows are read several times a second."""
    return (*row[:skills], frozenset(row[skills]), *row[skills + 1 :])


def changed_agents(connection: sa.Connection, statement: sa.Update) -> tuple[Agent, ...]:
    """Those whom it has changed, as they are now."""
    return tuple(map(agent, connection.execute(statement.returning(*AGENT))))


def changed_callers(connection: sa.Connection, statement: sa.Update) -> tuple[Caller, ...]:
    """The same of callers."""
    return tuple(map(caller, connection.execute(statement.returning(*CALLER))))
