"""Calls that the node places."""

from pydantic import Field

from softswitch.values import Duration, PrefixList, Section


class Dialing(Section):
    """What may be dialled, and how much of it: a cap that trips holds all dialling until `guard release`."""

    prefixes: PrefixList = Field(
        (), description="Numbers may be dialled that begin so, as in `+49`; none: nothing."
    )
    forbidden: PrefixList = Field((), description="But not those, as in `+49900`.")
    ring_timeout: Duration = Field(
        45.0, gt=0, le=180, description="Seconds until an unanswered call is given up."
    )
    answer_within: Duration = Field(
        4.0, gt=0, le=32, description="Without any answer to the INVITE in this time the next trunk is tried."
    )
    calls_per_minute: int = Field(30, ge=0, description="Calls dialled in a minute; 0: no cap.")
    calls_per_hour: int = Field(300, ge=0, description="The same in an hour.")
    calls_per_day: int = Field(2000, ge=0, description="The same in a day.")
    calls_per_number: int = Field(10, ge=0, description="Calls to one number in a day; 0: no cap.")
    minutes_per_call: int = Field(
        120, ge=0, description="A dialled call that has been up for so many minutes is ended; 0: never."
    )
    minutes_per_minute: int = Field(
        60, ge=0, description="Minutes of dialled calls in a minute, so many at once; 0: no cap."
    )
    minutes_per_hour: int = Field(600, ge=0, description="The same in an hour.")
    minutes_per_day: int = Field(4000, ge=0, description="The same in a day.")
    minutes_per_number: int = Field(
        240, ge=0, description="Minutes of dialled calls to one number in a day; 0: no cap."
    )
