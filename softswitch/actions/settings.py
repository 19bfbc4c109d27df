"""How actions are done: the models of the file of actions. docs/reference/actions.md comes from here."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from softswitch.actions.templates import NAME, Json, Template, fields_of, parse_json
from softswitch.values import Duration, Section, one_or_many

MOST_ACTIONS = 200


def _action_name(text: str) -> str:
    if not re.fullmatch(rf"({NAME}\.)?{NAME}", text):
        raise ValueError(
            "expected an action of a dialplan, as in place_order, or one plan's, as in shop.place_order"
        )
    return text


def _template_of_host(url: Template) -> Template:
    """Where a request goes is written down; only path and query come from callers."""
    first = next(iter(url.parts), "")
    first = first if isinstance(first, str) else ""
    authority = re.match(r"https?://([^/?#\\\s@]+)(?=[/?#]|$)", first)
    whole = authority and (authority.end() < len(first) or len(url.parts) == 1)
    if not authority or not whole or not _host_of(authority[0]):
        raise ValueError(
            "expected a URL such as https://crm.example.com/orders/{order_number}, its host in full"
        )
    if any(field.secret for field in url.fields):
        raise ValueError("expected no secret in a URL, which is logged on the way: put it into a header")
    return url


def _host_of(url: str) -> str:
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.port != 0 else ""
    except ValueError:
        return ""


def _topic(topic: Template) -> Template:
    text = "".join(part for part in topic.parts if isinstance(part, str))
    if not topic.parts or re.search(r"[+#\0]", text) or any(field.secret for field in topic.fields):
        raise ValueError("expected a topic such as shop/orders/{order_number}, without + and #")
    return topic


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(/\d{1,3})?", text):
        raise ValueError("expected a host, an address or a network, as in crm.example.com or 10.0.0.0/8")
    return text


def _json(value: object) -> Json | None:
    return None if value is None else parse_json(value)


def _field_path(text: str) -> str:
    if not re.fullmatch(r"[^.\s]+(\.[^.\s]+)*", text):
        raise ValueError("expected where in the answer it stands, as in order.number or items.0.id")
    return text


ActionName = Annotated[str, AfterValidator(_action_name)]
Name = Annotated[str, Field(pattern=f"^{NAME}$")]
Host = Annotated[str, AfterValidator(_host)]
Body = Annotated[Any, BeforeValidator(_json)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]


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


class Http(Integration):
    """A request to a host of `hosts`. It is not redirected; an answer of 2xx is a success."""

    kind: Literal["http"] = Field(description="This kind.")
    method: Literal["POST", "PUT", "PATCH", "DELETE", "GET"] = Field("POST", description="Of the request.")
    url: Annotated[Template, AfterValidator(_template_of_host)] = Field(
        description="Where it goes; values are escaped."
    )
    headers: dict[HeaderName, Template] = Field({}, max_length=50, description="Header fields by name.")
    json_: Body = Field(None, alias="json", description="The body as JSON.")
    form: dict[str, Template] = Field({}, description="The body as a form, instead of JSON.")
    result: dict[Name, Annotated[str, AfterValidator(_field_path)]] = Field(
        {}, description="What is kept of the answer: names, and where in its JSON they stand."
    )

    @model_validator(mode="after")
    def _has_one_body(self) -> "Http":
        if self.form and self.json_ is not None:
            raise ValueError("give `json` or `form`, not both")
        return self

    @property
    def host(self) -> str:
        return _host_of(str(self.url.parts[0]))

    @property
    def fields(self) -> list[Any]:
        bodies = [self.json_] if self.json_ is not None else []
        return [
            field
            for template in (self.url, *self.headers.values(), *self.form.values(), *bodies)
            for field in fields_of(template)
        ]


class Mqtt(Integration):
    """A message to the node's broker, QoS 1."""

    kind: Literal["mqtt"] = Field(description="This kind.")
    topic: Annotated[Template, AfterValidator(_topic)] = Field(description="Its topic.")
    json_: Body = Field(None, alias="json", description="Its payload; without, name, arguments and key.")

    @property
    def fields(self) -> list[Any]:
        return [*self.topic.fields, *(fields_of(self.json_) if self.json_ is not None else ())]


class Script(Integration):
    """A program of the operator's. It gets the action as JSON on stdin, and may answer in JSON on stdout."""

    kind: Literal["script"] = Field(description="This kind.")
    command: Annotated[tuple[str, ...], BeforeValidator(one_or_many)] = Field(
        min_length=1, description="Absolute path of the program, and arguments; no shell sees them."
    )

    @field_validator("command")
    @classmethod
    def _is_absolute(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        if not Path(command[0]).is_absolute():
            raise ValueError("expected the absolute path of a program, as in /opt/shop/bin/place-order")
        return command


class Log(Integration):
    """A line in the node's log, and nothing else: to try things out."""

    kind: Literal["log"] = Field(description="This kind.")


class Secret(Section):
    """Where a secret is found."""

    file: Path | None = Field(None, description="A file whose first line it is.")
    env: str = Field("", description="A variable of the environment.")

    @model_validator(mode="after")
    def _is_one(self) -> "Secret":
        if bool(self.file) == bool(self.env):
            raise ValueError("give one of file and env")
        return self


AnyIntegration = Annotated[Http | Mqtt | Script | Log, Field(discriminator="kind")]


class ActionsFile(Section):
    """What the setting `actions_file` names."""

    hosts: Annotated[tuple[Host, ...], BeforeValidator(one_or_many)] = Field(
        (),
        max_length=1000,
        description="Hosts that may be contacted; an address that is not public must be listed itself.",
    )
    secrets: dict[Name, Secret] = Field({}, description="Secrets by the names that `{secret:NAME}` uses.")
    actions: dict[ActionName, AnyIntegration] = Field(
        {}, max_length=MOST_ACTIONS, description="How each action is done, by the name in the dialplan."
    )
