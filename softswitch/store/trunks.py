"""Trunks in the database. Each function is one transaction, and counts a change of `trunks` if it made one.

Rows hold what was declared, not what the defaults are; passwords are sealed by softswitch.store.secrets.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from softswitch.errors import SoftswitchError
from softswitch.store import changes
from softswitch.store.engine import transaction
from softswitch.store.tables import trunks

KIND = "trunks"
"""The kind of change that nodes look for."""


@dataclass(frozen=True, slots=True)
class Row:
    """A trunk as it is kept: `settings` as JSON without name and password; `secret` is sealed."""

    name: str
    settings: Mapping[str, Any]
    secret: bytes | None = field(default=None, repr=False)


def read(url: str) -> list[Row]:
    """Every trunk, by name."""
    with transaction(url) as connection:
        return _rows(connection)


def add(url: str, row: Row) -> None:
    """Raises SoftswitchError when there is one of that name."""
    with transaction(url, writes=True) as connection:
        if _find(connection, row.name):
            raise SoftswitchError(
                f"there is a trunk {row.name} already: change it with softswitch trunk edit {row.name}"
            )
        _insert(connection, row)
        changes.bump(connection, KIND)


def change(url: str, name: str, edit: Callable[[Row], Row]) -> bool:
    """Put what `edit` makes of a trunk in its place; nobody else changes it meanwhile. False: it is the same.

    Raises SoftswitchError when there is none of that name.
    """
    with transaction(url, writes=True) as connection:
        row = _find(connection, name)
        if row is None:
            raise unknown(name)
        changed = _update(connection, row, edit(row))
        if changed:
            changes.bump(connection, KIND)
    return changed


def remove(url: str, name: str) -> None:
    """Raises SoftswitchError when there is none of that name."""
    with transaction(url, writes=True) as connection:
        if not connection.execute(sa.delete(trunks).where(trunks.c.name == name)).rowcount:
            raise unknown(name)
        changes.bump(connection, KIND)


def merge(url: str, edit: Callable[[dict[str, Row]], Iterable[Row]]) -> dict[str, str]:
    """Add or change several trunks, all or none; others stay. What became of each by its name: `added`,
    `changed` or `unchanged`. `edit` makes the new rows from those that are there.
    """
    with transaction(url, writes=True) as connection:
        there = {row.name: row for row in _rows(connection, lock=True)}
        done = {row.name: _merged(connection, there.get(row.name), row) for row in edit(there)}
        if set(done.values()) - {"unchanged"}:
            changes.bump(connection, KIND)
    return done


def reseal(url: str, seal: Callable[[Row], bytes]) -> int:
    """Put every secret anew, all or none; how many there were. Trunks are what they were: no change."""
    with transaction(url, writes=True) as connection:
        rows = [row for row in _rows(connection, lock=True) if row.secret]
        for row in rows:
            _update(connection, row, replace(row, secret=seal(row)))
    return len(rows)


def unknown(name: str) -> SoftswitchError:
    return SoftswitchError(f"there is no trunk {name}: see softswitch trunk list")


_QUERY = sa.select(trunks.c.name, trunks.c.settings, trunks.c.secret).order_by(trunks.c.name)


def _rows(connection: sa.Connection, *, lock: bool = False) -> list[Row]:
    query = _QUERY.with_for_update() if lock else _QUERY
    return [Row(*row) for row in connection.execute(query)]


def _find(connection: sa.Connection, name: str) -> Row | None:
    found = connection.execute(_QUERY.where(trunks.c.name == name).with_for_update()).one_or_none()
    return Row(*found) if found else None


def _merged(connection: sa.Connection, before: Row | None, row: Row) -> str:
    if before is None:
        _insert(connection, row)
        return "added"
    return "changed" if _update(connection, before, row) else "unchanged"


def _insert(connection: sa.Connection, row: Row) -> None:
    values = {"settings": dict(row.settings), "secret": row.secret, "changed_at": time.time()}
    try:
        connection.execute(sa.insert(trunks).values(name=row.name, **values))
    except sa.exc.IntegrityError:
        raise SoftswitchError(f"trunk {row.name} is being added by somebody else just now") from None


def _update(connection: sa.Connection, before: Row, row: Row) -> bool:
    if row == before:
        return False
    values = {"settings": dict(row.settings), "secret": row.secret, "changed_at": time.time()}
    connection.execute(sa.update(trunks).where(trunks.c.name == before.name).values(values))
    return True
