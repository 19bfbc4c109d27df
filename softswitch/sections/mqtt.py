"""The broker: what is published there, and who may send commands."""

import re
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field

from softswitch.values import DAY, Duration, Section, one_or_many


def broker_url(text: str) -> str:
    if text and not re.fullmatch(r"mqtts?://(\[[0-9A-Fa-f:]+\]|[^@\s/:]+)(:\d{1,5})?/?", text):
        raise ValueError(
            "expected a broker such as mqtt://127.0.0.1:1883 or mqtts://broker.example; "
            "the user stands in `username`, his password in `password_file`"
        )
    return text


Command = Literal["originate", "hangup", "transfer", "agent.state", "agent.code", "agent.send", "drain"]
"""What a node can be told to do over MQTT."""


class Commander(Section):
    """Who may send commands over MQTT."""

    secret_file: Path = Field(
        description="File whose first line is the secret that he signs with, 32 characters or more."
    )
    allow: Annotated[tuple[Command, ...], BeforeValidator(one_or_many)] = Field(
        min_length=1,
        description=f"The commands that are carried out for this user, of {', '.join(get_args(Command))}.",
    )


class Mqtt(Section):
    url: Annotated[str, AfterValidator(broker_url)] = Field(
        "", description="Broker that call events are published to; empty means none."
    )
    username: str = Field("", description="User at the broker.")
    password_file: Path | None = Field(None, description="File whose first line is that user's password.")
    ca_file: Path | None = Field(
        None, description="Authorities for mqtts (PEM); the system's when not given."
    )
    outbox: int = Field(
        100_000,
        ge=1,
        le=10_000_000,
        description="Events kept while the broker is away; beyond that the oldest are dropped.",
    )
    outbox_age: Duration = Field(
        DAY, gt=0, description="How long events are kept while the broker is away; older ones are dropped."
    )
    commands: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")], Commander] = Field(
        {}, description="Who may send the node commands, each with his secret; none: it takes no commands."
    )
