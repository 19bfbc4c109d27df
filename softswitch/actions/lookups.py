"""What is looked up while a caller waits: the kinds that only read, and how long their answers are kept."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from softswitch.actions.kinds.calendar import Calendar
from softswitch.actions.kinds.http import Http
from softswitch.actions.kinds.sql import Sql
from softswitch.actions.recipes.expanding import expand
from softswitch.values import Duration, Section

MOST_KEPT_S = 7 * 86_400.0


class Kept(Section):
    """How long an answer serves other calls that ask for the same."""

    cache: Duration = Field(60.0, ge=0, le=MOST_KEPT_S, description="What was found; 0 keeps nothing.")
    cache_missing: Duration = Field(10.0, ge=0, le=MOST_KEPT_S, description="That nothing was found.")


class HttpLookup(Kept, Http):
    """A request that changes nothing. An answer of 404 or 410 says that there is nothing."""

    method: Literal["GET", "POST"] = Field("GET", description="Of the request.")
    done_on: tuple[int, ...] = Field(
        (200, 404, 410), description="Statuses that are an answer; without values of `result` it is none."
    )


class SqlLookup(Kept, Sql):
    """A query; no row is nothing found."""


class CalendarLookup(Kept, Calendar):
    """The free slots of a calendar; with none of them nothing is found."""

    operation: Literal["find"] = Field("find", description="Find free ones.")


AnyLookup = Annotated[
    HttpLookup | SqlLookup | CalendarLookup, Field(discriminator="kind"), BeforeValidator(expand)
]
