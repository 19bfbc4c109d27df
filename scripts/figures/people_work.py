"""Waiting callers and agents for measurements, written straight into the tables."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from softswitch.store.engine import open_engine
from softswitch.store.people import agents
from softswitch.store.people.agents import Hired
from softswitch.store.people.tables import waiting
from softswitch.store.tables import calls

TALKED = 2000
"""Talks of the past, which do not go away."""


@contextmanager
def engine_of(url: str) -> Iterator[sa.Engine]:
    engine = open_engine(url, writes=True, keep=True)
    try:
        yield engine
    finally:
        engine.dispose()


def hire(url: str, count: int) -> None:
    for number in range(count):
        agents.add(url, Hired(f"agent{number}", f"sip:agent{number}@127.0.0.1", ("german",)))


def fill(url: str, count: int, holder: str, talked: int = TALKED) -> None:
    """So many callers wait, held by that process, and so many were served before."""
    now = time.time()
    ids = [f"{number:032x}" for number in range(count + talked)]
    rows = [
        {
            "call_id": call_id,
            "entered_at": now - len(ids) + number,
            "since": now - len(ids) + number,
            "queue": "sales",
            "skills": ["german"],
            "number": "+442079460000",
            "holder": holder if number < count else "",
            "priority": number % 3,
            "state": "waiting" if number < count else "served",
            "answered_at": None if number < count else now - 60.0,
            "ended_at": None if number < count else now - number / 100,
            "agent": "" if number < count else f"agent{number % 50}",
        }
        for number, call_id in enumerate(ids)
    ]
    with engine_of(url) as engine, engine.begin() as connection:
        connection.execute(sa.insert(calls), [{"call_id": each, "started_at": now} for each in ids])
        connection.execute(sa.insert(waiting), rows)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE waiting")
        engine.dispose()
