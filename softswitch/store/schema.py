"""What all tables are made with, the same in SQLite and PostgreSQL. Held equal to migrations/ by a test.

Times of day are Unix seconds; column names are the field names of softswitch.events.
"""

from typing import Any

import sqlalchemy as sa

NAMES = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}
metadata = sa.MetaData(naming_convention=NAMES)


class CleanText(sa.TypeDecorator[str]):
    """Text from the far end, which may be anything: NUL and lone surrogates, which no database
    takes, become U+FFFD, so that a malformed header never costs a record.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def text(name: str) -> sa.Column[str]:
    """Never null; "" where nothing is known."""
    return sa.Column(name, CleanText, nullable=False, server_default="")


def count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")


def number() -> sa.Column[int]:
    """`id`: each row's own, ascending."""
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)


def partial(name: str, where: sa.TextClause, *columns: sa.ColumnElement[Any], unique: bool = False) -> None:
    """Some rows' index, which both databases take only for a query that says its condition so."""
    sa.Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)
