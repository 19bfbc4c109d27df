"""What every kind of integration has, and the values that they are made of. `actions.kinds` has the kinds."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from softswitch.actions.templates import NAME, Json, Template, parse_json
from softswitch.values import Duration, Section


def _url(url: Template) -> Template:
    """Where a request goes is written down; only path and query come from callers."""
    first = next(iter(url.parts), "")
    first = first if isinstance(first, str) else ""
    authority = re.match(r"https?://([^/?#\\\s@]+)(?=[/?#]|$)", first)
    whole = authority and (authority.end() < len(first) or len(url.parts) == 1)
    if not authority or not whole or not _host_in(authority[0]):
        raise ValueError(
            "expected a URL such as https://crm.example.com/orders/{order_number}, its host in full"
        )
    if any(field.secret for field in url.fields):
        raise ValueError("expected no secret in a URL, which is logged on the way: put it into a header")
    return url


def host_of(url: Template) -> str:
    """The host of a Url."""
    return _host_in(str(url.parts[0]))


def _host_in(url: str) -> str:
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.port != 0 else ""
    except ValueError:
        return ""


def _secret_text(text: Template) -> Template:
    if not any(field.secret for field in text.fields):
        raise ValueError("expected a secret by its name in `secrets`, as in {secret:crm}")
    return text


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(/\d{1,3})?", text):
        raise ValueError("expected a host, an address or a network, as in crm.example.com or 10.0.0.0/8")
    return text


def _server(text: str) -> str:
    if "/" in text:
        raise ValueError("expected one host, as in mail.example.com")
    return _host(text)


def _json(value: object) -> Json | None:
    return None if value is None else parse_json(value)


def _field_path(text: str) -> str:
    if not re.fullmatch(r"[^.\s]+(\.[^.\s]+)*", text):
        raise ValueError("expected where in the answer it stands, as in order.number or items.0.id")
    return text


Name = Annotated[str, Field(pattern=f"^{NAME}$")]
Host = Annotated[str, AfterValidator(_host)]
Server = Annotated[str, AfterValidator(_server)]
FieldPath = Annotated[str, AfterValidator(_field_path)]
Body = Annotated[Any, BeforeValidator(_json)]
Url = Annotated[Template, AfterValidator(_url)]
SecretText = Annotated[Template, AfterValidator(_secret_text)]


class Retry(Section):
    """Waits double from `first` to `last`; when they add up to `give_up_after` the action is dead."""

    first: Duration = Field(1.0, gt=0, description="The wait after the first failure.")
    last: Duration = Field(900.0, gt=0, description="No wait is longer than this.")
    give_up_after: Duration = Field(86_400.0, ge=0, description="All waits together, at the most.")


class Integration(Section):
    """What every kind has."""

    timeout: Duration = Field(10.0, gt=0, le=300, description="One attempt takes no longer.")
    at_once: int = Field(10, ge=1, le=200, description="Attempts under way at once, on each node.")
    retry: Retry = Retry()

    @property
    def fields(self) -> list[Any]:
        """Everything that its templates speak of."""
        return []

    @property
    def hosts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """The hosts that it contacts, each with the key that names it."""
        yield from ()


class Secret(Section):
    """Where a secret is found."""

    file: Path | None = Field(None, description="A file whose first line it is.")
    env: str = Field("", description="A variable of the environment.")

    @model_validator(mode="after")
    def _is_one(self) -> "Secret":
        if bool(self.file) == bool(self.env):
            raise ValueError("give one of file and env")
        return self
