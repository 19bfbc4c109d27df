"""The database, and how long calls and callers are remembered in it."""

from pydantic import Field

from softswitch.values import DAY, Duration, Section


class Database(Section):
    url: str = Field("", description="SQLAlchemy URL; empty means SQLite in the data directory.")
    journal_mb: int = Field(
        500,
        ge=0,
        description="While the database is away, what it misses is written into a file of the data "
        "directory, of so many megabytes at most; beyond them, or with 0, it waits in memory.",
    )
    keep_calls: Duration = Field(
        365 * DAY,
        gt=0,
        description="Calls that ended so long ago are deleted, with their turns, finished actions and waits.",
    )
    remember_callers: Duration = Field(
        90 * DAY, gt=0, description="Then what dialplans remember of a caller who did not call is forgotten."
    )
