"""How often each kind of thing was changed. Nodes look here to see what they must read anew."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from softswitch.errors import SoftswitchError
from softswitch.store.engine import first_line, open_engine, transaction
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


class Watch:
    """Looks at revisions again and again over a connection that is kept: a fresh one costs 2 ms each time."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url, keep=True)

    def revision(self, kind: str) -> int:
        """0 for never changed. Raises SoftswitchError when the database is away; the next look tries anew."""
        try:
            with self._engine.begin() as connection:
                query = sa.select(changes.c.revision).where(changes.c.kind == kind)
                return connection.scalar(query) or 0
        except sa.exc.DBAPIError as error:
            self._engine.dispose()
            told = f"The database {self._engine.url} cannot be used ({first_line(error)})"
            raise SoftswitchError(f"{told}: run softswitch db check") from None

    def close(self) -> None:
        self._engine.dispose()
