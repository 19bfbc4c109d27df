"""Rows of agents and waiting callers, as choosing sees them."""

from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from softswitch.people.parties import Agent, Caller
from softswitch.store.tables import agents, waiting

AGENT = tuple(agents.c[field.name] for field in fields(Agent))
CALLER = tuple(waiting.c[field.name] for field in fields(Caller))


def agent(row: sa.RowMapping) -> Agent:
    return Agent(**_values(row, AGENT))


def caller(row: sa.RowMapping) -> Caller:
    return Caller(**_values(row, CALLER))


def _values(row: sa.RowMapping, columns: tuple[sa.Column[Any], ...]) -> dict[str, Any]:
    known: dict[str, Any] = {column.name: row[column.name] for column in columns}
    return known | {"skills": frozenset(known["skills"])}
