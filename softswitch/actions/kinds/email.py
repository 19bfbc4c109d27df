"""What an e-mail takes."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from softswitch.actions.settings import Integration, SecretText, Server
from softswitch.actions.templates import Template
from softswitch.values import Port, one_or_many

PORTS = {"starttls": 587, "tls": 465, "none": 25}


class Email(Integration):
    """An e-mail over a server of `hosts` (RFC 5321). One that is sent twice has one Message-ID."""

    kind: Literal["email"] = Field(description="This kind.")
    server: Server = Field(description="The mail server's host.")
    port: Port | None = Field(None, description="587, or 465 with `tls`, or 25 with `none`.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="Encryption: asked for at once after hello, from the start, or none."
    )
    user: Template | None = Field(None, description="The user's name; without one there is no login.")
    password: SecretText | None = Field(None, description="A secret, as in `{secret:NAME}`.")
    from_: Template = Field(alias="from", description="One address, as in `Shop <shop@example.com>`.")
    to: Annotated[tuple[Template, ...], BeforeValidator(one_or_many)] = Field(
        min_length=1, max_length=20, description="Addresses; all get it, or when one is refused, none."
    )
    reply_to: Template | None = Field(None, description="The address that answers go to.")
    subject: Template = Field(description="Its subject.")
    text: Template = Field(description="Its text.")

    @model_validator(mode="after")
    def _keeps_its_password(self) -> "Email":
        if (self.user is None) != (self.password is None):
            raise ValueError("give both of `user` and `password`, or neither")
        if self.password and self.security == "none":
            raise ValueError(
                "expected `security` starttls or tls: without, the password can be read on the way"
            )
        return self

    @property
    def hosts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        yield ("server",), self.server

    @property
    def fields(self) -> list[Any]:
        templates = (self.user, self.password, self.from_, *self.to, self.reply_to, self.subject, self.text)
        return [field for template in templates if template for field in template.fields]
