"""Which calls were made for a promise: their numbers begin with the first half of its idempotency key."""

import secrets
from typing import NamedTuple

import sqlalchemy as sa

from softswitch.store.engine import transaction
from softswitch.store.tables import calls

HALF = 16
"""Hex digits of a call's number that say which promise it is for; the others make it one of a kind."""
MOST = 100


class Made(NamedTuple):
    """`answered_by` is "" where nobody listened to who answered, and where nobody has answered."""

    call_id: str
    answered: bool
    answered_by: str
    over: bool
    started_at: float


def new_call_id(idempotency_key: str) -> str:
    """For another call of the promise with this key."""
    return idempotency_key[:HALF] + secrets.token_hex(HALF // 2)


def made(url: str, idempotency_key: str) -> list[Made]:
    """The calls made for it so far, newest first. Raises SoftswitchError when the database is away."""
    half = idempotency_key[:HALF]
    columns = (
        calls.c.call_id,
        calls.c.answered_at.is_not(None),
        calls.c.answered_by,
        calls.c.ended_at.is_not(None),
        calls.c.started_at,
    )
    # A range on the primary key, which both databases find by its index.
    of_it = sa.select(*columns).where(calls.c.call_id.between(half + "0" * HALF, half + "f" * HALF))
    with transaction(url) as connection:
        return [
            Made(*row) for row in connection.execute(of_it.order_by(calls.c.started_at.desc()).limit(MOST))
        ]
