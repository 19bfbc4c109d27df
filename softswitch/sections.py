"""The sections of the node's configuration: what may be set, with its default and what it means.

docs/reference/settings.md is held equal to these models by a test.
"""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from softswitch.values import (
    DAY,
    Address,
    Duration,
    LanguageCode,
    Network,
    Port,
    PrefixList,
    Section,
    one_or_many,
)

EMBEDDED = "embedded"
EMBEDDED_LANGUAGE = "en"
"""What the models that ship with the product hear and speak."""


class Tls(Section):
    port: int = Field(0, ge=0, le=65535, description="Port to listen on for SIP over TLS; 0: none.")
    certificate_file: Path | None = Field(None, description="This node's certificate with its chain (PEM).")
    key_file: Path | None = Field(None, description="Its private key (PEM).")
    ca_file: Path | None = Field(
        None, description="Authorities for peers (PEM); the system's when not given."
    )
    verify_client: bool = Field(False, description="Whether callers must show a certificate too.")


class Sip(Section):
    address: str = Field("127.0.0.1", description="Address to listen on, UDP and TCP.")
    port: Port = Field(5060, description="Port to listen on, UDP and TCP.")
    public_address: Address = Field("", description="Address to state in SDP and Contact when behind NAT.")
    allow: Annotated[tuple[Network, ...], BeforeValidator(one_or_many)] = Field(
        ("127.0.0.0/8", "::1/128"), description="Sources whose calls are answered; all others get 403."
    )
    address6: str = Field("", description="A second address to listen on, IPv6 beside IPv4; empty: none.")
    unknown: Literal["refuse", "drop"] = Field(
        "refuse", description="Sources that belong to no trunk: a bare 403 whatever they ask, or silence."
    )
    stun: str = Field(
        "", description="STUN server as host or host:port, to learn the public address; empty: none."
    )
    nameserver: str = Field(
        "",
        description="DNS server for hosts of trunks and of far ends, as address or address:port; empty: the "
        "machine's.",
    )
    user_agent: str = Field("softswitch", description="User-Agent and Server header.")
    tls: Tls = Tls()

    @property
    def uri(self) -> str:
        """Where this machine reaches the node."""
        address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.address, self.address)
        return f"sip:{f'[{address}]' if ':' in address else address}:{self.port}"

    @field_validator("address")
    @classmethod
    def _is_address(cls, text: str) -> str:
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            raise ValueError("expected an IP address such as 127.0.0.1 or 0.0.0.0") from None

    @field_validator("address6")
    @classmethod
    def _is_address6(cls, text: str) -> str:
        try:
            return str(ipaddress.IPv6Address(text)) if text else ""
        except ValueError:
            raise ValueError("expected an IPv6 address such as ::1 or ::") from None


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


class Models(Section):
    """The ear and the voice of one dialplan; what is not given is chosen by its language."""

    model: str | None = None
    voice: str | None = None


class Speech(Section):
    model: str = Field(
        EMBEDDED,
        description="Vosk model: `embedded`, an installed model's name, or the path of a model folder.",
    )
    voice: str = Field(
        EMBEDDED,
        description="Piper voice: `embedded`, an installed voice's name, or the path of an .onnx file.",
    )
    models: dict[LanguageCode, str] = Field(
        {}, description="Vosk models by language, for instance `{en: NAME}`; they go before `speech.model`."
    )
    voices: dict[LanguageCode, str] = Field(
        {}, description="Piper voices by language; they go before `speech.voice`."
    )
    dialplans: dict[str, Models] = Field(
        {},
        description="`model` and `voice` by a dialplan's name, as in `{shop: {voice: NAME}}`; "
        "they go before everything.",
    )
    workers: int = Field(0, ge=0, le=64, description="Speech threads; 0 means one per core.")

    def model_for(self, language: str, dialplan: str) -> str:
        """The setting of the ear that listens to callers of this dialplan in this language."""
        return self._own(dialplan).model or self.models.get(language, self.model)

    def voice_for(self, language: str, dialplan: str) -> str:
        """The same for the voice that speaks to them."""
        return self._own(dialplan).voice or self.voices.get(language, self.voice)

    def missing_for(self, language: str, dialplan: str) -> list[str]:
        """The settings that a dialplan in this language needs and has not: nobody chose for that language,
        and the embedded model is of another.
        """
        if language == EMBEDDED_LANGUAGE:
            return []
        own, missing = self._own(dialplan), []
        if self.model == EMBEDDED and not own.model and language not in self.models:
            missing.append(f"speech.models.{language}")
        if self.voice == EMBEDDED and not own.voice and language not in self.voices:
            missing.append(f"speech.voices.{language}")
        return missing

    def _own(self, dialplan: str) -> Models:
        return self.dialplans.get(dialplan, Models())


class Database(Section):
    url: str = Field("", description="SQLAlchemy URL; empty means SQLite in the data directory.")
    journal_mb: int = Field(
        500,
        ge=0,
        description="While the database is away, what it misses is written into a file of the data "
        "directory, of so many megabytes at most; beyond them, or with 0, it waits in memory.",
    )
    remember_callers: Duration = Field(
        90 * DAY, gt=0, description="Then what dialplans remember of a caller who did not call is forgotten."
    )


def broker_url(text: str) -> str:
    if text and not re.fullmatch(r"mqtts?://(\[[0-9A-Fa-f:]+\]|[^@\s/:]+)(:\d{1,5})?/?", text):
        raise ValueError(
            "expected a broker such as mqtt://127.0.0.1:1883 or mqtts://broker.example; "
            "the user stands in `username`, his password in `password_file`"
        )
    return text


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


