"""Bans in the database. Each function that changes one is one transaction and counts a change of `bans`.

Those that are over stay for a day: the next ban of the same address is longer.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from softswitch.store import changes
from softswitch.store.engine import transaction
from softswitch.store.tables import bans
from softswitch.values import DAY

KIND = "bans"
"""The kind of change that nodes look for."""
MOST = 10_000
"""Kept at once; the ones that end first make room."""


_INSERTS: dict[str, sqlite.Insert | postgresql.Insert] = {
    "sqlite": sqlite.insert(bans),
    "postgresql": postgresql.insert(bans),
}


@dataclass(frozen=True, slots=True)
class Ban:
    """Times are Unix seconds; `times` is how often the address was banned."""

    address: str
    reason: str
    node: str
    at: float
    until: float
    times: int


def held(url: str, now: float) -> list[Ban]:
    """Those that hold, the ones that end last first."""
    with transaction(url) as connection:
        query = sa.select(bans).where(bans.c.until > now).order_by(bans.c.until.desc()).limit(MOST)
        return [Ban(**row._mapping) for row in connection.execute(query)]


def add(url: str, address: str, reason: str, node: str, now: float, duration: Callable[[int], float]) -> Ban:
    """Ban an address from `now` on; `duration` gives the seconds for how often it was banned, from 1 on.

    A ban that holds already is renewed, not counted again: two nodes may see the same scan.
    """
    with transaction(url, writes=True) as connection:
        _forget(connection, now)
        query = sa.select(bans).where(bans.c.address == address).with_for_update()
        before = connection.execute(query).one_or_none()
        times = before.times + (before.until <= now) if before else 1
        ban = Ban(address, reason, node, now, now + duration(times), times)
        values = asdict(ban)
        put = _INSERTS[connection.dialect.name].values(values)
        connection.execute(put.on_conflict_do_update(index_elements=["address"], set_=values))
        changes.bump(connection, KIND)
        return ban


def lift(url: str, address: str) -> bool:
    """End a ban and forget that it ever was; False when there was none."""
    with transaction(url, writes=True) as connection:
        lifted = connection.execute(sa.delete(bans).where(bans.c.address == address)).rowcount > 0
        if lifted:
            changes.bump(connection, KIND)
        return lifted


def _forget(connection: sa.Connection, now: float) -> None:
    connection.execute(sa.delete(bans).where(bans.c.until < now - DAY))
    spare = sa.select(bans.c.address).order_by(bans.c.until.desc()).offset(MOST - 1)
    connection.execute(sa.delete(bans).where(bans.c.address.in_(spare)))
