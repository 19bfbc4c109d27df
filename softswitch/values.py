"""Kinds of values that settings, trunks and dialplans are made of, each with its own error."""

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

DAY = 86400.0


def seconds(text: object) -> object:
    """'200ms', '6s', '2m', '1h', '90d' or a bare number of seconds, as seconds."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*", str(text))
    if not match:
        raise ValueError("expected a duration such as 200ms, 6s or 2m")
    return float(match[1]) * {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": DAY}[match[2] or "s"]


def sip_uri(text: str) -> str:
    if not re.fullmatch(r"sips?:(?:[^@\s<>\"]+@)?[^@\s<>\"]+", text):
        raise ValueError("expected a SIP URI such as sip:desk@192.0.2.10")
    return text


def network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise ValueError("expected an address or network such as 192.0.2.0/24") from None


def address(text: str) -> str:
    """Of IPv4 or IPv6; "" is none."""
    try:
        return str(ipaddress.ip_address(text)) if text else ""
    except ValueError:
        raise ValueError("expected an IP address such as 203.0.113.7") from None


def shaped(pattern: str, wanted: str) -> AfterValidator:
    """Text of that pattern; else what is `wanted` is told."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"expected {wanted}")
        return text

    return AfterValidator(check)


def one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


Duration = Annotated[float, BeforeValidator(seconds)]
SipUri = Annotated[str, AfterValidator(sip_uri)]
Address = Annotated[str, AfterValidator(address)]
Network = Annotated[str, AfterValidator(network)]
Port = Annotated[int, Field(ge=1, le=65535)]
LanguageCode = Annotated[str, shaped(r"[a-z]{2,3}", "the code of a language, such as en")]
Prefix = Annotated[str, shaped(r"\+\d{0,15}", "the beginning of a number with its country, such as +49")]
PrefixList = Annotated[tuple[Prefix, ...], BeforeValidator(one_or_many)]


class Section(BaseModel):
    """Settings that belong together. Unknown keys are errors; nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)