class Recording(Section):
    """Where recordings lie; whether a call is recorded says its dialplan."""

    keep: Duration = Field(30 * DAY, gt=0, description="Recordings are deleted after this time.")
    most_mb: int = Field(10_000, ge=1, description="The oldest are deleted beyond this many megabytes.")


class Identity(Section):
    """Signed caller identities (STIR/SHAKEN, RFC 8224 and 8225)."""

    roots_file: Path | None = Field(
        None, description="Authorities whose certificates are believed (PEM); none: off."
    )
    hosts: Annotated[tuple[str, ...], BeforeValidator(one_or_many)] = Field(
        (), description="Hosts that certificates are fetched from (HTTPS), such as cr.example.com."
    )
    patience: Duration = Field(1.0, gt=0, le=10, description="A call waits no longer for its verdict.")


AfterMiss = Literal["available", "pause", "away"]
WHISPERED = ("caller", "queue", "reason", "said", "waited")
LINKED = ("call_id", "caller", "queue")


def whisper_template(text: str) -> str:
    if unknown := set(re.findall(r"\{(.*?)\}", text)) - set(WHISPERED):
        raise ValueError(f"unknown {{{min(unknown)}}}; known are {', '.join(WHISPERED)}")
    return text


def link_template(text: str) -> str:
    if unknown := set(re.findall(r"\{(.*?)\}", text)) - set(LINKED):
        raise ValueError(f"unknown {{{min(unknown)}}}; known are {', '.join(LINKED)}")
    if text and not re.fullmatch(r"https?://[^\s<>\"]+", text):
        raise ValueError("expected an address such as https://crm.example.com/calls/{call_id}")
    return text


class Queue(Section):
    """Where callers wait for a person. A queue that is not named here has all the defaults."""

    open: bool = Field(
        True, description="`no`: nobody is let in, the dialplan goes on as for a closed queue."
    )
    ring_time: Duration = Field(
        20.0, gt=0, le=180, description="An agent's phone rings for so long before the next one is rung."
    )
    offer_at_once: int = Field(
        1, ge=1, le=20, description="Agents that are rung at once for one caller; the first to accept wins."
    )
    relax_after: Duration = Field(
        0.0,
        ge=0,
        description="Who has waited for so long is offered to agents without the skills too; 0: never.",
    )
    most_waiting: int = Field(
        100, ge=1, le=10_000, description="Callers that may wait; for others it is full."
    )
    announce_every: Duration = Field(
        60.0, ge=0, description="Between two times that a caller is told his position and wait; 0: never."
    )
    whisper: Annotated[str, AfterValidator(whisper_template)] = Field(
        "Call from {caller}. {reason}. The caller said: {said}.",
        max_length=500,
        description="What an agent hears before the talk, ten seconds at most: `{caller}`, `{queue}`, "
        "`{reason}`, `{said}` (the last words), `{waited}` (minutes). A sentence with a gap is left out; "
        "empty: none.",
    )
    link: Annotated[str, AfterValidator(link_template)] = Field(
        "",
        max_length=300,
        description="Address of the call's page for the agent's screen; `{call_id}`, `{caller}`, `{queue}` "
        "are put in. It is in the INVITE as Call-Info, and in `agents/NAME/offered`.",
    )
    accept_key: str = Field(
        "",
        pattern=r"^[0-9*#]?$",
        description="Key by which an agent takes the call; empty: by answering.",
    )
    decline_key: str = Field("2", pattern=r"^[0-9*#]$", description="Key by which he declines it.")
    accept_within: Duration = Field(
        15.0, gt=0, le=120, description="Without a key for so long after the answer the next one is rung."
    )
    wrap_up: Duration = Field(15.0, ge=0, description="After a talk an agent is left alone for so long.")
    no_answer: AfterMiss = Field("away", description="What becomes of an agent who does not answer.")
    busy: AfterMiss = Field("pause", description="Of one whose phone is busy.")
    decline: AfterMiss = Field("pause", description="Of one who declines.")
    failed: AfterMiss = Field("away", description="Of one whose phone cannot be reached.")
    pause: Duration = Field(30.0, ge=1, description="How long such a pause is.")
    call_back_for: Duration = Field(
        14400.0, ge=0, description="A call back that nobody answers is tried again for so long."
    )
    service_level: Duration = Field(
        20.0, gt=0, description="Waits up to here count as in time in the metrics."
    )


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


def llm_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@]+(/\S*)?", text):
        raise ValueError("expected where the API begins, such as http://127.0.0.1:11434/v1")
    return text.rstrip("/")


class Llm(Section):
    """A language model behind the chat completions protocol: vLLM, Ollama, llama.cpp, a cloud."""

    url: Annotated[str, AfterValidator(llm_url)] = Field(description="Where the API begins.")
    model: str = Field(min_length=1, description="The model's name there.")
    key_file: Path | None = Field(None, description="File whose first line is the key; none: without.")
    first_piece: Duration = Field(4.0, gt=0, le=60, description="The reply begins within this time.")
    between_pieces: Duration = Field(2.0, gt=0, le=60, description="And pauses no longer than this.")
    timeout: Duration = Field(20.0, gt=0, le=300, description="All of it takes no longer.")
    slow: Duration = Field(
        2.0,
        gt=0,
        description="Where every tenth reply begins later than this, the model is not asked for a while.",
    )
    most_tokens: int = Field(300, ge=20, le=10_000, description="Of a reply.")
    structured: Literal["json_schema", "json_object", "none"] = Field(
        "json_schema", description="What it knows of `response_format`."
    )


class Metrics(Section):
    address: str = Field("127.0.0.1", description="Address of /metrics, /healthz and /readyz.")
    port: int = Field(9464, ge=0, le=65535, description="Port of the same; 0 picks a free one.")


class Log(Section):
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")
    format: Literal["text", "json"] = Field("text", description="For people or for machines.")
