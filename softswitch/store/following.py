"""Turns are followed as they are recorded, for people who look on."""

from collections.abc import Sequence

import sqlalchemy as sa

from softswitch.news import TurnFinished
from softswitch.store.engine import transaction
from softswitch.store.queries import TURN, turn_of
from softswitch.store.tables import turns

TAIL_LIMIT = 500
TAIL_OVERLAP = 200
"""Turns of several nodes may be committed in another order than they were numbered: so many numbers back is
looked for those that came late.
"""


class Tail:
    """Follows the turns of all calls as they are recorded."""

    def __init__(self, url: str, last: int) -> None:
        """`last` turns of the past come first."""
        self._url = url
        self._last = last
        self._position: int | None = None
        self._seen: set[int] = set()

    def new(self) -> list[TurnFinished]:
        """The turns recorded since the last look, in order, at most TAIL_LIMIT of them."""
        with transaction(self._url) as connection:
            rows = self._first(connection) if self._position is None else self._next(connection)
        self._position = max([self._position or 0, *(row["id"] for row in rows)])
        self._seen.update(row["id"] for row in rows)
        self._seen = {number for number in self._seen if number > self._position - TAIL_OVERLAP}
        return list(map(turn_of, rows))

    def _first(self, connection: sa.Connection) -> Sequence[sa.RowMapping]:
        query = TURN.add_columns(turns.c.id).order_by(turns.c.id.desc())
        # What the overlap reaches counts as seen, or the second look would bring up the past.
        past = connection.execute(query.limit(max(self._last, TAIL_OVERLAP))).mappings().all()
        self._seen.update(row["id"] for row in past)
        self._position = past[0]["id"] if past else 0
        return past[: self._last][::-1]

    def _next(self, connection: sa.Connection) -> Sequence[sa.RowMapping]:
        since = (self._position or 0) - TAIL_OVERLAP
        query = TURN.add_columns(turns.c.id).where(turns.c.id > since, turns.c.id.not_in(self._seen))
        return connection.execute(query.order_by(turns.c.id).limit(TAIL_LIMIT)).mappings().all()
