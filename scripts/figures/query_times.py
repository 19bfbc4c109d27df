"""How long each of a set of queries takes, in a transaction of its own, on SQLite and on PostgreSQL."""

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping

import sqlalchemy as sa

from figures.figure import Workshop
from figures.postgres import cluster
from softswitch.store import leases
from softswitch.store.engine import open_engine

TIMES = 15
HOLDER = "bench"
"""The process that asks."""
Query = Callable[[sa.Connection], object]
Queries = Callable[[str], Mapping[str, Query]]
"""By the dialect of SQL, in an order in which each finds something to do."""


def slowest_on_both(
    workshop: Workshop, prepare: Callable[[str], None], queries: Queries
) -> tuple[float, float]:
    """Milliseconds of the slowest in the database that `prepare` fills: SQLite's, PostgreSQL's."""
    url = f"sqlite:///{tempfile.mkdtemp(dir=workshop.folder)}/queries.db"
    prepare(url)
    sqlite = _slowest(workshop, "SQLite", url, queries)
    with cluster() as url:
        prepare(url)
        return sqlite, _slowest(workshop, "PostgreSQL", url, queries)


def _slowest(workshop: Workshop, name: str, url: str, queries: Queries) -> float:
    engine = open_engine(url, writes=True, keep=True)
    found = _times(engine, queries)
    engine.dispose()
    workshop.tell(f"{name}: " + ", ".join(f"{query} {ms:.1f}" for query, ms in found.items()) + " ms")
    return max(found.values())


def _times(engine: sa.Engine, queries: Queries) -> dict[str, float]:
    """Median milliseconds of each; their commits are not counted."""
    with engine.begin() as connection:
        leases.register(connection, HOLDER, HOLDER, leases.now_of(engine.dialect.name))
    times: dict[str, list[float]] = {}
    asked = queries(engine.dialect.name)
    for _ in range(TIMES):
        for name, work in asked.items():
            with engine.begin() as connection:
                began = time.perf_counter()
                work(connection)
                times.setdefault(name, []).append((time.perf_counter() - began) * 1000)
    return {name: statistics.median(each) for name, each in times.items()}
