"""How calls from outside are looked at: sources that are shut out, and signed identities."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from softswitch.values import Duration, Network, Section, one_or_many


class Bans(Section):
    """Sources of no trunk that ask again and again are met with silence."""

    requests: int = Field(20, ge=1, le=10_000, description="Requests of an unknown source within `window`.")
    window: Duration = Field(60.0, gt=0, description="Time over which they are counted.")
    duration: Duration = Field(
        3600.0, gt=0, description="How long a ban holds; doubled each time, a day at most."
    )
    never: Annotated[tuple[Network, ...], BeforeValidator(one_or_many)] = Field(
        (), description="Networks that are never banned; those of trunks never are."
    )


class Identity(Section):
    """Signed caller identities (STIR/SHAKEN, RFC 8224 and 8225)."""

    roots_file: Path | None = Field(
        None, description="Authorities whose certificates are believed (PEM); none: off."
    )
    hosts: Annotated[tuple[str, ...], BeforeValidator(one_or_many)] = Field(
        (), description="Hosts that certificates are fetched from (HTTPS), such as cr.example.com."
    )
    patience: Duration = Field(1.0, gt=0, le=10, description="A call waits no longer for its verdict.")
