"""A trunk as people declare it: in a YAML file, or by `softswitch trunk add` in SQL. Unknown keys are errors.

docs/reference/trunks.md is held equal to the models below by a test.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from softswitch.e164 import check_country, e164
from softswitch.values import Address, Duration, Network, Section, one_or_many

Codec = Literal["PCMU", "PCMA", "G722", "opus"]
Transport = Literal["udp", "tcp", "tls"]
MOST = 65535
"""A port, a priority, a weight."""


def name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", text):
        raise ValueError("expected up to 40 of a-z, 0-9, _ and -, such as berlin")
    return text


def host(text: str) -> str:
    """`sip.example.com`, `192.0.2.1:5080`, `[2001:db8::1]:5061`, with `;priority=1;weight=10` behind it."""
    if not re.fullmatch(
        r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?(;(priority|weight)=\d{1,5}){0,2}", text
    ):
        raise ValueError("expected a host such as sip.example.com or 192.0.2.1:5060;priority=1;weight=10")
    after = re.findall(r"[:=](\d+)(?=;|$)", text.rpartition("]")[2])
    if any(int(given) > MOST for given in after):
        raise ValueError(f"ports, priorities and weights go up to {MOST}")
    return text


def prefix(text: str) -> str:
    if not re.fullmatch(r"\+\d{0,15}", text):
        raise ValueError("expected the beginning of an E.164 number such as +49 or +1212")
    return text


def country(text: str) -> str:
    return check_country(text) if text else ""


def number(text: str) -> str:
    if text and e164(text, "") != text:
        raise ValueError("expected an E.164 number such as +49301234567")
    return text


def word(text: str) -> str:
    if not text.isprintable() or re.search(r'[\s<>"]', text):
        raise ValueError("expected one word, without spaces, quotes and angle brackets")
    return text


Name = Annotated[str, AfterValidator(name)]
Host = Annotated[str, AfterValidator(host)]
Prefix = Annotated[str, AfterValidator(prefix)]
Country = Annotated[str, AfterValidator(country)]
Number = Annotated[str, AfterValidator(number)]
Word = Annotated[str, AfterValidator(word)]
"""Something that goes into SIP as it is."""


class Rewrite(Section):
    """The first rule whose `match` (a regular expression for the whole number) fits gives the number."""

    match: str = Field(description="Regular expression for the whole number, such as `0(\\d+)`.")
    to: str = Field(description="What it becomes; `\\1` is the first group.")

    @model_validator(mode="after")
    def _compiles(self) -> "Rewrite":
        try:
            re.sub(re.compile(self.match), self.to, "")
            groups = re.compile(self.match).groups
        except (re.error, IndexError) as error:
            raise ValueError(f"not a regular expression: {error}") from None
        if re.search(r"(?<!\\)\)[*+{]", self.match):
            # Far ends choose what it is tried on; this is how trying takes for ever.
            raise ValueError("a group must not be repeated; repeat inside of it, as in (\\d+)")
        if any(int(number) > groups for number in re.findall(r"\\(\d)", self.to)):
            raise ValueError(f"`to` names a group that `match` does not have ({groups} groups)")
        return self


class Numbers(Section):
    """How numbers look on this trunk; inside they are E.164 with a plus."""

    country: Country = Field("", description="Country of national numbers, such as `DE`.")
    rewrite_in: tuple[Rewrite, ...] = Field((), description="Rules for numbers that arrive, first match.")
    rewrite_out: tuple[Rewrite, ...] = Field(
        (), description="Rules for numbers that are dialled, first match."
    )
    send: Literal["e164", "plain", "national"] = Field(
        "e164", description="Dialled numbers as +49301234, 49301234 or 0301234, where no rule fits."
    )

    @model_validator(mode="after")
    def _knows_its_country(self) -> "Numbers":
        if self.send == "national" and not self.country:
            raise ValueError("`send: national` needs `country`")
        return self


class CallerId(Section):
    number: Number = Field(
        "", description="Number that outbound calls show (E.164), where the call names none."
    )
    allowed: tuple[Prefix, ...] = Field(
        (), description="Numbers that calls may show begin so; none: only `number`."
    )
    trust: bool = Field(
        True, description="Believe P-Asserted-Identity and Diversion of this trunk (RFC 3325)."
    )
    header: Literal["from", "p-asserted-identity"] = Field(
        "from", description="Where outbound calls carry the number; with the second, From is anonymous."
    )


class Limits(Section):
    calls: int = Field(0, ge=0, le=1000, description="Calls at once, both directions; 0: as the node can.")
    calls_per_second: int = Field(0, ge=0, le=1000, description="New calls per second; 0: as the node can.")


class Health(Section):
    every: Duration = Field(30.0, ge=0, description="OPTIONS at this interval; 0: never.")
    timeout: Duration = Field(4.0, gt=0, le=32, description="No answer within this time is a failure.")
    slow: Duration = Field(0.5, gt=0, description="Answers slower than this are signs of a degraded trunk.")
    fall: int = Field(3, ge=1, le=20, description="This many failures in a row: down. One: degraded.")
    rise: int = Field(2, ge=1, le=20, description="This many answers in a row: up again.")


class Nat(Section):
    public_address: Address = Field(
        "", description="Address in SDP and Contact for this trunk; else `sip.public_address`."
    )
    rewrite_contact: bool = Field(
        True, description="Learn the own address from the registrar's answer (rport)."
    )
    keepalive: Duration = Field(
        0.0,
        ge=0,
        description="Keep a NAT open towards the registrar by a packet at this interval, over UDP; 0: none. "
        "Trunks that do not register have their OPTIONS for that, see `health.every`.",
    )


class Trunk(Section):
    name: Name = Field(description="What routes, records and metrics call it.")
    kind: Literal["register", "ip", "extension"] = Field(
        description="`register` with digest; `ip`: known by address; `extension` of a PBX (registers)."
    )
    enabled: bool = Field(
        True, description="A disabled trunk takes and makes no calls and does not register."
    )
    hosts: Annotated[tuple[Host, ...], BeforeValidator(one_or_many)] = Field(
        (),
        max_length=20,
        description="Registrars or peers, best first or with priority and weight (RFC 2782).",
    )
    transport: Transport = Field("udp", description="How requests go there.")
    allow: Annotated[tuple[Network, ...], BeforeValidator(one_or_many)] = Field(
        (), max_length=200, description="Networks that its calls come from; its resolved hosts are added."
    )
    domain: Word = Field("", description="Domain of its addresses; the first host when empty.")
    username: Word = Field("", description="User of the registration, the extension, or for digest of calls.")
    auth_username: Word = Field(
        "", description="User in digest answers, where it is another than `username`."
    )
    password: SecretStr = Field(
        SecretStr(""), exclude=True, description="Password; kept encrypted, never printed."
    )
    expires: Duration = Field(300.0, ge=20, le=86400, description="Registration is asked for this long.")
    outbound: bool = Field(True, description="Whether calls may go out here.")
    prefixes: Annotated[tuple[Prefix, ...], BeforeValidator(one_or_many)] = Field(
        (), description="Numbers that may go out here begin so; none: whatever `dialing.prefixes` allows."
    )
    priority: int = Field(
        10, ge=0, le=65535, description="Of several trunks for a number the lowest goes first."
    )
    weight: int = Field(10, ge=0, le=65535, description="Share among trunks of one priority.")
    codecs: Annotated[tuple[Codec, ...], BeforeValidator(one_or_many)] = Field(
        ("PCMU", "PCMA"), min_length=1, description="Codecs allowed, in order of preference."
    )
    srtp: Literal["off", "optional", "mandatory"] = Field("off", description="SRTP by SDES (RFC 4568).")
    dtmf: Literal["auto", "rfc4733", "info", "inband"] = Field(
        "auto",
        description="How keys are sent; `auto`: RFC 4733 when offered, else SIP INFO. All are received.",
    )
    session_timers: Literal["off", "optional", "required"] = Field("optional", description="RFC 4028.")
    session_expires: Duration = Field(1800.0, ge=90, le=86400, description="Session-Expires that is offered.")
    prack: Literal["off", "optional", "required"] = Field("optional", description="RFC 3262.")
    rtp_timeout: Duration = Field(
        60.0, ge=0, description="End a call whose audio stays away so long; 0: never."
    )
    tls_verify: bool = Field(True, description="Whether the peer's certificate must be good.")
    numbers: Numbers = Numbers()
    caller_id: CallerId = CallerId()
    limits: Limits = Limits()
    health: Health = Health()
    nat: Nat = Nat()

    @property
    def registers(self) -> bool:
        return self.kind != "ip"

    @model_validator(mode="after")
    def _is_whole(self) -> "Trunk":
        if self.registers and not (self.hosts and self.username):
            raise ValueError(f"a trunk of kind {self.kind} needs `hosts` and `username`")
        if self.kind == "ip" and not (self.hosts or self.allow):
            raise ValueError("a trunk of kind ip needs `hosts`, `allow` or both")
        return self
