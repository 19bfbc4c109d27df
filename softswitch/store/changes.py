"""How often each kind of thing was changed. Nodes look here to see what they must read anew."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from softswitch.store.engine import transaction
from softswitch.store.tables import changes

_MORE = {"revision": changes.c.revision + 1}
_BUMP: dict[str, sa.Insert] = {
    "sqlite": sqlite.insert(changes).on_conflict_do_update(index_elements=["kind"], set_=_MORE),
    "postgresql": postgresql.insert(changes).on_conflict_do_update(index_elements=["kind"], set_=_MORE),
}


def bump(connection: sa.Connection, kind: str) -> None:
    """Count one more change of that kind, in the transaction that makes it."""
    connection.execute(_BUMP[connection.dialect.name].values(kind=kind, revision=1))


def revision(url: str, kind: str) -> int:
    """How often things of that kind were changed; 0 for never."""
    with transaction(url) as connection:
        return connection.scalar(sa.select(changes.c.revision).where(changes.c.kind == kind)) or 0
