"""Jobs: actions that are due again and again. When, and what becomes of times at which no node ran. Pure."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from softswitch.actions.settings import Name
from softswitch.actions.slots import days_of
from softswitch.values import DAY, Duration, Section, one_or_many

LATE_S = 60.0
"""What was due longer ago was missed: no node ran, or none had the database."""
SLACK_S = 1.0
"""A time that is done with and lies farther ahead than this was told by a clock that has gone back since."""


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("expected a time zone such as Europe/Berlin") from None


def _days(text: str) -> str:
    if not days_of(text.lower()):
        raise ValueError("expected days such as mon-fri, or mon,thu")
    return text.lower()


def _clock(text: str) -> str:
    if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", text):
        raise ValueError("expected a time of day such as 02:30")
    return text


class Job(Section):
    """An action that is due again and again: done once for each time, on however many nodes."""

    action: Name = Field(description="The action, by its name in `actions`.")
    arguments: dict[Name, str] = Field({}, max_length=50, description="Its arguments.")
    every: Duration | None = Field(
        None, ge=1, le=30 * DAY, description="How often, counted from midnight UTC of 1 January 1970."
    )
    at: Annotated[tuple[Annotated[str, AfterValidator(_clock)], ...], BeforeValidator(one_or_many)] = Field(
        (), max_length=100, description="At which times of day, instead."
    )
    days: Annotated[str, AfterValidator(_days)] = Field(
        "mon-sun", description="On which days, as in `mon-fri` or `mon,thu`; with `at`."
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = Field("UTC", description="Of `at` and `days`.")
    missed: Literal["once", "skip"] = Field(
        "once", description="Where no node ran at its time: do it once as soon as one does, or not at all."
    )
    order_by: str = Field("", max_length=200, description="Actions with the same one are done in order.")

    @model_validator(mode="after")
    def _has_a_time(self) -> "Job":
        if (self.every is None) == (not self.at):
            raise ValueError("give one of every and at")
        if self.every and "days" in self.model_fields_set:
            raise ValueError("`days` goes with `at`")
        return self

    def last_due(self, now: float) -> float | None:
        """The latest time at which it was due, or is; Unix seconds. None where there was none in a week."""
        if self.every:
            return now // self.every * self.every
        return max((due for due in self._around(now, -8, 0) if due <= now), default=None)

    def next_due(self, now: float) -> float | None:
        """The first time after now."""
        if self.every:
            return (now // self.every + 1) * self.every
        return min((due for due in self._around(now, 0, 8) if due > now), default=None)

    def _around(self, now: float, first: int, last: int) -> list[float]:
        """Its times on the days from so many before today to so many after it. A time of day that is twice on
        one day, as the clocks go back, counts once; one that is left out counts as the time after it.
        """
        zone, weekdays = ZoneInfo(self.time_zone), days_of(self.days) or frozenset()
        today = datetime.fromtimestamp(now, zone).date()
        days = (today + timedelta(days=number) for number in range(first, last + 1))
        clocks = [tuple(map(int, each.split(":"))) for each in self.at]
        return [
            datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).timestamp()
            for day in days
            if day.weekday() in weekdays
            for hour, minute in clocks
        ]


class Decision(NamedTuple):
    """Which time is done with from now on, and whether the action of that time is to be promised."""

    due: float
    promise: bool


def decide(job: Job, done: float | None, now: float) -> Decision | None:
    """What to do with the job now; None for nothing. `done` is the time that is done with, None for a job
    that nobody has seen before, which begins with its next time.

    A clock that leaps ahead has a job done early, once: its time keeps its key, so that it is not done again
    when the clock has gone back.
    """
    due = job.last_due(now)
    if due is None or (done is not None and done - SLACK_S <= due <= done):
        return None
    if done is None:
        return Decision(due, False)
    if due < done:
        return Decision(due, True) if done > now + SLACK_S else None
    return Decision(due, job.missed == "once" or now - due <= LATE_S)


def key(name: str, due: float) -> str:
    """Of the promise of one time."""
    return f"job:{name}:{due:.0f}"
