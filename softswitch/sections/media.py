"""Audio of calls: codecs, limits, recordings, and what callers hear while control is away."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from softswitch.values import DAY, Duration, Port, Section, one_or_many


class Media(Section):
    clock_rate: Literal[8000, 16000] = Field(8000, description="Samples per second inside the node.")
    codecs: Annotated[tuple[str, ...], BeforeValidator(one_or_many)] = Field(
        ("PCMU", "PCMA"), description="Codecs offered, in order of preference."
    )
    srtp: Literal["off", "optional", "mandatory"] = Field("off", description="SRTP by SDES (RFC 4568).")
    rtp_port: Port = Field(10000, description="First port of the RTP range.")
    rtp_ports: int = Field(4000, ge=2, le=50000, description="How many ports the RTP range has.")
    max_calls: int = Field(300, ge=1, le=1000, description="Calls at once; one more gets 503.")
    setups_per_second: int = Field(200, ge=1, le=1000, description="New calls per second; more get 503.")
    retry_after: Duration = Field(5.0, description="Retry-After of those 503 answers.")
    busy_limit: float = Field(
        0.85, gt=0, le=1, description="New calls get 503 while the gateway uses more than this of its core."
    )
    backlog_limit: Duration = Field(
        0.5,
        gt=0,
        description="New calls get 503 while so many seconds of callers' speech wait to be decoded.",
    )
    comfort_noise: int = Field(
        0,
        ge=-80,
        le=0,
        description="Noise where there would be digital silence, in dBFS, such as -65; 0: none.",
    )
    hold_music: Path | None = Field(
        None, description="WAV file (16-bit mono) that callers hear who wait for a person; else the bundled."
    )

    @field_validator("clock_rate", mode="before")
    @classmethod
    def _number(cls, value: object) -> object:
        return int(value) if isinstance(value, str) and value.isdigit() else value


class Survival(Section):
    new_calls: Literal["hold", "refuse"] = Field(
        "hold", description="New calls while control is away: hold them with the line, or 503."
    )
    line: str = Field(
        "One moment please. I will be right with you.", description="What held callers hear, repeated."
    )
    transfer_after: Duration = Field(30.0, description="Then the gateway itself transfers to `human`.")
    give_up_after: Duration = Field(300.0, description="Then, with nobody to transfer to, it hangs up.")


class Recording(Section):
    """Where recordings lie; whether a call is recorded says its dialplan."""

    keep: Duration = Field(30 * DAY, gt=0, description="Recordings are deleted after this time.")
    most_mb: int = Field(10_000, ge=1, description="The oldest are deleted beyond this many megabytes.")
