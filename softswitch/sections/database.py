"""The database, and how long callers are remembered in it."""

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
    remember_callers: Duration = Field(
        90 * DAY, gt=0, description="Then what dialplans remember of a caller who did not call is forgotten."
    )
