"""What a request to a host of the operator's list takes, and how it says who asks."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from softswitch.actions.settings import Body, FieldPath, Integration, Name, SecretText, Url, host_of
from softswitch.actions.templates import Template, fields_of
from softswitch.values import Section, one_or_many

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]


def _without_values(url: Template) -> Template:
    if not url.is_literal:
        raise ValueError("expected a URL without values of actions: one token serves them all")
    return url


class Basic(Section):
    """User and password in the header Authorization (RFC 7617)."""

    user: Template = Field(description="The user's name.")
    password: SecretText = Field(description="A secret, as in `{secret:NAME}`.")

    @property
    def fields(self) -> list[Any]:
        return [*self.user.fields, *self.password.fields]


class OAuth2(Section):
    """A token for the client itself (RFC 6749, section 4.4). It is kept until shortly before it expires."""

    token_url: Annotated[Url, AfterValidator(_without_values)] = Field(
        description="Where tokens are had; its host is listed in `hosts` too."
    )
    client_id: Template = Field(description="The client's id.")
    client_secret: SecretText = Field(description="A secret, as in `{secret:NAME}`.")
    scope: str = Field("", description="Scopes, with blanks between.")
    send: Literal["header", "body"] = Field(
        "header", description="Where id and secret stand when a token is asked for."
    )
    parameters: dict[str, str] = Field(
        {}, max_length=20, description="What the token's host wants besides, as in `audience`."
    )

    @property
    def fields(self) -> list[Any]:
        return [*self.client_id.fields, *self.client_secret.fields]


class Http(Integration):
    """A request to a host of `hosts`. It is not redirected; an answer of 2xx is a success."""

    kind: Literal["http"] = Field(description="This kind.")
    method: Literal["POST", "PUT", "PATCH", "DELETE", "GET"] = Field("POST", description="Of the request.")
    url: Url = Field(description="Where it goes; values are escaped.")
    headers: dict[HeaderName, Template] = Field({}, max_length=50, description="Header fields by name.")
    json_: Body = Field(None, alias="json", description="The body as JSON.")
    form: dict[str, Template] = Field({}, description="The body as a form, instead of JSON.")
    done_on: Annotated[tuple[Annotated[int, Field(ge=200, le=599)], ...], BeforeValidator(one_or_many)] = (
        Field((), description="Statuses that are a success, instead of all of 2xx.")
    )
    result: dict[Name, FieldPath] = Field(
        {}, description="What is kept of the answer: names, and where in its JSON they stand."
    )
    basic: Basic | None = Field(None, description="User and password.")
    oauth2: OAuth2 | None = Field(None, description="A token of OAuth 2.0, instead.")

    @model_validator(mode="after")
    def _has_one_of_each(self) -> "Http":
        if self.form and self.json_ is not None:
            raise ValueError("give `json` or `form`, not both")
        authorized = [name for name in self.headers if name.lower() == "authorization"]
        if (self.basic is not None) + (self.oauth2 is not None) + len(authorized) > 1:
            raise ValueError("give one of `basic`, `oauth2` and the header Authorization")
        return self

    @property
    def hosts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        yield ("url",), host_of(self.url)
        if self.oauth2:
            yield ("oauth2", "token_url"), host_of(self.oauth2.token_url)

    @property
    def fields(self) -> list[Any]:
        bodies = [self.json_] if self.json_ is not None else []
        templates = (self.url, *self.headers.values(), *self.form.values(), *bodies)
        who = self.basic or self.oauth2
        found = [field for template in templates for field in fields_of(template)]
        return found + (who.fields if who else [])
