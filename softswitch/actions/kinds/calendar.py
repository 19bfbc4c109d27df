"""What booking a slot of a calendar, or finding a free one, takes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from softswitch.actions.kinds.http import Basic
from softswitch.actions.settings import Integration, Url, host_of
from softswitch.actions.slots import ALWAYS, Diary, parse_opening
from softswitch.actions.templates import Template
from softswitch.values import Duration, one_or_many


def _collection(url: Template) -> Template:
    if not url.is_literal or not str(url.parts[0]).endswith("/"):
        raise ValueError(
            "expected the URL of a calendar, without values, as in https://dav.example.com/ann/work/"
        )
    return url


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("expected a time zone such as Europe/Berlin") from None


def _opening(text: str) -> str:
    parse_opening(text)
    return text


class Calendar(Integration):
    """A slot in a calendar over CalDAV (RFC 4791): found, or booked when it is free."""

    kind: Literal["calendar"] = Field(description="This kind.")
    operation: Literal["book", "find"] = Field("book", description="Book a slot, or find free ones.")
    url: Annotated[Url, AfterValidator(_collection)] = Field(description="The calendar's; ends with a slash.")
    basic: Basic | None = Field(None, description="User and password.")
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        description="Where its times of day are, as in `Europe/Berlin`."
    )
    length: Duration = Field(1800.0, ge=60, le=86_400, description="Of a slot.")
    hours: Annotated[tuple[Annotated[str, AfterValidator(_opening)], ...], BeforeValidator(one_or_many)] = (
        Field((), max_length=50, description="When slots may be, as in `mon-fri 09:00-12:30`; else always.")
    )
    notice: Duration = Field(0.0, ge=0, description="No slot begins sooner than this from now.")
    days: int = Field(14, ge=1, le=60, description="Free slots are looked for in so many days.")
    most: int = Field(3, ge=1, le=20, description="So many free slots are told.")
    start: Template | None = Field(
        None, description="When the slot begins, or from when on to look, as in `{date} {time}`."
    )
    summary: Template | None = Field(None, description="What the booked slot is called.")
    description: Template | None = Field(None, description="What else stands there.")

    @model_validator(mode="after")
    def _says_what_to_book(self) -> "Calendar":
        if self.operation == "book" and not (self.start and self.summary):
            raise ValueError("give `start` and `summary` of what is booked")
        return self

    @property
    def diary(self) -> Diary:
        openings = tuple(parse_opening(text) for text in self.hours) or ALWAYS
        return Diary(ZoneInfo(self.time_zone), timedelta(seconds=self.length), openings)

    @property
    def hosts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        yield ("url",), host_of(self.url)

    @property
    def fields(self) -> list[Any]:
        templates = (self.start, self.summary, self.description)
        found = [field for template in templates if template for field in template.fields]
        return found + (self.basic.fields if self.basic else [])
