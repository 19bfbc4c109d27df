"""What people, metrics and agents' screens ask: who waits, how long talks were, what was said."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from softswitch.people.expecting import TALKS
from softswitch.people.parties import Caller
from softswitch.store.engine import transaction
from softswitch.store.people.rows import CALLER, caller
from softswitch.store.people.tables import TALKED, UNENDED, waiting
from softswitch.store.people.viewing import MOST_CALLERS
from softswitch.store.tables import calls, turns

MOST_TURNS = 50


@dataclass(frozen=True, slots=True)
class History:
    """What the agent may know of a call: its last turns, oldest first, and what the dialplan has gathered.
    What nobody shall see was masked, or left out, when it was recorded.
    """

    turns: tuple["Said", ...] = ()
    slots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of the caller's, for the agent: what he said or pressed, and what he heard of the answer."""

    via: str
    heard: str
    said: str
    intent: str
    language: str


def callers(url: str, queue: str = "") -> list[Caller]:
    """Everybody who waits, is spoken with or is to be called back, best place first."""
    place = (waiting.c.priority.desc(), waiting.c.since, waiting.c.id)
    query = sa.select(*CALLER).where(UNENDED).order_by(*place).limit(MOST_CALLERS)
    if queue:
        query = query.where(waiting.c.queue == queue)
    with transaction(url) as connection:
        return [caller(row) for row in connection.execute(query)]


def talks(connection: sa.Connection, queues: Sequence[str]) -> Mapping[str, list[float]]:
    """The lengths of the last talks of each queue, in seconds."""
    length = (waiting.c.ended_at - waiting.c.answered_at).label("length")
    found: dict[str, list[float]] = {}
    for queue in queues:
        last = sa.select(length).where(TALKED, waiting.c.queue == queue)
        rows = connection.scalars(last.order_by(waiting.c.ended_at.desc()).limit(TALKS))
        found[queue] = [max(0.0, seconds) for seconds in rows]
    return found


def history(connection: sa.Connection, call_id: str) -> History:
    columns = (turns.c.via, turns.c.heard, turns.c.said_heard, turns.c.intent, turns.c.language)
    query = sa.select(*columns).where(turns.c.call_id == call_id)
    rows = connection.execute(query.order_by(turns.c.number.desc()).limit(MOST_TURNS)).all()
    state = connection.scalar(sa.select(calls.c.state).where(calls.c.call_id == call_id))
    return History(tuple(Said(*row) for row in reversed(rows)), _slots(state or ""))


def _slots(state: str) -> Mapping[str, str]:
    """The variables of a saved state."""
    try:
        context = json.loads(state)["context"]
        return {str(name): str(value) for name, value in context.items()}
    except (ValueError, TypeError, KeyError, AttributeError):  # none is saved yet, or by another version
        return {}
