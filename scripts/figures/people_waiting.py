"""How long the slowest query about callers and agents takes, with 500 callers waiting and 50 agents."""

import itertools
import time
from collections.abc import Mapping

import sqlalchemy as sa

from figures.figure import Measurement, Spec
from figures.people_work import fill, hire
from figures.query_times import HOLDER, Query, slowest_on_both
from softswitch.store import leases, migrate
from softswitch.store.people import claiming, entering, inheriting, looking, viewing
from softswitch.store.people.claiming import Claim, Freed
from softswitch.store.people.viewing import View
from softswitch.waiting import Enqueue

WAITING, AGENTS = 500, 50


def queries(dialect: str) -> Mapping[str, Query]:
    """What a distributor, a turn and people ask, in an order in which each finds something to do."""
    now = leases.now_of(dialect)
    legs = (f"{number:032x}" for number in itertools.count(1))
    seen: list[View] = []
    rung: list[Claim] = []

    def look(connection: sa.Connection) -> None:
        seen[:] = [viewing.look(connection, now)]

    def claim(connection: sa.Connection) -> None:
        view = seen[0]
        caller = next(each for each in view.callers if each.state == "waiting")
        agent = next(each for each in view.agents if each.free)
        rung[:] = claiming.claim(connection, HOLDER, HOLDER, [Claim(caller, agent, next(legs), 1)], now)

    def release(connection: sa.Connection) -> None:
        claiming.release(connection, HOLDER, rung[0].leg, Freed("available"), now)

    call_id = f"{7:032x}"
    return {
        "look": look,
        "claim": claim,
        "connect": lambda connection: claiming.connect(
            connection, HOLDER, rung[0].caller.id, rung[0].leg, now
        ),
        "release": release,
        "enter": lambda connection: entering.put(connection, call_id, Enqueue("sales"), time.time(), HOLDER),
        "take": lambda connection: claiming.take(connection, HOLDER, HOLDER, {call_id: ""}),
        "wake": lambda connection: viewing.wake(connection, now),
        "holders": inheriting.holders,
        "orphans": lambda connection: inheriting.lose_orphans(connection, now),
        "talks": lambda connection: looking.talks(connection, ["sales"]),
        "history": lambda connection: looking.history(connection, call_id),
        "end of a call": lambda connection: entering.hung_up(connection, f"{9:032x}", time.time()),
    }


def prepare(url: str) -> None:
    migrate.upgrade(url)
    hire(url, AGENTS)
    fill(url, WAITING, HOLDER)


QUERIES = Measurement(
    f"the queries about callers and agents with {WAITING} callers waiting and {AGENTS} agents",
    (
        Spec("slowest query with 500 callers waiting, SQLite", "ms", at_most=10),
        Spec("slowest query with 500 callers waiting, PostgreSQL", "ms", at_most=10),
    ),
    lambda workshop: slowest_on_both(workshop, prepare, queries),
)
